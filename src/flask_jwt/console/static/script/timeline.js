import { make } from "./dom.js";
import { duration, moment, now } from "./clock.js";

// How much room is left before the beginning and behind the end, as a part of the whole.
const MARGIN = 0.06;

function phase({ begins, exp, ends }, time) {
  if (time < begins) return ["early", `Not good yet: in ${duration(begins - time)}.`];
  if (time < exp) return ["good", `Good for ${duration(exp - time)} more.`];
  if (time < ends) return ["leeway", `Expired, and within the leeway for ${duration(ends - time)} more.`];
  return ["over", `Expired ${duration(time - exp)} ago: refused.`];
}

function label(kind, title, seconds) {
  return make("li", { class: `when when-${kind}` }, make("strong", {}, title), ` ${moment(seconds)}`);
}

function labels({ iat, nbf, exp }, leeway) {
  const begin =
    iat === nbf
      ? [label("issued", "Issued, not before", iat)]
      : [label("issued", "Issued", iat), label("begins", "Not before", nbf)];
  const ends = [label("expires", "Expires", exp)];
  if (leeway > 0) ends.push(label("leeway", "Refused from", exp + leeway));
  return make("ul", { class: "timeline-labels" }, ...begin, ...ends);
}

/**
 * Shows when a token is good, and where now is in that. Returns the element and a function that
 * moves it on, or null where the token says no times.
 */
export function timeline(payload, leeway) {
  const { exp } = payload;
  if (typeof exp !== "number") return null;
  const iat = typeof payload.iat === "number" ? payload.iat : Math.min(now(), exp);
  const nbf = typeof payload.nbf === "number" ? payload.nbf : iat;
  const times = { begins: Math.max(iat, nbf), exp, ends: exp + leeway };
  const first = Math.min(iat, nbf);
  const length = Math.max(times.ends - first, 1);
  const place = (time) => {
    const part = MARGIN + ((time - first) / length) * (1 - 2 * MARGIN);
    return `${Math.min(1, Math.max(0, part)) * 100}%`;
  };
  const spans = ["good", "spent", "leeway", "now"].map((name) => make("span", { class: `track-${name}` }));
  const track = make("div", { class: "track", "aria-hidden": "true" }, spans);
  const sentence = make("p", { class: "phase" });
  const element = make(
    "figure",
    { class: "timeline card" },
    make("figcaption", {}, "Its life"),
    sentence,
    track,
    labels({ iat, nbf, exp }, leeway),
  );
  for (const [name, time] of Object.entries(times)) track.style.setProperty(`--${name}`, place(time));
  const move = (time) => {
    const [name, text] = phase(times, time);
    element.dataset.phase = name;
    sentence.textContent = text;
    track.style.setProperty("--now", place(time));
  };
  move(now());
  return { element, move };
}
