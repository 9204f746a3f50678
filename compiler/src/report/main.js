// Draws everything and selects the layer that loses most by itself, else the first one.

showSummary();
themes();
showGraph();
showLayer();
showErrors();
showTable();
showTimeline();
showMemory();
showGroups();

if (layers.length) {
  let worst = 0;
  layers.forEach((layer, index) => {
    const value = known(layer.alone_sqnr) ? layer.alone_sqnr : Infinity;
    const least = known(layers[worst].alone_sqnr) ? layers[worst].alone_sqnr : Infinity;
    if (value < least) worst = index;
  });
  select(worst, "start");
}
document.documentElement.dataset.ready = "yes";
