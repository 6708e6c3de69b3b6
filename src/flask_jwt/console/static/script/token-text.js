import { make } from "./dom.js";

const NAMES = ["header", "payload", "signature"];

/** Shows a token in its three colours; a text with other parts has none. */
export function colouredToken(token) {
  const parts = token.split(".");
  if (parts.length !== 3) return make("span", {}, token);
  const shown = parts.map((part, place) => make("span", { class: `is-${NAMES[place]}` }, part));
  const dot = () => make("span", { class: "dot" }, ".");
  return make("span", {}, shown[0], dot(), shown[1], dot(), shown[2]);
}

/** Says which colour is which part. */
export function legend() {
  const titles = ["Header", "Payload", "Signature"];
  const entries = titles.map((title, place) => make("li", { class: `is-${NAMES[place]}` }, title));
  return make("ul", { class: "legend", "aria-label": "Colours of the parts" }, entries);
}
