// Short notes that come and go: what was refused, who was first, what the story did.

import { h, icon, one } from "./dom.js";
import { t } from "./words.js";

export function toast(text, severity = "info", detail = null) {
  const close = h("button", { class: "quiet", "aria-label": t("close"), onclick: () => note.remove() }, "✕");
  const note = h(
    "div",
    { class: "toast", dataset: { severity } },
    icon(severity, 18),
    h("div", { class: "toast-text" }, h("p", {}, text), detail),
    close,
  );
  const box = one("#toasts");
  box.append(note);
  while (box.children.length > 4) box.firstElementChild.remove();
  const stay = Math.min(12000, 4500 + text.length * 40);
  let timer = setTimeout(() => note.remove(), stay);
  note.addEventListener("pointerenter", () => clearTimeout(timer));
  note.addEventListener("pointerleave", () => (timer = setTimeout(() => note.remove(), 2500)));
}

export const trouble = (error) => toast(error.message, error.status === 0 ? "warn" : "crit");
