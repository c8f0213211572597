// A card as an article that is updated in place: a block that did not change keeps its element, its focus and its folds.

import { makeBlock } from "./blocks.js";
import { h, icon } from "./dom.js";
import { fill } from "./markdown.js";
import { clock, t } from "./words.js";

export function cardElement(entry) {
  const title = h("h2", {});
  const badge = h("span", { class: "badge" });
  const when = h("time", {});
  const body = h("div", { class: "card-body" });
  const element = h("article", { class: "entry card", tabindex: -1 }, h("header", {}, badge, title, when), body);
  element.parts = { title, badge, when, body, kept: [] };
  return updateCard(element, entry);
}

export function updateCard(element, entry) {
  const { card } = entry;
  const { title, badge, when, body } = element.parts;
  element.dataset.severity = card.severity;
  element.dataset.slot = entry.slot;
  element.classList.toggle("streaming", card.streaming);
  element.setAttribute("aria-busy", String(card.streaming));
  element.setAttribute("aria-label", `${t(`severity_${card.severity}`)}: ${card.title}`);
  if (title.textContent !== card.title) title.textContent = card.title;
  if (badge.dataset.is !== card.severity) {
    badge.dataset.is = card.severity;
    badge.replaceChildren(icon(card.severity, 18), h("span", { class: card.severity === "info" ? "unseen" : "" }, t(`severity_${card.severity}`)));
  }
  when.textContent = clock(entry.at);
  when.dateTime = new Date(entry.at * 1000).toISOString();
  place(element, body, entry);
  element.classList.toggle("thinking", card.streaming && !card.blocks.length);
  return element;
}

function place(element, body, entry) {
  const had = element.parts.kept;
  element.parts.kept = entry.card.blocks.map((block, at) => {
    const source = JSON.stringify(block);
    const old = had[at];
    if (old && old.source === source) return old;
    if (old && old.kind === "markdown" && block.kind === "markdown") {
      fill(old.element, block.text);
      return { ...old, source };
    }
    const made = makeBlock(block, entry.card, entry);
    if (old && old.kind === block.kind && block.kind === "fold") made.open = old.element.open;
    if (old) old.element.replaceWith(made);
    else body.append(made);
    return { kind: block.kind, element: made, source };
  });
  had.slice(entry.card.blocks.length).forEach((old) => old.element.remove());
}
