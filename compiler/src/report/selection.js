// One layer is selected; every view shows it and can change it.

const selection = { layer: -1, listeners: [] };

function onSelect(listener) {
  selection.listeners.push(listener);
}

// `source` is the view that the user chose the layer in: it need not bring the layer into sight.
function select(layer, source) {
  if (!(layer >= 0 && layer < layers.length)) return;
  const before = selection.layer;
  selection.layer = layer;
  for (const listener of selection.listeners) listener(layer, before, source);
}

// Who reads a layer.
const readers = layers.map(() => []);
layers.forEach((layer, index) => {
  for (const input of layer.inputs) readers[input].push(index);
});
