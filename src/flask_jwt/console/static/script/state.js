// All that this page knows, in memory alone: a reload forgets the tokens, and so does whoever
// looks into the storage of the browser.
const state = {
  username: null,
  access: null,
  refresh: null,
  // Refresh tokens that were exchanged, the newest first: {token, counter, spentAt}.
  spent: [],
  ended: null,
};
const listeners = [];

/** Returns what is known; not to be changed but by change(). */
export const current = () => state;

/** Changes what is known, and tells everybody who shows it. */
export function change(differences) {
  Object.assign(state, differences);
  listeners.forEach((listener) => listener(state));
}

/** Calls a function now and after each change. */
export function follow(listener) {
  listeners.push(listener);
  listener(state);
}

/** Forgets the tokens. */
export const forget = () =>
  change({ username: null, access: null, refresh: null, spent: [], ended: null });
