// The library: ask it, open the sources, and see when each was last read and what went wrong.

import { get } from "./api.js";
import { h, icon, link, one } from "./dom.js";
import { trouble } from "./toasts.js";
import { current, t } from "./words.js";

const READ_BY = { rules: "library_by_rules", brain: "library_by_brain", people: "library_by_people_case" };
const GAPS = { shelf_away: "library_shelf_away", words_only: "library_words_only", other_model: "library_other_model" };

export function openLibrary() {
  const field = h("input", { type: "search", name: "q", maxlength: 2000, autocomplete: "off", placeholder: t("library_hint"), "aria-label": t("library_hint") });
  const found = h("section", { class: "found", "aria-live": "polite" });
  const stock = h("section", { class: "stock" });
  const form = h("form", { class: "ask", role: "search" }, field, h("button", { class: "primary", type: "submit" }, t("library_ask")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value.trim()) search(field.value.trim(), found);
  });
  const close = h("button", { class: "quiet", "aria-label": t("close"), onclick: () => dialog.close() }, "✕");
  const dialog = h("dialog", { class: "library", "aria-label": t("library") }, h("header", {}, h("h2", {}, t("library")), close), form, found, stock);
  document.body.append(dialog);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    one("#library").focus();
  });
  dialog.showModal();
  field.focus();
  get("/web/library").then((told) => stock.replaceChildren(...shelves(told))).catch(trouble);
}

async function search(question, box) {
  box.replaceChildren(h("p", { class: "soft" }, t("library_looking")));
  try {
    const told = await get(`/web/library/search?q=${encodeURIComponent(question)}`);
    const notes = told.gaps.map((gap) => t(GAPS[gap] || gap));
    if (!told.fits) notes.unshift(t(told.found.length ? "library_near" : "library_nothing"));
    box.replaceChildren(...notes.map((note) => h("p", { class: "note" }, note)), ...told.found.map(entry));
  } catch (error) {
    box.replaceChildren();
    trouble(error);
  }
}

function entry(one) {
  const about = [one.source, one.updated && day(one.updated), one.verified ? t("library_verified") : t("library_unverified"), one.restricted && t("library_restricted"), one.case && t(READ_BY[one.case.by])];
  return h(
    "article",
    {},
    h("h3", {}, one.url ? link(one.title, one.url) : one.title),
    one.heading && h("p", { class: "soft" }, one.heading),
    one.case ? told(one.case) : h("blockquote", {}, one.text),
    h("p", { class: "soft" }, one.verified && icon("ok", 14), about.filter(Boolean).join(" · ")),
    one.twins.length > 0 && h("p", { class: "soft" }, t("library_twins"), " ", ...one.twins.flatMap((each, place) => [place ? ", " : "", each.url ? link(each.title, each.url) : each.title])),
    one.instructs && h("p", { class: "note" }, icon("warn", 14), t("library_instructs")),
  );
}

function told(known) {
  const parts = [["library_symptom", known.symptom], ["library_cause", known.cause], ["library_fix", known.fix]];
  return h("dl", { class: "case" }, ...parts.filter(([, text]) => text).flatMap(([key, text]) => [h("dt", {}, t(key)), h("dd", {}, text)]));
}

function shelves(told) {
  const title = h("h3", {}, t("library_sources"));
  if (!told.sources.length) return [title, h("p", { class: "soft" }, t("library_empty"))];
  const counts = t("library_counts", { documents: told.documents, passages: told.passages, waiting: told.model ? told.waiting : 0, model: told.model || t("library_words_only") });
  const head = ["library_source", "library_documents", "library_newest", "library_ran", "library_state"].map((key) => h("th", { scope: "col" }, t(key)));
  const rows = told.sources.map((each) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, each.source),
      h("td", { class: "number" }, each.documents.toLocaleString(current())),
      h("td", {}, each.newest ? day(each.newest) : "—"),
      h("td", {}, each.ran ? moment(each.ran) : "—"),
      h("td", { class: each.error ? "error" : "" }, each.error || t(each.ran ? "library_fine" : "library_by_people")),
    ),
  );
  const cases = told.cases.all ? h("p", { class: "soft" }, t("library_cases", told.cases)) : "";
  return [title, h("p", { class: "soft" }, counts), cases, h("div", { class: "wide-table" }, h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)))];
}

const day = (seconds) => new Date(seconds * 1000).toLocaleDateString(current());
const moment = (seconds) => new Date(seconds * 1000).toLocaleString(current(), { dateStyle: "short", timeStyle: "short" });
