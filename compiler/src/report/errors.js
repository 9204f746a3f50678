// The error columns along the network.

const ERROR_CURVES = [
  ["own", "sqnr", "result of the layer, everything INT8", "circle"],
  ["alone", "alone_sqnr", "result of the layer, exact inputs", "square"],
  ["cumulative", "cumulative_sqnr", "outputs, everything up to here INT8", "diamond"],
  ["single", "single_sqnr", "outputs, only this layer INT8", "triangle"],
];

// Lines are told apart by dashes and by the form of their points.
function point(kind, form, x, y) {
  const shapes = {
    circle: "M" + (x - 3) + " " + y + "a3 3 0 1 0 6 0a3 3 0 1 0-6 0",
    square: "M" + (x - 3) + " " + (y - 3) + "h6v6h-6z",
    diamond: "M" + x + " " + (y - 4) + "l4 4l-4 4l-4-4z",
    triangle: "M" + x + " " + (y - 4) + "l4 7h-8z",
  };
  return svg("path", { class: "point " + kind, d: shapes[form] });
}

function showErrors() {
  const curves = ERROR_CURVES.filter(([, field]) => layers.some((layer) => known(layer[field])));
  if (!curves.length) {
    byId("errors-section").hidden = true;
    return;
  }
  byId("errors-hint").textContent = "Signal to noise against the float network, in dB: higher is better. Exact results are drawn at the upper edge. " +
    "Where the first line falls and the second does not, the error came from before.";
  byId("errors-legend").replaceChildren(...curves.map(([kind, , text, form]) => html("span", {},
    svg("svg", { width: 34, height: 14 }, svg("path", { class: "curve " + kind, d: "M0 7H34" }), point(kind, form, 17, 7)), text)));
  const redraw = chart(byId("errors"), (width) => errorChart(curves, width));
  onSelect(redraw);
  byId("errors").addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    select(selection.layer + step, "errors");
    event.preventDefault();
  });
}

function errorChart(curves, width) {
  const [left, right, top, bottom, height] = [48, 14, 12, 30, 280];
  const values = curves.flatMap(([, field]) => layers.map((layer) => layer[field]).filter((value) => known(value) && value < 150));
  const high = Math.min(80, Math.max(20, ...values) + 3);
  const low = Math.max(-40, Math.min(0, ...values));
  const x = (index) => left + ((index + 0.5) / layers.length) * (width - left - right);
  const y = (value) => top + ((high - Math.min(high, Math.max(low, value))) / (high - low)) * (height - top - bottom);
  const picture = svg("svg", { height, role: "img", "aria-label": "Errors of " + layers.length + " layers from " + fixed(Math.min(...values), 1) + " dB" });
  for (const value of ticks(low, high, 6)) {
    picture.append(svg("line", { class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value) }),
      svg("text", { class: "tick", x: left - 5, y: y(value) + 4, "text-anchor": "end" }, fixed(value, 0) + " dB"));
  }
  for (const index of ticks(0, layers.length - 1, Math.max(3, width / 90))) {
    if (Number.isInteger(index)) {
      picture.append(svg("text", { class: "tick", x: x(index), y: height - bottom + 16, "text-anchor": "middle" }, String(index + 1)));
    }
  }
  const many = layers.length > width / 9;
  for (const [kind, field, , form] of curves) {
    let line = "";
    const points = svg("g", {});
    layers.forEach((layer, index) => {
      if (!known(layer[field])) return;
      line += (line ? "L" : "M") + x(index).toFixed(1) + " " + y(layer[field]).toFixed(1);
      if (!many || index === selection.layer) points.append(point(kind, form, x(index), y(layer[field])));
    });
    picture.append(svg("path", { class: "curve " + kind, d: line }), points);
  }
  if (selection.layer >= 0) {
    const at = x(selection.layer);
    const end = at > width / 2;
    const layer = layers[selection.layer];
    const text = cut(layer.name, 40) + ": " + curves.map(([, field]) => decibel(layer[field])).join(", ");
    picture.append(svg("line", { class: "here", x1: at, x2: at, y1: top, y2: height - bottom }),
      svg("text", { class: "over", x: at + (end ? -6 : 6), y: top + 11, "text-anchor": end ? "end" : "start" }, text));
  }
  picture.addEventListener("click", (event) => {
    const place = event.clientX - picture.getBoundingClientRect().left;
    const index = Math.floor(((place - left) / (width - left - right)) * layers.length);
    select(Math.min(layers.length - 1, Math.max(0, index)), "errors");
  });
  return picture;
}
