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
  spec.datasets = { ...spec.datasets, ...Object.fromEntries(sets.map((name) => [name, rows[name] ?? []])) };
  const { view } = await vegaEmbed(place, spec, {
    actions: false,
    ast: true,
    logLevel: 1, // an empty chart is no reason to warn
    renderer: "svg",
    defaultStyle: false,
    tooltip: { disableDefaultStyle: true },
  });
  place.querySelector("svg").setAttribute("aria-hidden", "true"); // its place says what it shows, the table the rest
  const table = document.querySelector(`[data-table="${place.id}"]`);
  const one = { place, view, sets, table, rows };
  table?.addEventListener("toggle", () => write(one));
  mark(one);
  return one;
}

function dataSets(spec) {
  const own = Object.keys(spec.datasets ?? {}); // what the chart brings with it is never fetched
  const found = new Set();
  const look = (value) => {
    if (value === null || typeof value !== "object") return;
    if (value.data && typeof value.data.name === "string") found.add(value.data.name);
    Object.values(value).forEach(look);
  };
  look(spec);
  return [...found].filter((name) => !own.includes(name));
}

async function fill(one, rows) {
  for (const name of one.sets) {
    one.view.data(name, rows[name] ?? []);
  }
  one.rows = rows;
  await one.view.runAsync();
  mark(one);
}

function mark(one) {
  const shown = one.rows[one.place.dataset.chart] ?? [];
  one.place.dataset.points = shown.length;
  one.place.classList.toggle("empty", shown.length === 0);
  write(one);
}

// The table beside a chart, while somebody looks at it.

const most = 500;
const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

function write({ place, table, rows }) {
  if (!table?.open) return;
  const all = rows[place.dataset.chart] ?? [];
  const shown = "newestFirst" in table.dataset ? all.slice(-most).reverse() : all.slice(0, most);
  const columns = table.dataset.columns.split(" ");
  table.querySelector("tbody").replaceChildren(...shown.map((row) => {
    const line = document.createElement("tr");
    for (const column of columns) {
      const value = row[column];
      line.insertCell().textContent = typeof value === "number" ? number.format(value) : value;
      line.lastChild.classList.toggle("number", typeof value === "number");
    }
    return line;
  }));
  const left = all.length > most ? `The newest ${most} of ${number.format(all.length)}; all of them: pro-collector export csv` : "";
  table.querySelector(".count").textContent = all.length ? left : place.dataset.empty;
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
