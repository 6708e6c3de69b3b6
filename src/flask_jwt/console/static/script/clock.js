// The application's clock decides, and this machine's may differ.
let offset = 0;
const listeners = new Set();

/** Sets the clock by the application's, in seconds since 1970. */
export function setClock(serverNow) {
  const difference = serverNow - Date.now() / 1000;
  offset = Math.abs(difference) < 2 ? 0 : difference;
}

/** Returns the time in seconds since 1970. */
export const now = () => Date.now() / 1000 + offset;

/** Calls a function each second. */
export const eachSecond = (listener) => listeners.add(listener);

setInterval(() => listeners.forEach((listener) => listener(now())), 1000);

/** Writes a duration: "4 min 32 s", "2 h 5 min", "29 days". */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 172800) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} days`;
}

/** Writes how long ago something was. */
export const ago = (then) => (now() - then < 3 ? "just now" : `${duration(now() - then)} ago`);

/** Writes a moment as people of here do, with the day where it is another one. */
export function moment(seconds) {
  const date = new Date(seconds * 1000);
  const today = new Date(now() * 1000).toDateString() === date.toDateString();
  return today ? date.toLocaleTimeString() : date.toLocaleString();
}
