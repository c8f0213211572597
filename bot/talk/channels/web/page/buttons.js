// Buttons of a card: ask first when the card says so, send once, and show that it is under way until the card changes.

import { post } from "./api.js";
import { confirmPress } from "./dialogs.js";
import { h, key } from "./dom.js";
import { trouble } from "./toasts.js";
import { left, t } from "./words.js";

const WAIT = 10000;

export function buttons(block, card, entry) {
  const row = h("div", { class: "buttons" });
  for (const button of block.buttons) {
    const element = h("button", { type: "button", class: look(button), dataset: { act: button.act } }, button.label);
    element.addEventListener("click", () => press(button, entry, row, element));
    row.append(element);
  }
  const until = block.until || 0;
  if (until) row.append(countdown(until, row));
  return row;
}

const look = (button) => ({ primary: "primary", danger: "danger" })[button.style] || "plain";

function countdown(until, row) {
  const text = h("span", { class: "countdown", role: "timer" });
  const tick = () => {
    const rest = until - Date.now() / 1000;
    text.textContent = rest > 0 ? t("expires_in", { left: left(rest) }) : t("expired");
    text.classList.toggle("soon", rest < 60);
    if (rest <= 0) row.querySelectorAll("button").forEach((each) => (each.disabled = true));
    if (rest > 0) setTimeout(() => (row.isConnected || !row.seen) && tick(), 1000);
    row.seen = row.seen || row.isConnected;
  };
  tick();
  return text;
}

async function press(button, entry, row, element) {
  let answer = { reason: "", typed: "" };
  if (button.confirm || button.typed || button.asks_reason || button.asks?.length) {
    answer = await confirmPress(button, entry.card.title);
    if (!answer) return;
  }
  busy(row, element, true);
  try {
    await send(button, entry, answer);
    setTimeout(() => busy(row, element, false), WAIT);
  } catch (error) {
    busy(row, element, false);
    trouble(error);
  }
}

function send(button, entry, answer) {
  const common = { key: key(), thread: entry.thread };
  if (button.act === "approve" || button.act === "reject") {
    return post("/web/decisions", { ...common, approval_id: button.target, digest: button.digest, granted: button.act === "approve", reason: answer.reason, typed: answer.typed });
  }
  if (button.act === "ask") return post("/web/messages", { ...common, text: button.target });
  return post("/web/presses", { ...common, kind: button.act, target: button.target, value: answer.fields || answer.reason || answer.typed });
}

export function busy(row, element, on) {
  row.classList.toggle("busy", on);
  row.setAttribute("aria-busy", String(on));
  row.querySelectorAll("button").forEach((each) => (each.disabled = on));
  element?.classList.toggle("spinning", on);
}

// A whisper answered the click: let the person try something else.
export function release() {
  document.querySelectorAll(".buttons.busy").forEach((row) => {
    busy(row, null, false);
    row.querySelectorAll(".spinning").forEach((each) => each.classList.remove("spinning"));
  });
}
