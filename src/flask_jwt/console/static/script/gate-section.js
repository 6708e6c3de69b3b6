import { byId, make, say } from "./dom.js";
import { takeApart } from "./jws.js";
import { reason, send } from "./requests.js";
import { current, follow } from "./state.js";
import { VARIATIONS } from "./variations.js";

const field = byId("gate-token");
const result = byId("gate-result");
const STATES = { passed: "Passed", failed: "Refused here", "not reached": "Not reached" };

function step({ title, why, state, found }) {
  return make(
    "li",
    { "data-state": state },
    make("h3", {}, title, make("span", { class: "step-state" }, STATES[state])),
    found === "" ? null : make("p", { class: "step-found" }, found),
    make("p", { class: "small" }, why),
  );
}

function summary({ accepted, steps }, note) {
  if (accepted) return [`Accepted: all ${steps.length} checks passed.${note}`, "good"];
  const place = steps.findIndex(({ state }) => state === "failed");
  const { title, found } = steps[place];
  return [`Refused at check ${place + 1} of ${steps.length}, “${title}”: ${found}.${note}`, "bad"];
}

async function check(url, note) {
  const answer = await send("POST", url, { body: { token: field.value } });
  if (!answer.ok) {
    byId("steps").replaceChildren();
    say(result, `It was not looked at. ${reason(answer)}`, "bad");
    return;
  }
  byId("steps").replaceChildren(...answer.json.steps.map(step));
  say(result, ...summary(answer.json, note));
}

function variationButtons(submit) {
  return VARIATIONS.map(([name, vary]) => {
    const onclick = () => {
      field.value = vary(takeApart(current().access));
      submit();
    };
    return make("button", { type: "button", class: "chip", onclick }, name);
  });
}

/** Has a token checked, step by step. */
export function offerGate({ decodes_itself: decodesItself }) {
  const url = document.body.dataset.gate;
  const note = decodesItself ? " But this application decodes tokens with a hook of its own, which may decide otherwise." : "";
  const submit = () => check(url, note);
  byId("gate-form").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  byId("variation-buttons").replaceChildren(...variationButtons(submit));
  follow(({ access }) => {
    byId("variations").hidden = access === null || takeApart(access) === null;
  });
}
