// The inside of one Markdown line as elements: emphasis, code, links. Raw HTML stays visible as text.

import { h, link } from "./dom.js";

const ESCAPED = /^\\([!-/:-@[-`{-~])/;
const CODE = /^(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/;
const LINK = /^(!?)\[((?:\\.|[^\[\]\\]|\[[^\]]*\])*)\]\(\s*<?([^\s<>()]*(?:\([^\s()]*\)[^\s<>()]*)*)>?(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)/;
const ANGLE = /^<((?:https?:\/\/|mailto:)[^\s<>]+)>/;
const BARE = /^https?:\/\/[^\s<>"'`\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]+/;
const ENTITY = /^&(amp|lt|gt|quot|apos|nbsp|#\d{1,6}|#x[0-9a-fA-F]{1,6});/;
const NAMED = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };
const MARKS = [
  ["**", "strong"],
  ["__", "strong"],
  ["~~", "del"],
  ["*", "em"],
  ["_", "em"],
];
const WORD = /[\p{L}\p{N}_]/u;
const DEEPEST = 8;

export function inline(text, depth = 0) {
  const out = [];
  let plain = "";
  const flush = () => {
    if (plain) out.push(plain);
    plain = "";
  };
  const put = (node) => {
    flush();
    out.push(node);
  };
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at, at + 4000);
    const letter = rest[0];
    const before = text[at - 1] || "";
    let match;
    if (letter === "\\" && (match = ESCAPED.exec(rest))) {
      plain += match[1];
    } else if (letter === "\\" && rest[1] === "\n") {
      put(h("br"));
      match = ["\\\n"];
    } else if (letter === "`" && (match = CODE.exec(rest))) {
      put(h("code", {}, match[2].replace(/\n/g, " ").replace(/^ (.*[^ ].*) $/, "$1")));
    } else if ((letter === "[" || (letter === "!" && rest[1] === "[")) && depth < DEEPEST && (match = LINK.exec(rest))) {
      put(linked(match, depth));
    } else if (letter === "<" && (match = ANGLE.exec(rest))) {
      put(link(match[1], match[1]));
    } else if (letter === "h" && !WORD.test(before) && (match = BARE.exec(rest))) {
      match = [match[0].replace(/[.,;:!?)\]*_~]+$/, "")];
      put(link(match[0], match[0]));
    } else if (letter === "&" && (match = ENTITY.exec(rest))) {
      plain += entity(match[1]);
    } else if ("*_~".includes(letter) && depth < DEEPEST && (match = marked(rest, before))) {
      put(h(match.tag, {}, inline(match.inner, depth + 1)));
    } else if (letter === "\n") {
      match = ["\n"];
      if (plain.endsWith("  ")) {
        plain = plain.trimEnd();
        put(h("br"));
      } else plain += "\n";
    } else {
      plain += letter;
      match = [letter];
    }
    at += match[0].length;
  }
  flush();
  return out;
}

function linked(match, depth) {
  const [, picture, label, url] = match;
  if (picture) return link(label || url, url);
  const made = link("", url);
  made.append(...inline(label, depth + 1).map(withoutLinks));
  return made;
}

function withoutLinks(node) {
  return node instanceof Element && (node.tagName === "A" || node.querySelector("a")) ? node.textContent : node;
}

function entity(name) {
  if (name[0] !== "#") return NAMED[name];
  const code = name[1] === "x" ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
  return code > 31 && code < 0x110000 ? String.fromCodePoint(code) : "\ufffd";
}

function marked(rest, before) {
  for (const [mark, tag] of MARKS) {
    if (!rest.startsWith(mark)) continue;
    if (mark[0] === "_" && WORD.test(before)) continue;
    if (/^\s|^$/.test(rest.slice(mark.length, mark.length + 1))) continue;
    const end = closing(rest, mark);
    if (end > 0) return { 0: rest.slice(0, end + mark.length), tag, inner: rest.slice(mark.length, end) };
  }
  return null;
}

function closing(text, mark) {
  let at = mark.length;
  while (at < text.length) {
    if (text[at] === "\\") at += 2;
    else if (text[at] === "`") {
      const code = CODE.exec(text.slice(at));
      at += code ? code[0].length : 1;
    } else if (text.startsWith(mark, at) && !/\s/.test(text[at - 1]) && at > mark.length) {
      const after = text[at + mark.length] || "";
      if (mark.length === 1 && after === mark) at += 2;
      else if (mark[0] === "_" && WORD.test(after)) at += 1;
      else return at;
    } else at += 1;
  }
  return -1;
}
