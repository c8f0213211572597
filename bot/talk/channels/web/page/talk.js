// The open conversation: its entries in order, the newest state of each, and a view that stays where the reader is.

import { get } from "./api.js";
import { cardElement, updateCard } from "./card.js";
import { h, one } from "./dom.js";
import { moment, t } from "./words.js";

const NEAR = 90;
const known = new Map();
let me = { id: "" };
let open = "";
let pinned = true;

export const openThread = () => open;
export const setMe = (person) => (me = person);

export function setUp() {
  const view = one("#talk");
  let last = 0;
  view.addEventListener("scroll", () => {
    const near = view.scrollHeight - view.scrollTop - view.clientHeight < NEAR;
    // Only the reader scrolls up: a card that has just grown does not let go of the end.
    if (near || view.scrollTop < last) pinned = near;
    last = view.scrollTop;
    one("#newest").hidden = pinned;
  }, { passive: true });
  one("#newest").addEventListener("click", toEnd);
  new ResizeObserver(() => pinned && jump()).observe(one("#entries"));
  new ResizeObserver(() => pinned && jump()).observe(view);
}

const jump = () => (one("#talk").scrollTop = one("#talk").scrollHeight);

export function toEnd() {
  pinned = true;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  one("#talk").scrollTo({ top: one("#talk").scrollHeight, behavior: calm ? "auto" : "smooth" });
}

// Shows a thread; returns the place from which its stream goes on.
export async function show(thread) {
  const told = thread ? await get(`/web/threads/${encodeURIComponent(thread)}`) : { entries: [], seq: 0 };
  clear(thread);
  told.entries.forEach((entry) => put(entry, false));
  jump();
  return told.seq;
}

export function clear(thread = "") {
  open = thread;
  known.clear();
  one("#entries").replaceChildren();
  pinned = true;
  one("#newest").hidden = true;
}

export const empty = () => known.size === 0;

// Takes the newest state of one entry. Says whether it is new here.
export function put(entry, live = true) {
  if (entry.thread !== open) return false;
  const had = known.get(entry.slot);
  if (had && had.entry.seq >= entry.seq) return false;
  if (had && entry.card) {
    updateCard(had.element, entry);
    known.set(entry.slot, { entry, element: had.element });
  } else {
    const element = entry.card ? cardElement(entry) : messageElement(entry);
    if (live) element.classList.add("fresh");
    if (had) had.element.replaceWith(element);
    else insert(element, entry.position);
    known.set(entry.slot, { entry, element });
  }
  if (live) announce(entry, had?.entry);
  return !had;
}

export function remove(slot) {
  known.get(slot)?.element.remove();
  known.delete(slot);
}

export function redraw() {
  const entries = [...known.values()].map((each) => each.entry);
  const at = one("#talk").scrollTop;
  clear(open);
  entries.forEach((entry) => put(entry, false));
  one("#talk").scrollTop = at;
}

function insert(element, position) {
  element.position = position;
  const box = one("#entries");
  let before = box.lastElementChild;
  while (before && before.position > position) before = before.previousElementSibling;
  if (before) before.after(element);
  else box.prepend(element);
}

function messageElement(entry) {
  const mine = entry.who?.id === me.id;
  const name = mine ? t("you") : entry.who?.name || "";
  const classes = `entry message${mine ? " mine" : ""}${entry.text.startsWith("/") ? " command" : ""}`;
  return h(
    "article",
    { class: classes, dataset: { slot: entry.slot }, tabindex: -1, "aria-label": name },
    h("header", {}, h("strong", {}, name), h("time", {}, moment(entry.at))),
    h("p", {}, entry.text),
    ...(entry.files || []).map(file),
  );
}

function file(each) {
  const shown = each.media_type.startsWith("image/");
  return h("div", { class: "file" }, shown ? h("img", { src: `/web/images/${each.id}`, alt: each.name, loading: "lazy" }) : `📎 ${each.name}`);
}

function announce(entry, before) {
  const settled = entry.card && !entry.card.streaming && (!before || before.card.streaming || before.card.title !== entry.card.title);
  if (settled) one("#news").textContent = `${entry.card.title}. ${entry.card.summary}`.slice(0, 300);
  else if (!before && entry.card?.streaming) one("#news").textContent = t("answering");
}
