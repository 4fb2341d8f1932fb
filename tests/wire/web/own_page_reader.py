"""Somebody with a browser and a link to an own page, in a test: the code from the phone, and every page."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import aiohttp

from pro_collector.rehearsal.web_page import Page, read_page
from tests.shared.clock import START
from tests.shared.office import FIVE_SECONDS, PHONE, Office

OPEN = START + timedelta(hours=5)
"""The baseline has been sent by link."""


@dataclass
class Reader:
    """Somebody with a browser and a link to an own page."""

    office: Office
    browser: aiohttp.ClientSession
    door: str
    """The URL of the link."""
    page: str = ""
    """The URL of the page, once somebody is signed in."""

    async def get(self, url: str = "", **headers: str) -> tuple[int, Page, str]:
        """The status, page and final URL."""
        async with self.browser.get(url or self.door, headers=headers) as response:
            return response.status, read_page(await response.text()), str(response.url)

    async def post(self, url: str, fields: dict[str, str] | None = None, **headers: str) -> tuple[int, str, str]:
        """The status, text and final URL."""
        async with self.browser.post(url, data=fields or {}, headers=headers) as response:
            return response.status, await response.text(), str(response.url)

    async def ask(self, to: str = "sms", number: str = PHONE) -> str:
        """Have a code sent; returns it."""
        before = len(self.office.texts(number))
        await self.post(self.door, {"to": to})
        await self.office.run(self.office.clock.now() + FIVE_SECONDS)
        if to == "email":
            return code_in(self.office.world.mailbox.inboxes["rt-1@example.org"][-1].text)
        assert len(self.office.texts(number)) == before + 1
        return code_in(self.office.texts(number)[-1])

    async def enter(self, code: str) -> tuple[int, str, str]:
        """Type a code in."""
        return await self.post(f"{self.door}/code", {"code": code})

    async def sign_in(self, number: str = PHONE) -> str:
        """Go all the way in; returns the URL of the page."""
        _, _, url = await self.enter(await self.ask(number=number))
        return url


def code_in(words: str) -> str:
    """The code in a message."""
    found = re.search(r"\b\d{6}\b", words)
    assert found, words
    return found[0]


def other(code: str) -> str:
    """A code that is wrong."""
    return f"{(int(code) + 1) % 1_000_000:06}"


@asynccontextmanager
async def browsing(office: Office, door: str) -> AsyncIterator[Reader]:
    """A reader with the URL of a door."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        yield Reader(office, browser, door)


@asynccontextmanager
async def reading(office: Office, number: str = PHONE) -> AsyncIterator[Reader]:
    """A reader with the last link that a phone received."""
    async with browsing(office, f"{office.rt.settings.public_url}/m/{office.link(number)}") as one:
        yield one
