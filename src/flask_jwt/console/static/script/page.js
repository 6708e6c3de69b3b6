import { showAccessToken } from "./access-section.js";
import { offerCalls } from "./call-section.js";
import { setClock } from "./clock.js";
import { markContents } from "./contents.js";
import { byId } from "./dom.js";
import { offerGate } from "./gate-section.js";
import { showKeys } from "./keys-section.js";
import { offerRefresh } from "./refresh-section.js";
import { reason, send } from "./requests.js";
import { offerSessions } from "./sessions-section.js";
import { offerSignIn } from "./sign-in-section.js";
import { showStatus } from "./status.js";

const SECTIONS = [
  offerSignIn,
  showAccessToken,
  offerCalls,
  offerRefresh,
  offerSessions,
  offerGate,
  showKeys,
];

function trouble(answer) {
  if (answer.status === 0) return "The application does not answer. Reload this page when it does.";
  return `The application does not say how it is set up: ${reason(answer)} Its log says more.`;
}

async function start() {
  markContents();
  const answer = await send("GET", document.body.dataset.surroundings);
  if (!answer.ok) {
    document.body.dataset.ready = "no";
    byId("trouble").hidden = false;
    byId("trouble").textContent = trouble(answer);
    return;
  }
  setClock(answer.json.now);
  SECTIONS.forEach((section) => section(answer.json));
  showStatus();
  document.body.dataset.ready = "yes";
}

start();
