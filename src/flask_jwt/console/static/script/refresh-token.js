import { decode, encode } from "./base64url.js";

// version, name of the session, counter, MAC: 54 bytes, as the application makes them.
const SIZE = 54;
const SID = 1;
const COUNTER = 17;
const MAC = 22;

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
