"""Somebody opens the link of a check-in in a browser without script and goes through it, page by page."""

from collections.abc import Awaitable, Callable
from urllib.parse import urljoin

import aiohttp

from pro_collector.rehearsal.reading import ReadQuestion, topic
from pro_collector.rehearsal.web_page import Page, PageForm, read_page

LONGEST = 80
"""Pages after which anybody would give up."""

Choose = Callable[[ReadQuestion], Awaitable[int | None]]
"""Which choice this person takes, by its place; None to close the browser."""


async def fill_in(session: aiohttp.ClientSession, link: str, choose: Choose) -> bool:
    """Go through the form behind `link`; true when there was nothing more to press at the end."""
    address, page = await _ask(session, "GET", link)
    for _ in range(LONGEST):
        form = next((one for one in page.forms if one.method == "post"), None)
        if form is None:
            return True
        fields = await _fields(page, form, choose)
        if fields is None:
            return False
        address, page = await _ask(session, "POST", urljoin(address, form.action or address), fields)
    return False


async def _fields(page: Page, form: PageForm, choose: Choose) -> dict[str, str] | None:
    """What is sent back with a page; one with nothing to choose is only a button to press."""
    answers = form.answers
    if not answers:
        return dict(form.hidden)
    labels = tuple(choice.label for choice in answers)
    place = await choose(ReadQuestion(topic(page.heading), labels, listed=True))
    if place is None:
        return None
    return {**form.hidden, answers[place].name: answers[place].value}


async def _ask(
    session: aiohttp.ClientSession, method: str, address: str, fields: dict[str, str] | None = None
) -> tuple[str, Page]:
    async with session.request(method, address, data=fields) as answer:
        return str(answer.url), read_page(await answer.text())
