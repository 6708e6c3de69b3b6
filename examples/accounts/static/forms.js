import { RefusedError } from "/flask_jwt.js";

/** Send a form by a function of its fields, and say below it what came of that. */
export function onSubmit(form, send, words = {}) {
  const output = form.querySelector("output");
  let isBusy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    say(output, "");
    try {
      say(output, (await send(Object.fromEntries(new FormData(form)))) ?? "", "good");
      form.reset();
    } catch (error) {
      refuse(output, error, words);
    }
    isBusy = false;
  });
}

/** Say something, and forget what was to be said later. */
export function say(output, text, tone = "") {
  clearTimeout(output.later);
  output.textContent = text;
  output.dataset.tone = tone;
}

function refuse(output, error, words) {
  if (!(error instanceof RefusedError)) {
    say(output, "The server can't be reached. Please try again.", "bad");
  } else if (error.retryAfter === undefined) {
    say(output, words[error.status] ?? error.message, "bad");
  } else {
    const why = error.status === 429 ? "Too many attempts." : "Nobody can be served just now.";
    say(output, `${why} Please wait ${inWords(error.retryAfter)}, then try again.`, "bad");
    output.later = setTimeout(say, error.retryAfter * 1000, output, "You can try again now.");
  }
}

function inWords(seconds) {
  const [count, unit] = seconds < 100 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
  return count === 1 ? `a ${unit}` : `${count} ${unit}s`;
}
