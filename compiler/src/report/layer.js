// The selected layer: its facts and its values.

function showLayer() {
  byId("layer-previous").addEventListener("click", () => select(selection.layer - 1, "buttons"));
  byId("layer-next").addEventListener("click", () => select(selection.layer + 1, "buttons"));
  const logarithmic = byId("histogram-log");
  const redraw = chart(byId("histogram"), (width) => histogram(layers[selection.layer], width, logarithmic.checked));
  logarithmic.addEventListener("change", redraw);
  onSelect((index) => {
    layerFacts(layers[index], index);
    redraw();
  });
}

function layerFacts(layer, index) {
  const range = layer.range ? short(layer.range[0]) + " \u2026 " + short(layer.range[1]) : MISSING;
  const precision = (layer.precision || MISSING) + (layer.in_qtable ? " (in the table)" : "");
  byId("layer-facts").replaceChildren(
    html("h3", {}, layer.name),
    html("dl", {},
      fact("Number", index + 1 + " of " + layers.length),
      fact("Operation", layer.op, layer.lowered.length ? layer.lowered.join(", ") : null),
      fact("Shape", shapeText(layer.shape)),
      fact("Precision", precision),
      fact("Threshold (table)", short(layer.threshold)),
      fact("Range in use", range),
      fact("Values seen", known(layer.min) ? short(layer.min) + " \u2026 " + short(layer.max) : MISSING),
      fact("Clipped", percent(layer.clipped, 3)),
      fact("SQNR", decibel(layer.sqnr), known(layer.cosine) ? "cosine " + fixed(layer.cosine, 5) : null),
      fact("SQNR alone", decibel(layer.alone_sqnr), known(layer.alone_cosine) ? "cosine " + fixed(layer.alone_cosine, 5) : null),
      known(layer.single_sqnr) ? fact("Outputs, only this INT8", decibel(layer.single_sqnr)) : null,
      known(layer.cumulative_sqnr) ? fact("Outputs, INT8 up to here", decibel(layer.cumulative_sqnr)) : null,
      fact("Time", known(layer.microseconds) ? fixed(layer.microseconds, 2) + "\u202f\u00b5s" : MISSING,
        known(layer.tiu_cycles) ? "TIU " + whole(layer.tiu_cycles) + ", GDMA " + whole(layer.dma_cycles) + " cycles" : null),
      fact("Multiply-adds", whole(layer.macs)),
      fact("Weights", size(layer.weight_bytes)),
      known(layer.group) ? fact("Layer group", String(layer.group)) : null,
      layer.is_output ? fact("Output", "of the network") : null));
}

function histogram(layer, width, logarithmic) {
  if (!layer || !layer.histogram) {
    return html("p", { class: "empty" }, "No values: give samples (--dataset, --data_list or --test_input).");
  }
  const { low, width: step, float, quantised } = layer.histogram;
  const [left, right, top, bottom, height] = [48, 12, 34, 26, 250];
  const marks = [];
  if (known(layer.threshold)) {
    marks.push([layer.threshold, "table", "threshold " + short(layer.threshold)]);
    if (low < 0) marks.push([-layer.threshold, "table", ""]);
  }
  if (layer.range) {
    marks.push([layer.range[1], "range", "range " + short(layer.range[1])]);
    if (layer.range[0] < 0) marks.push([layer.range[0], "range", ""]);
  }
  let from = low;
  let to = low + step * float.length;
  // A threshold far away would press the values into a corner.
  for (const [at] of marks) {
    if (at < from && from - at < 2 * (to - from)) from = at;
    if (at > to && at - to < 2 * (to - from)) to = at;
  }
  const margin = (to - from) * 0.02;
  from -= margin;
  to += margin;
  const most = Math.max(...float, ...quantised, 1);
  const x = (value) => left + ((value - from) / (to - from)) * (width - left - right);
  const measure = logarithmic ? (count) => Math.log10(count + 1) : (count) => count;
  const y = (count) => height - bottom - (measure(count) / measure(most)) * (height - top - bottom);
  const picture = svg("svg", { height, role: "img", "aria-label": histogramText(layer) });
  const counts = logarithmic ? [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8].filter((count) => count <= most) : ticks(0, most, 4);
  for (const count of counts) {
    picture.append(svg("line", { class: "grid", x1: left, x2: width - right, y1: y(count), y2: y(count) }),
      svg("text", { class: "tick", x: left - 5, y: y(count) + 4, "text-anchor": "end" }, count >= 1e4 ? count.toExponential(0).replace("e+", "e") : whole(count)));
  }
  const bars = svg("g", { id: "histogram-bars" });
  float.forEach((count, bin) => {
    if (count) {
      bars.append(svg("rect", { class: "bar-float", x: x(low + bin * step), width: Math.max(0.5, x(low + step) - x(low) - 0.5), y: y(count),
        height: height - bottom - y(count) }, svg("title", {}, short(low + bin * step) + " \u2026 " + short(low + (bin + 1) * step) + ": " + whole(count))));
    }
  });
  picture.append(bars);
  if (quantised.length) {
    const line = quantised.map((count, bin) => (bin ? "L" : "M") + x(low + bin * step) + " " + y(count) + "H" + x(low + (bin + 1) * step)).join("");
    picture.append(svg("path", { class: "line-quantised", d: line }));
  }
  marks.forEach(([at, kind, text]) => {
    if (at < from || at > to) return;
    const textY = kind === "table" ? 26 : 13;
    const end = x(at) > width / 2;
    picture.append(svg("line", { class: "mark " + kind, x1: x(at), x2: x(at), y1: textY - 8, y2: height - bottom }),
      svg("text", { class: "over", x: x(at) + (end ? -5 : 5), y: textY, "text-anchor": end ? "end" : "start" }, text));
  });
  for (const value of ticks(from, to, Math.max(3, width / 90))) {
    picture.append(svg("text", { class: "tick", x: x(value), y: height - bottom + 15, "text-anchor": "middle" }, plain(value)));
  }
  picture.append(svg("line", { class: "axis", x1: left, x2: width - right, y1: height - bottom, y2: height - bottom }));
  const legend = html("div", { class: "legend", style: "padding: 4px 10px" },
    html("span", {}, svg("svg", { width: 26, height: 12 }, svg("rect", { class: "bar-float", width: 26, height: 12 })), "float network"),
    quantised.length ? html("span", {}, svg("svg", { width: 26, height: 12 }, svg("path", { class: "line-quantised", d: "M0 9H9V3H17V8H26" })), "INT8 program") : null,
    html("span", {}, svg("svg", { width: 26, height: 12 }, svg("line", { class: "mark table", x1: 0, x2: 26, y1: 6, y2: 6 })), "threshold of the table"),
    html("span", {}, svg("svg", { width: 26, height: 12 }, svg("line", { class: "mark", x1: 0, x2: 26, y1: 6, y2: 6 })), "range in use"));
  return html("div", {}, picture, legend);
}

function histogramText(layer) {
  return "Histogram of " + layer.name + ": values from " + short(layer.min) + " to " + short(layer.max) +
    (known(layer.threshold) ? ", threshold " + short(layer.threshold) : "") +
    (known(layer.clipped) ? ", clipped " + percent(layer.clipped, 3) : "");
}
