// Block Kit as Slack draws it: near enough to judge a card by, and unmistakable where a block is not known.

import { h, link } from "./dom.js";
import { fill } from "./markdown.js";

export function slackMessage(message, pictures) {
  const body = message.blocks.map((block) => drawn(block, pictures));
  const name = h("p", { class: "slack-name" }, h("strong", {}, "DutyBot"), h("span", { class: "slack-app" }, "APP"));
  return h("div", { class: "drawn slack", inert: true }, h("span", { class: "slack-face" }, h("img", { src: "/web/page/icon.svg", alt: "" })), h("div", { class: "slack-body" }, name, body));
}

const makers = {
  header: (block) => h("h3", {}, block.text.text),
  section: (block) => h("div", { class: "slack-section" }, block.text ? text(block.text) : null, block.fields ? h("div", { class: "slack-fields" }, block.fields.map((each) => h("div", {}, text(each)))) : null),
  markdown: (block) => fill(h("div", { class: "prose" }), block.text),
  rich_text: (block) => h("div", {}, block.elements.map(rich)),
  context: (block) => h("div", { class: "slack-context" }, block.elements.map((each) => h("span", {}, text(each)))),
  divider: () => h("hr"),
  actions: (block) => h("div", { class: "slack-actions" }, block.elements.map((each) => h("button", { type: "button", class: `slack-${each.style ?? "plain"}` }, each.text.text))),
  context_actions: (block) => h("div", { class: "slack-actions" }, block.elements.map((each) => [h("span", { class: "slack-thumb", title: each.positive_button.text.text }, "👍"), h("span", { class: "slack-thumb", title: each.negative_button.text.text }, "👎")])),
  image: (block, pictures) => h("img", { src: pictures[block.slack_file.id], alt: block.alt_text }),
  table: (block) => h("div", { class: "slack-table" }, h("table", {}, block.rows.map((row, at) => h("tr", {}, row.map((cell) => h(at ? "td" : "th", {}, cell.text)))))),
  plan: (block) => h("details", { class: "slack-plan", open: true }, h("summary", {}, block.title), block.tasks.map(task)),
  container: (block, pictures) => h("details", { class: "slack-fold", open: !block.default_collapsed }, h("summary", {}, block.title.text), block.child_blocks.map((each) => drawn(each, pictures))),
};

function drawn(block, pictures) {
  return Object.hasOwn(makers, block.type) ? makers[block.type](block, pictures) : h("p", { class: "unknown" }, block.type);
}

const SIGNS = { pending: "○", in_progress: "◐", complete: "✓", error: "✕" };

function task(each) {
  return h("div", { class: `slack-task ${each.status}` }, h("span", { class: "slack-sign" }, SIGNS[each.status]), h("div", {}, each.title, each.details ? h("small", {}, each.details.elements.map(rich)) : null));
}

function rich(element) {
  const inside = element.elements.map((each) => each.text);
  return element.type === "rich_text_preformatted" ? h("pre", {}, inside) : h("p", {}, inside);
}

function text(told) {
  return told.type === "mrkdwn" ? h("span", {}, mrkdwn(told.text)) : h("span", {}, told.text);
}

const MARK = /<([^<>|]+)(?:\|([^<>]*))?>|\*([^*\n]+)\*|`([^`\n]+)`/g;

function mrkdwn(source) {
  const found = [];
  let at = 0;
  for (const mark of source.matchAll(MARK)) {
    found.push(plain(source.slice(at, mark.index)));
    if (mark[1]) found.push(/^[@#!]/.test(mark[1]) ? h("mark", { class: "unknown" }, mark[0]) : link(plain(mark[2] ?? mark[1]), plain(mark[1])));
    else found.push(mark[3] ? h("strong", {}, plain(mark[3])) : h("code", {}, plain(mark[4])));
    at = mark.index + mark[0].length;
  }
  return [...found, plain(source.slice(at))];
}

const plain = (source) => source.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
