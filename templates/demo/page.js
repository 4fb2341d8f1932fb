// The demonstration's page: a phone, an inbox, a clock, and what just happened. The server tells what changed; the
// page fetches it.
"use strict";

const at = (id) => document.getElementById(id);
const make = (tag, text = "", name = "") => {
  const made = document.createElement(tag);
  made.textContent = text;
  if (name) made.className = name;
  return made;
};
const send = (address, fields = {}) => fetch(address, { method: "POST", body: new URLSearchParams(fields) });
const get = async (address) => (await fetch(address, { cache: "no-store" })).json();

// The clock: the server says when it is and how fast; between two words of the server the page counts on.

let clock = { now: 0, rate: 0, heard: performance.now() };
const zone = at("zone").dataset.zone;
const shownDate = new Intl.DateTimeFormat("en", { timeZone: zone, weekday: "long", day: "numeric", month: "long", year: "numeric" });
const shownTime = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });

function heardClock({ now, rate, aim, chosen, why }) {
  clock = { now: Date.parse(now), rate: Math.min(rate, aim), heard: performance.now() };
  const most = aim > 60 ? "up to " : "";
  const words = aim === 0 ? "Paused: nothing moves, also no text" : `One second here is ${most}${span(aim)} in the study`;
  const because = { talking: ". Slower while you are in a conversation", warming: ". Faster after the first score" }[why] ?? "";
  if (at("pace").textContent !== words + because) at("pace").textContent = words + because;
  at("pace").classList.toggle("talking", why === "talking");
  for (const button of document.querySelectorAll("[data-speed]")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.rate) === chosen));
  }
}

function span(seconds) {
  const named = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]].find(([unit]) => seconds >= unit);
  const many = seconds / named[0];
  return many === 1 ? `one ${named[1]}` : `${many} ${named[1]}s`;
}

function showTime() {
  if (clock.now) {
    const now = clock.now + Math.min(performance.now() - clock.heard, 500) * clock.rate;
    at("date").textContent = shownDate.format(now);
    at("time").textContent = shownTime.format(now);
  }
  requestAnimationFrame(showTime);
}

// The phone and the inbox.

let texts = [];

async function showDevice() {
  const device = await get("/demo/device");
  for (const text of device.texts.slice(texts.length)) at("texts").append(bubble(text));
  const more = device.texts.length > texts.length;
  texts = device.texts;
  showTries();
  if (more) at("texts").scrollTop = at("texts").scrollHeight;
  at("no-letters").hidden = device.letters.length > 0;
  at("letters").replaceChildren(...device.letters.map(envelope));
}

function bubble({ yours, words, at: when }) {
  const item = make("li", "", yours ? "yours" : "theirs");
  const words_ = make("p");
  for (const part of words.split(/(https?:\/\/[^\s]+)/)) words_.append(part.startsWith("http") ? link(part) : part);
  item.append(words_, make("time", when));
  return item;
}

function link(address) {
  const made = make("a", address);
  Object.assign(made, { href: address, target: "_blank", rel: "noopener" });
  made.addEventListener("click", () => send("/demo/busy"));
  return made;
}

function envelope({ n, subject, at: when }) {
  const item = make("li");
  const button = make("button");
  button.type = "button";
  button.append(make("b", subject), make("time", when));
  button.addEventListener("click", () => openLetter(n, subject));
  item.append(button);
  return item;
}

function openLetter(n, subject) {
  at("subject").textContent = subject;
  at("letter-body").src = `/demo/letter/${n}`;
  at("letter").showModal();
  send("/demo/busy");
}

