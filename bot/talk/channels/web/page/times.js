// Times along a chart, by the clocks of the zone that its card speaks of; of no zone, by the reader's own.

import { locale } from "./words.js";

const TIMES = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];

// Seconds by which a zone is ahead of UTC at that moment; of none, or of one unknown here, the reader's own.
function ahead(seconds, zone) {
  const when = new Date(seconds * 1000);
  const own = -when.getTimezoneOffset() * 60;
  if (!zone) return own;
  try {
    const told = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(when);
    const [, sign, hours, minutes] = /([+-])(\d+):(\d+)/.exec(told.find((each) => each.type === "timeZoneName").value) || [0, "+", 0, 0];
    return (sign === "-" ? -1 : 1) * (hours * 3600 + minutes * 60);
  } catch {
    return own;
  }
}

// A moment in words, as it is called where that zone's clocks hang.
function inZone(seconds, zone, parts) {
  const shifted = new Date((seconds + ahead(seconds, zone)) * 1000);
  return shifted.toLocaleString(locale(), { ...parts, hourCycle: "h23", timeZone: "UTC" });
}

// How far the zone is from UTC, where its clocks differ from the reader's; else empty.
export function otherClock(seconds, zone) {
  const shift = ahead(seconds, zone);
  if (shift === ahead(seconds, "")) return "";
  if (!shift) return "UTC";
  const minutes = (Math.abs(shift) / 60) % 60;
  return `UTC${shift < 0 ? "−" : "+"}${Math.floor(Math.abs(shift) / 3600)}${minutes ? `:${minutes}` : ""}`;
}

export function timeTicks(start, end, wanted, zone) {
  const rough = (end - start) / Math.max(1, wanted);
  const step = TIMES.find((each) => each >= rough) || TIMES.at(-1);
  const shift = ahead(start, zone);
  const found = [];
  for (let at = Math.ceil((start + shift) / step) * step - shift; at <= end; at += step) found.push(at);
  return { at: found, step };
}

export function timeLabel(seconds, step, span, zone) {
  if (step >= 86400) return inZone(seconds, zone, { month: "short", day: "numeric" });
  const withSeconds = step < 60 ? { second: "2-digit" } : {};
  const withDay = span > 86400 ? { month: "numeric", day: "numeric" } : {};
  return inZone(seconds, zone, { ...withDay, hour: "2-digit", minute: "2-digit", ...withSeconds });
}

export function fullTime(seconds, zone) {
  const told = inZone(seconds, zone, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return `${told} ${otherClock(seconds, zone)}`.trim();
}
