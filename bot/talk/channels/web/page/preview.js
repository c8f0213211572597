// The cards of one thread side by side: as the page, as Slack and as Feishu draw them. /preview?thread=…&slot=…

import { cardElement } from "./card.js";
import { h, one } from "./dom.js";
import { feishuCard } from "./preview_feishu.js";
import { slackMessage } from "./preview_slack.js";
import { speak, t } from "./words.js";

const asked = new URLSearchParams(location.search);
await speak(asked.get("language") || undefined);
if (asked.get("theme")) document.documentElement.dataset.theme = asked.get("theme");
document.title = t("preview_title");

const get = async (path) => {
  const answer = await fetch(path);
  return answer.ok ? answer.json() : null;
};

async function show() {
  await get("/web/me");
  const threads = (await get("/web/threads"))?.threads ?? [];
  const thread = asked.get("thread") || threads[0]?.id;
  const found = thread ? await get(`/web/previews/${encodeURIComponent(thread)}`) : null;
  const wanted = (found?.previews ?? []).filter((each) => !asked.get("slot") || each.entry.slot === asked.get("slot"));
  one("#heads").replaceChildren(...[t("preview_page"), "Slack", t("preview_feishu")].map((name) => h("h2", {}, name)));
  one("#previews").replaceChildren(...wanted.map(row));
  if (!wanted.length) one("#previews").append(h("p", { class: "nothing" }, t("preview_none")));
  document.body.dataset.ready = String(wanted.length);
}

function row(each) {
  const ours = h("div", { class: "drawn", inert: true }, cardElement(each.entry));
  return h("section", { class: "row", "aria-label": each.entry.card.title }, ours, slackMessage(each.slack, each.pictures), feishuCard(each.feishu, each.pictures));
}

show();
