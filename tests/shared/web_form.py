"""A person who answers on the web form in a test: each question by its item, in any order, with several taps."""

import asyncio
from typing import Self
from urllib.parse import urljoin

import aiohttp

from pro_collector.rehearsal.web_page import Page, PageForm, read_page

MOST_QUESTIONS = 60


class NoQuestion(AssertionError):
    """The form does not ask this item now."""


class WebForm:
    """One visit to the form behind `link`, without cookies."""

    def __init__(self, link: str) -> None:
        self.link = link
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())

    async def __aenter__(self) -> Self:
        await self._ask("POST", self.link, {})
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def answer(self, item: str, value: str, *, taps: int = 1) -> None:
        """Choose `value` for the question `item`, and press Continue `taps` times at the same moment."""
        address, form = await self._question(item)
        (name,) = {choice.name for choice in form.choices}
        assert value in {choice.value for choice in form.choices}, f"{value} is no choice of {item}"
        fields = {**form.hidden, name: value}
        await asyncio.gather(
            *(self._ask("POST", urljoin(address, form.action or address), fields) for _ in range(taps))
        )

    async def confirm(self) -> None:
        """Press the button of the review page."""
        address, page = await self._ask("GET", f"{self.link}/review")
        if not address.endswith("/review"):
            raise NoQuestion(f"no review, but: {page.heading}")
        await self._ask("POST", f"{self.link}/review", dict(page.forms[0].hidden))

    async def stop_mails(self) -> None:
        """Press the button behind the link at the end of a mail."""
        await self._ask("POST", self.link.replace("/r/", "/u/"), {})

    async def heading(self) -> str:
        """The heading of the page that the link opens."""
        _, page = await self._ask("GET", self.link)
        return page.heading

    async def next_item(self) -> str | None:
        """The item of the question that the form shows now; None if it shows none."""
        _, page = await self._ask("POST", self.link, {})
        form = next((candidate for candidate in page.forms if "place" in candidate.hidden), None)
        return form.hidden["place"].rpartition("/")[2] if form else None

    async def _question(self, item: str) -> tuple[str, PageForm]:
        for number in range(1, MOST_QUESTIONS):
            address, page = await self._ask("GET", f"{self.link}/q/{number}")
            posts = (form for form in page.forms if form.method == "post" and "place" in form.hidden)
            form = next(posts, None)
            if form is not None and form.hidden["place"].endswith(f"/{item}"):
                return address, form
        raise NoQuestion(item)

    async def _ask(self, method: str, address: str, fields: dict[str, str] | None = None) -> tuple[str, Page]:
        async with self._session.request(method, address, data=fields) as answer:
            return str(answer.url), read_page(await answer.text())
