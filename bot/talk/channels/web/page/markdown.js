// Markdown as elements, one top-level part after another; while an answer streams, only its changed parts are made anew.

import { copyable } from "./code.js";
import { h } from "./dom.js";
import { inline } from "./inline.js";

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const QUOTE = /^ {0,3}> ?/;
const BULLET = /^( *)([-*+]|\d{1,9}[.)])(\s+|$)/;
const DASHES = /^ {0,3}\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
const DEEPEST = 6;

// Cuts a text where its top-level parts meet.
export function parts(text) {
  const lines = text.replace(/\r\n?/g, "\n").replace(/\t/g, "    ").split("\n");
  const found = [];
  let at = 0;
  while (at < lines.length) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const end = endOf(lines, at);
    found.push(lines.slice(at, end).join("\n"));
    at = end;
  }
  return found;
}

function endOf(lines, start) {
  const first = lines[start];
  const fence = FENCE.exec(first);
  let at = start + 1;
  if (fence) {
    const close = new RegExp(`^ {0,3}${fence[1][0]}{${fence[1].length},}\\s*$`);
    while (at < lines.length && !close.test(lines[at])) at += 1;
    return Math.min(at + 1, lines.length);
  }
  if (HEADING.test(first) || RULE.test(first)) return at;
  if (QUOTE.test(first)) {
    while (at < lines.length && lines[at].trim() && (QUOTE.test(lines[at]) || !begins(lines[at]))) at += 1;
    return at;
  }
  if (BULLET.test(first)) {
    while (at < lines.length && inList(lines, at, first)) at += 1;
    return at;
  }
  const table = isTable(lines, start);
  while (at < lines.length && lines[at].trim() && (table || !begins(lines[at])) && !(!table && isTable(lines, at))) at += 1;
  return at;
}

function inList(lines, at, first) {
  const line = lines[at];
  if (BULLET.test(line)) return !RULE.test(line) && kind(line) === kind(first) || /^ {2,}/.test(line);
  if (/^ {2,}\S/.test(line)) return true;
  if (!line.trim()) {
    const next = lines.slice(at).find((each) => each.trim());
    return Boolean(next && (/^ {2,}/.test(next) || (BULLET.test(next) && !RULE.test(next) && kind(next) === kind(first))));
  }
  return Boolean(lines[at - 1].trim()) && !begins(line);
}

const kind = (line) => (/\d/.test(BULLET.exec(line)[2]) ? "ol" : "ul");
const begins = (line) => HEADING.test(line) || FENCE.test(line) || QUOTE.test(line) || RULE.test(line) || BULLET.test(line);
const isTable = (lines, at) => lines[at].includes("|") && at + 1 < lines.length && lines[at + 1].includes("-") && DASHES.test(lines[at + 1]) && lines[at + 1].includes("|");

export function part(text, depth = 0) {
  const lines = text.split("\n");
  const fence = FENCE.exec(lines[0]);
  if (fence) {
    const closed = lines.length > 1 && lines.at(-1).trim().startsWith(fence[1]);
    return copyable(lines.slice(1, closed ? -1 : undefined).join("\n"), fence[2]);
  }
  const heading = HEADING.exec(lines[0]);
  if (heading) return h(`h${Math.min(6, heading[1].length + 2)}`, {}, inline(heading[2]));
  if (RULE.test(text)) return h("hr");
  if (QUOTE.test(lines[0]) && depth < DEEPEST) return h("blockquote", {}, blocks(lines.map((line) => line.replace(QUOTE, "")).join("\n"), depth + 1));
  if (BULLET.test(lines[0]) && depth < DEEPEST) return listed(lines, depth);
  if (isTable(lines, 0)) return table(lines);
  return h("p", {}, inline(text.trim()));
}

const blocks = (text, depth) => parts(text).map((each) => part(each, depth));

function listed(lines, depth) {
  const first = BULLET.exec(lines[0]);
  const tag = kind(lines[0]);
  const margin = first[1].length;
  const made = h(tag, tag === "ol" ? { start: parseInt(first[2], 10) } : {});
  let inside = [];
  const close = () => {
    if (inside.length) made.append(listItem(inside, depth));
    inside = [];
  };
  for (const line of lines) {
    const bullet = BULLET.exec(line);
    if (bullet && bullet[1].length <= margin + 1) {
      close();
      inside.push(line.slice(bullet[0].length));
    } else inside.push(line.replace(new RegExp(`^ {0,${Math.max(2, margin + first[0].trimStart().length)}}`), ""));
  }
  close();
  return made;
}

function listItem(lines, depth) {
  const task = /^\[([ xX])\]\s+/.exec(lines[0]);
  if (task) lines[0] = lines[0].slice(task[0].length);
  const made = parts(lines.join("\n"));
  const tight = made.length && !begins(made[0]) ? inline(made.shift()) : [];
  const box = task ? [task[1] === " " ? "☐ " : "☑ "] : [];
  return h("li", task ? { class: "task-line" } : {}, box, tight, made.map((each) => part(each, depth + 1)));
}

function cells(line) {
  const found = [];
  let cell = "";
  const bare = line.trim().replace(/^\|/, "").replace(/([^\\])\|$/, "$1");
  for (let at = 0; at < bare.length; at += 1) {
    if (bare[at] === "\\" && bare[at + 1] === "|") {
      cell += "|";
      at += 1;
    } else if (bare[at] === "|") {
      found.push(cell.trim());
      cell = "";
    } else cell += bare[at];
  }
  return [...found, cell.trim()];
}

function table(lines) {
  const heads = cells(lines[0]);
  const sides = cells(lines[1]).map((dash) => (/^:-+:$/.test(dash) ? "center" : /-:$/.test(dash) ? "end" : ""));
  const cell = (tag) => (text, at) => h(tag, sides[at] ? { class: sides[at] } : {}, inline(text || ""));
  const rows = lines.slice(2).map((line) => h("tr", {}, heads.map((_, at) => cell("td")(cells(line)[at], at))));
  return h("div", { class: "scroll", tabindex: 0 }, h("table", {}, h("thead", {}, h("tr", {}, heads.map(cell("th")))), h("tbody", {}, rows)));
}

// Fills an element, keeping the parts that stand there already with the same source.
export function fill(element, text) {
  const wanted = parts(text);
  const had = element.sources || [];
  let same = 0;
  while (same < wanted.length && same < had.length && wanted[same] === had[same]) same += 1;
  while (element.childNodes.length > same) element.lastChild.remove();
  element.append(...wanted.slice(same).map((each) => part(each)));
  element.sources = wanted;
  return element;
}
