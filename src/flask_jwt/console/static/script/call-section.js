import { byId, make, say } from "./dom.js";
import { send } from "./requests.js";
import { current, follow } from "./state.js";
import { colouredToken } from "./token-text.js";

// A page of a megabyte helps nobody here.
const MOST_SHOWN = 4000;
const withToken = byId("with-token");

function bodyOf({ text, json }) {
  const shown = json === null ? text : JSON.stringify(json, null, 2);
  return shown.length > MOST_SHOWN ? `${shown.slice(0, MOST_SHOWN)}\n… and ${shown.length - MOST_SHOWN} more characters` : shown;
}

const line = (name, ...value) => make("span", { class: "line" }, make("b", {}, `${name}: `), ...value);

function requestShown(path, scheme, token) {
  const lines = [
    make("span", { class: "line line-first" }, `GET ${path}`),
    line("Host", location.host),
    line("Accept", "application/json, */*"),
  ];
  if (token !== null) lines.push(line("Authorization", `${scheme} `, colouredToken(token)));
  return message("Request", lines, "The browser adds headers of its own, such as User-Agent.");
}

function answerShown(answer) {
  const first = make("span", { class: "line line-first" }, `${answer.status} ${answer.statusText}`);
  const headers = answer.headers.map(([name, value]) => line(name, value));
  const body = make("span", { class: "line line-body" }, bodyOf(answer));
  return message("Answer", [first, ...headers, body], answer.redirected ? "The application sent the browser on to another path; this is what that one answered." : null);
}

function message(title, lines, note) {
  return make(
    "div",
    { class: "message" },
    make("h3", {}, title),
    make("pre", { tabindex: "0", "aria-label": title }, ...lines),
    note === null ? null : make("p", { class: "small" }, note),
  );
}

function verdict(answer, token) {
  if (answer.status === 0) return ["The application does not answer.", "bad"];
  if (answer.ok) return [token === null ? `${answer.status}: let in without a token.` : `${answer.status}: the token was accepted.`, "good"];
  const description = answer.json?.description;
  if (answer.status === 401) return [`401: not let in. ${typeof description === "string" ? `${description}.` : ""}`, "bad"];
  return [`${answer.status} ${answer.statusText}`.trim() + ".", "bad"];
}

async function call(scheme) {
  const path = byId("path").value.trim();
  if (!path.startsWith("/") || path.startsWith("//")) {
    say(byId("call-result"), "A path begins with one slash.", "bad");
    return;
  }
  const token = withToken.checked ? current().access : null;
  const headers = token === null ? {} : { Authorization: `${scheme} ${token}` };
  const answer = await send("GET", path, { headers });
  byId("exchange").replaceChildren(requestShown(path, scheme, token), ...(answer.status === 0 ? [] : [answerShown(answer)]));
  say(byId("call-result"), ...verdict(answer, token));
}

/** Calls a path of the application, and shows the request and the answer. */
export function offerCalls({ paths, resource, scheme }) {
  byId("paths").replaceChildren(...paths.map((path) => make("option", { value: path })));
  byId("path").value = resource;
  byId("call-form").addEventListener("submit", (event) => {
    event.preventDefault();
    call(scheme);
  });
  follow(({ access }) => {
    withToken.disabled = access === null;
    withToken.closest("label").classList.toggle("is-off", access === null);
  });
}
