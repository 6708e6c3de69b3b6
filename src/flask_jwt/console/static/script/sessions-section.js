import { byId, catchFocus, empty, make, say } from "./dom.js";
import { reason, send } from "./requests.js";
import { sessionRow } from "./session-row.js";
import { change, current, follow } from "./state.js";

const body = byId("sessions-body");
const result = byId("sessions-result");
const NO_SESSIONS = "This application keeps no sessions. JWT_SESSION_STORE turns them on.";
const NO_ROUTE = "This application has no route that lists them.";
const ENDED = "The session of this page has ended, so the application tells it nothing more.";
let url = null;
let scheme = "";
let asked = null;
let over = null;

const authorized = () => ({ headers: { Authorization: `${scheme} ${current().access}` } });
const urlOf = (sid) => `${url.replace(/\/$/, "")}/${encodeURIComponent(sid)}`;

function buttons(sessions) {
  const others = { type: "button", id: "end-others", disabled: sessions.length < 2, onclick: endOthers };
  return make(
    "div",
    { class: "actions" },
    make("button", { type: "button", id: "look-again", onclick: lookAgain }, "Look again"),
    make("button", others, "End all others"),
  );
}

function content(answer) {
  const sessions = answer.json?.sessions;
  if (!Array.isArray(sessions)) {
    const isOver = current().ended !== null && answer.status === 401;
    return [empty(isOver ? ENDED : `The application does not say: ${reason(answer)}`)];
  }
  const rows = sessions.map((session) => sessionRow(session, end));
  return [make("ul", { class: "rows", id: "session-list" }, rows), buttons(sessions)];
}

async function load(focus = "sessions-title") {
  asked = current().access;
  const answer = await send("GET", url, authorized());
  // Somebody may have signed out meanwhile.
  if (current().access !== asked) return;
  body.replaceChildren(...content(answer));
  catchFocus(focus);
}

const lookAgain = () => load("look-again");

async function end({ sid, this: isThis }) {
  const answer = await send("DELETE", urlOf(sid), authorized());
  if (!answer.ok) {
    say(result, reason(answer), "bad");
    return;
  }
  if (isThis) {
    say(result, "You have ended the session of this page: its tokens are refused from now on.", "good");
    change({ ended: "Ended here." });
  } else {
    say(result, "That session has ended, and its tokens with it.", "good");
    await lookAgain();
  }
}

async function endOthers() {
  const answer = await send("DELETE", url, authorized());
  if (answer.ok) say(result, "All other sessions have ended.", "good");
  else say(result, reason(answer), "bad");
  await lookAgain();
}

function show({ access, ended }) {
  if (access === null) {
    asked = null;
    body.replaceChildren(empty("Sign in, and your sessions appear here."));
    say(result, "");
  } else if (access !== asked || ended !== over) {
    load();
  }
  over = ended;
}

/** Lists the sessions of whoever is signed in, and ends them. */
export function offerSessions(surroundings) {
  url = surroundings.urls.sessions;
  scheme = surroundings.scheme;
  if (url === null) {
    body.replaceChildren(empty(surroundings.grace === null ? NO_SESSIONS : NO_ROUTE));
    return;
  }
  follow(show);
}
