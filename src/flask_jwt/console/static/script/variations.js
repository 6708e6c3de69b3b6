import { encodeText } from "./base64url.js";

const LONGER_THAN_ANY = 70000;

function withHeader({ headerText, parts }, members) {
  const header = JSON.stringify({ ...JSON.parse(headerText), ...members });
  return [encodeText(header), parts[1], parts[2]].join(".");
}

function withClaims({ payload, parts }, members) {
  return [parts[0], encodeText(JSON.stringify({ ...payload, ...members })), parts[2]].join(".");
}

function otherSignature({ parts: [header, payload, signature] }) {
  const first = signature[0] === "A" ? "B" : "A";
  return `${header}.${payload}.${first}${signature.slice(1)}`;
}

function memberTwice({ headerText, parts }) {
  return [encodeText(`${headerText.slice(0, -1)},"alg":"none"}`), parts[1], parts[2]].join(".");
}

/** What can be done to a good token, each with what it is called. */
export const VARIATIONS = [
  ["As it is", ({ parts }) => parts.join(".")],
  ["Signature changed", otherSignature],
  ["alg: none", (taken) => withHeader(taken, { alg: "none" })],
  ["Another algorithm", (taken) => withHeader(taken, { alg: "HS512" })],
  ["Another user", (taken) => withClaims(taken, { identity: 1, sub: "somebody else" })],
  ["Expiry moved", (taken) => withClaims(taken, { exp: (taken.payload.exp ?? 0) + 86400 })],
  ["No signature", ({ parts }) => `${parts[0]}.${parts[1]}.`],
  ["Padding added", ({ parts }) => `${parts[0]}.${parts[1]}=.${parts[2]}`],
  ["A space behind", ({ parts }) => `${parts.join(".")} `],
  ["A fourth part", ({ parts }) => `${parts.join(".")}.${parts[2]}`],
  ["alg twice", memberTwice],
  ["crit", (taken) => withHeader(taken, { crit: ["exp"] })],
  ["Another kind", (taken) => withHeader(taken, { typ: "refresh+jwt" })],
  ["Very long", ({ parts }) => `${parts[0]}.${parts[1]}.${parts[2].padEnd(LONGER_THAN_ANY / 7, "A")}`],
];
