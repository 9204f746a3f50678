// When the engines work. Segments are [first cycle, last cycle, operation, commands, busy cycles].

function showTimeline() {
  const line = report.timeline;
  if (!line) {
    byId("time-section").hidden = true;
    return;
  }
  const container = byId("time");
  const engines = [["tiu", "TIU", line.tiu], ["gdma", "GDMA", line.gdma]];
  const view = { from: 0, to: line.cycles };
  const chosen = { engine: 0, index: -1 };
  const microseconds = (cycles) => (cycles / line.clock) * 1e6;
  const [left, right, top, rowHeight, gap, bottom] = [56, 10, 8, 46, 10, 26];
  const height = top + 2 * rowHeight + gap + bottom;

  const describe = (engine, segment) => {
    const [from, to, operation, commands, busy] = segment;
    const name = operation < 0 ? "operation not known" : line.operations[operation][0];
    return engine + ": " + name + ", " + fixed(microseconds(from), 2) + " to " + fixed(microseconds(to), 2) + " \u00b5s, " + commands +
      (commands === 1 ? " command, " : " commands, ") + whole(busy) + " cycles";
  };
  const choose = (engine, index) => {
    Object.assign(chosen, { engine, index });
    const segment = engines[engine][2][index];
    byId("time-status").textContent = describe(engines[engine][1], segment);
    const layer = segment[2] < 0 ? null : line.operations[segment[2]][1];
    if (layer !== null) select(layer, "time");
    redraw();
  };
  const draw = (width) => {
    const picture = svg("svg", { height, role: "img", "aria-label": "Time line of " + fixed(microseconds(line.cycles) / 1000, 3) + " ms" });
    const scale = (width - left - right) / (view.to - view.from);
    const x = (cycle) => left + (cycle - view.from) * scale;
    for (const time of ticks(microseconds(view.from), microseconds(view.to), Math.max(3, width / 110))) {
      const at = x((time / 1e6) * line.clock);
      picture.append(svg("line", { class: "grid", x1: at, x2: at, y1: top, y2: height - bottom }),
        svg("text", { class: "tick", x: at, y: height - 8, "text-anchor": "middle" }, plain(time) + " \u00b5s"));
    }
    engines.forEach(([kind, name, segments], row) => {
      const y = top + row * (rowHeight + gap);
      picture.append(svg("text", { x: 8, y: y + rowHeight / 2 + 4 }, name));
      let drawn = left - 1;
      segments.forEach((segment, index) => {
        const [from, to, operation] = segment;
        if (to < view.from || from > view.to) return;
        const begin = Math.max(left, x(from));
        const end = Math.min(width - right, x(to));
        const layer = operation < 0 ? -1 : line.operations[operation][1];
        const marked = (layer === selection.layer && layer !== null) || (chosen.engine === row && chosen.index === index);
        // What is narrower than half a pixel is drawn once a pixel.
        if (end - begin < 0.5 && end < drawn + 0.5 && !marked) return;
        drawn = end;
        const work = svg("rect", { class: "work " + kind + (operation % 2 ? " odd" : " even") + (marked ? " chosen" : ""), x: begin, y,
          width: Math.max(0.6, end - begin), height: rowHeight }, svg("title", {}, describe(name, segment)));
        work.addEventListener("click", () => { if (dragged <= 4) choose(row, index); });
        picture.append(work);
        if (end - begin > 70) {
          const label = operation < 0 ? "" : line.operations[operation][0];
          const text = svg("text", { x: begin + 4, y: y + rowHeight - 8, "pointer-events": "none", style: "fill: var(--page)" },
            cut(label, Math.floor((end - begin) / 7.5)));
          picture.append(text);
        }
      });
    });
    return picture;
  };
  const redraw = chart(container, draw);
  const zoom = (factor, middle) => {
    const span = Math.max(200, Math.min(line.cycles, (view.to - view.from) * factor));
    const share = (middle - view.from) / (view.to - view.from);
    view.from = Math.max(0, Math.min(line.cycles - span, middle - span * share));
    view.to = view.from + span;
    redraw();
  };
  const middle = () => {
    const segment = chosen.index < 0 ? null : engines[chosen.engine][2][chosen.index];
    const at = segment ? (segment[0] + segment[1]) / 2 : -1;
    return at >= view.from && at <= view.to ? at : (view.from + view.to) / 2;
  };
  const fit = () => {
    Object.assign(view, { from: 0, to: line.cycles });
    redraw();
  };
  byId("time-in").addEventListener("click", () => zoom(1 / 2, middle()));
  byId("time-out").addEventListener("click", () => zoom(2, middle()));
  byId("time-fit").addEventListener("click", fit);
  container.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const share = (event.clientX - container.getBoundingClientRect().left - left) / (container.clientWidth - left - right);
    zoom(Math.exp(event.deltaY / 200), view.from + share * (view.to - view.from));
  }, { passive: false });
  let dragged = 0;
  let last = null;
  container.addEventListener("pointerdown", (event) => {
    last = event.clientX;
    dragged = 0;
  });
  window.addEventListener("pointermove", (event) => {
    if (last === null) return;
    const cycles = ((last - event.clientX) * (view.to - view.from)) / (container.clientWidth - left - right);
    dragged += Math.abs(last - event.clientX);
    last = event.clientX;
    if (dragged <= 4) return;
    const span = view.to - view.from;
    view.from = Math.max(0, Math.min(line.cycles - span, view.from + cycles));
    view.to = view.from + span;
    redraw();
  });
  window.addEventListener("pointerup", () => {
    last = null;
  });
  container.addEventListener("keydown", (event) => {
    const segments = engines[chosen.engine][2];
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) {
      const next = Math.max(0, Math.min(segments.length - 1, chosen.index + step));
      const [from, to] = segments[next] || [0, 0];
      const span = view.to - view.from;
      if (to > view.to || from < view.from) {
        view.from = Math.max(0, Math.min(line.cycles - span, (from + to - span) / 2));
        view.to = view.from + span;
      }
      if (segments.length) choose(chosen.engine, next);
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      const engine = event.key === "ArrowUp" ? 0 : 1;
      const at = middle();
      const next = engines[engine][2].findIndex((segment) => segment[1] >= at);
      if (next >= 0) choose(engine, next);
    } else if (event.key === "+" || event.key === "=") zoom(1 / 2, middle());
    else if (event.key === "-") zoom(2, middle());
    else if (event.key === "0") fit();
    else return;
    event.preventDefault();
  });
  onSelect((index, before, source) => {
    if (source !== "time") {
      chosen.index = -1;
      byId("time-status").textContent = "";
    }
    redraw();
  });
}
