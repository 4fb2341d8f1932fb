// Draws the charts of a page and keeps them fresh: `drawCharts(address of their rows)` gives a function that fetches
// the rows again. Without unsafe-eval: expressions are interpreted (ast), not compiled.
"use strict";

async function drawCharts(address) {
  const places = [...document.querySelectorAll("[data-chart]")];
  const first = await rowsOf(address);
  const drawn = await Promise.all(places.map((place) => drawOne(place, first)));
  let wanted = false;
  let busy = false;

  return async function refresh() {
    wanted = true;
    if (busy) return;
    busy = true;
    while (wanted) {
      wanted = false;
      const rows = await rowsOf(address).catch(() => null); // the next event asks again
      for (const one of rows ? drawn : []) await fill(one, rows);
      await new Promise((resolve) => setTimeout(resolve, 400)); // about twice a second, whatever happens
    }
    busy = false;
  };
}

async function rowsOf(address) {
  const answer = await fetch(address, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

async function drawOne(place, rows) {
  const spec = JSON.parse(document.getElementById(`${place.id}-spec`).textContent);
  const sets = dataSets(spec);
  spec.datasets = Object.fromEntries(sets.map((name) => [name, rows[name] ?? []]));
  const { view } = await vegaEmbed(place, spec, {
    actions: false,
    ast: true,
    logLevel: 1, // an empty chart is no reason to warn
    renderer: "svg",
    defaultStyle: false,
    tooltip: { disableDefaultStyle: true },
  });
  mark(place, rows);
  return { place, view, sets };
}

function dataSets(spec) {
  const found = new Set();
  const look = (value) => {
    if (value === null || typeof value !== "object") return;
    if (value.data && typeof value.data.name === "string") found.add(value.data.name);
    Object.values(value).forEach(look);
  };
  look(spec);
  return [...found];
}

async function fill({ place, view, sets }, rows) {
  for (const name of sets) {
    view.data(name, rows[name] ?? []);
  }
  await view.runAsync();
  mark(place, rows);
}

function mark(place, rows) {
  const shown = rows[place.dataset.chart] ?? [];
  place.dataset.points = shown.length;
  place.classList.toggle("empty", shown.length === 0);
}

// What a stream of the server tells; when the connection breaks the browser comes back by itself.
function listen(address, heard) {
  const stream = new EventSource(address);
  for (const [name, tell] of Object.entries(heard)) {
    stream.addEventListener(name, (event) => tell(JSON.parse(event.data)));
  }
  stream.onopen = () => document.body.classList.remove("offline");
  stream.onerror = () => document.body.classList.add("offline");
  return stream;
}
