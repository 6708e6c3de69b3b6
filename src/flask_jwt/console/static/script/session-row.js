import { ago, duration, moment, now } from "./clock.js";
import { device } from "./devices.js";
import { make } from "./dom.js";

function time(seconds, text) {
  return make("time", { datetime: new Date(seconds * 1000).toISOString(), title: moment(seconds) }, text);
}

function fact(title, value) {
  return make("div", {}, make("dt", {}, title), make("dd", {}, value));
}

/** Shows one session, with the button that ends it. */
export function sessionRow(session, end) {
  const { sid, address, user_agent: agent, this: isThis } = session;
  const { began_at: began, used_at: used, expires_at: expires } = session;
  const name = device(agent);
  const badge = isThis ? make("span", { class: "badge" }, "this page") : null;
  const facts = make(
    "dl",
    { class: "facts" },
    fact("From", address ?? "an unknown address"),
    fact("Began", time(began, ago(began))),
    fact("Last used", time(used, ago(used))),
    fact("Expires", time(expires, `in ${duration(expires - now())}`)),
  );
  const label = `End the session of ${name} that began ${ago(began)}`;
  const onclick = () => end(session);
  const attributes = { type: "button", class: "risky", "aria-label": label, onclick };
  return make(
    "li",
    { "data-sid": sid },
    make("div", {}, make("p", { class: "device" }, name, badge), facts),
    make("button", attributes, "End"),
  );
}
