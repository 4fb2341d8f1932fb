"use strict";
// For the team's pages: says when a list has changed, and moves on the list by keys. Every page works without it.

const page = document.querySelector("[data-live]");
const news = document.getElementById("news");
if (page && news && window.EventSource) {
  const stream = new EventSource(page.dataset.live);
  stream.addEventListener("work", (event) => {
    const told = JSON.parse(event.data);
    news.replaceChildren();
    if (!told.changed) return;
    const link = document.createElement("a");
    link.href = page.dataset.list;
    link.textContent = told.new ? `${told.new} new: show` : "The list has changed: show";
    news.append(link);
  });
  const answers = () => {
    if (news.firstChild) return;
    const link = document.createElement("a");
    link.href = page.dataset.list;
    link.textContent = "There are new answers: show";
    news.append(link);
  };
  stream.addEventListener("score", answers);
  stream.addEventListener("reset", answers); // away for so long that nobody knows what was missed
  addEventListener("pagehide", () => stream.close());
}

const help = document.getElementById("keys");
if (help) {
  const toggle = help.querySelector("button");
  const stored = "pro-team-keys";
  const on = () => toggle.getAttribute("aria-pressed") === "true";
  const set = (value) => {
    toggle.setAttribute("aria-pressed", String(value));
    toggle.textContent = value ? "Keys on" : "Keys off";
  };
  set(localStorage.getItem(stored) !== "off");
  help.hidden = false;
  toggle.addEventListener("click", () => {
    set(!on());
    localStorage.setItem(stored, on() ? "on" : "off");
  });
  const rows = [...document.querySelectorAll("tr[data-item]")];
  const here = () => rows.findIndex((row) => row.contains(document.activeElement));
  const go = (to) => rows[Math.max(0, Math.min(to, rows.length - 1))]?.querySelector("a.open").focus();
  const keys = {
    j: () => go(here() + 1),
    k: () => go(here() - 1),
    c: () => rows[here()]?.querySelector("[data-claim]")?.click(),
  };
  addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
    if (!on() || typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    keys[event.key.toLowerCase()]?.();
  });
}
