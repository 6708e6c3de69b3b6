/** What a client has to know of the application; the defaults are those of Flask-JWT-Reborn. */
export interface ClientOptions {
  /** Where the application is: "" for the page's own origin, or "https://api.example.com". */
  base?: string;
  /** `JWT_AUTH_URL_RULE`, from the base; with the script root where there is one. */
  signInUrl?: string;
  /** `JWT_REFRESH_URL_RULE`. */
  refreshUrl?: string;
  /** `JWT_LOGOUT_URL_RULE`. */
  signOutUrl?: string;
  /** `JWT_CSRF_URL_RULE`. */
  csrfUrl?: string;
  /** `JWT_REGISTER_URL_RULE`; "/auth/register" unless given. */
  registerUrl?: string;
  /** `JWT_PASSWORD_URL_RULE`. */
  passwordUrl?: string;
  /** `JWT_CSRF_HEADER_NAME`. */
  csrfHeader?: string;
  /** `JWT_CSRF_COOKIE_NAME`. */
  csrfCookie?: string;
  /** Tells the clients of two applications on one origin apart. */
  name?: string;
}

/**
 * What a sign-in or a registration sends: the names are those of `JWT_AUTH_USERNAME_KEY` and its
 * companion.
 */
export interface Credentials {
  username?: string;
  password?: string;
  /** Whether the session outlives the browser window. */
  remember?: boolean;
  [member: string]: unknown;
}

/** What a sign-in answers. */
export interface SignedIn {
  csrf_token: string | null;
  expires_in?: number;
  [member: string]: unknown;
}

/** Whether somebody has signed out in a tab, or the server no longer knows the session. */
export type SignOutReason = "signed out" | "session ended";

/**
 * What a client tells of. That a session has ended is told once, and not to somebody who was not
 * signed in.
 */
export interface ClientEvents {
  signin: CustomEvent<object>;
  refresh: CustomEvent<object>;
  signout: CustomEvent<{ reason: SignOutReason }>;
}

/** A listener to one of the events, as a function or as an object. */
export type ClientListener<K extends keyof ClientEvents> =
  | ((event: ClientEvents[K]) => void)
  | { handleEvent(event: ClientEvents[K]): void };

/** A client. Its events come from every tab of the same origin. */
export interface Client extends EventTarget {
  /** Sign in. Throws a {@link RefusedError} where the server refuses. */
  signIn(credentials: Credentials): Promise<SignedIn>;
  /** Register, and be signed in. Throws a {@link RefusedError}: 409 for a name that is taken. */
  register(registration: Credentials): Promise<SignedIn>;
  /**
   * Change the password. This session goes on, and all others of the user end. Throws a
   * {@link RefusedError}: 403 for a wrong password, 400 for a new one that will not do.
   */
  changePassword(password: string, newPassword: string): Promise<void>;
  /** Sign out, in every tab. Throws a {@link RefusedError} where the server can't. */
  signOut(): Promise<void>;
  /**
   * As the browser's own `fetch`, with the CSRF value, and with one refresh and one more attempt at
   * a 401.
   *
   * - Requests to other origins than that of `base`, and those with `credentials: "omit"`, are the
   *   browser's alone.
   * - A request with a CSRF value fails where it is redirected to another origin; with a `base`
   *   elsewhere, at any redirect.
   * - What changes something is not sent again where somebody else has signed in meanwhile.
   * - A `ReadableStream` as `init.body` is sent once: after a 401 the refresh is made, and the
   *   answer is the 401.
   */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /** Close the connection to other tabs. */
  close(): void;
  addEventListener<K extends keyof ClientEvents>(
    type: K,
    listener: ClientListener<K> | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof ClientEvents>(
    type: K,
    listener: ClientListener<K> | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

/** A request that the server has refused. */
export declare class RefusedError extends Error {
  readonly status: number;
  readonly error: string | undefined;
  readonly description: string | undefined;
  /** After how many seconds to try again: of a 429 or 503. */
  readonly retryAfter: number | undefined;
  constructor(status: number, error?: string, description?: string, retryAfter?: number);
}

/** Make a client. One for each page is enough. */
export declare function createClient(options?: ClientOptions): Client;
