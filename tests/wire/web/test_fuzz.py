"""No byte on any route of ours leads to an error that we did not foresee; what was taken in is then handled.

PRO_TEST_FUZZ=2000 sends so many requests to each route (`make soak`), PRO_TEST_SEED=2 sends others.
"""

import asyncio
import logging
import os
import re
from datetime import timedelta
from random import Random
from urllib.parse import urlsplit

import aiohttp
import pytest
import structlog

from pro_collector.casework.speaking.links import call_token
from pro_collector.commands.ask_job import ask_job
from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from pro_collector.web.rates import Rates
from pro_collector.web.server import application, general_contact
from pro_collector.web.team.guard import TeamGuard
from tests.shared.office import PHONE, STUDY, Office
from tests.shared.scenes import treated
from tests.shared.team import PASSWORD, bearer, invitation_of, token_in
from tests.wire.web.own_page_reader import OPEN, reading
from tests.wire.web.random_requests import World, nul_requests, real_request, request_to, routes_of
from tests.wire.web.team_browser import SESSION, VISIT, session_of

REQUESTS = int(os.environ.get("PRO_TEST_FUZZ", "3"))
SEED = int(os.environ.get("PRO_TEST_SEED", "1"))
WITHOUT = ("/team/study/{study}/charts/live", "/team/study/{study}/today/live")
"""Not asked: the first needs a broker, the second lasts for minutes."""
FOREIGN = (b"Sec-Fetch-Site: cross-site", b"Sec-Fetch-Site: same-site", b"Origin: https://evil.example")
"""What a browser says of a request that a page of another site causes; the first two without `Origin`."""
CHANGES = """SELECT (SELECT count(*) FROM answer), (SELECT count(*) FROM occasion_log), (SELECT count(*) FROM opt_out),
(SELECT count(*) FROM task), (SELECT count(*) FROM own_page_session), (SELECT count(*) FROM own_page_code)"""
FORESEEN = {
    "a URL with a NUL was rejected", "a request was refused", "a client disconnected",
    "an attempt to sign in was refused", "too many attempts to sign in",
}  # fmt: skip


async def world_of(office: Office) -> World:
    """A study with somebody who has been asked, and who is signed in on their own page."""
    await treated(office)
    await office.run(OPEN)
    async with reading(office) as reader:
        page = await reader.sign_in()
        cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in reader.browser.cookie_jar)
    session = await session_of(office.rt, "garcia", RoleAt(Role.coordinator, STUDY))
    cookies += f"; {SESSION}={session}; {VISIT}={session}"  # so that one value fits every form
    csrf = [TeamGuard(office.rt).csrf_of(session).encode()]
    url = urlsplit(office.rt.settings.public_url)
    occasions = await office.rows("SELECT id FROM occasion WHERE state <> 'planned'")
    messages = [str(row["id"]) for row in await office.rows("SELECT id FROM message")]
    invitation = token_in(await invitation_of(office.rt))
    parameters = {
        "token": [office.link(), invitation, *(call_token(office.rt, row["id"]) for row in occasions)],
        "whom": [page.rstrip("/").rpartition("/")[2]], "delivery_id": messages, "study": [STUDY], "number": ["1", "2"],
        "occasion": [str(row["id"]) for row in occasions], "channel": ["sms", "email"],
        "name": ["team.css"], "code": ["RT-1"],
        "item": [str(row["id"]) for row in await office.rows("SELECT id FROM task")] or ["x"],
        "act": ["claim", "note", "done"], "job": [str(await ask_job(office.rt, STUDY, "preview", {}, by="garcia"))],
    }  # fmt: skip
    fields = {
        "place": [place.encode() for place in await places(url.geturl(), parameters["token"])],
        "answer": [b"1", b"7", b"0"], "language": [b"en"], "to": [b"sms", b"email"], "pressed": [b"1"],
        "csrf": csrf, "email": [b"garcia@clinic.example"], "password": [PASSWORD.encode()], "next": [b"/team"],
        "From": [PHONE.encode(), b"+12025550177"], "To": [b"+12025550100"],
    }  # fmt: skip
    login = await bearer(office.rt, study=STUDY)
    token = office.rt.settings.twilio_auth_token.get_secret_value()
    return World(url.geturl(), url.netloc, parameters, fields, login, cookies, token)


async def places(origin: str, tokens: list[str]) -> list[str]:
    """The field `place` of some questions of these forms."""
    found = set[str]()
    async with aiohttp.ClientSession() as session:
        for token in tokens:
            for number in range(1, 4):
                async with session.get(f"{origin}/r/{token}/q/{number}") as page:
                    found |= set(re.findall(r'name="place" value="([^"]+)"', await page.text()))
    assert found
    return sorted(found)


def when(route: tuple[str, str]) -> tuple[bool, tuple[str, str]]:
    """The order of the routes: at the end those after which somebody is out, so that the others reach their pages."""
    return ends(route[1]) and route[0] == "POST", route


def ends(path: str) -> bool:
    """Whether a POST to this path may leave somebody signed out, or without messages."""
    return any(end in path for end in ("/out", "/leave", "/stop", "/u/"))


async def status_of(world: World, request: bytes) -> int:
    """Send the request; the status of the response."""
    where = urlsplit(world.origin)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    try:
        writer.write(request)
        async with asyncio.timeout(30):
            answer = await reader.readuntil(b"\r\n")
        return int(answer.split()[1])
    finally:
        writer.close()


@pytest.mark.timeout(3_600 if REQUESTS > 3 else 120)
@pytest.mark.usefixtures("quick_passwords")
async def test_no_request_to_any_route_is_an_error_of_ours(
    office: Office, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rates, "used_up", lambda *_: False)  # wrong passwords would leave pages of the team unasked
    world = await world_of(office)
    routes = set(routes_of(application(office.rt, await general_contact(office.rt)).routes))
    asked = sorted((route for route in routes if route[0] != "HEAD" and route[1] not in WITHOUT), key=when)
    assert {("POST", "/r/{token}/q/{number:int}"), ("GET", "/healthz")} < set(asked)
    caplog.set_level(logging.ERROR)
    random, statuses = Random(SEED), set[int]()
    with structlog.testing.capture_logs() as lines:
        for method, path in asked:
            times = REQUESTS * (3 if method == "POST" else 1)
            random_ones = [request_to(method, path, world, random) for _ in range(times)]
            for request in (*nul_requests(method, path, world), *random_ones):
                office.clock._now += timedelta(milliseconds=1)
                status = await status_of(world, request)
                assert status < 500, request
                statuses.add(status)
        assert [line for line in lines if line["event"] not in FORESEEN] == []
        await office.settle()
    assert not caplog.records, caplog.text
    assert {200, 303, 400, 401, 403, 404, 405, 421, 422} <= statuses


async def test_no_page_of_another_site_can_post_to_any_route(office: Office) -> None:
    world = await world_of(office)
    routes = routes_of(application(office.rt, await general_contact(office.rt)).routes)
    posts = sorted(path for method, path in routes if method == "POST" and not path.startswith("/webhooks/"))
    assert {"/r/{token}/q/{number:int}", "/u/{token}", "/m/p/{whom}/leave/sure"} < set(posts)
    before = await office.rows(CHANGES)
    for path in posts:
        for told in FOREIGN:
            assert await status_of(world, real_request("POST", path, world, told)) == 403, (path, told)
    assert await office.rows(CHANGES) == before
    for path in posts:
        if not ends(path):
            status = await status_of(world, real_request("POST", path, world, b"Sec-Fetch-Site: same-origin"))
            assert status in (200, 303, 404, 409, 422), (path, "is refused for another reason")
