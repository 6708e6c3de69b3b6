/**
 * A client for an application whose tokens are in cookies.
 *
 * No script ever sees a token here. What it does: it sends the CSRF value with what changes
 * something, exchanges the refresh token once for all tabs when an access token has expired, and
 * tells every tab when somebody signs out.
 */

const DEFAULTS = {
  base: "",
  signInUrl: "/auth",
  refreshUrl: "/auth/refresh",
  signOutUrl: "/auth/logout",
  csrfUrl: "/auth/csrf",
  csrfHeader: "X-CSRF-TOKEN",
  name: "flask_jwt",
};
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);
const CSRF_COOKIE = "csrf_token";
const CSRF_ERROR = "CSRF Check Failed";

/** A request that the server has refused: `status`, `error` and `description` say why. */
export class RefusedError extends Error {
  constructor(status, error, description) {
    super(description || error || `The server answered ${status}`);
    this.name = "RefusedError";
    this.status = status;
    this.error = error;
    this.description = description;
  }
}

/** Make a client; see `flask_jwt.d.ts` for the options. One for each page is enough. */
export function createClient(options = {}) {
  return new Client({ ...DEFAULTS, ...options });
}

class Client extends EventTarget {
  #options;
  #base;
  #channel;
  #csrf = null;
  #refresh = null;

  constructor(options) {
    super();
    this.#options = options;
    this.#base = new URL(options.base || ".", location.href);
    this.#channel = new BroadcastChannel(options.name);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
  }

  /** Sign in; resolves to what the server says, and throws a RefusedError where it refuses. */
  async signIn(credentials) {
    const response = await this.#post(this.#options.signInUrl, credentials);
    if (!response.ok) {
      throw await refusal(response);
    }
    const body = await response.json();
    this.#csrf = body.csrf_token ?? null;
    this.#tell("signin");
    return body;
  }

  /** Sign out, in every tab. Where nobody was signed in, nothing is wrong. */
  async signOut() {
    const response = await this.#postWithCsrf(this.#options.signOutUrl);
    if (!response.ok && response.status !== 401) {
      throw await refusal(response);
    }
    this.#csrf = null;
    this.#tell("signout", { reason: "signed out" });
  }

  /**
   * The browser's own fetch, with the CSRF value where one is needed, and with one refresh and one
   * more attempt where the access token has expired. Requests to other origins are left alone.
   */
  async fetch(input, init) {
    const request = new Request(input, init);
    if (new URL(request.url).origin !== this.#base.origin) {
      return fetch(request);
    }
    const began = Date.now();
    const response = await this.#send(request.clone());
    if (response.status !== 401) {
      return response;
    }
    const refreshed = await this.#refreshed(began);
    if (refreshed === true) {
      return this.#send(request);
    }
    // What is wrong with the server says more than the 401 before.
    return refreshed.status >= 500 ? refreshed : response;
  }

  /** Close the connection to other tabs. */
  close() {
    this.#channel.close();
  }

  async #send(request) {
    const headers = new Headers(request.headers);
    const needsCsrf = !SAFE_METHODS.has(request.method);
    if (needsCsrf) {
      headers.set(this.#options.csrfHeader, await this.#csrfValue());
    }
    const again = needsCsrf && this.#isElsewhere ? request.clone() : null;
    const response = await fetch(new Request(request, { headers, credentials: "include" }));
    if (again !== null && this.#csrf !== null && (await isCsrfRefusal(response))) {
      // Another tab has signed in: the value that was remembered is of the session before.
      this.#csrf = null;
      headers.set(this.#options.csrfHeader, await this.#csrfValue());
      return fetch(new Request(again, { headers, credentials: "include" }));
    }
    return response;
  }

  #post(url, body, headers = {}) {
    const init = { method: "POST", credentials: "include", headers };
    if (body !== undefined) {
      init.headers = { ...headers, "Content-Type": "application/json" };
      init.body = JSON.stringify(body);
    }
    return fetch(new URL(url, this.#base), init);
  }

  #postWithCsrf(url) {
    return this.#send(new Request(new URL(url, this.#base), { method: "POST" }));
  }

  get #isElsewhere() {
    return this.#base.origin !== location.origin;
  }

  // What the cookie says now: another tab may have signed in. Cookies of another origin can't be
  // read, so that there the server is asked, once.
  async #csrfValue() {
    if (!this.#isElsewhere) {
      const value = cookieValue();
      if (value !== null) {
        return value;
      }
    }
    if (this.#csrf === null || !this.#isElsewhere) {
      const url = new URL(this.#options.csrfUrl, this.#base);
      const response = await fetch(url, { credentials: "include" });
      this.#csrf = response.ok ? (await response.json()).csrf_token : null;
    }
    return this.#csrf ?? "";
  }

  // Resolves to true, or to the answer that says why not. All requests of a tab wait for one.
  #refreshed(began) {
    this.#refresh ??= this.#refreshOnce(began).finally(() => {
      this.#refresh = null;
    });
    return this.#refresh;
  }

  #refreshOnce(began) {
    return locked(`${this.#options.name}:refresh`, async () => {
      if (this.#lastRefresh > began) {
        return true;
      }
      const response = await this.#postWithCsrf(this.#options.refreshUrl);
      if (response.ok) {
        this.#csrf = (await response.json()).csrf_token ?? null;
        this.#lastRefresh = Date.now();
        this.#tell("refresh");
        return true;
      }
      if (response.status === 401) {
        this.#csrf = null;
        this.#tell("signout", { reason: "session ended" });
      }
      return response;
    });
  }

  // When any tab has refreshed last: a time, and nothing else, is all that is kept.
  get #lastRefresh() {
    return stored(() => Number(localStorage.getItem(`${this.#options.name}:refreshed`))) ?? 0;
  }

  set #lastRefresh(time) {
    stored(() => localStorage.setItem(`${this.#options.name}:refreshed`, String(time)));
  }

  #tell(type, detail = {}) {
    this.#channel.postMessage({ type, detail });
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #hear({ type, detail }) {
    if (type !== "refresh") {
      this.#csrf = null;
    }
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function cookieValue() {
  const cookies = new Map(
    document.cookie.split("; ").map((pair) => {
      const place = pair.indexOf("=");
      return [pair.slice(0, place), pair.slice(place + 1)];
    }),
  );
  const prefixed = [`__Host-${CSRF_COOKIE}`, `__Secure-${CSRF_COOKIE}`];
  // Over http there are plain names, in development; those of TLS may be another application's.
  const names = location.protocol === "https:" ? prefixed : [CSRF_COOKIE, ...prefixed];
  return names.map((name) => cookies.get(name)).find((value) => value) ?? null;
}

async function isCsrfRefusal(response) {
  return response.status === 403 && (await fault(response)).error === CSRF_ERROR;
}

async function refusal(response) {
  const { error, description } = await fault(response);
  return new RefusedError(response.status, error, description);
}

async function fault(response) {
  try {
    return (await response.clone().json()) ?? {};
  } catch {
    return {};
  }
}

// One tab at a time; where there are no locks (an insecure page), the server's grace has to do.
function locked(name, work) {
  return navigator.locks ? navigator.locks.request(name, work) : work();
}

function stored(look) {
  try {
    return look();
  } catch {
    // The user lets no page keep anything.
    return undefined;
  }
}
