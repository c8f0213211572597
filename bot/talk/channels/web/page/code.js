// Text in a fixed font, with a button that copies it; diffs are told apart by sign, weight and colour.

import { h, icon } from "./dom.js";
import { t } from "./words.js";

const FEW_LINES = 24;

function lineKind(line) {
  if (/^\+(?!\+\+)/.test(line)) return "add";
  if (/^-(?!--)/.test(line)) return "cut";
  if (/^(@@|diff |index |\+\+\+|---)/.test(line)) return "head";
  return "";
}

function body(text, language) {
  if (language !== "diff") return [text];
  return text.split("\n").map((line) => h("span", { class: `line ${lineKind(line)}` }, line || " "));
}

export function copyable(text, language = "", caption = "") {
  const copy = h("button", { class: "quiet copy", type: "button", title: t("copy") }, icon("copy", 14), h("span", {}, t("copy")));
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.lastChild.textContent = t("copied");
    } catch {
      copy.lastChild.textContent = t("copy_failed");
    }
    setTimeout(() => (copy.lastChild.textContent = t("copy")), 1600);
  });
  const lines = text.split("\n").length;
  const pre = h("pre", { tabindex: 0, "aria-label": caption || language || t("code") }, h("code", { class: language === "diff" ? "diff" : "" }, body(text, language)));
  const box = h("figure", { class: "code" }, h("figcaption", {}, h("span", {}, caption || language || t("code")), copy), pre);
  if (lines > FEW_LINES) {
    box.classList.add("long");
    const more = h("button", { class: "quiet more", type: "button" }, t("show_all", { count: lines }));
    more.addEventListener("click", () => {
      box.classList.remove("long");
      more.remove();
    });
    box.append(more);
  }
  return box;
}

// A file that goes with the card; its bytes are made only when somebody takes it.
export function attached(name, text) {
  const take = h("button", { type: "button", class: "quiet attached", "aria-label": t("save_file", { name }) }, icon("file", 15), h("span", {}, name));
  take.addEventListener("click", () => {
    const mark = name.endsWith(".csv") ? "\ufeff" : "";
    const url = URL.createObjectURL(new Blob([mark, text], { type: "text/plain;charset=utf-8" }));
    const link = h("a", { href: url, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  });
  return take;
}
