// What the graph's nodes show: a colour class, and the same as text, so that colour alone says nothing.

const ERROR_STEPS = [40, 30, 20, 10];

function errorLevel(sqnr) {
  const level = ERROR_STEPS.findIndex((limit) => sqnr >= limit);
  return level < 0 ? ERROR_STEPS.length : level;
}

const totalTime = layers.reduce((sum, layer) => sum + (layer.microseconds || 0), 0);
const TIME_STEPS = [0.005, 0.02, 0.05, 0.1];

function timeLevel(share) {
  const level = TIME_STEPS.findIndex((limit) => share < limit);
  return level < 0 ? TIME_STEPS.length : level;
}

function errorOverlay(field) {
  return {
    show: (layer) => known(layer[field]) ? { style: "level" + errorLevel(layer[field]), text: decibel(layer[field]) } : { style: "none", text: "" },
    legend: [["level0", "40 dB and more"], ["level1", "30 to 40"], ["level2", "20 to 30"], ["level3", "10 to 20"], ["level4", "below 10 dB"]],
    available: layers.some((layer) => known(layer[field])),
  };
}

const overlays = {
  precision: {
    label: "precision",
    show: (layer) => layer.precision === "INT8" ? { style: "int8", text: "INT8" }
      : layer.precision === "F32" ? { style: "f32", text: "F32" } : { style: "none", text: "" },
    legend: [["int8", "INT8"], ["f32", "F32 (dashed)"], ["none", "nothing is left of it (dotted)"]],
    available: true,
  },
  error: Object.assign({ label: "error" }, errorOverlay("sqnr")),
  alone: Object.assign({ label: "error of the layer alone" }, errorOverlay("alone_sqnr")),
  time: {
    label: "time",
    show: (layer) => {
      if (!known(layer.microseconds)) return { style: "none", text: "" };
      const share = totalTime > 0 ? layer.microseconds / totalTime : 0;
      return { style: "level" + timeLevel(share), text: fixed(layer.microseconds, 1) + "\u202f\u00b5s", share };
    },
    legend: [["level0", "below 0.5 % of the time"], ["level1", "0.5 to 2 %"], ["level2", "2 to 5 %"], ["level3", "5 to 10 %"], ["level4", "10 % and more"]],
    available: totalTime > 0,
  },
};

function showOverlays(use) {
  const box = byId("overlay");
  for (const [name, overlay] of Object.entries(overlays)) {
    const input = html("input", { type: "radio", name: "overlay", value: name, disabled: !overlay.available, checked: name === "precision" });
    input.addEventListener("change", () => choose(name));
    box.append(html("label", { title: overlay.available ? null : "not known: see the notes above" }, input, " " + overlay.label));
  }
  const choose = (name) => {
    const swatch = (style) => svg("svg", { width: 26, height: 14, class: "node" }, svg("rect", { class: style, x: 1.5, y: 1.5, width: 23, height: 11 }));
    byId("legend").replaceChildren(...overlays[name].legend.map(([style, text]) => html("span", {}, swatch(style), text)));
    use(overlays[name]);
  };
  choose("precision");
}
