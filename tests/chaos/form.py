"""A person who answers on the web form: question by question, in two or three visits, and again when a page fails."""

import asyncio
import re
from dataclasses import dataclass
from random import Random
from urllib.parse import urljoin

import aiohttp

from pro_collector.rehearsal.web_page import Page, PageForm, read_page
from tests.chaos.log import Log

READS = (1.0, 4.0)
"""Seconds for a question."""
LEAVES, AWAY = 0.25, (5.0, 15.0)
"""How often somebody closes the page after a question, and for how many seconds."""
TRIES_AGAIN = 5.0
"""Seconds after which somebody tries a page again that failed."""
GIVES_UP = 60
"""Pages after which somebody gives up."""
WAITS = aiohttp.ClientTimeout(total=30)
_OK, _TOO_MANY, _FAILS = 200, 429, 500
_LINK = re.compile(r"https?://[^\s]+/r/[A-Za-z0-9_-]+")


def link_in(body: str) -> str | None:
    """The link to the form in a mail."""
    found = _LINK.search(body)
    return found[0] if found else None


class FormFiller:
    """One person with one link; `message` is the mail that it came with."""

    def __init__(self, log: Log, message: str, link: str, dice: Random) -> None:
        self._log, self._message, self._link, self._dice = log, message, link, dice
        self._from = ".".join(["198", "18", *(str(dice.randrange(1, 255)) for _ in range(2))])

    async def fill(self) -> None:
        """Answer until the thanks are there. Each answer is noted, with what the page told about it."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=WAITS) as session:
            self._session = session
            for _ in range(GIVES_UP):
                shown = await self._visit()
                if shown.address.endswith("/review") and shown.page.forms:
                    shown = await self._post(shown.address, shown.page.forms[0].hidden)
                if "/done" in shown.address or not shown.page.forms:
                    break
                await asyncio.sleep(self._dice.uniform(*AWAY))
        self._log.note("left", message=self._message, page=shown.address.removeprefix(self._link), status=shown.status)

    async def _visit(self) -> "_Shown":
        """Open the link and answer, until the questions or the patience end."""
        shown = await self._post(self._link, {})
        while (form := shown.question()) is not None:
            await asyncio.sleep(self._dice.uniform(*READS))
            shown = await self._answer(shown.address, form)
            if self._dice.random() < LEAVES:
                break
        return shown

    async def _answer(self, address: str, form: PageForm) -> "_Shown":
        item, value = form.hidden["place"].rpartition("/")[2], self._dice.randint(0, 10)
        fields = {**form.hidden, form.answers[0].name: str(value)}
        shown = await self._post(urljoin(address, form.action or address), fields)
        noted = {"message": self._message, "item": item, "value": value, "nonce": form.hidden["nonce"]}
        self._log.note("posted", **noted, saved=shown.status == _OK and "note=unsaved" not in shown.address)
        return shown

    async def _post(self, address: str, fields: dict[str, str]) -> "_Shown":
        """The page that comes at last; one that fails is tried again, as people do."""
        while True:
            try:
                headers = {"X-Forwarded-For": self._from}
                async with self._session.post(address, data=fields, headers=headers) as answer:
                    if answer.status < _FAILS and answer.status != _TOO_MANY:
                        return _Shown(str(answer.url), answer.status, read_page(await answer.text()))
            except (aiohttp.ClientError, TimeoutError, OSError):
                pass
            await asyncio.sleep(TRIES_AGAIN)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the browser shows: the address, the status and the page."""

    address: str
    status: int
    page: Page

    def question(self) -> PageForm | None:
        """The question of the page."""
        return next((form for form in self.page.forms if "place" in form.hidden and form.answers), None)
