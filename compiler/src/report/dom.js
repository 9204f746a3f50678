// Making elements and writing numbers. Text always goes in as text, never as markup: names come from the network.

const report = JSON.parse(document.getElementById("report-data").textContent);
const layers = report.layers;

function byId(id) {
  return document.getElementById(id);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) {
    if (child !== null && child !== undefined) node.append(child);
  }
  return node;
}

function html(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

const MISSING = "\u2013";

function known(value) {
  return value !== null && value !== undefined && Number.isFinite(value);
}

function fixed(value, digits) {
  return known(value) ? value.toFixed(digits).replace("-", "\u2212") : MISSING;
}

// About four digits, whatever the size.
function short(value) {
  if (!known(value)) return MISSING;
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e6 || size < 1e-4) return value.toExponential(2).replace(/-/g, "\u2212");
  return fixed(value, Math.max(0, Math.min(6, 3 - Math.floor(Math.log10(size)))));
}

// On an axis: no digits that are zero.
function plain(value) {
  return String(Number(value.toPrecision(6))).replace(/-/g, "\u2212");
}

// Groups of three digits.
function whole(value) {
  return known(value) ? String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f") : MISSING;
}

function percent(value, digits) {
  return known(value) ? fixed(100 * value, digits === undefined ? 1 : digits) + "\u202f%" : MISSING;
}

function decibel(value) {
  if (!known(value)) return MISSING;
  return value >= 150 ? "exact" : fixed(value, 1) + "\u202fdB";
}

function size(bytes) {
  if (!known(bytes)) return MISSING;
  if (bytes < 10000) return whole(bytes) + "\u202fB";
  if (bytes < 1e7) return fixed(bytes / 1e3, 1) + "\u202fkB";
  return fixed(bytes / 1e6, 2) + "\u202fMB";
}

function shapeText(shape) {
  return shape.length ? shape.map((dim) => (dim < 0 ? "?" : dim)).join("\u00d7") : MISSING;
}

function cut(text, length) {
  return text.length > length ? text.slice(0, length - 1) + "\u2026" : text;
}

function fact(name, value, more) {
  return html("div", {}, html("dt", {}, name), html("dd", {}, value, more ? html("small", {}, more) : null));
}

// Calls `draw(width)` now and whenever the width of a chart changes, and puts its result there.
function chart(container, draw) {
  let width = 0;
  const redraw = () => {
    width = container.clientWidth;
    if (width > 0) container.replaceChildren(draw(width));
  };
  new ResizeObserver(() => {
    if (container.clientWidth !== width) redraw();
  }).observe(container);
  redraw();
  return redraw;
}

// Round numbers that part a range, `count` about.
function ticks(low, high, count) {
  const span = high - low;
  if (!(span > 0)) return [low];
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= raw);
  const first = Math.ceil(low / step);
  const result = [];
  for (let index = first; index * step <= high + step * 1e-9; index += 1) result.push(index * step);
  return result;
}
