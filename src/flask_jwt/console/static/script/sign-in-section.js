import { byId, say } from "./dom.js";
import { reason, send } from "./requests.js";
import { change, current, follow, forget } from "./state.js";

const form = byId("sign-in-form");
const result = byId("sign-in-result");
const OTHERWISE =
  "The application let you in, but its answer has no access_token: it hands tokens out in another way, " +
  "such as cookies, which this page does not read.";
const NO_ROUTE =
  "The application has no sign-in route of the extension. Use an access token that you have.";
const FORGOTTEN =
  "This page has forgotten the token. It stays good until it expires: the application keeps no sessions.";
let isOffered = false;
let isAdding = false;

function standing({ username, ended }) {
  const who = username === null ? "You use a token of your own" : `Signed in as ${username}`;
  return ended === null ? `${who}.` : `${who}, but the session has ended.`;
}

function show(state) {
  const { access, ended } = state;
  const isSignedIn = access !== null;
  byId("signed-in").hidden = !isSignedIn;
  byId("again").hidden = isAdding || !isOffered;
  form.hidden = !isOffered || (isSignedIn && !isAdding);
  byId("who").textContent = standing(state);
  byId("again").classList.toggle("primary", ended !== null);
  if (ended !== null) say(result, "");
}

function enter(username, { access_token: access, refresh_token: refresh = null }) {
  isAdding = false;
  change({ username, access, refresh, spent: [], ended: null });
  byId("password").value = "";
  byId("who").focus();
}

async function signIn({ urls, username_field, password_field, grace }) {
  const username = byId("username").value;
  const body = { [username_field]: username, [password_field]: byId("password").value };
  if (grace !== null) body.remember = byId("remember").checked;
  const answer = await send("POST", urls.sign_in, { body });
  if (!answer.ok) {
    say(result, `Refused. ${reason(answer)}`, "bad");
  } else if (typeof answer.json?.access_token !== "string") {
    say(result, OTHERWISE, "bad");
  } else {
    enter(username, answer.json);
    say(result, "The application has answered with your tokens.", "good");
  }
}

function saySignedOut(answer) {
  if (answer === null) say(result, FORGOTTEN);
  else if (answer.ok) say(result, "Signed out: the session has ended, and its tokens with it.", "good");
  else say(result, `This page has forgotten the tokens. The application said ${reason(answer)}`, "bad");
}

async function signOut({ urls, scheme }) {
  const headers = { Authorization: `${scheme} ${current().access}` };
  const answer = urls.logout === null ? null : await send("POST", urls.logout, { headers });
  isAdding = false;
  forget();
  saySignedOut(answer);
  (form.hidden ? byId("own-token").firstElementChild : byId("username")).focus();
}

function beginAnother() {
  isAdding = true;
  show(current());
  say(result, "");
  byId("username").focus();
}

function useOwnToken(event) {
  event.preventDefault();
  const token = byId("own-token-text").value.trim();
  if (token === "") return;
  byId("own-token-text").value = "";
  byId("own-token").open = false;
  enter(null, { access_token: token });
  say(result, "This page uses your token from now on.");
}

/** Signs in and out. */
export function offerSignIn(surroundings) {
  isOffered = surroundings.urls.sign_in !== null;
  byId("remember-field").hidden = surroundings.grace === null;
  if (!isOffered) {
    say(result, NO_ROUTE);
    byId("own-token").open = true;
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    signIn(surroundings);
  });
  byId("sign-out").addEventListener("click", () => signOut(surroundings));
  byId("again").addEventListener("click", beginAnother);
  byId("own-token-form").addEventListener("submit", useOwnToken);
  follow(show);
}
