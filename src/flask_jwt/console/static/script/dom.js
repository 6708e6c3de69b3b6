// Elements are built, never parsed from text: what a server or a token says stays text.

/** Returns the element with an id. */
export const byId = (id) => document.getElementById(id);

/**
 * Makes an element. Attributes that are null or false are left out; those that begin with "on" are
 * listeners. Children that are null are left out.
 */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null));
  return element;
}

/** Makes the panel that stands where there is nothing to show yet. */
export const empty = (text) => make("p", { class: "empty" }, text);

/** Focuses an element where the one that had the focus is gone from the page. */
export function catchFocus(id) {
  if (document.activeElement === document.body) byId(id)?.focus({ preventScroll: true });
}

/** Says in a live region what came of an action: good, bad or plain. */
export function say(region, text, tone = "plain") {
  region.dataset.tone = tone;
  region.textContent = text;
}
