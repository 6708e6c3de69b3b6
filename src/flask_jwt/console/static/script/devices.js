// In the order in which they are looked for: Edge says that it is Chrome, and Chrome that it is Safari.
const PROGRAMS = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\//, "Firefox"],
  [/HeadlessChrome\//, "Chrome without a window"],
  [/Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
  [/^curl\//, "curl"],
  [/python|httpx|werkzeug/i, "a Python program"],
];
const SYSTEMS = [
  [/iPhone|iPad/, "iOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
];

const first = (table, text) => table.find(([pattern]) => pattern.test(text))?.[1] ?? null;

/** Says in words what a user agent is. */
export function device(userAgent) {
  if (!userAgent) return "A program that says no name";
  const program = first(PROGRAMS, userAgent);
  const system = first(SYSTEMS, userAgent);
  const name = program ?? userAgent.slice(0, 40);
  return `${name[0].toUpperCase()}${name.slice(1)}${system === null ? "" : ` on ${system}`}`;
}
