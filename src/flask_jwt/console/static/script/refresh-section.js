import { eachSecond, now } from "./clock.js";
import { byId, empty, make, say } from "./dom.js";
import { counterOf, refreshParts } from "./refresh-parts.js";
import { reason, send } from "./requests.js";
import { graceLeft, spentTokens } from "./spent-tokens.js";
import { change, current, follow } from "./state.js";

const body = byId("refresh-body");
const result = byId("refresh-result");
const list = make("div", { class: "spent" });
let grace = 0;
let url = null;
// The spent token that is sent as soon as it is not forgiven any more.
let waiting = null;
let listed = "";

const present = (token) => send("POST", url, { body: { refresh_token: token } });
const isSessionOver = ({ status }) => status === 401;

async function refresh() {
  const { refresh: token, spent } = current();
  const answer = await present(token);
  if (answer.ok && typeof answer.json?.refresh_token === "string") {
    const { access_token: access, refresh_token: next } = answer.json;
    const before = { token, counter: counterOf(token), spentAt: now() };
    change({ access, refresh: next, spent: [before, ...spent] });
    say(result, `The application has answered with two new tokens: the counter went from ${before.counter} to ${counterOf(next)}.`, "good");
  } else {
    refused(answer);
  }
}

function refused(answer) {
  if (isSessionOver(answer)) change({ ended: reason(answer) });
  say(result, `${reason(answer)}. The session is over: its access token is refused as well. Call with it, and see.`.replace("..", "."), "bad");
}

async function replay(spent) {
  waiting = null;
  const answer = await present(spent.token);
  if (answer.ok) {
    change({ access: answer.json.access_token, refresh: answer.json.refresh_token });
    say(result, `Forgiven: it came within the grace, so the application repeated its answer. The counter is still ${counterOf(answer.json.refresh_token)}.`, "good");
  } else if (isSessionOver(answer)) {
    refused(answer);
  } else {
    say(result, reason(answer), "bad");
  }
}

function toggleWaiting(spent) {
  waiting = waiting === spent.token ? null : spent.token;
  listSpent();
}

function listSpent() {
  const { spent, ended } = current();
  if (spent.length === 0 || ended !== null) {
    list.replaceChildren();
    return;
  }
  // A list that is made anew loses the focus, so that is put back where it was.
  const focused = [...list.querySelectorAll("button")].indexOf(document.activeElement);
  const options = { grace, waiting, onsend: replay, onwait: toggleWaiting };
  list.replaceChildren(make("h3", {}, "Exchanged before"), spentTokens(spent, options));
  if (focused >= 0) [...list.querySelectorAll("button")].at(Math.min(focused, list.querySelectorAll("button").length - 1)).focus();
}

function tick() {
  const { spent, ended } = current();
  if (spent.length === 0 || ended !== null) return;
  if (waiting !== null && graceLeft(spent[0], 0, grace) === 0) replay(spent.find(({ token }) => token === waiting));
  listSpent();
}

function show({ access, refresh: token, ended }) {
  const state = JSON.stringify([access, token, ended]);
  if (state === listed) return;
  listed = state;
  if (access === null) body.replaceChildren(empty("Sign in, and the refresh token appears here."));
  else if (token === null) body.replaceChildren(empty("There is none beside this access token."));
  else body.replaceChildren(...parts(token, ended), list);
  if (access === null) say(result, "");
  listSpent();
}

function parts(token, ended) {
  const button = make("button", { class: "primary", type: "button", id: "refresh-button", disabled: ended !== null, onclick: refresh }, "Refresh");
  return [
    make("p", { class: "token token-plain" }, token),
    refreshParts(token),
    make("div", { class: "actions" }, button),
  ];
}

/** Exchanges the refresh token, and sends spent ones again. */
export function offerRefresh(surroundings) {
  url = surroundings.urls.refresh;
  if (url === null) {
    body.replaceChildren(empty(surroundings.grace === null ? "This application keeps no sessions, so it hands out no refresh tokens. JWT_SESSION_STORE turns them on." : "This application has no route for a refresh."));
    return;
  }
  grace = surroundings.grace;
  follow(show);
  eachSecond(tick);
}
