"""Simulates a person who opens the link of a survey in a browser without scripts and fills in the form."""

from collections.abc import Awaitable, Callable
from urllib.parse import urljoin

import aiohttp

from pro_collector.rehearsal.reading import ReadQuestion, topic
from pro_collector.rehearsal.web_page import Page, PageForm, read_page

MAX_PAGES = 80
"""Pages after which a person gives up."""

Choose = Callable[[ReadQuestion], Awaitable[int | None]]
"""Returns the index of the choice that the person takes; None to close the browser."""


async def fill_in(session: aiohttp.ClientSession, link: str, choose: Choose) -> bool:
    """Fill in the form at `link`; return whether the person reached the last page, which has no button."""
    address, page = await _request(session, "GET", link)
    for _ in range(MAX_PAGES):
        form = next((form for form in page.forms if form.method == "post"), None)
        if form is None:
            return True
        fields = await _fields(page, form, choose)
        if fields is None:
            return False
        address, page = await _request(session, "POST", urljoin(address, form.action or address), fields)
    return False


async def _fields(page: Page, form: PageForm, choose: Choose) -> dict[str, str] | None:
    """The fields to send from a page, or None to close the browser. A page without choices only has a button."""
    answers = form.answers
    if not answers:
        return dict(form.hidden)
    labels = tuple(choice.label for choice in answers)
    index = await choose(ReadQuestion(topic(page.heading), labels, listed=True))
    if index is None:
        return None
    return {**form.hidden, answers[index].name: answers[index].value}


async def _request(
    session: aiohttp.ClientSession, method: str, address: str, fields: dict[str, str] | None = None
) -> tuple[str, Page]:
    async with session.request(method, address, data=fields) as response:
        return str(response.url), read_page(await response.text())
