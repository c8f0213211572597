// Round ticks, and figures as people read them.

import { locale } from "./words.js";

const isBytes = (unit) => /^(b|by|bytes?)(\/s(ec)?)?$/.test(unit.toLowerCase());

export function ticks(low, high, wanted, unit = "") {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const halves = 2 ** Math.ceil(Math.log2(rough));
  const step = isBytes(unit) ? halves : [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough) || rough;
  const first = Math.floor(low / step) * step;
  const found = [];
  for (let at = first; at <= high + step * 0.999; at += step) found.push(Number(at.toPrecision(12)));
  return found;
}

const short = (value, digits = 3) => {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString(locale());
  return String(Number(value.toPrecision(size >= 100 ? 3 : digits)));
};

function stepped(value, base, names) {
  let at = 0;
  while (Math.abs(value) >= base && at < names.length - 1) {
    value /= base;
    at += 1;
  }
  return `${short(value)} ${names[at]}`.trim();
}

export function figure(value, unit = "") {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const name = unit.toLowerCase();
  if (["bytes", "byte", "b", "by"].includes(name)) return stepped(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]);
  if (["bytes/s", "b/s", "bytes/sec", "by/s"].includes(name)) return `${stepped(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB"])}/s`;
  if (["s", "seconds", "sec"].includes(name)) return duration(value);
  if (["ms", "milliseconds"].includes(name)) return duration(value / 1000);
  if (["percent", "%"].includes(name)) return `${short(value)}%`;
  if (["ratio", "percentunit"].includes(name)) return `${short(value * 100)}%`;
  if (["", "short", "1", "count"].includes(name)) return Math.abs(value) >= 10000 ? stepped(value, 1000, ["", "k", "M", "G", "T"]) : short(value);
  return `${short(value)} ${unit}`;
}

function duration(seconds) {
  const size = Math.abs(seconds);
  if (size === 0) return "0";
  if (size < 0.001) return `${short(seconds * 1e6)} µs`;
  if (size < 1) return `${short(seconds * 1000)} ms`;
  if (size < 120) return `${short(seconds)} s`;
  if (size < 7200) return `${short(seconds / 60)} min`;
  return size < 172800 ? `${short(seconds / 3600)} h` : `${short(seconds / 86400)} d`;
}
