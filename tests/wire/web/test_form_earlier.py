"""Where a study wants it, the form asks for a code or a year of birth before it shows answers of an earlier visit."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import pytest

from pro_collector.commands.apply_study import apply_study
from tests.shared.office import DEMO, PHONE, Office, library
from tests.shared.web_form import WebForm
from tests.wire.web.own_page_reader import OPEN, code_in

MINUTE = timedelta(minutes=1)
WORDS = "Your earlier answers"


@dataclass
class Browser:
    """A browser with cookies at the form of a link."""

    office: Office
    session: aiohttp.ClientSession
    link: str

    async def get(self, path: str = "") -> str:
        """A page, after redirects."""
        async with self.session.get(f"{self.link}{path}") as response:
            assert response.status == 200
            return await response.text()

    async def post(self, path: str = "", fields: dict[str, str] | None = None) -> str:
        """The page after a button."""
        async with self.session.post(f"{self.link}{path}", data=fields or {}) as response:
            return await response.text()

    async def answer(self, number: int, value: str) -> str:
        """Answer the question with this number; the next page."""
        page = await self.get(f"/q/{number}")
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page))
        return await self.post(f"/q/{number}", {**hidden, "answer": value})


@asynccontextmanager
async def browsing(office: Office) -> AsyncIterator[Browser]:
    """A browser with the link that RT-1 got."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Browser(office, session, f"{office.rt.settings.public_url}/r/{office.link()}")


async def begun(office: Office, asks: str) -> None:
    """RT-1 has answered the first two questions of the baseline, in a browser that is closed since."""
    changed = DEMO.replace('version: "1.0"', 'version: "1.1"').replace(
        "\nassessments:", f"\npage: {{earlier_answers: {asks}}}\nassessments:"
    )
    await apply_study(office.rt, changed, "study.yaml", library(), "tester")
    await office.enrol()
    await office.run(OPEN)
    async with browsing(office) as first:
        await first.post()
        await first.answer(1, "1")
        page = await first.answer(2, "2")
        assert WORDS not in page
        assert "checked" in await first.get("/q/1"), "in one visit everything is shown"
        assert "Look over your answers" in await first.get("/review")
    await office.run(office.clock.now() + MINUTE)


async def test_without_a_word_in_the_study_file_nothing_is_asked_and_no_cookie_is_set(office: Office) -> None:
    await begun(office, "open")
    async with browsing(office) as other:
        await other.post()
        assert "checked" in await other.get("/q/1")
        assert len(other.session.cookie_jar) == 0


@pytest.mark.parametrize("asks", ["code", "birth_year"])
async def test_another_browser_goes_on_but_sees_no_earlier_answer(office: Office, asks: str) -> None:
    await begun(office, asks)
    async with browsing(office) as other:
        page = await other.post()
        assert "Question 3" in page
        for path in ("/q/1", "/q/2", "/review"):
            assert WORDS in await other.get(path), path
        await other.answer(3, "1")
        assert "checked" in await other.get("/q/3"), "its own answers are shown"
        assert WORDS in await other.get("/review")


async def test_without_cookies_a_page_never_shows_an_answer(office: Office) -> None:
    await begun(office, "code")
    link = f"{office.rt.settings.public_url}/r/{office.link()}"
    async with WebForm(link) as form:
        await form.answer(str(await form.next_item()), "1")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        for number in (1, 2, 3):
            async with session.get(f"{link}/q/{number}") as response:
                assert WORDS in await response.text()


async def test_the_right_code_shows_them_and_a_wrong_one_does_not(office: Office) -> None:
    await begun(office, "code")
    async with browsing(office) as other:
        assert "··01" in await other.get("/q/1")
        await other.post("/earlier", {"send": "sms", "to": "/q/1"})
        await office.run(office.clock.now() + timedelta(seconds=5))
        code = code_in(office.texts(PHONE)[-1])
        wrong = await other.post("/earlier", {"code": f"{(int(code) + 1) % 10**6:06}", "to": "/q/1"})
        assert "You can try 4 more times" in wrong
        assert WORDS in await other.get("/q/1")
        assert "checked" in await other.post("/earlier", {"code": code, "to": "/q/1"})
        assert "Look over your answers" in await other.get("/review")
        assert await office.rows("SELECT * FROM own_page_session") == []


async def test_the_year_of_birth_shows_them_and_five_wrong_ones_lock(office: Office) -> None:
    await begun(office, "birth_year")
    async with browsing(office) as other:
        assert "Your year of birth" in await other.get("/q/1")
        assert "checked" in await other.post("/earlier", {"year": "1980", "to": "/q/1"})
    async with browsing(office) as guesser:
        for year in range(1970, 1975):
            assert "That is not the year" in await guesser.post("/earlier", {"year": str(year), "to": "/q/1"})
        assert "too many wrong years" in await guesser.post("/earlier", {"year": "1980", "to": "/q/1"})
        assert WORDS in await guesser.get("/q/1")
        await office.run(office.clock.now() + timedelta(days=1, minutes=1))
        assert "checked" in await guesser.post("/earlier", {"year": "1980", "to": "/q/1"})


async def test_a_visit_is_over_after_half_an_hour_without_a_page(office: Office) -> None:
    await begun(office, "birth_year")
    async with browsing(office) as other:
        await other.post("/earlier", {"year": "1980", "to": "/q/1"})
        await office.run(office.clock.now() + 29 * MINUTE)
        assert "checked" in await other.get("/q/1")
        await other.answer(3, "1")
        await office.run(office.clock.now() + 29 * MINUTE)
        assert "checked" in await other.get("/q/1"), "an answer prolongs the visit"
        await office.run(office.clock.now() + 2 * MINUTE)
        assert WORDS in await other.get("/q/1")


async def test_a_forged_or_foreign_cookie_opens_nothing(office: Office) -> None:
    await begun(office, "birth_year")
    async with browsing(office) as other:
        await other.post()
        (cookie,) = list(other.session.cookie_jar)
        began, seen, signature = cookie.value.split(".")
        for forged in (f"0.{seen}.{signature}", f"{began}.{seen}.{'0' * 64}", "0", "..", "0.0.é"):
            other.session.cookie_jar.clear()
            async with other.session.get(f"{other.link}/q/1", headers={"Cookie": f"visit={forged}"}) as response:
                assert WORDS in await response.text(), forged


async def test_whoever_cannot_show_who_they_are_can_still_finish(office: Office) -> None:
    await begun(office, "birth_year")
    async with browsing(office) as other:
        page = await other.post()
        while match := re.search(r'action="[^"]*/q/(\d+)', page):
            page = await other.answer(int(match[1]), "1")
        assert WORDS in page
        assert "Finish without looking" in page
        assert "All done" in await other.post("/review")
