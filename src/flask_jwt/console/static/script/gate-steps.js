import { make } from "./dom.js";

const STATES = { passed: "Passed", failed: "Refused here", "not reached": "Not reached" };

/** Shows one check of the gate, and what has become of it. */
export function step({ title, why, state, found }) {
  const word = make("span", { class: "step-state" }, STATES[state]);
  return make(
    "li",
    { "data-state": state },
    make("div", { class: "step-head" }, make("h3", {}, title), word),
    found === "" ? null : make("p", { class: "step-found" }, found),
    make("p", { class: "step-why" }, why),
  );
}

/** Shows at a glance how far a token got. */
export const strip = (steps) => steps.map(({ state }) => make("span", { "data-state": state }));

/** Says in a sentence how far a token got: the text and its tone. */
export function summary({ accepted, steps }) {
  if (accepted) return [`Accepted: all ${steps.length} checks passed.`, "good"];
  const place = steps.findIndex(({ state }) => state === "failed");
  const { title, found } = steps[place];
  return [`Refused at check ${place + 1} of ${steps.length}, “${title}”: ${found}.`, "bad"];
}
