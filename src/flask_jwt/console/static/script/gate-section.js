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
const OTHERWISE =
  " But this application decodes tokens with a hook of its own, which may decide otherwise.";

async function check(url, note) {
  const answer = await send("POST", url, { body: { token: field.value } });
  byId("gate-strip").replaceChildren();
  steps.replaceChildren();
  if (!answer.ok) {
    say(result, `It was not looked at. ${reason(answer)}`, "bad");
    return;
  }
  const [text, tone] = summary(answer.json);
  byId("gate-strip").replaceChildren(...strip(answer.json.steps));
  steps.replaceChildren(...answer.json.steps.map(step));
  say(result, text + note, tone);
}

function buttonsOf(submit) {
  const buttons = VARIATIONS.map(({ name, what, vary }) => {
    const onclick = () => {
      field.value = vary(takeApart(current().access));
      said.textContent = what;
      mark(button);
      submit();
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
export function offerGate({ decodes_itself: decodesItself }) {
  const submit = () => check(document.body.dataset.gate, decodesItself ? OTHERWISE : "");
  const { buttons, mark } = buttonsOf(submit);
  byId("variation-buttons").replaceChildren(...buttons);
  byId("gate-form").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  field.addEventListener("input", () => {
    said.textContent = "";
    mark(null);
  });
  follow(({ access }) => {
    const isOffered = access !== null && takeApart(access) !== null;
    byId("variations").hidden = !isOffered;
    byId("no-variations").hidden = isOffered;
  });
}
