"use strict";
(async () => {
  const unpacked = (id) => {
    const packed = Uint8Array.from(atob(document.getElementById(id).textContent), (sign) => sign.charCodeAt(0));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  };

  // The page's policy allows the script of the library's hash, however it comes here.
  const library = document.createElement("script");
  library.textContent = await unpacked("library");
  document.head.append(library);

  const charts = JSON.parse(await unpacked("chart-data"));
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const touch = window.matchMedia("(pointer: coarse)").matches;

  // A string that begins with `--` names a property of the page's style: charts follow its light and its dark.
  const painted = (value, style) => {
    if (typeof value === "string") return value.startsWith("--") ? style.getPropertyValue(value).trim() : value;
    if (Array.isArray(value)) return value.map((one) => painted(one, style));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, painted(one, style)]));
  };

  const view = () => document.querySelector("input[name=view]:checked")?.value;

  const draw = (id) => {
    const chart = charts[id];
    const { data, layout } = painted({ data: chart.data, layout: chart.layout }, getComputedStyle(document.documentElement));
    const choosable = Object.values(chart.views ?? {}).flat();
    const chosen = chart.views?.[view()] ?? choosable;
    for (const trace of choosable) data[trace].visible = chosen.includes(trace);
    // A finger that moves over a chart scrolls the page; the map is zoomed by its buttons.
    layout.dragmode = chart.zoom && !touch ? "pan" : false;
    layout.height = chart.height;
    if (chart.zoom) {
      // On a phone the map is as high as it is wide, with room for its legend, and its marks are smaller.
      const width = document.getElementById(id).clientWidth;
      layout.height = Math.min(chart.height, width + 140);
      for (const trace of data) if (trace.marker && width < 600) trace.marker.size *= 0.75;
    }
    layout.uirevision = "kept";
    return Plotly.react(id, data, layout, {
      responsive: true,
      displaylogo: false,
      displayModeBar: Boolean(chart.zoom),
      scrollZoom: false,
      modeBarButtons: [["zoomIn2d", "zoomOut2d", "resetScale2d"]],
    });
  };

  const drawAll = () => Promise.all(Object.keys(charts).map(draw));
  dark.addEventListener("change", drawAll);
  for (const choice of document.querySelectorAll("input[name=view]")) {
    choice.addEventListener("change", () => draw("knowledge"));
  }
  await drawAll();
  document.documentElement.classList.add("drawn");
})();
