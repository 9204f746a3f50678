// Memory: sums, tensors in DDR, and the lanes' local memory over time.

function showMemory() {
  const memory = report.memory;
  const facts = byId("memory-facts");
  const address = (value) => (known(value) ? "at 0x" + value.toString(16) : null);
  facts.append(
    fact("Weights", size(memory.coefficient_bytes), address(memory.coefficient_address)),
    fact("Tensors", size(memory.neuron_bytes), address(memory.neuron_address)),
    fact("Tensors alive at once, at most", size(memory.neuron_peak)),
    fact("Local memory in use, at most", memory.local ? size(memory.local.peak) : MISSING,
      memory.local ? "of " + size(memory.local.lane_bytes) + " in each lane" : null));
  if (memory.tensors.length) onSelect(chart(byId("ddr"), (width) => ddrChart(memory, width)));
  else byId("ddr").append(html("p", { class: "empty" }, "No addresses: give the text with addresses (--final)."));
  if (memory.local) {
    byId("local-hint").textContent = "Time from left to right, addresses upwards: which part of a lane's " + size(memory.local.lane_bytes) +
      " holds values that are still needed. The line is their sum.";
    chart(byId("local"), (width) => localChart(memory.local, width));
  } else byId("local").append(html("p", { class: "empty" }, "No commands: give a bmodel (--model)."));
}

function ddrChart(memory, width) {
  const [left, right, top, bottom, height] = [70, 12, 10, 24, 260];
  const most = Math.max(1, memory.neuron_bytes || 0, ...memory.tensors.map((tensor) => tensor.offset + tensor.bytes));
  const x = (step) => left + (step / Math.max(1, memory.steps)) * (width - left - right);
  const y = (offset) => height - bottom - (offset / most) * (height - top - bottom);
  const picture = svg("svg", { height, role: "img", "aria-label": memory.tensors.length + " tensors in " + size(memory.neuron_bytes) + " of DDR" });
  for (const offset of ticks(0, most, 5)) {
    picture.append(svg("line", { class: "grid", x1: left, x2: width - right, y1: y(offset), y2: y(offset) }),
      svg("text", { class: "tick", x: left - 5, y: y(offset) + 4, "text-anchor": "end" }, size(offset)));
  }
  for (const tensor of memory.tensors) {
    const text = tensor.name + ": " + size(tensor.bytes) + " at +" + whole(tensor.offset) + ", steps " + tensor.from + " to " + tensor.to;
    const box = svg("rect", { class: "tensor" + (tensor.layer === selection.layer ? " chosen" : ""), x: x(tensor.from),
      width: Math.max(1, x(tensor.to + 1) - x(tensor.from)), y: y(tensor.offset + tensor.bytes),
      height: Math.max(1, y(tensor.offset) - y(tensor.offset + tensor.bytes)) }, svg("title", {}, text));
    box.addEventListener("click", () => {
      byId("ddr-status").textContent = text;
      if (tensor.layer !== null) select(tensor.layer, "memory");
    });
    picture.append(box);
  }
  for (const step of ticks(0, memory.steps, Math.max(3, width / 90))) {
    picture.append(svg("text", { class: "tick", x: x(step), y: height - 8, "text-anchor": "middle" }, String(step)));
  }
  return picture;
}

function localChart(local, width) {
  const [left, right, top, bottom, height] = [70, 12, 10, 24, 240];
  const columns = local.used.length;
  const x = (column) => left + (column / columns) * (width - left - right);
  const y = (bytes) => height - bottom - (bytes / local.lane_bytes) * (height - top - bottom);
  const picture = svg("svg", { height, role: "img", "aria-label": "Local memory in use, at most " + size(local.peak) + " of " + size(local.lane_bytes) });
  for (const bytes of ticks(0, local.lane_bytes, 4)) {
    picture.append(svg("text", { class: "tick", x: left - 5, y: y(bytes) + 4, "text-anchor": "end" }, size(bytes)));
  }
  local.cells.forEach((row, number) => {
    // Equal neighbours are one box.
    for (let column = 0; column < columns;) {
      let end = column + 1;
      while (end < columns && row[end] === row[column]) end += 1;
      if (row[column] !== "0") {
        picture.append(svg("rect", { class: "cell", opacity: (Number(row[column]) / 9) * 0.85 + 0.1, x: x(column), width: x(end) - x(column),
          y: y((number + 1) * local.row_bytes), height: y(number * local.row_bytes) - y((number + 1) * local.row_bytes) }));
      }
      column = end;
    }
  });
  const line = local.used.map((bytes, column) => (column ? "L" : "M") + x(column) + " " + y(bytes) + "H" + x(column + 1)).join("");
  const time = report.timeline ? (report.timeline.cycles / report.timeline.clock) * 1e6 : 0;
  for (const at of ticks(0, time, Math.max(3, width / 110))) {
    picture.append(svg("text", { class: "tick", x: x((at / (time || 1)) * columns), y: height - 8, "text-anchor": "middle" }, plain(at) + " \u00b5s"));
  }
  picture.append(svg("path", { class: "used", d: line }),
    svg("line", { class: "axis", x1: left, x2: width - right, y1: height - bottom, y2: height - bottom }));
  return picture;
}
