// What the page itself says, in the reader's language, and how it says times and figures.

let sentences = {};
let language = document.documentElement.lang === "zh" ? "zh" : "en";

export const current = () => language;
export const locale = () => (language === "zh" ? "zh-CN" : "en-GB");

export async function speak(wanted = language) {
  const answer = await fetch(`/web/page/words.${wanted}.json`);
  sentences = await answer.json();
  language = wanted;
  document.documentElement.lang = wanted;
  try {
    localStorage.setItem("dutybot.language", wanted);
  } catch {
    /* a private window keeps nothing */
  }
  translate(document);
}

export function t(name, values = {}) {
  const sentence = sentences[name] ?? name;
  return sentence.replace(/\{(\w+)\}/g, (_, value) => String(values[value] ?? "–"));
}

export const list = (name) => (Array.isArray(sentences[name]) ? sentences[name] : []);

export function translate(root) {
  for (const element of root.querySelectorAll("[data-word]")) element.textContent = t(element.dataset.word);
  for (const element of root.querySelectorAll("[data-word-label]")) {
    element.setAttribute("aria-label", t(element.dataset.wordLabel));
    if (element.tagName === "BUTTON") element.title = t(element.dataset.wordLabel);
  }
}

export function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

export function moment(seconds) {
  const when = new Date(seconds * 1000);
  const sameDay = when.toDateString() === new Date().toDateString();
  if (sameDay) return clock(seconds);
  return when.toLocaleString(locale(), { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

export function left(seconds) {
  const rest = Math.max(0, Math.round(seconds));
  const [minutes, ticks] = [Math.floor(rest / 60), rest % 60];
  if (minutes >= 60) return t("left_hours", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
  return `${minutes}:${String(ticks).padStart(2, "0")}`;
}