// What people might answer to the question that waits: a number, a word, something unclear.
const asked = [[/to 10 \(/, ["3", "seven", "7ish", "dunno"]], [/0 [a-z].* 4 /i, ["1", "a lot", "sometimes", "dunno"]]];

function showTries() {
  const sinceYours = texts.slice(texts.findLastIndex((text) => text.yours) + 1).map((text) => text.words);
  const question = sinceYours.findLast((words) => asked.some(([looks]) => looks.test(words))) ?? "";
  const tries = asked.find(([looks]) => looks.test(question))?.[1] ?? [];
  at("tries").replaceChildren(...tries.map((words) => {
    const button = make("button", words);
    button.type = "button";
    button.addEventListener("click", () => reply(words));
    return button;
  }));
}

function reply(words) {
  at("tries").replaceChildren();
  return send("/demo/reply", { words });
}

at("reply").addEventListener("submit", (event) => {
  event.preventDefault();
  const words = at("words").value.trim();
  if (words) reply(words);
  at("words").value = "";
});

let said = 0;
at("words").addEventListener("input", () => {
  if (performance.now() - said > 10000) send("/demo/busy");
  said = performance.now();
});

// A click on a link inside a mail takes the focus into its frame: the only thing a page may know of it.
window.addEventListener("blur", () => {
  if (document.activeElement === at("letter-body")) send("/demo/busy");
});

// Your check-ins, and why each was asked.

async function showMine() {
  const mine = await get("/demo/mine");
  at("mine").replaceChildren(...mine.map(({ id, title, due, state, kind }) => {
    const item = make("li", "", kind);
    const why = make("button", "why?");
    why.type = "button";
    why.setAttribute("aria-label", `Why: ${title}, ${due}`);
    why.addEventListener("click", () => openLife(id, `${title}, ${due}`));
    item.append(make("b", title), make("time", due), make("span", state, "state"), why);
    return item;
  }));
}

async function openLife(id, title) {
  const life = await get(`/demo/why/${id}`);
  at("life-title").textContent = title;
  at("life-lines").replaceChildren(...life.map(({ at: when, words }) => {
    const item = make("li");
    item.append(make("time", when), make("span", words));
    return item;
  }));
  at("life").showModal();
}

// What just happened: the newest on top; what was said a moment ago is counted instead of said again.

function showLines({ lines }) {
  for (const { at: when, kind, words, yours } of lines) {
    const same = [...at("lines").children].slice(0, 12).find((item) => item.dataset.words === words);
    if (same) {
      same.dataset.times = Number(same.dataset.times) + 1;
      same.querySelector(".times").textContent = ` ×${same.dataset.times}`;
      same.querySelector("time").textContent = when;
      at("lines").prepend(same);
      continue;
    }
    const item = make("li", "", kind + (yours ? " yours" : ""));
    Object.assign(item.dataset, { words, times: 1 });
    const told = make("span", words);
    told.append(make("i", "", "times"));
    item.append(make("time", when), told);
    at("lines").prepend(item);
  }
  while (at("lines").children.length > 40) at("lines").lastElementChild.remove();
}

// The charts, which the server draws: at most about twice a second, whatever happens.

let charts = {};
let wanted = false;
let drawing = false;

async function showCharts() {
  wanted = true;
  if (drawing) return;
  drawing = true;
  while (wanted) {
    wanted = false;
    charts = await get("/demo/rows").catch(() => charts); // the next event asks again
    for (const [id, { svg, rows }] of Object.entries(charts)) {
      at(id).innerHTML = svg;
      at(id).classList.toggle("empty", rows.length === 0);
      writeTable(id);
    }
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  drawing = false;
}

function writeTable(id) {
  const table = document.querySelector(`[data-table="${id}"]`);
  if (!table.open) return;
  table.querySelector("tbody").replaceChildren(...charts[id].rows.map((row) => {
    const line = make("tr");
    line.append(...row.map((cell) => make("td", cell)));
    return line;
  }));
}

for (const table of document.querySelectorAll("[data-table]")) {
  table.addEventListener("toggle", () => charts[table.dataset.table] && writeTable(table.dataset.table));
}

for (const button of document.querySelectorAll("[data-speed]")) {
  button.addEventListener("click", () => send("/demo/speed", { speed: button.dataset.speed }));
}
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.hasAttribute("data-close")) dialog.close();
  });
}

showTime();
showDevice();
showMine();
showCharts();
const live = new EventSource("/demo/live");
for (const [name, heard] of Object.entries({ clock: heardClock, lines: showLines, device: showDevice, mine: showMine, moved: showCharts })) {
  live.addEventListener(name, (event) => heard(JSON.parse(event.data)));
}
live.onopen = () => document.body.classList.remove("offline");
live.onerror = () => document.body.classList.add("offline");
live.addEventListener("error", () => { // a demonstration that comes back is another one
  live.addEventListener("open", () => location.reload(), { once: true });
}, { once: true });
