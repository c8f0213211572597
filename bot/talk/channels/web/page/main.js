// Puts the page together: who I am, which conversation is open, and the live line that feeds it.

import { get, post } from "./api.js";
import { release } from "./buttons.js";
import * as composer from "./composer.js";
import { shortcuts, signIn } from "./dialogs.js";
import { h, icon, one } from "./dom.js";
import { openLibrary } from "./library.js";
import * as people from "./people.js";
import * as story from "./story.js";
import { follow } from "./stream.js";
import * as talk from "./talk.js";
import * as threads from "./threads.js";
import { toast, trouble } from "./toasts.js";
import { current, list, speak, t } from "./words.js";

let me = null;

async function start() {
  await speak();
  talk.setUp();
  threads.setUp((id) => go(id));
  composer.setUp({ thread: talk.openThread, sent });
  controls();
  me = await get("/web/me");
  if (!me.signed_in) await comeIn();
  await settle(true);
  addEventListener("popstate", () => open(fromAddress()));
}

async function comeIn(note = "") {
  const token = await signIn(note);
  try {
    me = await post("/web/me", { token, zone: zone() });
  } catch (error) {
    await comeIn(error.message);
  }
}

const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const fromAddress = () => decodeURIComponent(location.hash.replace(/^#\/?/, ""));

// After coming in, or becoming somebody else.
async function settle(first = false) {
  if (first || me.language !== current()) me = await post("/web/me", { language: current(), zone: zone() });
  talk.setMe(me);
  people.paint(me, became);
  await Promise.all([threads.load(), composer.refresh(me.most_letters), story.paint(me.story)]);
  await open(first ? fromAddress() : talk.openThread());
}

async function became(told) {
  if (!told.signed_in) return location.reload();
  me = told;
  await settle();
  toast(t("now_you_are", { name: me.name }), "ok");
  one(`[data-seat="${CSS.escape(me.id)}"]`)?.focus();
}

function go(id) {
  if (id === talk.openThread() && !talk.empty()) return side(false);
  history.pushState(null, "", id ? `#/${encodeURIComponent(id)}` : location.pathname);
  open(id).catch(trouble);
  side(false);
}

async function open(id) {
  let seq = 0;
  try {
    seq = await talk.show(id);
  } catch (error) {
    if (error.status !== 404) throw error;
    history.replaceState(null, "", location.pathname);
    return open("");
  }
  threads.mark(id);
  head();
  if (!id) welcome();
  follow(id, seq, take);
}

function take(kind, told) {
  if (kind === "entry") {
    one("#welcome")?.remove();
    talk.put(told);

  } else if (kind === "thread") {
    threads.put(told);
    head();
  } else if (kind === "whisper") {
    release();
    const { card } = told;
    const text = card.blocks.find((block) => block.kind === "markdown")?.text || card.summary;
    toast(text && text !== card.title ? `${card.title} · ${plainly(text)}` : card.title, card.severity === "info" ? "warn" : card.severity);
  } else if (kind === "gone") talk.remove(told.slot);
  else if (kind === "lost") get("/web/me").then((now) => now.signed_in || location.reload()).catch(() => {});
}

const plainly = (text) => text.replace(/\\([!-/:-@[-`{-~])/g, "$1").replace(/\*\*|`/g, "").slice(0, 300);

function sent(told) {
  one("#welcome")?.remove();
  if (told.thread !== talk.openThread()) go(told.thread);
  else talk.toEnd();
}

function head() {
  one("#title").textContent = threads.titleOf(talk.openThread()) || (talk.openThread() ? t("untitled") : t("new_thread"));
}

function welcome() {
  const tries = list("suggestions").map((text) => {
    const whole = !text.endsWith(" ");
    return h("button", { class: "suggestion", onclick: () => (whole ? composer.send(text) : composer.write(text)) }, h("span", {}, text));
  });
  one("#entries").replaceChildren(
    h("section", { id: "welcome" }, h("img", { src: "/web/page/icon.svg", alt: "", width: 56, height: 56 }), h("h2", {}, t("welcome", { name: me.name })), h("p", {}, t("welcome_about")), h("div", { class: "suggestions" }, tries)),
  );
}

function side(show) {
  document.body.classList.toggle("side-open", show);
  one("#veil").hidden = !show;
  one("#side-open").setAttribute("aria-expanded", String(show));
  if (show) one("#side-close").focus();
}

async function switchLanguage() {
  await speak(current() === "zh" ? "en" : "zh");
  paintControls();
  if (!me?.signed_in) return;
  me = await post("/web/me", { language: current() });
  people.paint(me, became);
  await Promise.all([composer.refresh(), story.paint(me.story)]);
  if (talk.openThread()) talk.redraw();
  else welcome();
  threads.paint();
  head();
}

function switchTheme() {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("dutybot.theme", theme);
  } catch {
    /* a private window keeps nothing */
  }
  paintControls();
}

function paintControls() {
  const dark = document.documentElement.dataset.theme === "dark";
  one("#theme").replaceChildren(icon(dark ? "sun" : "moon", 18));
  one("#theme").setAttribute("aria-label", t(dark ? "theme_light" : "theme_dark"));
  one("#theme").title = t(dark ? "theme_light" : "theme_dark");
  one("#language").textContent = current() === "zh" ? "EN" : "中文";
  one("#language").setAttribute("aria-label", current() === "zh" ? "Switch to English" : "切换到中文");
}

function controls() {
  paintControls();
  one("#language").addEventListener("click", () => switchLanguage().catch(trouble));
  one("#theme").addEventListener("click", switchTheme);
  one("#help").addEventListener("click", shortcuts);
  one("#new").addEventListener("click", fresh);
  one("#library").addEventListener("click", openLibrary);
  one("#side-open").addEventListener("click", () => side(true));
  one("#side-close").addEventListener("click", () => side(false));
  one("#veil").addEventListener("click", () => side(false));
  addEventListener("keydown", keyed);
}

function fresh() {
  go("");
  composer.focus();
}

function keyed(event) {
  if (event.key === "Escape") return side(false);
  const writing = event.target.matches?.("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]");
  if (writing || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const moves = {
    "/": composer.focus,
    "?": shortcuts,
    n: fresh,
    j: () => go(threads.beside(1)),
    k: () => go(threads.beside(-1)),
    l: () => switchLanguage().catch(trouble),
    d: switchTheme,
  };
  const move = moves[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!move) return undefined;
  event.preventDefault();
  return move();
}

start().catch(trouble);
