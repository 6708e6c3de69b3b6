import { decode, encode } from "./base64url.js";

// version, name of the session, counter, MAC: 54 bytes, as the application makes them.
const SIZE = 54;
const SID = 1;
const COUNTER = 17;
const MAC = 22;
const PARTS = [["version", 0, SID], ["sid", SID, COUNTER], ["counter", COUNTER, MAC], ["mac", MAC, SIZE]];

/** Takes a refresh token apart; returns null where it is none of this kind. */
export function takeApart(token) {
  const bytes = decode(token);
  if (bytes === null || bytes.length !== SIZE) return null;
  return {
    version: bytes[0],
    sid: encode(bytes.slice(SID, COUNTER)),
    counter: bytes.slice(COUNTER, MAC).reduce((number, byte) => number * 256 + byte, 0),
    mac: bytes.slice(MAC),
  };
}

/** Returns the counter in a refresh token, or null. */
export const counterOf = (token) => takeApart(token)?.counter ?? null;

// A letter is six bits: one that has bits of two parts goes with the part that has more of them.
const letterAt = (place) => Math.round((place * 8) / 6);

/** Cuts the text of a refresh token into its parts: pairs of a name and letters. */
export const cut = (token) =>
  PARTS.map(([name, from, to]) => [name, token.slice(letterAt(from), letterAt(to))]);
