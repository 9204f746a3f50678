// The network as a drawing: zoom, pan, and selection by pointer and keys.

function showGraph() {
  const container = byId("graph");
  const graph = report.graph;
  const [width, height] = graph.node;
  const view = { x: 0, y: 0, scale: 1 };
  const root = svg("g", {});
  const picture = svg("svg", { role: "presentation" }, root);
  const edges = graph.edges.map((edge) => {
    const line = svg("path", { class: "edge", d: path(edge.points, height) });
    root.append(line);
    return line;
  });
  const nodes = graph.positions.map(([x, y], index) => {
    const layer = layers[index];
    const node = svg("g", { class: "node", id: "node-" + index, role: "option", "aria-selected": "false",
      transform: "translate(" + (x - width / 2) + " " + (y - height / 2) + ")" },
      svg("rect", { class: "box", width, height, rx: 5 }),
      svg("rect", { class: "share", x: 0, y: height - 4, width: 0, height: 4 }),
      svg("text", { class: "op", x: 8, y: 17 }, layer.op),
      svg("text", { class: "value", x: width - 8, y: 17, "text-anchor": "end" }),
      svg("text", { x: 8, y: 34 }, cut(layer.name, 27)),
      svg("title", {}, layer.name));
    root.append(node);
    return node;
  });
  container.append(picture);

  const apply = () => {
    root.setAttribute("transform", "translate(" + view.x + " " + view.y + ") scale(" + view.scale + ")");
    root.setAttribute("class", view.scale < 0.35 ? "small" : "");
  };
  const zoom = (factor, x, y) => {
    const scale = Math.min(4, Math.max(smallest(), view.scale * factor));
    view.x = x - (x - view.x) * (scale / view.scale);
    view.y = y - (y - view.y) * (scale / view.scale);
    view.scale = scale;
    apply();
  };
  const whole = () => Math.min(container.clientWidth / graph.width, container.clientHeight / graph.height);
  const smallest = () => Math.min(0.2, whole());
  const zoomMiddle = (factor) => zoom(factor, container.clientWidth / 2, container.clientHeight / 2);
  const fit = () => {
    view.scale = Math.min(1, whole());
    view.x = (container.clientWidth - graph.width * view.scale) / 2;
    view.y = (container.clientHeight - graph.height * view.scale) / 2;
    apply();
  };
  const center = (index) => {
    const [x, y] = graph.positions[index];
    view.x = container.clientWidth / 2 - x * view.scale;
    view.y = container.clientHeight / 2 - y * view.scale;
    apply();
  };
  const inSight = (index) => {
    const [x, y] = graph.positions[index];
    const px = view.x + x * view.scale;
    const py = view.y + y * view.scale;
    const margin = (width / 2) * view.scale;
    return px > margin && px < container.clientWidth - margin && py > 20 && py < container.clientHeight - 20;
  };

  byId("graph-in").addEventListener("click", () => zoomMiddle(1.3));
  byId("graph-out").addEventListener("click", () => zoomMiddle(1 / 1.3));
  byId("graph-fit").addEventListener("click", fit);
  container.addEventListener("wheel", (event) => {
    event.preventDefault();
    const box = container.getBoundingClientRect();
    if (event.ctrlKey) {
      zoom(Math.exp(-event.deltaY / 200), event.clientX - box.left, event.clientY - box.top);
    } else {
      view.x -= event.shiftKey ? event.deltaY : event.deltaX;
      view.y -= event.shiftKey ? 0 : event.deltaY;
      apply();
    }
  }, { passive: false });

  // A pointer that moves drags, one that does not selects; two pointers zoom.
  const pointers = new Map();
  let moved = 0;
  container.addEventListener("pointerdown", (event) => {
    pointers.set(event.pointerId, event);
    moved = 0;
  });
  container.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const others = [...pointers.values()].filter((other) => other.pointerId !== event.pointerId);
    if (others.length) {
      const other = others[0];
      const distance = (a) => Math.hypot(a.clientX - other.clientX, a.clientY - other.clientY) || 1;
      const box = container.getBoundingClientRect();
      zoom(distance(event) / distance(before), (event.clientX + other.clientX) / 2 - box.left, (event.clientY + other.clientY) / 2 - box.top);
    } else {
      view.x += event.clientX - before.clientX;
      view.y += event.clientY - before.clientY;
      apply();
    }
    moved += Math.abs(event.clientX - before.clientX) + Math.abs(event.clientY - before.clientY);
    if (moved > 4 && !container.hasPointerCapture(event.pointerId)) {
      container.setPointerCapture(event.pointerId);
      container.classList.add("moving");
    }
    pointers.set(event.pointerId, event);
  });
  const lift = (event) => {
    pointers.delete(event.pointerId);
    container.classList.remove("moving");
  };
  container.addEventListener("pointerup", lift);
  container.addEventListener("pointercancel", lift);
  nodes.forEach((node, index) => node.addEventListener("click", () => {
    if (moved <= 4) select(index, "graph");
  }));

  // Beside a node in its row.
  const beside = (index, direction) => {
    const [x, y] = graph.positions[index];
    let best = -1;
    graph.positions.forEach(([otherX, otherY], other) => {
      const distance = (otherX - x) * direction;
      if (otherY === y && distance > 0 && (best < 0 || distance < (graph.positions[best][0] - x) * direction)) best = other;
    });
    return best;
  };
  container.addEventListener("keydown", (event) => {
    const at = Math.max(0, selection.layer);
    const go = {
      ArrowDown: () => readers[at][0],
      ArrowUp: () => layers[at].inputs[0],
      ArrowLeft: () => beside(at, -1),
      ArrowRight: () => beside(at, 1),
      Home: () => 0,
      End: () => layers.length - 1,
    }[event.key];
    if (go) select(go(), "keys");
    else if (event.key === "+" || event.key === "=") zoomMiddle(1.3);
    else if (event.key === "-") zoomMiddle(1 / 1.3);
    else if (event.key === "0") fit();
    else return;
    event.preventDefault();
  });

  onSelect((index, before, source) => {
    if (before >= 0) nodes[before].setAttribute("aria-selected", "false");
    nodes[index].setAttribute("aria-selected", "true");
    container.setAttribute("aria-activedescendant", "node-" + index);
    graph.edges.forEach((edge, number) => {
      edges[number].classList.toggle("near", edge.from === index || edge.to === index);
    });
    if (source !== "graph" && !inSight(index)) center(index);
  });
  showOverlays((overlay) => {
    nodes.forEach((node, index) => {
      const shown = overlay.show(layers[index]);
      const [box, share, , value] = node.children;
      box.setAttribute("class", "box " + shown.style);
      share.setAttribute("width", shown.share ? Math.min(1, shown.share / 0.2) * width : 0);
      value.textContent = shown.text;
      node.setAttribute("aria-label", [layers[index].op, layers[index].name, overlay.label, shown.text || "not known"].join(" "));
    });
  });
  view.scale = Math.min(0.9, container.clientWidth / graph.width);
  if (view.scale < 0.5) view.scale = 0.5;
  if (layers.length) center(0);
  view.y = 10;
  apply();
}

// A curve through the points that leaves and enters nodes downwards.
function path(points, height) {
  const [first, last] = [points[0], points[points.length - 1]];
  const line = [[first[0], first[1] + height / 2], ...points.slice(1, -1), [last[0], last[1] - height / 2]];
  let text = "M" + line[0].join(" ");
  for (let index = 1; index < line.length; index += 1) {
    const [[fromX, fromY], [toX, toY]] = [line[index - 1], line[index]];
    const middle = (fromY + toY) / 2;
    text += "C" + [fromX, middle, toX, middle, toX, toY].join(" ");
  }
  return text;
}
