import { duration, eachSecond, now } from "./clock.js";
import { byId } from "./dom.js";
import { takeApart } from "./jws.js";
import { current, follow } from "./state.js";

function condition({ access, username, ended }) {
  if (access === null) return ["out", "Signed out"];
  if (ended !== null) return ["ended", "Session ended"];
  const name = username ?? "A token";
  const exp = takeApart(access)?.payload.exp;
  if (typeof exp !== "number") return ["ended", name];
  return exp > now() ? ["in", `${name} · ${duration(exp - now())}`] : ["ended", `${name} · expired`];
}

function show() {
  const [name, text] = condition(current());
  byId("status").dataset.state = name;
  byId("status-text").textContent = text;
}

/** Says at the top who is signed in, and for how long. */
export function showStatus() {
  follow(show);
  eachSecond(show);
}
