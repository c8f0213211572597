// Who I am: shown at the foot of the side, and changed there when the page is used by one person alone.

import { post } from "./api.js";
import { h, icon, one } from "./dom.js";
import { trouble } from "./toasts.js";
import { t } from "./words.js";

export function paint(me, changed) {
  const box = one("#me");
  const who = h("p", { class: "who" }, icon("user", 16), h("strong", {}, me.name), h("small", {}, me.roles.map(role).join(" · ")));
  if (me.needs_token) {
    const leave = h("button", { class: "quiet", onclick: () => be({ leave: true }, changed) }, t("sign_out"));
    box.replaceChildren(h("div", { class: "row" }, who, leave));
    return;
  }
  const seats = h(
    "div",
    { class: "seats", role: "radiogroup", "aria-label": t("who_am_i") },
    me.seats.map((seat) => seatButton(seat, seat.id === me.id, changed)),
  );
  seats.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...seats.children];
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    next.focus();
    next.click();
  });
  box.replaceChildren(h("p", { class: "who-title" }, t("who_am_i")), seats);
}

function seatButton(seat, chosen, changed) {
  return h(
    "button",
    { role: "radio", "aria-checked": String(chosen), tabindex: chosen ? 0 : -1, class: "seat", dataset: { seat: seat.id }, onclick: () => !chosen && be({ seat: seat.id }, changed) },
    h("span", { class: "seat-face", "aria-hidden": "true" }, [...seat.name][0]),
    h("span", { class: "seat-name" }, seat.name),
    h("small", {}, seat.roles.map(role).join(" · ") || role(seat.id)),
  );
}

function role(name) {
  const said = t(`role_${name}`);
  return said === `role_${name}` ? name : said;
}

async function be(wish, changed) {
  try {
    changed(await post("/web/me", wish));
  } catch (error) {
    trouble(error);
  }
}
