import { byId, make, say } from "./dom.js";
import { strip, step, summary } from "./gate-steps.js";
import { takeApart } from "./jws.js";
import { reason, send } from "./requests.js";
import { current, follow } from "./state.js";
import { VARIATIONS } from "./variations.js";

const field = byId("gate-token");
const result = byId("gate-result");
const steps = byId("steps");
const said = byId("variation-said");

async function check() {
  const answer = await send("POST", document.body.dataset.gate, { body: { token: field.value } });
  byId("gate-strip").replaceChildren();
  steps.replaceChildren();
  if (!answer.ok) {
    say(result, `It was not looked at. ${reason(answer)}`, "bad");
    return;
  }
  byId("gate-strip").replaceChildren(...strip(answer.json.steps));
  steps.replaceChildren(...answer.json.steps.map(step));
  say(result, ...summary(answer.json));
}

// What stands here may be the token of whoever has signed out, or a variation of it.
function forgetInspection() {
  field.value = "";
  said.textContent = "";
  byId("gate-strip").replaceChildren();
  steps.replaceChildren();
  say(result, "");
}

function variationButtons() {
  const buttons = VARIATIONS.map(({ name, what, vary }) => {
    const onclick = () => {
      field.value = vary(takeApart(current().access));
      said.textContent = what;
      mark(button);
      check();
    };
    const attributes = { type: "button", class: "chip", "aria-pressed": "false", onclick };
    const button = make("button", attributes, name);
    return button;
  });
  const mark = (pressed) =>
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button === pressed)));
  return { buttons, mark };
}

/** Has a token checked, step by step. */
export function offerGate() {
  const { buttons, mark } = variationButtons();
  byId("variation-buttons").replaceChildren(...buttons);
  byId("gate-form").addEventListener("submit", (event) => {
    event.preventDefault();
    check();
  });
  field.addEventListener("input", () => {
    said.textContent = "";
    mark(null);
  });
  follow(({ access }) => {
    const isOffered = access !== null && takeApart(access) !== null;
    byId("variations").hidden = !isOffered;
    byId("no-variations").hidden = isOffered;
    if (access === null) {
      forgetInspection();
      mark(null);
    }
  });
}
