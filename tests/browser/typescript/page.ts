// A page that uses all that the module has. It is checked, and never run.
import {
  type Client,
  type ClientEvents,
  type ClientListener,
  type ClientOptions,
  type Credentials,
  RefusedError,
  type SignedIn,
  type SignOutReason,
  createClient,
} from "/flask_jwt.js";

const nothing: ClientOptions = {};
const everything: Required<ClientOptions> = {
  base: "https://api.example.com",
  signInUrl: "/shop/auth",
  refreshUrl: "/shop/auth/refresh",
  signOutUrl: "/shop/auth/logout",
  csrfUrl: "/shop/auth/csrf",
  registerUrl: "/shop/auth/register",
  passwordUrl: "/shop/auth/password",
  csrfHeader: "X-SHOP-CSRF",
  csrfCookie: "shop_csrf",
  name: "shop",
};
const clients: Client[] = [createClient(), createClient(nothing), createClient(everything)];
const auth = createClient();

const usual: Credentials = { username: "anna", password: "wonderful", remember: true };
const others: Credentials = { email: "anna@example.com", code: 123456 };

export async function signIn(): Promise<string> {
  try {
    const signedIn: SignedIn = await auth.signIn(usual);
    const value: string | null = signedIn.csrf_token;
    const seconds: number | undefined = signedIn.expires_in;
    const member: unknown = signedIn["member"];
    await auth.signIn(others);
    return `${value} ${seconds} ${member}`;
  } catch (error) {
    if (!(error instanceof RefusedError)) {
      throw error;
    }
    const status: number = error.status;
    const texts: (string | undefined)[] = [error.error, error.description];
    const seconds: number | undefined = error.retryAfter;
    return `${error.message} ${status} ${texts} ${seconds}`;
  }
}

export async function register(): Promise<SignedIn> {
  const registered: SignedIn = await auth.register({ ...usual, email: "anna@example.com" });
  const nothing: void = await auth.changePassword("wonderful", "a mind forever voyaging");
  return nothing ?? registered;
}

export async function order(init: RequestInit): Promise<number> {
  const answers: Response[] = [
    await auth.fetch("/orders"),
    await auth.fetch(new URL("/orders", location.href), { method: "DELETE" }),
    await auth.fetch(new Request("/orders"), init),
  ];
  return answers.length;
}

const leave: ClientListener<"signout"> = ({ detail }) => {
  const reason: SignOutReason = detail.reason;
  location.assign(reason === "signed out" ? "/" : "/sign-in");
};
auth.addEventListener("signout", leave);
auth.removeEventListener("signout", leave);
auth.addEventListener("signin", (event) => console.log(event.type), { once: true });
auth.addEventListener("refresh", {
  handleEvent(event: ClientEvents["refresh"]): void {
    console.log(event.detail);
  },
});
auth.dispatchEvent(new Event("signin"));

export async function signOut(): Promise<void> {
  const nothing: void = await auth.signOut();
  clients.forEach((client) => client.close());
  return nothing;
}

// What else is a fetch takes this one: libraries ask for it.
export const fetching: typeof fetch = (input, init) => auth.fetch(input, init);
export const refused = [new RefusedError(401), new RefusedError(429, "Wait", "a while", 8)];
