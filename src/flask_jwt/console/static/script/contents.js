/** Marks in the contents which section is being read. */
export function markContents() {
  const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        links.forEach((link) => link.removeAttribute("aria-current"));
        links.get(target.id).setAttribute("aria-current", "location");
      }
    },
    { rootMargin: "-25% 0px -70% 0px" },
  );
  document.querySelectorAll("main section").forEach((section) => observer.observe(section));
}
