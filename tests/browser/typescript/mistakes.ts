// What a checker has to tell a page's author of, a line each.
import {
  Client,
  type ClientListener,
  RefusedError,
  type SignOutReason,
  createClient,
} from "/flask_jwt.js";

const auth = createClient();

// @ts-expect-error: the class is the module's own
new Client({});
// @ts-expect-error: a misspelt option
createClient({ refreshURL: "/auth/refresh" });
// @ts-expect-error: an address is text
createClient({ base: new URL("https://api.example.com") });
// @ts-expect-error: there is no such option to be none
createClient(null);

// @ts-expect-error: whoever signs in says who they are
void auth.signIn();
// @ts-expect-error: credentials are not two arguments
void auth.signIn("anna", "wonderful");
// @ts-expect-error: it is a yes or no
void auth.signIn({ username: "anna", password: "wonderful", remember: "yes" });

// @ts-expect-error: whoever registers says who they are
void auth.register();
// @ts-expect-error: the former password comes with the new one
void auth.changePassword("wonderful");

export async function results(): Promise<void> {
  // @ts-expect-error: no token is ever shown
  const token: string = (await auth.signIn({})).access_token;
  // @ts-expect-error: there may be no value
  const value: string = (await auth.signIn({})).csrf_token;
  // @ts-expect-error: sign-out says nothing
  const answer: Response = await auth.signOut();
  // @ts-expect-error: the answer is not read yet
  const body: { orders: string[] } = await auth.fetch("/orders");
}

// @ts-expect-error: fetch takes no number
void auth.fetch(1);
// @ts-expect-error: nor methods of its own
auth.refresh();

auth.addEventListener("signout", ({ detail }) => {
  // @ts-expect-error: there is no such reason
  const isOver: boolean = detail.reason === "expired";
});
auth.addEventListener("refresh", ({ detail }) => {
  // @ts-expect-error: a refresh has no reason
  const reason: SignOutReason = detail.reason;
});
// @ts-expect-error: a listener to another event
const listener: ClientListener<"signin"> = (event: CustomEvent<{ reason: string }>) => {};
// @ts-expect-error: no listener
auth.addEventListener("signout", "leave");

const refused = new RefusedError(401);
// @ts-expect-error: it is what the server said
refused.status = 200;
// @ts-expect-error: a refusal has a status
new RefusedError("Unauthorized");
// @ts-expect-error: the server may have said nothing
const description: string = refused.description;
// @ts-expect-error: nor for how long
const seconds: number = refused.retryAfter;
