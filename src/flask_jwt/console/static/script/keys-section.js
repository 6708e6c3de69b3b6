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
  const name = make("th", { scope: "row" }, key.kid ?? "–");
  return make("tr", {}, name, cells.map((cell) => make("td", {}, cell)));
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

function content(answer, url) {
  const keys = answer.json?.keys;
  if (!Array.isArray(keys)) return empty(`The application does not say: ${reason(answer)}`);
  if (keys.length === 0) return empty("There are none: shared secrets are never published.");
  return table(keys, url);
}

/** Shows the published keys, or why there are none. */
export async function showKeys({ urls, algorithms }) {
  const accepts = algorithms.length === 0 ? "" : ` accepts ${algorithms.join(", ")}, and`;
  const unpublished =
    `This application${accepts} publishes no keys. A shared secret never is published; JWT_KEY_FILE ` +
    "or JWT_PRIVATE_KEY gives the application keys with a public half.";
  const shown = urls.keys === null ? empty(unpublished) : content(await send("GET", urls.keys), urls.keys);
  body.replaceChildren(shown);
}
