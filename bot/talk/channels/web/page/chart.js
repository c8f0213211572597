// A chart drawn live: axes, lines told apart by colour and dash, marked moments and windows, values under the pointer or the arrow keys.

import { h, s } from "./dom.js";
import { figure, ticks } from "./scale.js";
import { fullTime, otherClock, timeLabel, timeTicks } from "./times.js";
import { t } from "./words.js";

const HEIGHT = 220;
const DASHES = ["", "7 3", "2 3", "10 3 2 3", "", "7 3", "2 3", "10 3 2 3"];
const MOST_LINES = 16;

export function chart(block) {
  const lines = block.lines.slice(0, MOST_LINES).map((line, at) => ({ ...line, at, points: line.points.filter((point) => Number.isFinite(point[1])) }));
  const off = new Set();
  const plot = h("div", { class: "plot", tabindex: 0, role: "img", "aria-label": spoken(block, lines) });
  const tip = h("div", { class: "tip", hidden: true });
  const keys = lines.length > 1 || lines[0]?.name ? legend(lines, off, () => paint()) : null;
  const box = h("figure", { class: "chart" }, h("figcaption", {}, block.title, clocks(block, lines)), plot, keys);
  let view = null;
  const paint = () => {
    const width = Math.round(plot.clientWidth);
    if (width < 80) return;
    view = draw(plot, block, lines.filter((line) => !off.has(line.at)), width);
    plot.append(tip);
    tip.hidden = true;
  };
  const show = (time) => view && point(view, tip, time, block);
  plot.addEventListener("pointermove", (event) => view && show(view.timeAt(event.clientX - plot.getBoundingClientRect().left)));
  plot.addEventListener("pointerleave", () => view && point(view, tip, null, block));
  plot.addEventListener("blur", () => view && point(view, tip, null, block));
  plot.addEventListener("keydown", (event) => {
    if (!view || !["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    const step = (view.end - view.start) / 60;
    const at = view.time ?? (event.key === "ArrowLeft" ? view.end : view.start);
    show({ ArrowLeft: at - step, ArrowRight: at + step, Home: view.start, End: view.end }[event.key]);
  });
  new ResizeObserver(paint).observe(plot);
  return box;
}

// Whose clocks its times are told by, where they are not the reader's.
function clocks(block, lines) {
  const last = lines.flatMap((line) => line.points).at(-1);
  const told = last ? otherClock(last[0], block.zone) : "";
  return told ? h("small", {}, told) : null;
}

function spoken(block, lines) {
  if (block.alt) return `${block.title}. ${block.alt}`;
  const told = lines.slice(0, 4).map((line) => {
    const values = line.points.map((each) => each[1]);
    return values.length ? `${line.name}: ${figure(Math.min(...values), block.unit)} – ${figure(Math.max(...values), block.unit)}` : line.name;
  });
  return `${block.title}. ${told.join("; ")}`;
}

function legend(lines, off, changed) {
  return h(
    "div",
    { class: "legend" },
    lines.map((line) => {
      const button = h(
        "button",
        { type: "button", class: "quiet", "aria-pressed": "true" },
        s("svg", { width: 22, height: 8, "aria-hidden": "true" }, s("line", { x1: 1, x2: 21, y1: 4, y2: 4, class: `line-${line.at % 8}`, "stroke-dasharray": DASHES[line.at % 8] })),
        h("span", {}, line.name || "–"),
      );
      button.addEventListener("click", () => {
        if (!off.delete(line.at)) off.add(line.at);
        button.setAttribute("aria-pressed", String(!off.has(line.at)));
        changed();
      });
      return button;
    }),
  );
}

function bounds(block, lines) {
  const times = lines.flatMap((line) => line.points.map((each) => each[0]));
  const values = lines.flatMap((line) => line.points.map((each) => each[1]));
  const start = times.reduce((low, each) => Math.min(low, each), Infinity);
  const end = times.reduce((high, each) => Math.max(high, each), -Infinity);
  const most = values.reduce((high, each) => Math.max(high, each), -Infinity);
  const least = values.reduce((low, each) => Math.min(low, each), Infinity);
  const low = least < 0 ? least : least > most * 0.8 && least > 0 && most - least < most * 0.15 ? least - (most - least || most) * 0.5 : 0;
  return { start, end: end > start ? end : start + 60, low, high: most > low ? most : low + 1 };
}

function draw(plot, block, lines, width) {
  plot.replaceChildren();
  if (!lines.some((line) => line.points.length)) {
    plot.append(h("p", { class: "nothing" }, t("no_points")));
    return null;
  }
  const { start, end, low, high } = bounds(block, lines);
  const marks = ticks(low, high, 4, block.unit);
  const [bottom, top] = [Math.min(low, marks[0]), marks.at(-1)];
  const gutter = 14 + Math.max(...marks.map((value) => figure(value, block.unit).length)) * 6.8;
  const area = { left: gutter, right: width - 12, top: (block.marks || []).length > 1 ? 34 : 20, bottom: HEIGHT - 26 };
  const x = (time) => area.left + ((time - start) / (end - start)) * (area.right - area.left);
  const y = (value) => area.bottom - ((value - bottom) / (top - bottom || 1)) * (area.bottom - area.top);
  const svg = s("svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" });
  svg.append(...windows(block, x, area, start, end));
  for (const value of marks) {
    svg.append(s("line", { class: "grid", x1: area.left, x2: area.right, y1: y(value), y2: y(value) }));
    svg.append(s("text", { class: "tick", x: area.left - 8, y: y(value) + 4, "text-anchor": "end" }, figure(value, block.unit)));
  }
  const times = timeTicks(start, end, Math.max(2, Math.floor((area.right - area.left) / 90)), block.zone);
  for (const time of times.at) {
    svg.append(s("text", { class: "tick", x: Math.min(area.right - 14, Math.max(area.left + 14, x(time))), y: HEIGHT - 8, "text-anchor": "middle" }, timeLabel(time, times.step, end - start, block.zone)));
  }
  for (const line of lines) svg.append(...traced(line, x, y, area, lines.length));
  const cursor = s("g", { class: "cursor" });
  svg.append(cursor);
  plot.append(svg);
  const timeAt = (left) => start + ((left - area.left) / (area.right - area.left)) * (end - start);
  return { start, end, x, y, area, lines, cursor, width, timeAt, time: null };
}

function windows(block, x, area, start, end) {
  let last = -Infinity;
  return (block.marks || []).flatMap((mark) => {
    const from = Math.max(area.left, x(mark.start));
    const to = mark.end ? Math.min(area.right, x(mark.end)) : from;
    if (mark.start > end || (mark.end ?? mark.start) < start) return [];
    const right = from > (area.left + area.right) * 0.6;
    const free = from - last > 60;
    last = free ? from : last;
    const label = s("text", { class: "mark-label", x: right ? to - 4 : from + 4, y: free ? 12 : 12 + 14, "text-anchor": right ? "end" : "start" }, mark.label);
    if (mark.end) return [s("rect", { class: "mark-window", x: from, y: area.top - 4, width: Math.max(2, to - from), height: area.bottom - area.top + 4 }), label];
    return [s("line", { class: "mark-line", x1: from, x2: from, y1: area.top - 4, y2: area.bottom }), label];
  });
}

function traced(line, x, y, area, count) {
  const gaps = line.points.slice(1).map((point, at) => point[0] - line.points[at][0]).sort((a, b) => a - b);
  const gap = (gaps[Math.floor(gaps.length / 2)] || Infinity) * 3.5;
  let path = "";
  line.points.forEach((point, at) => {
    const pen = at && point[0] - line.points[at - 1][0] <= gap ? "L" : "M";
    path += `${pen}${x(point[0]).toFixed(1)} ${y(point[1]).toFixed(1)}`;
  });
  const made = [s("path", { class: `trace line-${line.at % 8}`, d: path, "stroke-dasharray": DASHES[line.at % 8] })];
  if (count === 1 && line.points.length > 1 && !path.slice(1).includes("M")) {
    made.unshift(s("path", { class: "under-line", d: `${path}L${x(line.points.at(-1)[0]).toFixed(1)} ${area.bottom}L${x(line.points[0][0]).toFixed(1)} ${area.bottom}Z` }));
  }
  if (line.points.length === 1) made.push(s("circle", { class: `dot line-${line.at % 8}`, cx: x(line.points[0][0]), cy: y(line.points[0][1]), r: 3.5 }));
  return made;
}

function nearest(points, time) {
  let [low, high] = [0, points.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (points[middle][0] < time) low = middle;
    else high = middle;
  }
  return Math.abs(points[low][0] - time) <= Math.abs(points[high][0] - time) ? points[low] : points[high];
}

function point(view, tip, time, { unit, zone }) {
  view.cursor.replaceChildren();
  view.time = time === null ? null : Math.min(view.end, Math.max(view.start, time));
  tip.hidden = time === null;
  if (time === null) return;
  const found = view.lines.filter((line) => line.points.length).map((line) => ({ line, point: nearest(line.points, view.time) })).sort((a, b) => b.point[1] - a.point[1]);
  if (!found.length) return;
  const close = found.reduce((best, each) => (Math.abs(each.point[0] - view.time) < Math.abs(best.point[0] - view.time) ? each : best));
  const at = view.x(close.point[0]);
  view.cursor.append(s("line", { class: "crosshair", x1: at, x2: at, y1: view.area.top, y2: view.area.bottom }));
  view.cursor.append(...found.map((each) => s("circle", { class: `dot line-${each.line.at % 8}`, cx: view.x(each.point[0]), cy: view.y(each.point[1]), r: 3.5 })));
  const when = fullTime(close.point[0], zone);
  const rows = found.slice(0, 8).map((each) => h("div", {}, h("i", { class: `swatch line-${each.line.at % 8}` }), h("span", {}, each.line.name || "–"), h("b", {}, figure(each.point[1], unit))));
  tip.replaceChildren(h("time", {}, when), ...rows, found.length > 8 ? h("small", {}, `+${found.length - 8}`) : "");
  const room = view.width - tip.offsetWidth - 8;
  tip.style.left = `${Math.max(4, Math.min(room, at > view.width / 2 ? at - tip.offsetWidth - 14 : at + 14))}px`;
}
