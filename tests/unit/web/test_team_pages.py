"""What the team's pages decide without a server: cookies, where somebody is led, what a stream tells whom."""

import inspect
import re
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from uuid import UUID, uuid4

import pytest
from starlette.requests import Request
from starlette.responses import Response

from pro_collector.domain.account.permission import ALL_SITES, Sites
from pro_collector.web.event_stream import Message, encode
from pro_collector.web.live_scores import Hub, SeenUntil, Watching
from pro_collector.web.team.cookies import Cookies
from pro_collector.web.team.guard import next_page
from pro_collector.web.team.routes import OF_STUDY

PARIS, MADRID = uuid4(), uuid4()


def cookie_of(response: Response) -> str:
    """The first cookie that a response sets, in small letters."""
    return response.headers.getlist("set-cookie")[0].lower()


def test_with_https_only_this_host_can_set_the_cookie() -> None:
    cookies, response = Cookies("https://pro.example.org/pro"), Response()
    cookies.begin_session(response, "secret")
    parts = set(cookie_of(response).split("; "))
    assert parts == {"__host-pro_session=secret", "httponly", "max-age=43200", "path=/", "samesite=lax", "secure"}
    sent = Request({"type": "http", "headers": [(b"cookie", b"pro_session=planted; __Host-pro_session=secret")]})
    assert cookies.session(sent) == "secret"
    cookies.end_session(ended := Response())
    assert SimpleCookie(ended.headers["set-cookie"])["__Host-pro_session"]["max-age"] == "0"


@pytest.mark.parametrize(
    ("url", "usable"),
    [
        ("https://pro.example.org", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
        ("http://[::1]:8080", True),
        ("http://pro.example.org", False),
        ("http://10.0.0.7", False),
    ],
)
def test_nobody_signs_in_over_plain_http_from_elsewhere(url: str, usable: bool) -> None:
    assert Cookies(url).usable == usable


@pytest.mark.parametrize("path", ["/team", "/team/password", "/team/study/lung/charts"])
def test_after_signing_in_one_goes_on(path: str) -> None:
    assert next_page(path) == path


@pytest.mark.parametrize(
    "path",
    ["", "/", "//evil.example", "https://evil.example", "/teams", "/r/token", "/team/\\evil.example", "/team\r\nX: y"],
)
def test_nobody_is_led_elsewhere(path: str) -> None:
    assert next_page(path) == "/team"


async def told(sites: Sites, *, until: int = 9) -> list[Message | None]:
    """What a browser is told that watches the study `lung`; it may watch so many messages."""
    site_of, left = {PARIS: "paris", MADRID: "madrid"}, iter(range(until))

    async def still() -> bool:
        return next(left, None) is not None

    async def site(person: UUID) -> str | None:
        return site_of[person]

    async def messages() -> AsyncIterator[Message | None]:
        for study, person in (("lung", PARIS), ("bone", PARIS), ("lung", MADRID)):
            yield "score", {"study": study, "instrument": "diary", "participant": person}
        yield None

    return [message async for message in Watching("lung", sites, still, site).of(messages())]


async def test_a_stream_tells_of_the_own_study_and_sites_and_not_of_whom() -> None:
    score = ("score", {"instrument": "diary"})
    assert await told(ALL_SITES) == [score, score, None]
    assert await told(Sites(frozenset({"madrid"}))) == [score, None]
    assert await told(Sites(frozenset({"bern"}))) == [None]


@pytest.mark.parametrize(
    ("last", "found", "again"),
    [
        ("", ["diary"], []),
        ("17", ["diary", "pain"], [("score", {"instrument": "diary"}), ("score", {"instrument": "pain"})]),
        ("17", [], []),
        ("17", None, [("reset", {})]),
        ("no point", ["diary"], [("reset", {})]),
    ],
)
async def test_a_browser_that_comes_back_gets_what_it_missed(
    last: str, found: list[str] | None, again: list[Message]
) -> None:
    async def point() -> int:
        return 20

    async def missed(after: int) -> list[str] | None:
        assert after == 17
        return found

    assert [message async for message in SeenUntil(last, point, missed).again()] == again
    assert encode(("score", {}), 20) == "id: 20\nevent: score\ndata: {}\n\n"


async def test_who_has_joined_misses_nothing_before_the_first_look() -> None:
    hub = Hub()
    with hub.joined() as messages:
        hub.tell("score", {"n": 1})
        assert await anext(messages) == ("score", {"n": 1})
        assert hub.listeners == 1
    assert hub.listeners == 0


async def test_a_stream_ends_when_its_watcher_is_signed_out() -> None:
    assert await told(ALL_SITES, until=1) == [("score", {"instrument": "diary"})]
    assert await told(ALL_SITES, until=0) == []


def test_a_page_of_a_study_takes_its_runtime_from_the_visit() -> None:
    """What it shows is then limited to the sites of whoever asks, in the database too."""
    for group in OF_STUDY:
        source = inspect.getsource(inspect.getmodule(group) or group)
        whole = re.findall(r"(?:self\._rt|guard\.rt)\b(?!\.(?:clock|settings|studies|vault))", source)
        assert whole == [], f"{group.__name__}: read with visit.rt, act with visit.acts"
