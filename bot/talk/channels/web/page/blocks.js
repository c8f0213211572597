// One block of a card as an element; every kind of bot/domain/card.py has its maker here.

import { buttons } from "./buttons.js";
import { chart } from "./chart.js";
import { attached, copyable } from "./code.js";
import { h, icon, link } from "./dom.js";
import { showPicture } from "./dialogs.js";
import { fill } from "./markdown.js";
import { t } from "./words.js";

const FEW_ROWS = 12;
const LONG = 28;
const NUMBER = /^[-+−]?[\d.,]+\s*(%|‰|[a-zA-Zµ/]{1,8}|[个次秒分核])?$/;

const makers = {
  markdown: (block, card) => fill(h("div", { class: "prose", lang: card.language }), block.text),
  fields: (block) =>
    h("dl", { class: "fields" }, block.pairs.map(([label, value]) => h("div", { class: value.length > LONG ? "long" : null }, h("dt", {}, label), h("dd", {}, value || "–")))),
  grid,
  code: (block) => copyable(block.text, block.language, block.caption),
  attached: (block) => attached(block.name, block.text),
  image: picture,
  chart,
  tasks,
  context: (block) =>
    h("footer", { class: "context" }, h("span", {}, block.text), block.links.map(([label, url]) => [" ", h("span", { class: "source" }, icon("link", 13), link(label, url))])),
  divider: () => h("hr"),
  buttons,
  fold: (block, card, entry) =>
    h("details", { class: "fold" }, h("summary", {}, block.title), h("div", { class: "fold-body" }, block.blocks.map((each) => makeBlock(each, card, entry)))),
};

export function makeBlock(block, card, entry) {
  const maker = Object.hasOwn(makers, block.kind) ? makers[block.kind] : null;
  return maker ? maker(block, card, entry) : h("p", { class: "nothing" }, t("unknown_block"));
}

function grid(block) {
  const figures = block.columns.map((_, at) => block.rows.length > 0 && block.rows.every((row) => !row[at] || NUMBER.test(row[at].trim())));
  const row = (cells) => h("tr", {}, cells.map((cell, at) => h("td", figures[at] ? { class: "figure" } : {}, cell)));
  const few = block.rows.slice(0, FEW_ROWS).map(row);
  const body = h("tbody", {}, few);
  const heads = block.columns.map((name, at) => h("th", { scope: "col", class: figures[at] ? "figure" : null }, name));
  const box = h("div", { class: "grid" }, h("div", { class: "scroll", tabindex: 0 }, h("table", {}, block.caption ? h("caption", {}, block.caption) : null, h("thead", {}, h("tr", {}, heads)), body)));
  if (block.rows.length > FEW_ROWS) {
    const more = h("button", { type: "button", class: "quiet more" }, t("show_rows", { count: block.rows.length }));
    more.addEventListener("click", () => {
      body.append(...block.rows.slice(FEW_ROWS).map(row));
      more.remove();
    });
    box.append(more);
  }
  return box;
}

function picture(block) {
  const source = `/web/images/${encodeURIComponent(block.id)}`;
  const image = h("img", { src: source, alt: block.alt, loading: "lazy" });
  image.addEventListener("error", () => image.replaceWith(h("p", { class: "nothing" }, t("no_picture"), " ", block.alt)));
  const open = h("button", { type: "button", class: "picture-open", "aria-label": t("enlarge", { what: block.alt }) }, image);
  open.addEventListener("click", () => showPicture(source, block.alt));
  return h("figure", { class: "image" }, open, block.alt ? h("figcaption", {}, block.alt) : null);
}

function tasks(block) {
  const done = block.tasks.filter((task) => task.state === "done").length;
  const lines = block.tasks.map((task) =>
    h(
      "li",
      { dataset: { state: task.state } },
      h("span", { class: "tick-box", role: "img", "aria-label": t(`task_${task.state}`) }),
      h("div", {}, h("span", { class: "task-title" }, task.title), task.detail ? h("small", {}, task.detail) : null),
    ),
  );
  const head = block.title ? h("p", { class: "tasks-title" }, block.title, h("small", {}, `${done}/${block.tasks.length}`)) : null;
  return h("div", { class: "tasks" }, head, h("ol", {}, lines));
}
