import { decode, decodeText } from "./base64url.js";

/** Reads a JSON object; returns null where the text is none. */
function object(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * Takes a token apart for showing it; nothing is verified. Returns null where there are no three
 * parts with two JSON objects.
 */
export function takeApart(token) {
  const parts = token.split(".");
  if (parts.length !== 3) return null;
  const [headerText, payloadText] = parts.slice(0, 2).map(decodeText);
  const header = object(headerText);
  const payload = object(payloadText);
  if (header === null || payload === null) return null;
  return { parts, header, payload, headerText, payloadText, signature: decode(parts[2]) ?? [] };
}
