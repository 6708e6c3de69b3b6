import { eachSecond, now } from "./clock.js";
import { byId, catchFocus, empty, make, say } from "./dom.js";
import { refreshParts } from "./refresh-parts.js";
import { counterOf } from "./refresh-token.js";
import { reason, send } from "./requests.js";
import { spentTokens } from "./spent-tokens.js";
import { change, current, follow } from "./state.js";

const body = byId("refresh-body");
const result = byId("refresh-result");
const NO_SESSIONS =
  "Without sessions there is none: this application hands out access tokens alone. JWT_SESSION_STORE " +
  "turns sessions on.";
const NO_ROUTE = "This application has no route for a refresh.";
let grace = 0;
let url = null;
let list = null;
let shown = "";

const present = (token) => send("POST", url, { body: { refresh_token: token } });
const isPair = ({ ok, json }) => ok && typeof json?.refresh_token === "string";

function refused(answer) {
  // Another status says nothing of the session: a store that is down, or too many requests.
  if (answer.status !== 401) {
    say(result, reason(answer), "bad");
    return;
  }
  change({ ended: reason(answer) });
  say(result, `${reason(answer)} The session is over, for whoever had the token before too.`, "bad");
  catchFocus("refresh-title");
}

async function refresh() {
  const { refresh: token, spent } = current();
  const answer = await present(token);
  if (!isPair(answer)) {
    refused(answer);
    return;
  }
  const { access_token: access, refresh_token: next } = answer.json;
  const before = { token, counter: counterOf(token), spentAt: now() };
  change({ access, refresh: next, spent: [before, ...spent] });
  const counted =
    before.counter === null ? "" : `: the counter went from ${before.counter} to ${counterOf(next)}`;
  say(result, `The application has answered with two new tokens${counted}.`, "good");
  catchFocus("refresh-button");
}

async function replay({ token }) {
  const answer = await present(token);
  if (!isPair(answer)) {
    refused(answer);
    return;
  }
  const { access_token: access, refresh_token: next } = answer.json;
  change({ access, refresh: next });
  say(
    result,
    "Forgiven: it came within the grace, so the application gave the refresh token of now once more, " +
      "and counted no further.",
    "good",
  );
  catchFocus("refresh-button");
}

function actions(ended) {
  if (ended === null) {
    const button = { class: "primary", type: "button", id: "refresh-button", onclick: refresh };
    return make("div", { class: "actions" }, make("button", button, "Refresh"));
  }
  return make(
    "p",
    { class: "ending" },
    make("strong", {}, "This session has ended. "),
    "Call with the access token, and it is refused as well. ",
    make("a", { href: "#sign-in" }, "Begin another session"),
  );
}

function content({ access, refresh: token, ended }) {
  if (access === null) return [empty("Sign in, and the refresh token appears here.")];
  if (token === null) return [empty("There is none beside this access token.")];
  return [refreshParts(token), actions(ended)];
}

function showSpent({ spent, ended }) {
  const isOffered = spent.length > 0 && ended === null;
  list = isOffered ? spentTokens(spent, { grace, onsend: replay }) : null;
  const shownList = list === null ? [] : [make("h3", {}, "Exchanged before"), list.element];
  byId("spent").replaceChildren(...shownList);
}

function show(state) {
  const { access, refresh: token, ended } = state;
  const key = JSON.stringify([access, token, ended]);
  if (key === shown) return;
  shown = key;
  body.dataset.ended = String(ended !== null);
  body.replaceChildren(...content(state));
  showSpent(state);
  if (access === null) say(result, "");
}

/** Exchanges the refresh token, and sends spent ones again. */
export function offerRefresh(surroundings) {
  url = surroundings.urls.refresh;
  if (url === null) {
    body.replaceChildren(empty(surroundings.grace === null ? NO_SESSIONS : NO_ROUTE));
    return;
  }
  grace = surroundings.grace;
  follow(show);
  eachSecond(() => list?.move());
}
