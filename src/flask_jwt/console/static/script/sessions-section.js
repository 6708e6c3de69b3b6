import { ago, duration, now } from "./clock.js";
import { device } from "./devices.js";
import { byId, empty, make, say } from "./dom.js";
import { reason, send } from "./requests.js";
import { change, current, follow } from "./state.js";

const body = byId("sessions-body");
const result = byId("sessions-result");
let url = null;
let scheme = "";
let asked = null;

const authorized = () => ({ headers: { Authorization: `${scheme} ${current().access}` } });

function row({ sid, address, user_agent: agent, began_at: began, used_at: used, expires_at: expires, this: isThis }) {
  const name = device(agent);
  return make(
    "li",
    { "data-sid": sid },
    make(
      "div",
      {},
      make("strong", {}, name, isThis ? make("span", { class: "badge" }, "this page") : null),
      make("span", { class: "small" }, `From ${address ?? "an unknown address"} · began ${ago(began)} · last used ${ago(used)} · ends in ${duration(expires - now())} if it is not used`),
    ),
    make("button", { type: "button", "aria-label": `End the session of ${name}, begun ${ago(began)}`, onclick: () => end(sid, isThis) }, "End it"),
  );
}

function buttons(sessions) {
  return make(
    "div",
    { class: "actions" },
    make("button", { type: "button", onclick: () => load() }, "Look again"),
    make("button", { type: "button", id: "end-others", disabled: sessions.length < 2, onclick: endOthers }, "End all others"),
  );
}

async function load() {
  asked = current().access;
  const answer = await send("GET", url, authorized());
  // Somebody may have signed out meanwhile.
  if (current().access !== asked) return;
  if (Array.isArray(answer.json?.sessions)) {
    const { sessions } = answer.json;
    body.replaceChildren(make("ul", { class: "rows", id: "session-list" }, sessions.map(row)), buttons(sessions));
  } else {
    body.replaceChildren(empty(`The application does not say: ${reason(answer)}`));
  }
}

async function end(sid, isThis) {
  const answer = await send("DELETE", `${url.replace(/\/$/, "")}/${encodeURIComponent(sid)}`, authorized());
  if (!answer.ok) {
    say(result, reason(answer), "bad");
    return;
  }
  say(result, isThis ? "You have ended the session of this page: its tokens are refused from now on." : "That session has ended, and its tokens with it.", "good");
  if (isThis) change({ ended: "Ended here." });
  await load();
}

async function endOthers() {
  const answer = await send("DELETE", url, authorized());
  say(result, answer.ok ? "All other sessions have ended." : reason(answer), answer.ok ? "good" : "bad");
  await load();
}

function show({ access, ended }) {
  if (access === null) {
    asked = null;
    body.replaceChildren(empty("Sign in, and your sessions appear here."));
  } else if (access !== asked || ended !== null) {
    load();
  }
}

/** Lists the sessions of whoever is signed in, and ends them. */
export function offerSessions(surroundings) {
  url = surroundings.urls.sessions;
  scheme = surroundings.scheme;
  if (url === null) {
    body.replaceChildren(empty(surroundings.grace === null ? "This application keeps no sessions. JWT_SESSION_STORE turns them on." : "This application has no route that lists them."));
    return;
  }
  follow(show);
}
