// An OpenID provider on loopback. Each line of its input is a JSON object that configures it anew:
// `keys` (private JWKs), `scopes`, `clients`, and `opaque`, the resources whose tokens say nothing;
// the tokens of all others are JWTs, signed by the algorithm of the first key. It answers with its issuer, one line for each.
// The first argument is its port, 0 for one of the system's choice.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// It is installed where the process runs, and not beside this file.
const require = createRequire(pathToFileURL(`${process.cwd()}/`));
const { default: Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));

function provider(issuer, { keys, scopes, clients, opaque }) {
  const alg = keys[0].alg;
  return new Provider(issuer, {
    clients,
    jwks: { keys },
    scopes: ["openid", "offline_access", ...scopes],
    cookies: { keys: ["of a test"] },
    enabledJWA: { idTokenSigningAlgValues: [alg] },
    clientDefaults: { id_token_signed_response_alg: alg },
    // A client may ask for more later than it had in mind when it registered.
    extraClientMetadata: {
      properties: ["software_id"],
      validator: (_ctx, _name, _value, metadata) => delete metadata.scope,
    },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      introspection: { enabled: true },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, audience) => ({
          audience,
          // The tests turn the clock of the application, and not that of the provider.
          accessTokenTTL: 7200,
          scope: scopes.join(" "),
          accessTokenFormat: opaque.includes(audience) ? "opaque" : "jwt",
          jwt: { sign: { alg } },
        }),
      },
    },
  });
}

let answer;
const server = createServer((request, response) => answer(request, response));
server.listen(Number(process.argv[2]), "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      answer = provider(issuer, JSON.parse(line)).callback();
      console.log(`Issuer: ${issuer}`);
    })
    .on("close", () => process.exit());
});
