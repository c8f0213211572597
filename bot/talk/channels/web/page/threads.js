// The list of conversations: newest on top, with what waits for somebody in plain sight.

import { get } from "./api.js";
import { h, icon, one } from "./dom.js";
import { moment, t } from "./words.js";

const known = new Map();
const unread = new Set();
let choose = () => {};
let opened = "";

export function setUp(onChoose) {
  choose = onChoose;
}

export async function load() {
  const told = await get("/web/threads");
  known.clear();
  told.threads.forEach((thread) => known.set(thread.id, thread));
  paint();
}

export function put(thread) {
  const had = known.get(thread.id);
  if (had && had.seq > thread.seq) return;
  known.set(thread.id, thread);
  if (thread.id !== opened && (!had || had.seq < thread.seq)) unread.add(thread.id);
  paint();
}

export function mark(id) {
  opened = id;
  unread.delete(id);
  paint();
}

export const titleOf = (id) => known.get(id)?.title || "";
export const knows = (id) => known.has(id);

// The id of the neighbour of the open thread, or the first.
export function beside(step) {
  const ids = ordered().map((thread) => thread.id);
  const at = ids.indexOf(opened);
  return ids[at < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, at + step))];
}

const ordered = () => [...known.values()].sort((a, b) => b.seq - a.seq);

export function paint() {
  const box = one("#threads");
  const focused = document.activeElement?.dataset?.thread;
  const lines = ordered().map(line);
  box.replaceChildren(...(lines.length ? lines : [h("p", { class: "nothing" }, t("no_threads"))]));
  if (focused) box.querySelector(`[data-thread="${CSS.escape(focused)}"]`)?.focus();
  const waiting = [...known.values()].filter((thread) => thread.asks).length;
  document.title = (waiting ? `(${waiting}) ` : "") + (titleOf(opened) ? `${titleOf(opened)} · DutyBot` : "DutyBot");
}

function line(thread) {
  const chosen = thread.id === opened;
  const flag = thread.asks ? h("span", { class: "flag" }, t("asks")) : null;
  const state = thread.severity === "info" ? "chat" : thread.severity;
  return h(
    "button",
    { class: `thread${chosen ? " chosen" : ""}${unread.has(thread.id) ? " unread" : ""}`, dataset: { thread: thread.id, severity: thread.severity }, "aria-current": chosen ? "true" : null, onclick: () => choose(thread.id) },
    icon(state, 16),
    h("span", { class: "unseen" }, thread.severity === "info" ? "" : t(`severity_${thread.severity}`)),
    h("span", { class: "thread-line" }, h("span", { class: "thread-title" }, thread.title || t("untitled")), h("time", {}, moment(thread.changed_at))),
    h("span", { class: "thread-line" }, h("span", { class: "thread-said" }, thread.said), flag),
  );
}
