// Card JSON 2.0 as Feishu draws it: near enough to judge a card by, and unmistakable where an element is not known.

import { h } from "./dom.js";
import { fill } from "./markdown.js";

export function feishuCard(card, pictures) {
  const head = h("header", { class: `feishu-head ${card.header.template}` }, card.header.title.content);
  const body = h("div", { class: "feishu-body" }, card.body.elements.map((each) => drawn(each, pictures)));
  return h("div", { class: "drawn feishu", inert: true }, h("span", { class: "feishu-face" }, h("img", { src: "/web/page/icon.svg", alt: "" })), h("article", { class: "feishu-card" }, head, body));
}

const makers = {
  markdown: (element) => fill(h("div", { class: `prose ${element.text_size ?? ""}` }), marked(element.content)),
  hr: () => h("hr"),
  column_set: (element, pictures) => h("div", { class: "feishu-columns" }, inside(element.columns, pictures)),
  column: (element, pictures) => h("div", {}, inside(element.elements, pictures)),
  button: (element) => h("button", { type: "button", class: `feishu-${element.type}` }, element.text.content),
  form: (element, pictures) => h("div", { class: "feishu-form" }, inside(element.elements, pictures)),
  input: (element) => h("div", { class: "feishu-input" }, element.label ? h("small", {}, element.label.content) : null, h("span", {}, element.default_value ?? element.placeholder?.content ?? "")),
  img: (element, pictures) => h("img", { src: pictures[element.img_key], alt: element.alt?.content ?? "" }),
  table,
  collapsible_panel: (element, pictures) => h("details", { class: "feishu-fold", open: element.expanded }, h("summary", {}, element.header.title.content), inside(element.elements, pictures)),
};

function drawn(element, pictures) {
  return Object.hasOwn(makers, element.tag) ? makers[element.tag](element, pictures) : h("p", { class: "unknown" }, element.tag);
}

const inside = (elements, pictures) => elements.map((each) => drawn(each, pictures));

function table(element) {
  const heads = element.columns.map((each) => h("th", {}, each.display_name));
  const rows = element.rows.slice(0, element.page_size).map((row) => h("tr", {}, element.columns.map((each) => h("td", {}, row[each.name]))));
  const pages = Math.ceil(element.rows.length / element.page_size);
  return h("div", { class: "feishu-table" }, h("table", {}, h("tr", {}, heads), rows), pages > 1 ? h("small", {}, `1 / ${pages}`) : null);
}

// Feishu breaks a line where one is broken, and reads an escaped letter as itself.
const marked = (content) =>
  content
    .split("```")
    .map((part, at) => (at % 2 ? part : part.replace(/&#(\d+);/g, (_, code) => `\\${String.fromCodePoint(Number(code))}`).replace(/(?<=\S)\n(?=[^\n\s>|#-])/g, "  \n")))
    .join("```");
