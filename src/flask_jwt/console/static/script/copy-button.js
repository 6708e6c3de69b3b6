import { make } from "./dom.js";

const SHOWN_MS = 2000;

/** Makes a button that copies a text, and says so for a moment. */
export function copyButton(text) {
  const said = make("span", { role: "status" }, "Copy");
  const onclick = async () => {
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = "Copied";
    } catch {
      // Plain http on another machine has no clipboard, and people may forbid it.
      said.textContent = "The browser forbids it";
    }
    setTimeout(() => { said.textContent = "Copy"; }, SHOWN_MS);
  };
  return make("button", { type: "button", class: "quiet", onclick }, said);
}
