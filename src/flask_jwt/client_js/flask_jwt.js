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
  registerUrl: "/auth/register",
  passwordUrl: "/auth/password",
  csrfHeader: "X-CSRF-TOKEN",
  csrfCookie: "csrf_token",
  name: "flask_jwt",
};
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);
const AS_JSON = { "Content-Type": "application/json" };
const CSRF_ERROR = "CSRF Check Failed";
// Whether there was a refresh. Another tab's may have been one: the next attempt shows it.
const YES = "yes";
const NO = "no";
const PERHAPS = "perhaps";

/**
 * A request that the server has refused: `status`, `error` and `description` say why, and
 * `retryAfter` after how many seconds to try again.
 */
export class RefusedError extends Error {
  constructor(status, error, description, retryAfter) {
    super(description || error || `The server answered ${status}`);
    this.name = "RefusedError";
    this.status = status;
    this.error = error;
    this.description = description;
    this.retryAfter = retryAfter;
  }
}

/** Make a client; see `flask_jwt.d.ts` for the options. One for each page is enough. */
export function createClient(options = {}) {
  return new Client({ ...DEFAULTS, ...options });
}

class Client extends EventTarget {
  #options;
  #base;
  #isElsewhere;
  #channel;
  // The CSRF value that the server has told, for where no cookie tells it.
  #csrf = null;
  // What a cookie says, where the server has refused it.
  #refused = null;
  // What a refresh has made of a value: the server's secret was changed, and the session is the same.
  #renamed = {};
  // The value of the last session that was over.
  #ended = null;
  #refresh = null;
  // How often any tab has refreshed, as far as this one has heard.
  #refreshes = 0;

  constructor(options) {
    super();
    this.#options = options;
    this.#base = new URL(options.base || ".", location.href);
    this.#isElsewhere = this.#base.origin !== location.origin;
    this.#channel = new BroadcastChannel(options.name);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
  }

  /** Sign in; resolves to what the server says, and throws a RefusedError where it refuses. */
  signIn(credentials) {
    return this.#enter(this.#options.signInUrl, credentials);
  }

  /** Register, and be signed in: as signIn. */
  register(registration) {
    return this.#enter(this.#options.registerUrl, registration);
  }

  /** Change the password. This session goes on; all others of the user end. */
  async changePassword(password, newPassword) {
    const body = JSON.stringify({ password, new_password: newPassword });
    const response = await this.fetch(this.#post(this.#options.passwordUrl, AS_JSON, body));
    if (!response.ok) {
      throw await refusal(response);
    }
    // Without sessions the value goes with the token, and both are new.
    this.#csrf = (await response.json()).csrf_token ?? null;
  }

  /** Sign out, in every tab. Where nobody was signed in, nothing is wrong. */
  async signOut() {
    const request = this.#post(this.#options.signOutUrl);
    const response = await this.#send(request, await this.#csrfFor(request));
    if (!response.ok && response.status !== 401) {
      throw await refusal(response);
    }
    this.#csrf = null;
    this.#tell("signout", { reason: "signed out" });
  }

  /**
   * The browser's own fetch, with the CSRF value where one is needed, and with one refresh and one
   * more attempt where the access token has expired. Requests to other origins are left alone, and
   * so are those without credentials.
   */
  async fetch(input, init) {
    const request = new Request(input, init);
    const isOurs = new URL(request.url).origin === this.#base.origin;
    if (!isOurs || request.credentials === "omit") {
      return fetch(request);
    }
    // To be sent twice, a stream would have to be kept in memory, however long it is.
    const isStream = init?.body instanceof ReadableStream;
    const copy = () => (isStream ? request : request.clone());
    const refreshes = this.#refreshes;
    const csrf = await this.#csrfFor(request);
    let response = await this.#send(copy(), csrf);
    // A refresh is no sign-in: where that is what the server wants, it would be in vain.
    if (response.status !== 401 || wantsSignIn(response)) {
      return response;
    }
    let refreshed = await this.#refreshed(refreshes);
    // Somebody else may have signed in meanwhile: what was begun is not done in their name.
    const now = await this.#csrfFor(request);
    const isSame = now === csrf || (this.#renamed.from === csrf && this.#renamed.to === now);
    const isRepeatable = isSame && !isStream;
    if (isRepeatable && refreshed === PERHAPS) {
      response = await this.#send(copy(), now);
      if (response.status !== 401 || this.#refreshes > refreshes) {
        return response;
      }
      refreshed = await this.#refreshOnce(refreshes, false);
    }
    if (isRepeatable && refreshed === YES) {
      return this.#send(request, now);
    }
    // What is wrong with the server says more than the 401 before. Each that waits gets a copy.
    return refreshed instanceof Response ? refreshed.clone() : response;
  }

  /** Close the connection to other tabs. */
  close() {
    this.#channel?.close();
    this.#channel = null;
  }

  async #enter(url, credentials) {
    const request = this.#post(url, AS_JSON, JSON.stringify(credentials));
    const response = await fetch(this.#confined(request, null));
    if (!response.ok) {
      throw await refusal(response);
    }
    // A hook of the application may answer in another form.
    const body = await response.json().catch(() => ({}));
    this.#csrf = body.csrf_token ?? null;
    this.#tell("signin");
    return body;
  }

  async #send(request, csrf) {
    if (SAFE_METHODS.has(request.method)) {
      return fetch(this.#isElsewhere ? new Request(request, { credentials: "include" }) : request);
    }
    const response = await fetch(this.#confined(request, csrf));
    if (await isCsrfRefusal(response)) {
      // The next request asks for the value. This one is not sent again: somebody else may have
      // signed in.
      this.#csrf = null;
      this.#refused = csrf;
    }
    return response;
  }

  #csrfFor(request) {
    return SAFE_METHODS.has(request.method) ? null : this.#csrfValue();
  }

  // At a redirect to another origin, browsers send the CSRF value (and a password) along: headers
  // of a page's own stay. So these requests fail there, and across origins at any redirect.
  #confined(request, value) {
    const headers = new Headers(request.headers);
    if (value !== null) {
      headers.set(this.#options.csrfHeader, value);
    }
    if (!this.#isElsewhere) {
      return new Request(request, { headers, mode: "same-origin" });
    }
    const redirect = request.redirect === "follow" ? "error" : request.redirect;
    return new Request(request, { headers, redirect, credentials: "include" });
  }

  #post(url, headers = {}, body = null) {
    return new Request(new URL(url, this.#base), { method: "POST", headers, body });
  }

  // What the cookie says now: another tab may have signed in. Cookies of another origin can't be
  // read, and those for a domain are not to be trusted: there the server is asked, once. Null:
  // nobody is signed in.
  async #csrfValue() {
    const value = this.#isElsewhere ? null : cookieValue(this.#options.csrfCookie);
    if (value !== null && value !== this.#refused) {
      return value;
    }
    return (this.#csrf ??= await this.#askCsrf());
  }

  async #askCsrf() {
    const url = new URL(this.#options.csrfUrl, this.#base);
    const response = await fetch(url, { credentials: "include" });
    return response.ok ? (await response.json()).csrf_token : null;
  }

  // Resolves to whether it was done, or to the answer of a server that is at fault. All requests of
  // a tab wait for one.
  #refreshed(refreshes) {
    this.#refresh ??= this.#refreshOnce(refreshes, true).finally(() => {
      this.#refresh = null;
    });
    return this.#refresh;
  }

