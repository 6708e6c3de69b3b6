import { hexadecimal } from "./base64url.js";
import { make } from "./dom.js";
import { takeApart } from "./refresh-token.js";

function part(kind, title, value, explanation) {
  return make(
    "div",
    { class: `piece piece-${kind}` },
    make("dt", {}, title),
    make("dd", { class: "piece-value" }, value),
    make("dd", {}, explanation),
  );
}

/** Shows a refresh token taken apart; one of another kind as it is. */
export function refreshParts(token) {
  const taken = takeApart(token);
  if (taken === null) return make("p", { class: "small" }, "It has a form of the application's own.");
  const { version, sid, counter, mac } = taken;
  return make(
    "dl",
    { class: "pieces" },
    part("version", "Version", String(version), "Which form this is."),
    part("sid", "Session", sid, "Its name, the sid in the access token."),
    part("counter", "Counter", String(counter), "How many were made before it."),
    part("mac", "MAC", hexadecimal(mac), "Made with a secret of the application and a salt of the session."),
  );
}

/** Returns the counter in a refresh token, or null. */
export const counterOf = (token) => takeApart(token)?.counter ?? null;
