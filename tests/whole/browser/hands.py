"""The hands of somebody at a browser: with a mouse, or with the keyboard alone; what they do is counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.async_api import Frame, Locator, Page

KEY, CLICK, HOMING, THINKING = 0.28, 1.2, 0.4, 1.35
"""Seconds of the keystroke-level model (Card, Moran and Newell 1980): a key, pointing and clicking, a hand that moves
between mouse and keyboard, and the thought before each act."""
MOST_TABS = 400
LEFT = 20.0
"""Pixels from the left edge, where people click: there a date has its first part."""
_HAS_FOCUS = "one => one === document.activeElement"
_STEP = """one => {
    const now = document.activeElement
    if (one === now) return null
    return now.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_PRECEDING && now !== document.body
        ? 'Shift+Tab' : 'Tab'
}"""


@dataclass(slots=True)
class Effort:
    """What a task took."""

    clicks: int = 0
    keys: int = 0
    acts: int = 0
    moves: int = 0
    pages: int = 0

    @property
    def seconds(self) -> int:
        """How long somebody practised needs, without reading and without waiting for pages."""
        return round(self.clicks * CLICK + self.keys * KEY + self.moves * HOMING + self.acts * THINKING)


class Hands:
    """What a person does on a page; things are found by the names that the person sees, or hears read out."""

    def __init__(self, tab: Page, *, keyboard: bool) -> None:
        self.tab, self.effort, self._keyboard, self._on_mouse = tab, Effort(), keyboard, not keyboard
        tab.on("framenavigated", self._loaded)

    @contextmanager
    def task(self) -> Iterator[Effort]:
        """Count from here on."""
        self.effort = Effort()
        yield self.effort

    async def follow(self, name: str) -> None:
        """Follow the first link of this name."""
        await self._activate(self.tab.get_by_role("link", name=name, exact=True).first)

    async def press(self, name: str) -> None:
        """Press the first button of this name."""
        await self._activate(self.tab.get_by_role("button", name=name, exact=True).first)

    async def tick(self, name: str) -> None:
        """Choose a radio button, or tick a box."""
        place = self.tab.get_by_label(name, exact=True).first
        self.effort.acts += 1
        if not self._keyboard:
            return await self._click(place)
        group = await place.get_attribute("name")
        await self._reach(self.tab.locator(f"input[name='{group}']").first)
        while not await place.evaluate(_HAS_FOCUS):
            await self._key("ArrowDown")
        if not await place.is_checked():
            await self._key("Space")

    async def type(self, label: str, words: str) -> None:
        """Type into the first field of this label."""
        await self._focus(self.tab.get_by_label(label, exact=True).first)
        await self._to_keyboard()
        await self.tab.keyboard.type(words)
        self.effort.keys += len(words)

    async def paste(self, label: str, words: str) -> None:
        """Paste into the first field of this label."""
        await self._focus(self.tab.get_by_label(label, exact=True).first)
        await self._to_keyboard()
        await self.tab.keyboard.insert_text(words)
        self.effort.keys += 2

    async def choose(self, label: str, option: str) -> None:
        """Choose from a list: with the mouse by opening it, by keyboard by its words."""
        place = self.tab.get_by_role("combobox", name=label, exact=True).first
        self.effort.acts += 1
        if not self._keyboard:
            await self._to_mouse()
            self.effort.clicks += 2
            await place.select_option(label=option)
            return
        await self._reach(place)
        for key in option:
            if await self._chosen(place) == option:
                return
            await self._key(key)
        assert await self._chosen(place) == option, (label, option)

    async def shortcut(self, *keys: str) -> None:
        """Keys of the browser itself, which a page does not see."""
        self.effort.keys += len(keys)
        self.effort.acts += 1
        await self._to_keyboard()

    async def _chosen(self, place: Locator) -> str:
        return str(await place.evaluate("one => one.selectedOptions[0].textContent.trim()"))

    async def _activate(self, place: Locator) -> None:
        self.effort.acts += 1
        async with self.tab.expect_navigation(wait_until="load"):
            if self._keyboard:
                await self._reach(place)
                await self._key("Enter")
            else:
                await self._click(place)

    async def _focus(self, place: Locator) -> None:
        self.effort.acts += 1
        await (self._reach(place) if self._keyboard else self._click(place))

    async def _click(self, place: Locator) -> None:
        await self._to_mouse()
        self.effort.clicks += 1
        box = await place.bounding_box()
        await place.click(position={"x": min(LEFT, box["width"] / 2), "y": box["height"] / 2} if box else None)

    async def _reach(self, place: Locator) -> None:
        """Press Tab until a thing has the focus; what cannot be reached so fails."""
        await place.wait_for()
        for _ in range(MOST_TABS):
            step = await place.evaluate(_STEP)
            if step is None:
                return
            await self._key(step)
        raise AssertionError(f"no key leads to {place}")

    async def _key(self, key: str) -> None:
        self.effort.keys += 1
        await self.tab.keyboard.press(key)

    async def _to_keyboard(self) -> None:
        self.effort.moves += self._on_mouse
        self._on_mouse = False

    async def _to_mouse(self) -> None:
        self.effort.moves += not self._on_mouse
        self._on_mouse = True

    def _loaded(self, _frame: Frame) -> None:
        self.effort.pages += 1
