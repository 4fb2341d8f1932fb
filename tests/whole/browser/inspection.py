"""Looks at every page of the form once in each theme and size, and keeps what there is to complain about."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser, Page

from tests.whole.browser.tour import full, tour
from tests.wire.web.visit import form_app, served

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
SIZES = {"phone": (320, 640), "desktop": (1280, 800)}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

TOO_LOW = """() => [...document.querySelectorAll('.choice, button, .button, input[type=text], textarea')]
    .filter(one => one.getBoundingClientRect().height < 48).map(one => one.outerHTML)"""
LOW_LINKS = """() => [...document.querySelectorAll('header a, .back a, .change a')]
    .filter(one => one.getBoundingClientRect().height < 44).map(one => one.outerHTML)"""
TOO_WIDE = """() => [...document.querySelectorAll('body *')]
    .filter(one => !one.matches('.skip, .unseen, .scroll *') && one.getBoundingClientRect().right > innerWidth + 0.5)
    .map(one => one.outerHTML.slice(0, 200))"""
PAPER = "body => getComputedStyle(body).backgroundColor"


@dataclass
class Inspection:
    """What was found, by page; `complaints` by kind of complaint first."""

    pages: list[str] = field(default_factory=list)
    papers: dict[str, set[str]] = field(default_factory=lambda: {theme: set() for theme in THEMES})
    complaints: dict[str, list[str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    origin: str = ""

    def against(self, kind: str, where: str, found: list[str]) -> None:
        """Keep complaints of this kind against a page."""
        self.complaints.setdefault(kind, []).extend(f"{where}: {one}" for one in found)


async def inspect(browser: Browser, axe: str | None, folder: Path | None) -> Inspection:
    """Tour the form; axe looks at each page in both themes and sizes, and pictures of the phone go to `folder`."""
    record, found = full(), Inspection()
    page = await browser.new_page()
    page.on("request", lambda request: found.requests.append(request.url))
    page.on("console", lambda message: found.console.append(message.text))
    async with served(form_app(record)) as found.origin:
        async for name in tour(page, found.origin, record):
            found.pages.append(name)
            if axe:
                await page.evaluate(axe)
            for theme in THEMES:
                for size in SIZES:
                    await _look(page, found, name, theme, size, axe is not None, folder)
            await _enlarge(page, found, name)
        await page.close()
    return found


KNOWN_DOUBTS: Mapping[tuple[str, str], str] = {}
"""Why what axe could not decide is no complaint, by its rule and words of what it says; there is none at present."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What axe has against a page: `violations` are wrong, `doubts` it leaves to a person."""

    violations: tuple[str, ...]
    doubts: tuple[str, ...]

    @property
    def complaints(self) -> list[str]:
        """What fails a test: every violation, and each doubt for which nobody has given a reason."""
        return [*self.violations, *(f"in doubt: {each}" for each in self.doubts if not _reason(each))]


def _reason(doubt: str) -> str | None:
    return next((why for (rule, words), why in KNOWN_DOUBTS.items() if doubt.startswith(rule) and words in doubt), None)


async def axe_verdict(page: Page, leave_out: str = "none", *, colours_alone: bool = False) -> Verdict:
    """What axe, already in the page, says of it; `leave_out` is a selector of what it is not to look at.

    `colours_alone`: only what another theme can change.
    """
    where = {"include": [["html"]], "exclude": [[leave_out]]}
    rules = {"type": "rule", "values": ["color-contrast"]} if colours_alone else RULES
    options = {"runOnly": rules, "resultTypes": ["violations", "incomplete"], "preload": False}
    told: dict[str, Any] = await page.evaluate(f"axe.run({json.dumps(where)}, {json.dumps(options)})")
    found = {
        kind: tuple(
            f"{one['id']}: {node['html'][:150]} {node['failureSummary']}" for one in told[kind] for node in one["nodes"]
        )
        for kind in ("violations", "incomplete")
    }
    return Verdict(found["violations"], found["incomplete"])


async def _look(
    page: Page, found: Inspection, name: str, theme: Theme, size: str, with_axe: bool, folder: Path | None
) -> None:
    where = f"{name}, {theme}, {size}"
    width, height = SIZES[size]
    await page.emulate_media(color_scheme=theme)
    await page.set_viewport_size({"width": width, "height": height})
    found.papers[theme].add(await page.locator("body").evaluate(PAPER))
    for kind, script in (("too wide", TOO_WIDE), ("too low", TOO_LOW), ("low link", LOW_LINKS)):
        found.against(kind, where, await page.evaluate(script))
    if with_axe:
        verdict = await axe_verdict(page, colours_alone=theme == "dark")  # the dark theme changes nothing else
        found.against("axe", where, verdict.complaints)
    if folder and size == "phone":
        await page.screenshot(path=folder / f"{name}-320-{theme}.png", full_page=True)


async def _enlarge(page: Page, found: Inspection, name: str) -> None:
    await page.set_viewport_size({"width": 320, "height": 640})
    await page.evaluate("document.documentElement.style.fontSize = '225%'")  # twice the style sheet's 112.5 %
    found.against("too wide", f"{name}, 200 % text", await page.evaluate(TOO_WIDE))
