import { make } from "./dom.js";
import { moment } from "./clock.js";

const WORDS = {
  iss: "Issuer: who made the token.",
  sub: "Subject: whom the token is about.",
  aud: "Audience: for whom it is meant. Others refuse it.",
  exp: "Expiry: from this second on the token is refused.",
  nbf: "Not before: until this second it is refused.",
  iat: "Issued at: when it was made.",
  jti: "The name of this one token, by which it can be revoked.",
  sid: "The session that it belongs to. When that ends, the token is refused.",
  identity: "Whom it stands for. The identity handler looks them up at each request.",
  scope: "What it may be used for.",
  roles: "The roles of the user, made anew at each refresh.",
  auth_time: "When the user signed in. A refresh does not move it.",
  amr: "How the user signed in: pwd is a password.",
  acr: "At which level the user signed in.",
};
const TIMES = ["exp", "nbf", "iat", "auth_time"];

function value(name, claim) {
  const text = JSON.stringify(claim);
  return TIMES.includes(name) && typeof claim === "number" ? `${text} · ${moment(claim)}` : text;
}

/** Lists claims with their values and what they mean. */
export function claimsInWords(payload) {
  const rows = Object.entries(payload).map(([name, claim]) =>
    make(
      "div",
      {},
      make("dt", {}, name),
      make("dd", { class: "claim-value" }, value(name, claim)),
      make("dd", {}, WORDS[name] ?? "The application's own."),
    ),
  );
  return make("dl", { class: "claims" }, rows);
}
