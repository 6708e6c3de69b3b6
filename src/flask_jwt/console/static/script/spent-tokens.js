import { ago, duration, now } from "./clock.js";
import { make } from "./dom.js";

/** Returns how long a spent token is still forgiven, in seconds; only the one before is. */
export function graceLeft(spent, place, grace) {
  return place === 0 ? Math.max(0, spent.spentAt + grace - now()) : 0;
}

function forecast(left) {
  return left > 0
    ? `Forgiven for ${duration(Math.ceil(left))} more: an answer may have been lost.`
    : "Too late: sending it ends the session.";
}

function row(spent, place, { grace, waiting, onsend, onwait }) {
  const left = graceLeft(spent, place, grace);
  const name = `refresh token ${spent.counter ?? ""}`.trim();
  const isAwaited = waiting === spent.token;
  const wait = make(
    "button",
    { type: "button", "aria-pressed": String(isAwaited), onclick: () => onwait(spent) },
    isAwaited ? "Waiting for the grace to end" : "Send it after the grace",
  );
  return make(
    "li",
    {},
    make(
      "div",
      {},
      make("strong", {}, name[0].toUpperCase() + name.slice(1)),
      make("span", { class: "small" }, `Exchanged ${ago(spent.spentAt)}. ${forecast(left)}`),
    ),
    make(
      "div",
      { class: "actions" },
      make("button", { type: "button", "aria-label": `Send ${name} again`, onclick: () => onsend(spent) }, "Send it again"),
      left > 0 ? wait : null,
    ),
  );
}

/** Lists the tokens that were exchanged, each with the buttons that send it again. */
export function spentTokens(spent, options) {
  return make("ul", { class: "rows" }, spent.map((one, place) => row(one, place, options)));
}
