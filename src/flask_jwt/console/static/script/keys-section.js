import { decode } from "./base64url.js";
import { byId, empty, make } from "./dom.js";
import { reason, send } from "./requests.js";

const body = byId("keys-body");

function size({ crv, n }) {
  if (typeof crv === "string") return crv;
  const bytes = typeof n === "string" ? decode(n) : null;
  return bytes === null ? "–" : `${bytes.length * 8} bits`;
}

function row(key) {
  const cells = [key.alg ?? "–", key.kty, size(key), key.use ?? "–"];
  return make("tr", {}, make("th", { scope: "row" }, key.kid ?? "–"), cells.map((cell) => make("td", {}, cell)));
}

function table(keys, url) {
  const titles = ["Key ID (kid)", "Algorithm", "Type", "Curve or size", "Use"];
  return make(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-labelledby": "keys-caption" },
    make(
      "table",
      {},
      make("caption", { id: "keys-caption" }, "What ", make("a", { href: url }, url), " answers"),
      make("thead", {}, make("tr", {}, titles.map((title) => make("th", { scope: "col" }, title)))),
      make("tbody", {}, keys.map(row)),
    ),
  );
}

/** Shows the published keys, or why there are none. */
export async function showKeys({ urls, algorithms }) {
  if (urls.keys === null) {
    body.replaceChildren(empty(`There are none. This application signs with ${algorithms.join(", ")}, and publishes no keys: a shared secret never is, and public keys are where JWT_KEY_FILE or JWT_PRIVATE_KEY is set.`));
    return;
  }
  const answer = await send("GET", urls.keys);
  const keys = answer.json?.keys;
  if (!Array.isArray(keys)) body.replaceChildren(empty(`The application does not say: ${reason(answer)}`));
  else if (keys.length === 0) body.replaceChildren(empty("There are none: shared secrets are never published."));
  else body.replaceChildren(table(keys, urls.keys));
}
