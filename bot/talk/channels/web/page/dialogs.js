// Asks before something counts: a question, a reason, a word to type. Esc and the backdrop always mean "no".

import { h } from "./dom.js";
import { t } from "./words.js";

function open(content, { className = "" } = {}) {
  const dialog = h("dialog", { class: className }, content);
  document.body.append(dialog);
  const before = document.activeElement;
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close(""));
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
      resolve(dialog.returnValue);
    });
  });
}

// One line of a form: picked, or written in one line or several.
function line(ask) {
  if (ask.options?.length) {
    const none = ask.options.includes(ask.value) ? [] : [h("option", { value: "" }, t("pick"))];
    const select = h("select", { name: ask.name, required: true }, none, ask.options.map((each) => h("option", { value: each }, each)));
    select.value = ask.options.includes(ask.value) ? ask.value : "";
    return select;
  }
  if (ask.lines) {
    const text = h("textarea", { rows: 3, maxlength: 3000, name: ask.name });
    text.value = ask.value;
    return text;
  }
  return h("input", { name: ask.name, value: ask.value, autocomplete: "off", spellcheck: "false" });
}

// Resolves to {reason, typed, fields}, or null when the person thought better of it.
export async function confirmPress(button, about = "") {
  const reason = button.asks_reason
    ? h("textarea", { rows: 3, maxlength: 1000, name: "reason", required: true, placeholder: t(button.act === "edit" ? "change_hint" : "reason_hint") })
    : null;
  const typed = button.typed
    ? h("input", { name: "typed", autocomplete: "off", spellcheck: "false", autocapitalize: "off" })
    : null;
  const fields = (button.asks || []).map((ask) => [ask, line(ask)]);
  const filled = () => (fields.length ? JSON.stringify(Object.fromEntries(fields.map(([ask, input]) => [ask.name, input.value.trim()]))) : "");
  const yes = h("button", { class: button.style === "danger" ? "danger" : "primary", type: "submit", value: "yes" }, button.label);
  const fits = () => {
    yes.disabled = Boolean((typed && typed.value.trim() !== button.typed) || (reason && !reason.value.trim()) || fields.some(([, input]) => input.required && !input.value));
  };
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", {}, button.confirm || button.label),
    about && h("p", { class: "about" }, about),
    reason && h("label", {}, h("span", {}, t(button.act === "edit" ? "change" : "reason")), reason),
    ...fields.map(([ask, input]) => h("label", {}, h("span", {}, ask.label), input)),
    typed && h("label", {}, h("span", {}, t("type_to_confirm"), " ", h("code", {}, button.typed)), typed),
    h("div", { class: "row end" }, h("button", { type: "submit", value: "", class: "plain", formnovalidate: true }, t("cancel")), yes),
  );
  form.addEventListener("input", fits);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && event.target.tagName !== "BUTTON") {
      event.preventDefault();
      if (!event.isComposing && !yes.disabled) yes.click();
    }
  });
  fits();
  const done = open(form);
  (reason || fields[0]?.[1] || typed || yes).focus();
  const answer = await done;
  return answer === "yes" ? { reason: reason?.value.trim() || "", typed: typed?.value.trim() || "", fields: filled() } : null;
}

export async function signIn(tell) {
  const token = h("input", { type: "password", name: "token", autocomplete: "current-password", required: true });
  const note = h("p", { class: "error", role: "alert" }, tell || "");
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", {}, t("sign_in")),
    h("p", {}, t("sign_in_why")),
    h("label", {}, h("span", {}, t("token")), token),
    note,
    h("div", { class: "row end" }, h("button", { class: "primary", type: "submit", value: "yes" }, t("sign_in"))),
  );
  const done = open(form);
  token.focus();
  return (await done) === "yes" ? token.value : "";
}

export function shortcuts() {
  const rows = [["/", "key_focus"], ["Enter", "key_send"], ["Shift Enter", "key_line"], ["N", "key_new"], ["J · K", "key_threads"], ["L", "key_language"], ["D", "key_theme"], ["Esc", "key_leave"], ["?", "shortcuts"]];
  open(
    h(
      "form",
      { method: "dialog" },
      h("h2", {}, t("shortcuts")),
      h("dl", { class: "keys" }, rows.map(([keys, word]) => [h("dt", {}, keys.split(" ").map((each) => (each === "·" ? " · " : h("kbd", {}, each)))), h("dd", {}, t(word))])),
      h("div", { class: "row end" }, h("button", { type: "submit", class: "primary" }, t("close"))),
    ),
  );
}

export function showPicture(source, alt) {
  open(h("form", { method: "dialog" }, h("img", { src: source, alt }), h("div", { class: "row end" }, h("button", { type: "submit", class: "plain" }, t("close")))), { className: "picture" });
}
