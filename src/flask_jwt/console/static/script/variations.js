import { encodeText } from "./base64url.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const LONGER_THAN_ANY = 10000;
const A_DAY = 86400;

function withHeader({ header, parts }, members) {
  return [encodeText(JSON.stringify({ ...header, ...members })), parts[1], parts[2]].join(".");
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

// Where bytes don't fill the last letter, its lowest bit means nothing to a careless decoder.
function otherSpelling({ parts }) {
  const place = parts.findLastIndex((part) => part.length % 4 !== 0);
  return parts
    .map((part, index) => {
      if (index !== place) return part;
      return part.slice(0, -1) + LETTERS[LETTERS.indexOf(part.at(-1)) ^ 1];
    })
    .join(".");
}

/** What can be done to a good token without its key: what it is called, and what it does. */
export const VARIATIONS = [
  {
    name: "As it is",
    what: "Your token, unchanged.",
    vary: ({ parts }) => parts.join("."),
  },
  {
    name: "Signature changed",
    what: "The first character of the signature is another one.",
    vary: otherSignature,
  },
  {
    name: "Somebody else",
    what: "The payload names another user, under the old signature.",
    vary: (taken) => withClaims(taken, { identity: 0, sub: "somebody else" }),
  },
  {
    name: "A day longer",
    what: "The expiry is a day later, under the old signature.",
    vary: (taken) => withClaims(taken, { exp: (taken.payload.exp ?? 0) + A_DAY }),
  },
  {
    name: "Expired",
    what: "The expiry lies in the past. Only the key could sign that, so the signature is what fails.",
    vary: (taken) => withClaims(taken, { exp: 1 }),
  },
  {
    name: "alg: none",
    what: "The header says that nothing was signed.",
    vary: (taken) => withHeader(taken, { alg: "none" }),
  },
  {
    name: "Another algorithm",
    what: "The header names an algorithm that is not the key's.",
    vary: (taken) => withHeader(taken, { alg: taken.header.alg === "HS512" ? "HS256" : "HS512" }),
  },
  {
    name: "A key of its own",
    what: "The header brings a key along, and hopes that it is used.",
    vary: (taken) => withHeader(taken, { jwk: { kty: "oct", k: "c2VjcmV0" } }),
  },
  {
    name: "crit",
    what: "The header lists an extension that has to be understood.",
    vary: (taken) => withHeader(taken, { crit: ["exp"], exp: 0 }),
  },
  {
    name: "Another kind",
    what: "The header says that this is no access token.",
    vary: (taken) => withHeader(taken, { typ: "reset+jwt" }),
  },
  {
    name: "alg twice",
    what: "The header has alg twice: the second says none.",
    vary: memberTwice,
  },
  {
    name: "Two parts",
    what: "The signature is left out, with its dot.",
    vary: ({ parts }) => `${parts[0]}.${parts[1]}`,
  },
  {
    name: "Padding added",
    what: "An equals sign stands behind the payload, as in ordinary base64.",
    vary: ({ parts }) => `${parts[0]}.${parts[1]}=.${parts[2]}`,
  },
  {
    name: "Another spelling",
    what: "The last letter differs in a bit that means nothing: careless decoders read the same bytes.",
    vary: otherSpelling,
  },
  {
    name: "A space in front",
    what: "A space stands before the header.",
    vary: ({ parts }) => ` ${parts.join(".")}`,
  },
  {
    name: "Very long",
    what: "The signature goes on and on.",
    vary: ({ parts }) => `${parts[0]}.${parts[1]}.${parts[2].padEnd(LONGER_THAN_ANY, "A")}`,
  },
];
