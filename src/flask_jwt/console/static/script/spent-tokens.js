import { ago, duration, now } from "./clock.js";
import { make } from "./dom.js";

/** Returns how long a spent token is still forgiven, in seconds; only the one before is. */
function graceLeft(spent, place, grace) {
  return place === 0 ? Math.max(0, spent.spentAt + grace - now()) : 0;
}

function forecast(spent, left) {
  const end = left > 0
    ? `Forgiven for ${duration(Math.ceil(left))} more, for the answer may have been lost.`
    : "Not forgiven: sending it again ends the session.";
  return `Exchanged ${ago(spent.spentAt)}. ${end}`;
}

function row(spent, place, { grace, onsend }) {
  const name = `refresh token ${spent.counter ?? ""}`.trim();
  const said = make("span", { class: "small" });
  const waiting = make("input", { type: "checkbox" });
  const wait = make("label", { class: "check" }, waiting, " wait until the grace is over");
  const send = make("button", { type: "button", "aria-label": `Replay ${name}` }, "Replay");
  let isAwaited = false;
  const move = () => {
    const left = graceLeft(spent, place, grace);
    said.textContent = forecast(spent, left);
    send.classList.toggle("risky", left === 0);
    wait.hidden = left === 0;
    send.disabled = isAwaited && left > 0;
    if (isAwaited && left === 0) {
      isAwaited = false;
      onsend(spent);
    }
  };
  send.addEventListener("click", () => {
    isAwaited = waiting.checked && !wait.hidden;
    if (isAwaited) move();
    else onsend(spent);
  });
  waiting.addEventListener("change", () => {
    isAwaited = isAwaited && waiting.checked;
    move();
  });
  move();
  const title = make("strong", {}, name[0].toUpperCase() + name.slice(1));
  const element = make(
    "li",
    {},
    make("div", {}, title, said),
    make("div", { class: "actions" }, wait, send),
  );
  return { element, move };
}

/**
 * Lists the tokens that were exchanged, each with a button that sends it again. Returns the
 * element and a function that moves its sentences on.
 */
export function spentTokens(spent, options) {
  const rows = spent.map((one, place) => row(one, place, options));
  return {
    element: make("ul", { class: "rows" }, rows.map(({ element }) => element)),
    move: () => rows.forEach(({ move }) => move()),
  };
}
