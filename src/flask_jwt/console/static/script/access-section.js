import { hexadecimal } from "./base64url.js";
import { claimsInWords } from "./claims.js";
import { eachSecond } from "./clock.js";
import { copyButton } from "./copy-button.js";
import { byId, empty, make } from "./dom.js";
import { takeApart } from "./jws.js";
import { follow } from "./state.js";
import { timeline } from "./timeline.js";
import { colouredToken, legend } from "./token-text.js";

const body = byId("access-body");
const OVER =
  "Its session has ended, so the application refuses it, however long its own times would let it live.";
let shown = "";
let life = null;

function panel(kind, title, explanation, text) {
  return make(
    "div",
    { class: `part part-${kind}` },
    make("h3", {}, title),
    make("p", {}, explanation),
    make("pre", { role: "group", "aria-label": `${title}, decoded` }, text),
  );
}

function panels({ header, payload, signature }) {
  return make(
    "div",
    { class: "parts" },
    panel("header", "Header", "How it is signed.", JSON.stringify(header, null, 2)),
    panel("payload", "Payload", "What it says: the claims.", JSON.stringify(payload, null, 2)),
    panel(
      "signature",
      "Signature",
      `${signature.length} bytes over the other two parts. Nobody makes it without the key.`,
      hexadecimal(signature),
    ),
  );
}

function details({ header, payload, signature }, leeway) {
  life = timeline(payload, leeway);
  return [
    life?.element ?? empty("It says no expiry, so it has no timeline, and the gate refuses it."),
    panels({ header, payload, signature }),
    make("h3", {}, "The claims in words"),
    claimsInWords(payload),
  ];
}

function tokenCard(token, isTakenApart) {
  return make(
    "div",
    { class: "card token-card" },
    make("div", { class: "token-head" }, isTakenApart ? legend() : null, copyButton(token)),
    make("p", { class: "token", id: "access-token" }, colouredToken(token)),
  );
}

function show({ access: token, ended }, leeway) {
  life = null;
  if (token === null) {
    body.replaceChildren(empty("Sign in, and the token appears here."));
    return;
  }
  const taken = takeApart(token);
  const rest = taken === null
    ? [empty("This is no compact JWS, so there is nothing to decode.")]
    : details(taken, leeway);
  const caution = ended === null ? [] : [make("p", { class: "caution" }, OVER)];
  body.replaceChildren(tokenCard(token, taken !== null), ...caution, ...rest);
}

/** Shows the access token, decoded here. */
export function showAccessToken({ leeway }) {
  follow((state) => {
    const key = JSON.stringify([state.access, state.ended]);
    if (key === shown) return;
    shown = key;
    body.dataset.ended = String(state.ended !== null);
    show(state, leeway);
  });
  eachSecond((time) => life?.move(time));
}
