/** Marks in the contents which section is being read. */
export function markContents() {
  const anchors = [...document.querySelectorAll(".contents a")];
  const links = new Map(anchors.map((link) => [link.hash.slice(1), link]));
  const list = anchors[0].closest("ol");
  const mark = (current) => {
    anchors.forEach((link) => link.removeAttribute("aria-current"));
    current.setAttribute("aria-current", "location");
    // On a phone the contents are one line that scrolls by itself.
    list.scrollLeft = current.offsetLeft - (list.clientWidth - current.offsetWidth) / 2;
  };
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (isIntersecting) mark(links.get(target.id) ?? anchors[0]);
      }
    },
    { rootMargin: "-25% 0px -70% 0px" },
  );
  document.querySelectorAll(".opening, main section").forEach((section) => observer.observe(section));
}
