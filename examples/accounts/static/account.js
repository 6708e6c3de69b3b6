import { createClient } from "/flask_jwt.js";
import { onSubmit, say } from "./forms.js";

const BROWSERS = { Edg: "Edge", Firefox: "Firefox", Chrome: "Chrome", Safari: "Safari" };

const auth = createClient();
const element = (selector) => document.querySelector(selector);
const leave = () => location.replace("/sign-in");

/** Show who is signed in, and where. Nobody is: then the other page is the right one. */
async function show() {
  const me = await auth.fetch("/auth/me");
  if (me.status === 401) return leave();
  const { user } = await bodyOf(me);
  const { sessions } = await bodyOf(await auth.fetch("/auth/sessions"));
  element("#username").textContent = user.username;
  element("#created").textContent = new Date(user.created_at).toLocaleDateString();
  element("[name=username]").defaultValue = user.username;
  element("#sessions").replaceChildren(...sessions.map(shown));
  element("#account").hidden = false;
}

async function bodyOf(answer) {
  if (!answer.ok) throw new Error(`The server answered ${answer.status}`);
  return answer.json();
}

function shown(session) {
  const item = element("#session").content.firstElementChild.cloneNode(true);
  const name = session.this ? "This browser" : nameOf(session.user_agent ?? "");
  const details = `${session.address}, since ${new Date(session.began_at * 1000).toLocaleString()}`;
  item.querySelector("b").textContent = name;
  item.querySelector(".small").textContent = details;
  const button = item.querySelector("button");
  button.setAttribute("aria-label", `Sign out: ${name}, ${details}`);
  button.addEventListener("click", () => attempt(() => end(session)));
  return item;
}

function nameOf(userAgent) {
  const found = Object.keys(BROWSERS).find((name) => userAgent.includes(`${name}/`));
  return BROWSERS[found] ?? "Another program";
}

async function end(session) {
  if (session.this) return auth.signOut();
  await auth.fetch(`/auth/sessions/${session.sid}`, { method: "DELETE" });
  await show();
  element("#sessions-title").focus();
}

async function attempt(work) {
  try {
    await work();
    say(element("#trouble"), "");
  } catch {
    say(element("#trouble"), "That did not work. Please try again in a moment.", "bad");
  }
}

onSubmit(
  element("#password"),
  async (fields) => {
    await auth.changePassword(fields.password, fields.new_password);
    await attempt(show);
    return "Your password is changed. You are signed out everywhere else.";
  },
  { 403: "That is not your password." },
);
element("#sign-out").addEventListener("click", () => attempt(() => auth.signOut()));
auth.addEventListener("signout", leave);
auth.addEventListener("signin", () => attempt(show));
// Whoever comes back to the page finds what has become of it meanwhile.
addEventListener("pageshow", () => attempt(show));
document.addEventListener("visibilitychange", () => document.hidden || attempt(show));