  #refreshOnce(refreshes, mayWait) {
    return alone(`${this.#options.name}:refresh`, async (hasWaited) => {
      if (this.#refreshes > refreshes) {
        return YES;
      }
      if (hasWaited && mayWait) {
        return PERHAPS;
      }
      const value = await this.#csrfValue();
      if (value === null) {
        return NO;
      }
      const response = await this.#send(this.#post(this.#options.refreshUrl), value);
      if (response.ok) {
        this.#csrf = (await response.json()).csrf_token ?? null;
        this.#renamed = { from: value, to: this.#csrf };
        this.#refreshes += 1;
        this.#tell("refresh");
        return YES;
      }
      if (response.status === 401) {
        this.#end(value);
      }
      return response.status >= 500 ? response : NO;
    });
  }

  // Told once: the server lets cookies alone that it does not know, and a page that goes to the
  // sign-in when it hears of this would go there for ever.
  #end(value) {
    const key = `${this.#options.name}:ended`;
    const ended = stored(() => localStorage.getItem(key)) ?? this.#ended;
    this.#csrf = null;
    if (ended !== value) {
      this.#ended = value;
      stored(() => localStorage.setItem(key, value));
      this.#tell("signout", { reason: "session ended" });
    }
  }

  #tell(type, detail = {}) {
    this.#channel?.postMessage({ type, detail });
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #hear({ type, detail }) {
    if (type === "refresh") {
      this.#refreshes += 1;
    } else {
      this.#csrf = null;
    }
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function cookieValue(name) {
  const cookies = new Map(
    document.cookie.split("; ").map((pair) => {
      const place = pair.indexOf("=");
      return [pair.slice(0, place), pair.slice(place + 1)];
    }),
  );
  // Over http there are plain names, in development. Any other can be a sibling domain's, and would
  // have this page refresh a session of the sibling's own.
  const hosts = cookies.get(`__Host-${name}`);
  const plain = location.protocol === "https:" ? undefined : cookies.get(name);
  return plain || hosts || null;
}

async function isCsrfRefusal(response) {
  return response.status === 403 && (await fault(response)).error === CSRF_ERROR;
}

function wantsSignIn(response) {
  const challenge = response.headers.get("WWW-Authenticate") ?? "";
  return challenge.includes('error="insufficient_user_authentication"');
}

async function refusal(response) {
  const { error, description } = await fault(response);
  const seconds = Number(response.headers.get("Retry-After"));
  return new RefusedError(response.status, error, description, seconds || undefined);
}

async function fault(response) {
  try {
    return (await response.clone().json()) ?? {};
  } catch {
    return {};
  }
}

// One tab at a time; where there are no locks (an insecure page), the server's grace has to do.
async function alone(name, work) {
  const { locks } = navigator;
  if (!locks) {
    return work(false);
  }
  const done = await locks.request(name, { ifAvailable: true }, (lock) => lock && work(false));
  return done ?? locks.request(name, () => work(true));
}

function stored(look) {
  try {
    return look();
  } catch {
    // The user lets no page keep anything.
    return undefined;
  }
}
