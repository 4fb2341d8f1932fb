"""Over HTTP: a browser whose stream was cut gets, when it comes back, what it missed at its own sites."""

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager

import pytest

from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from pro_collector.kafka.chosen import producer_of
from pro_collector.kafka.in_process import InProcessServer
from pro_collector.pipeline import HANDLED_TYPES
from pro_collector.postgres.questions.published_scores import MOST
from pro_collector.relay import Relay
from pro_collector.runtime import Runtime
from tests.shared.office import STUDY, Office
from tests.shared.scenes import ANSWERS, in_conversation
from tests.wire.web.team_browser import SESSION, TeamBrowser, browser, session_of, web_with

CHARTS, TODAY = f"/team/study/{STUDY}/charts/live", f"/team/study/{STUDY}/today/live"
pytestmark = pytest.mark.asyncio


@asynccontextmanager
async def live(page: TeamBrowser, path: str, last: str = "") -> AsyncIterator[AsyncIterator[tuple[str, str, str]]]:
    """The messages of a stream, each as its id, its name and its data; `last`: the id that the browser had last."""
    headers = {"Last-Event-ID": last} if last else {}

    async def messages(lines: AsyncIterable[bytes]) -> AsyncIterator[tuple[str, str, str]]:
        fields: dict[str, str] = {}
        async for line in lines:
            name, colon, value = line.decode().rstrip("\n").partition(": ")
            if colon:
                fields[name] = value
            elif "event" in fields:
                yield fields.get("id", ""), fields["event"], fields["data"]
                fields = {}

    async with page.client.get(page.origin + path, headers=headers) as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream")
        yield messages(answer.content)


@asynccontextmanager
async def coordinator(office: Office, rt: Runtime, name: str, site: str) -> AsyncIterator[TeamBrowser]:
    """A browser of a coordinator of one site."""
    async with browser(rt) as page:
        page.set_cookie(SESSION, await session_of(office.rt, name, RoleAt(Role.coordinator, STUDY, site)))
        yield page


async def test_scores_that_were_missed_are_told_once_the_browser_comes_back(office: Office) -> None:
    await in_conversation(office)
    server = InProcessServer()
    address = server.start()
    async with (
        web_with(office.rt, settings={"kafka_bootstrap": address}) as rt,
        coordinator(office, rt, "ana", "bethesda") as ana,
        coordinator(office, rt, "eva", "madrid") as eva,
    ):
        async with live(ana, CHARTS) as messages:
            seen, name, _ = await anext(messages)
            assert name == "hello"
            assert seen.isdigit()
        await office.reply(*ANSWERS)
        await office.settle()
        async with live(ana, CHARTS, seen) as messages:
            assert [(await anext(messages))[1:] for _ in range(2)] == [
                ("score", '{"instrument": "symptom-diary"}'), ("hello", "{}"),
            ]  # fmt: skip
            # What is published while the stream is open comes with an id as well.
            relay = Relay(office.rt.database, producer_of(rt.settings, HANDLED_TYPES), rt.listener, HANDLED_TYPES)
            await office.by_force("UPDATE outbox SET published_at = NULL WHERE type = 'score.recorded' RETURNING id")
            await relay.pump()
            at, name, _ = await anext(messages)
            assert (name, int(at) > int(seen)) == ("score", True)
        async with live(eva, CHARTS, seen) as messages:
            assert (await anext(messages))[1] == "hello", "nothing of another site"
        await office.by_force("SELECT setval(pg_get_serial_sequence('outbox', 'id'), %s)", int(at) + MOST)
        await office.reply("QUESTION can I take ibuprofen?")
        await office.settle()
        for lost in (seen, str(int(seen) + 10 * MOST), "no number"):
            async with live(ana, CHARTS, lost) as messages:
                assert (await anext(messages))[1] == "reset", "look at everything again"
    server.stop()


async def test_a_list_that_changed_meanwhile_is_told_once_the_browser_comes_back(office: Office) -> None:
    await in_conversation(office)
    async with web_with(office.rt) as rt, coordinator(office, rt, "ana", "bethesda") as ana:
        async with live(ana, TODAY) as messages:
            assert (await anext(messages))[1] == "hello"
            seen, name, _ = await anext(messages)
            assert name == "work", "a page without a mark is not up to date"
        async with live(ana, TODAY, seen) as messages:
            assert (await anext(messages))[:2] == (seen, "hello")
        await office.reply("QUESTION can I take ibuprofen?")
        async with live(ana, TODAY, seen) as messages:
            assert (await anext(messages))[:2] == (seen, "hello")
            now, name, _ = await anext(messages)
            assert (name, now != seen) == ("work", True)
        async with live(ana, TODAY, now) as messages:
            assert (await anext(messages))[:2] == (now, "hello")
