import { createClient } from "/flask_jwt.js";
import { onSubmit } from "./forms.js";

const auth = createClient();

onSubmit(
  document.querySelector("#sign-in"),
  async ({ remember, ...credentials }) => {
    await auth.signIn({ ...credentials, remember: remember === "on" });
  },
  { 401: "The name or the password is wrong." },
);
onSubmit(document.querySelector("#register"), async (registration) => {
  await auth.register(registration);
});

// In this tab or in another one.
auth.addEventListener("signin", () => location.replace("/"));
