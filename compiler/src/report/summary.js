// What stands at the top.

function showSummary() {
  const summary = report.summary;
  byId("title").textContent = summary.network;
  document.title = summary.network + " - tpuc report";
  byId("subtitle").textContent = [summary.chip.toUpperCase(), summary.mode, summary.operations + " operations"].join(" \u00b7 ");
  const floats = summary.float_layers;
  const facts = byId("facts");
  const method = summary.method ? "thresholds: " + summary.method : null;
  const named = summary.qtable_layers ? summary.qtable_layers + " layers in the quantisation table" : null;
  facts.append(
    fact("Network", summary.network, summary.operations + " operations"),
    fact("Chip", summary.chip.toUpperCase()),
    fact("Quantisation", summary.mode, [method, named].filter(Boolean).join("; ")),
    fact("SQNR of the outputs", decibel(summary.output_sqnr),
      known(summary.output_cosine) ? "cosine " + fixed(summary.output_cosine, 5) + ", " + summary.samples + " samples" : "no samples"),
    fact("Estimated latency", known(summary.milliseconds) ? fixed(summary.milliseconds, 3) + "\u202fms" : MISSING,
      known(summary.tiu_utilisation)
        ? "TIU " + percent(summary.tiu_utilisation, 0) + ", GDMA " + percent(summary.gdma_utilisation, 0) + " busy" : null),
    fact("Size of the bmodel", size(summary.bmodel_bytes)),
    fact("Layers in floating point", summary.int8_layers + floats.length ? floats.length + " of " + (summary.int8_layers + floats.length) : MISSING,
      summary.mode === "INT8" && floats.length ? cut(floats.map((index) => layers[index].op).join(", "), 80) : null),
    fact("Multiply-adds", known(summary.macs) ? short(summary.macs / 1e6) + "\u202fM" : MISSING,
      known(summary.ddr_bytes) ? size(summary.ddr_bytes) + " to and from DDR" : null),
  );
  for (const note of report.notes) byId("notes").append(html("li", {}, note));
  byId("made-by").textContent = "Made by " + report.tool + " from " +
    summary.files.map(([what, name]) => what + " " + name).join(", ") + ".";
}

function themes() {
  for (const input of document.querySelectorAll("#theme input")) {
    input.addEventListener("change", () => {
      if (input.value === "auto") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = input.value;
    });
  }
}
