// The live line to the bot: resumes where it broke, and always says how it stands.

import { one } from "./dom.js";
import { t } from "./words.js";

const QUIET = 40000;
let source = null;
let last = 0;
let thread = "";
let onEvent = () => {};
let watch = 0;
let retry = 0;
let failures = 0;

export function follow(threadId, after, take) {
  thread = threadId;
  last = after;
  onEvent = take;
  failures = 0;
  connect();
}

function connect() {
  source?.close();
  clearTimeout(retry);
  const asked = new URLSearchParams({ after: String(last) });
  if (thread) asked.set("thread", thread);
  source = new EventSource(`/web/stream?${asked}`);
  const mine = source;
  source.addEventListener("open", () => mine === source && state("live"));
  source.addEventListener("error", () => mine === source && again());
  for (const kind of ["hello", "beat", "entry", "thread", "whisper", "gone"]) {
    source.addEventListener(kind, (event) => {
      if (mine !== source) return;
      alive();
      if (event.lastEventId) last = Math.max(last, Number(event.lastEventId));
      if (kind !== "hello" && kind !== "beat") onEvent(kind, JSON.parse(event.data));
    });
  }
  alive();
}

// The server sends a beat each 15 s; a line that is silent for long is asked anew.
function alive() {
  clearTimeout(watch);
  watch = setTimeout(connect, QUIET);
}

function again() {
  failures += 1;
  state(navigator.onLine === false ? "offline" : "waiting");
  source.close();
  clearTimeout(watch);
  clearTimeout(retry);
  retry = setTimeout(connect, Math.min(10000, 400 * 2 ** Math.min(failures, 5)));
  if (failures % 4 === 0) onEvent("lost", {});
}

export function state(now) {
  if (now === "live") failures = 0;
  const light = one("#link");
  if (light.dataset.state === now && light.textContent === t(`link_${now}`)) return;
  light.dataset.state = now;
  light.textContent = t(`link_${now}`);
}

addEventListener("online", () => source && connect());
addEventListener("offline", () => state("offline"));
