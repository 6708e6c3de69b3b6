import { byId, make, say } from "./dom.js";
import { answerShown, requestShown } from "./messages.js";
import { reason, send } from "./requests.js";
import { current, follow } from "./state.js";

const result = byId("call-result");
const exchange = byId("exchange");
const withToken = byId("with-token");

function verdict(answer, token) {
  const { status, ok } = answer;
  if (ok && token === null) return [`${status}: let in without a token.`, "good"];
  if (ok) return [`${status}: the token was accepted.`, "good"];
  return [reason(answer), "bad"];
}

async function call(scheme) {
  const path = byId("path").value.trim();
  if (!path.startsWith("/") || path.startsWith("//")) {
    say(result, "A path begins with one slash.", "bad");
    return;
  }
  const token = withToken.checked ? current().access : null;
  const headers = token === null ? {} : { Authorization: `${scheme} ${token}` };
  const answer = await send("GET", path, { headers });
  const shown = [requestShown(path, scheme, token)];
  if (answer.status !== 0) shown.push(answerShown(answer));
  exchange.replaceChildren(...shown);
  say(result, ...verdict(answer, token));
}

// The request that is shown has the token in it.
function forgetCall() {
  exchange.replaceChildren();
  say(result, "");
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
    if (access === null) forgetCall();
  });
}
