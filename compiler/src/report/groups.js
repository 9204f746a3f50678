// Layer groups: slices, local memory, cycles, what bounds them; then the operations that are alone, and why.

const BOUNDS = {
  nothing: "nothing: no commands",
  compute: "compute",
  load: "loads",
  moves: "moves in local memory",
  store: "stores",
  waits: "waits of the engines for each other",
};

function showGroups() {
  const found = report.groups;
  byId("groups-section").hidden = !found || found.groups.length + found.alone.length === 0;
  if (byId("groups-section").hidden) return;
  const index = new Map(layers.map((layer, number) => [layer.name, number]));
  const cells = (values) => values.map((value) => html("td", { class: "number" }, value));
  const row = (title, operations, numbers, time, reason) => {
    const text = operations.map((one) => one.op + " " + one.name).join(", ");
    const layer = operations.map((one) => index.get(one.name)).find((number) => number !== undefined);
    const head = layer === undefined ? title
      : html("button", { type: "button", "aria-label": title + ": select layer " + layers[layer].name }, title);
    return html("tr", { onclick: layer === undefined ? null : () => select(layer, "groups") },
      html("th", { scope: "row" }, head), ...cells(numbers),
      ...cells([time.load, time.compute, time.moves, time.store, time.cycles].map(whole)),
      html("td", {}, BOUNDS[time.bound] || time.bound), html("td", { class: "number" }, whole(operations.length)),
      html("td", { title: text }, reason ? cut(text, 60) + ": " + reason : cut(text, 120)));
  };
  const kib = (bytes) => fixed(bytes / 1024, 1);
  const rows = found.groups.map((group, number) => {
    const { memory } = group;
    const slices = group.batch_slices + "\u00d7" + group.row_slices + (group.flat ? " flat" : "");
    return row("group " + (number + 1), group.operations,
      [slices, kib(memory.used), percent(memory.used / found.lane_bytes, 0), kib(memory.tensors), kib(memory.buffers), kib(memory.weights)], group.time);
  });
  rows.push(...found.alone.map((one) => row("alone", [one], Array(6).fill(MISSING), one.time, one.reason)));
  const titles = ["Group", "Slices", "Local KiB", "Of a lane", "Tensors", "Buffers", "Weights", "Load", "Compute", "Moves", "Store", "Cycles",
    "Bound by", "Operations", "Names"];
  const words = ["Group", "Bound by", "Names"];
  const head = titles.map((title) => html("th", { scope: "col", class: words.includes(title) ? null : "number" }, title));
  byId("groups").append(html("thead", {}, html("tr", {}, ...head)), html("tbody", {}, ...rows));
  const grouped = found.groups.reduce((sum, group) => sum + group.operations.length, 0);
  byId("groups-sum").textContent = found.groups.length + " groups with " + grouped + " operations, " + found.alone.length + " operations alone.";
}
