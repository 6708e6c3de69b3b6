import { hexadecimal } from "./base64url.js";
import { make } from "./dom.js";
import { cut, takeApart } from "./refresh-token.js";

function piece(kind, title, value, explanation) {
  return make(
    "div",
    { class: `piece piece-${kind}` },
    make("dt", {}, title),
    make("dd", { class: "piece-value" }, value),
    make("dd", { class: "small" }, explanation),
  );
}

function pieces({ version, sid, counter, mac }) {
  return make(
    "dl",
    { class: "pieces" },
    piece("version", "Version", String(version), "Which form this is."),
    piece("sid", "Session", sid, "Its name: the sid in the access token."),
    piece("counter", "Counter", String(counter), "How many were made before it."),
    piece("mac", "MAC", hexadecimal(mac), "Made with a secret of the application and a salt of the session."),
  );
}

function card(text, ...rest) {
  const shown = make("p", { class: "token", id: "refresh-token" }, text);
  return make("div", { class: "card" }, shown, ...rest);
}

/** Shows a refresh token taken apart; one of another kind as it is. */
export function refreshParts(token) {
  const taken = takeApart(token);
  if (taken === null) {
    return card(token, make("p", { class: "small" }, "It has a form of the application's own."));
  }
  const letters = cut(token).map(([name, part]) => make("span", { class: `is-${name}` }, part));
  return card(letters, pieces(taken));
}
