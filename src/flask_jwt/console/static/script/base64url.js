const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Encodes bytes as base64url without padding. */
export function encode(bytes) {
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Encodes text. */
export const encodeText = (text) => encode(new TextEncoder().encode(text));

/** Decodes base64url; returns null where it is none. */
export function decode(part) {
  if (!/^[A-Za-z0-9_-]+$/.test(part)) return null;
  try {
    const letters = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

/** Decodes UTF-8 text; returns null where it is none. */
export function decodeText(part) {
  const bytes = decode(part);
  try {
    return bytes === null ? null : utf8.decode(bytes);
  } catch {
    return null;
  }
}

/** Writes bytes in hexadecimal, in pairs. */
export const hexadecimal = (bytes) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
