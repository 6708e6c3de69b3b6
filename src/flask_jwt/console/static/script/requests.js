import { duration } from "./clock.js";

/** What came of a request: its status, headers and text, and the JSON in it or null. */
async function answerTo(response) {
  const text = await response.text();
  let json = null;
  try {
    json = JSON.parse(text);
  } catch {
    // It is no JSON, and is shown as text.
  }
  const { status, statusText, headers, redirected } = response;
  return { status, statusText, headers: [...headers], redirected, text, json, ok: response.ok };
}

const UNREACHABLE = {
  status: 0,
  statusText: "",
  headers: [],
  redirected: false,
  text: "",
  json: null,
  ok: false,
};

/** Sends a request without cookies; an application that does not answer gives a status of 0. */
export async function send(method, url, { headers = {}, body = null } = {}) {
  const options = { method, headers: { Accept: "application/json, */*", ...headers } };
  if (body !== null) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  try {
    return await answerTo(await fetch(url, { ...options, credentials: "omit", cache: "no-store" }));
  } catch {
    return UNREACHABLE;
  }
}

/** Says in one sentence why a request was refused, in the application's own words where it has some. */
export function reason(answer) {
  if (answer.status === 0) return "The application does not answer.";
  const description = answer.json?.description ?? answer.json?.message;
  const said = typeof description === "string" ? `: ${description}` : ` ${answer.statusText}`.trimEnd();
  return `${answer.status}${said}`.replace(/[.\s]*$/, ".") + wait(answer);
}

/** Says when to try again, where the application does: it may name a date, which is left out. */
function wait({ headers }) {
  const seconds = Number(new Headers(headers).get("Retry-After"));
  return seconds > 0 ? ` Try again in ${duration(seconds)}.` : "";
}
