// The table of layers: sorted by any column, filtered by words.

const COLUMNS = [
  { title: "#", value: (layer, index) => index, text: (layer, index) => String(index + 1), number: true },
  { title: "Name", value: (layer) => layer.name, text: (layer) => layer.name },
  { title: "Operation", value: (layer) => layer.op, text: (layer) => layer.op },
  { title: "Shape", value: (layer) => layer.shape.reduce((product, dim) => product * dim, 1), text: (layer) => shapeText(layer.shape), number: true },
  { title: "Precision", value: (layer) => layer.precision, text: (layer) => (layer.precision || MISSING) + (layer.in_qtable ? " (table)" : "") },
  { title: "Threshold", value: (layer) => layer.threshold, text: (layer) => short(layer.threshold), number: true },
  { title: "Max seen", value: largest, text: (layer) => short(largest(layer)), number: true },
  { title: "Clipped", value: (layer) => layer.clipped, text: (layer) => percent(layer.clipped, 3), number: true },
  { title: "SQNR dB", value: (layer) => layer.sqnr, text: (layer) => errorText(layer.sqnr), number: true },
  { title: "Cosine", value: (layer) => layer.cosine, text: (layer) => fixed(layer.cosine, 5), number: true },
  { title: "Alone dB", value: (layer) => layer.alone_sqnr, text: (layer) => errorText(layer.alone_sqnr), number: true },
  { title: "Outputs, only this INT8 dB", value: (layer) => layer.single_sqnr, text: (layer) => errorText(layer.single_sqnr), number: true, optional: true },
  { title: "Outputs, INT8 up to here dB", value: (layer) => layer.cumulative_sqnr, text: (layer) => errorText(layer.cumulative_sqnr), number: true, optional: true },
  { title: "TIU cycles", value: (layer) => layer.tiu_cycles, text: (layer) => whole(layer.tiu_cycles), number: true },
  { title: "GDMA cycles", value: (layer) => layer.dma_cycles, text: (layer) => whole(layer.dma_cycles), number: true },
  { title: "\u00b5s", value: (layer) => layer.microseconds, text: (layer) => fixed(layer.microseconds, 2), number: true },
  { title: "MACs", value: (layer) => layer.macs, text: (layer) => whole(layer.macs), number: true },
  { title: "Bytes moved", value: (layer) => layer.bytes, text: (layer) => whole(layer.bytes), number: true },
  { title: "Weight bytes", value: (layer) => layer.weight_bytes, text: (layer) => whole(layer.weight_bytes), number: true },
  { title: "Group", value: (layer) => layer.group, text: (layer) => whole(layer.group), number: true, optional: true },
];

function largest(layer) {
  return known(layer.max) ? Math.max(Math.abs(layer.max), Math.abs(layer.min)) : null;
}

function errorText(value) {
  return known(value) && value >= 150 ? "exact" : fixed(value, 2);
}

function showTable() {
  const columns = COLUMNS.filter((column) => !column.optional || layers.some((layer, index) => known(column.value(layer, index))));
  const state = { column: 0, descending: false };
  const rows = layers.map((layer, index) => {
    const cells = columns.map((column) => {
      const text = column.text(layer, index);
      if (column.title === "Name") {
        const button = html("button", { type: "button", title: layer.name }, text);
        return html("th", { scope: "row" }, button);
      }
      return html("td", { class: column.number ? "number" : null }, text);
    });
    return html("tr", { "data-layer": index, "aria-selected": "false", onclick: () => select(index, "table") }, ...cells);
  });
  const head = columns.map((column, number) => {
    const button = html("button", { type: "button" }, column.title, html("span", { "aria-hidden": "true" }));
    const cell = html("th", { scope: "col", class: column.number ? "number" : null }, button);
    button.addEventListener("click", () => {
      state.descending = state.column === number ? !state.descending : false;
      state.column = number;
      sort();
    });
    return cell;
  });
  const body = html("tbody", {});
  const sort = () => {
    const { value } = columns[state.column];
    const keys = layers.map((layer, index) => value(layer, index));
    const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);
    const order = layers.map((_, index) => index).sort((a, b) => {
      const missing = (key) => key === null || key === undefined;
      // What is not known stands at the end either way.
      if (missing(keys[a]) || missing(keys[b])) return missing(keys[a]) - missing(keys[b]) || a - b;
      return (state.descending ? -1 : 1) * compare(keys[a], keys[b]) || a - b;
    });
    body.replaceChildren(...order.map((index) => rows[index]));
    head.forEach((cell, number) => {
      const here = number === state.column;
      cell.setAttribute("aria-sort", here ? (state.descending ? "descending" : "ascending") : "none");
      cell.querySelector("span").textContent = here ? (state.descending ? " \u25bc" : " \u25b2") : "";
    });
  };
  byId("table").append(html("thead", {}, html("tr", {}, ...head)), body);
  sort();

  const search = layers.map((layer) => [layer.name, layer.op, layer.precision || "", ...layer.lowered].join(" ").toLowerCase());
  const filter = () => {
    const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, index) => {
      row.hidden = !words.every((word) => search[index].includes(word));
      shown += row.hidden ? 0 : 1;
    });
    byId("filter-count").textContent = shown + " of " + layers.length + " layers";
  };
  byId("filter").addEventListener("input", filter);
  filter();
  onSelect((index, before, source) => {
    if (before >= 0) rows[before].setAttribute("aria-selected", "false");
    rows[index].setAttribute("aria-selected", "true");
    // Only inside the table's own box: the page stays where the reader is.
    const box = body.closest(".scroll");
    if (source !== "table" && !rows[index].hidden) box.scrollTop = rows[index].offsetTop - box.clientHeight / 2;
  });
}
