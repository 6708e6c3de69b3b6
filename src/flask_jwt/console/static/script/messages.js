import { make } from "./dom.js";
import { colouredToken } from "./token-text.js";

// A page of a megabyte helps nobody here.
const MOST_SHOWN = 4000;
const REDIRECTED =
  "The application sent the browser on to another path; this is what that one answered.";

function bodyOf({ text, json }) {
  const shown = json === null ? text : JSON.stringify(json, null, 2);
  if (shown.length <= MOST_SHOWN) return shown;
  return `${shown.slice(0, MOST_SHOWN)}\n… and ${shown.length - MOST_SHOWN} more characters`;
}

const first = (...words) => make("span", { class: "line line-first" }, ...words);
const line = (name, ...value) =>
  make("span", { class: "line" }, make("b", {}, `${name}: `), ...value);

function message(title, lines, note) {
  return make(
    "div",
    { class: "message" },
    make("h3", {}, title),
    make("pre", { role: "group", tabindex: "0", "aria-label": title }, ...lines),
    note === null ? null : make("p", { class: "small" }, note),
  );
}

/** Shows a request with the headers that this page knows of. */
export function requestShown(path, scheme, token) {
  const lines = [
    first(`GET ${path}`),
    line("Host", location.host),
    line("Accept", "application/json, */*"),
  ];
  if (token !== null) lines.push(line("Authorization", `${scheme} `, colouredToken(token)));
  return message("Request", lines, "The browser adds headers of its own, such as User-Agent.");
}

/** Shows an answer with all its headers. */
export function answerShown(answer) {
  const { status, statusText, headers, redirected, ok } = answer;
  const code = make("span", { class: "code", "data-tone": ok ? "good" : "bad" }, String(status));
  const body = bodyOf(answer);
  const lines = [first(code, ` ${statusText}`), ...headers.map(([name, value]) => line(name, value))];
  if (body !== "") lines.push(make("span", { class: "line line-body" }, body));
  return message("Answer", lines, redirected ? REDIRECTED : null);
}
