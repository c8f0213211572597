// Where people write: grows with the text, offers commands after "/", sends once however often the key is hit.

import { attached, clear, setUpFiles } from "./attach.js";
import { get, post, Trouble } from "./api.js";
import { h, key, one } from "./dom.js";
import { trouble } from "./toasts.js";
import { t } from "./words.js";

let commands = [];
let chosen = -1;
let sending = false;
let pending = null;
let most = 16000;
let threadOf = () => "";
let onSent = () => {};

export function setUp({ thread, sent }) {
  threadOf = thread;
  onSent = sent;
  const text = one("#text");
  text.addEventListener("input", changed);
  text.addEventListener("keydown", keyed);
  text.addEventListener("blur", () => setTimeout(() => hints([]), 150));
  setUpFiles();
  one("#composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
}

export async function refresh(limit) {
  most = limit || most;
  one("#text").placeholder = t(innerWidth < 500 ? "placeholder_short" : "placeholder");
  one("#text").setAttribute("aria-label", t("placeholder"));
  commands = (await get("/web/commands")).commands;
}

export function write(text) {
  one("#text").value = text;
  changed();
  one("#text").focus();
}

export const focus = () => one("#text").focus();

function changed() {
  const text = one("#text");
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight, innerHeight * 0.4)}px`;
  const long = text.value.length > most * 0.9;
  one("#count").textContent = long ? `${text.value.length} / ${most}` : "";
  one("#count").classList.toggle("over", text.value.length > most);
  const word = /^\/([\w-]*)$/.exec(text.value);
  hints(word ? commands.filter((each) => each.command.slice(1).startsWith(word[1])).slice(0, 8) : []);
}

function hints(found) {
  const box = one("#hints");
  chosen = found.length ? 0 : -1;
  box.replaceChildren(
    ...found.map((each, at) =>
      h(
        "div",
        { role: "option", id: `hint-${at}`, "aria-selected": String(at === 0), onpointerdown: (event) => (event.preventDefault(), take(each)) },
        h("code", {}, each.usage || each.command),
        h("span", {}, each.about),
      ),
    ),
  );
  box.found = found;
  box.hidden = !found.length;
  one("#text").setAttribute("aria-expanded", String(found.length > 0));
  point();
}

function point() {
  const options = [...one("#hints").children];
  options.forEach((each, at) => each.setAttribute("aria-selected", String(at === chosen)));
  options[chosen]?.scrollIntoView({ block: "nearest" });
  if (chosen >= 0) one("#text").setAttribute("aria-activedescendant", `hint-${chosen}`);
  else one("#text").removeAttribute("aria-activedescendant");
}

const take = (hint) => write(`${hint.command} `);

function keyed(event) {
  const found = one("#hints").hidden ? [] : one("#hints").found;
  if (event.isComposing || event.keyCode === 229) return;
  if (found.length && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    event.preventDefault();
    chosen = (chosen + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
    point();
  } else if (found.length && (event.key === "Tab" || (event.key === "Enter" && found[chosen].command !== event.target.value))) {
    event.preventDefault();
    take(found[chosen]);
  } else if (event.key === "Escape") {
    event.stopPropagation();
    if (found.length) hints([]);
    else event.target.blur();
  } else if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    send();
  }
}

export async function send(said = null) {
  if (sending) return;
  sending = true;
  const files = said === null ? await attached() : [];
  const text = (said ?? one("#text").value).trim() || (files.length ? t("look_at_it") : "");
  if (!text) return void (sending = false);
  one("#send").disabled = true;
  if (!pending || pending.text !== text || pending.thread !== threadOf()) pending = { key: key(), text, thread: threadOf() };
  try {
    const told = await post("/web/messages", { key: pending.key, text, thread: pending.thread || null, files });
    pending = null;
    if (said === null) {
      write("");
      clear();
    }
    onSent(told);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    trouble(error);
    if (said !== null) write(text);
  } finally {
    sending = false;
    one("#send").disabled = false;
  }
}
