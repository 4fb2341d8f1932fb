"""A whole study in one event loop on a real database, a real carrier and a real web server, in virtual time.

Only Kafka is missing: before the clock moves on, the events in the outbox are passed directly to their handlers, in
batches by type. The tests marked `kafka` run the same pipeline with a broker.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import psycopg

from pro_collector.casework.inbound.ahead import compile_phrases
from pro_collector.casework.inbound.written import Viewer
from pro_collector.clock import LeapingClock
from pro_collector.commands.apply_study import apply_study
from pro_collector.commands.enrol import Enrolment, enrol
from pro_collector.commands.record_treatment import record_event
from pro_collector.domain.events import EVENTS, Event
from pro_collector.embedded.servers import Servers
from pro_collector.library import Library, load_library
from pro_collector.pipeline import PIPELINE
from pro_collector.postgres.database import Database
from pro_collector.postgres.questions.idle import next_due_if_idle
from pro_collector.postgres.tables import agenda, dead_letters, inbound, outbox
from pro_collector.processes import run_parts
from pro_collector.rehearsal.world import World, rehearsal
from pro_collector.resources import SCHEMAS
from pro_collector.runtime import Runtime, acting_as
from tests.shared.clock import START
from tests.shared.databases import CLONE, DEMO_TEMPLATE, close_template, with_database

HANDLERS = {event.type: (process, handle) for process, table in PIPELINE.items() for event, handle in table.items()}
FIVE_SECONDS = timedelta(seconds=5)

# Each query finds rows that break a law of the design. All laws hold whenever no event is being handled.
LAWS = {
    "an occasion that was ever planned still exists": """
        SELECT occasion_id FROM occasion_log EXCEPT SELECT id FROM occasion""",
    "the number of occasions is the sum of all states": """
        SELECT 1 FROM (SELECT sum(occasions) AS states FROM occasion_count) c, (SELECT count(*) AS n FROM occasion) o
        WHERE coalesce(c.states, 0) <> o.n""",
    "an occasion that has ended has the time and the reason": """
        SELECT id, state FROM occasion WHERE (state IN ('completed', 'partial', 'missed', 'cancelled'))
            <> (ended_at IS NOT NULL AND reason IS NOT NULL)""",
    "a waiting occasion is on the agenda, or its event is in the outbox": """
        SELECT o.id, o.state, o.due_at FROM occasion o WHERE o.ended_at IS NULL AND NOT EXISTS (
            SELECT FROM agenda a WHERE a.occasion_id = o.id
            AND a.type = CASE o.state WHEN 'planned' THEN 'survey.due' ELSE 'survey.expired' END
            AND (o.state <> 'planned' OR a.due_at >= o.due_at)) AND NOT EXISTS (
            SELECT FROM outbox x WHERE x.handled_at IS NULL AND x.payload ->> 'occasion_id' = o.id::text)""",
    "an occasion that has ended has nothing on the agenda": """
        SELECT a.type, o.state FROM agenda a JOIN occasion o ON o.id = a.occasion_id WHERE o.ended_at IS NOT NULL""",
    "a participant's plan is extended once": """
        SELECT participant_id FROM agenda WHERE type = 'timeline.changed' GROUP BY 1 HAVING count(*) > 1""",
    "a response has scores, unless its event is in the outbox": """
        SELECT r.id FROM response r WHERE NOT EXISTS (SELECT FROM score s WHERE s.response_id = r.id)
        AND NOT EXISTS (
            SELECT FROM outbox x WHERE x.handled_at IS NULL AND x.payload ->> 'response_id' = r.id::text)""",
    "a completed occasion has a response to each instrument": """
        SELECT o.id FROM occasion o WHERE o.state = 'completed'
        AND cardinality(o.instruments) <> (SELECT count(*) FROM response r WHERE r.occasion_id = o.id)""",
    "an invitation or a question is sent once": """
        SELECT occasion_id, item, channel FROM message
        WHERE purpose IN ('invitation', 'question') AND state IN ('accepted', 'sent', 'delivered')
        GROUP BY occasion_id, item, channel, requested_at HAVING count(*) > 1""",
}
# The columns in which identity and free text must never be.
PUBLIC = """
    SELECT payload::text AS said FROM outbox UNION ALL SELECT detail::text FROM occasion_log
    UNION ALL SELECT detail::text FROM task UNION ALL SELECT reason FROM message
    UNION ALL SELECT fields::text FROM report
"""
PHONE = "+12025550101"
NURSE = Viewer("nurse", "cli")
"""Somebody of the team who reads what people wrote."""
DEMO = (SCHEMAS / "studies" / "demo.yaml").read_text(encoding="utf-8")
STUDY = "rare-tumour-story"
KEY = "5a" * 32
"""The keys of every office: what is sealed in a template is opened in its copies."""


@cache
def library() -> Library:
    """The included instruments, loaded once for all tests: loading is most of the cost of applying a study."""
    return load_library()


class Office:
    """Everything that a test does: let time pass, enrol, send texts, query the database."""

    def __init__(self, world: World, clock: LeapingClock, stack: AsyncExitStack) -> None:
        self.world, self.clock, self.carrier = world, clock, world.carrier
        self._stack = stack
        self._databases: dict[tuple[Database, str], Database] = {}
        self.handled: list[Event] = []
        self.letters_written: list[str] = []

    @property
    def rt(self) -> Runtime:
        """The runtime: database, channels, clock and settings; with every right, because tests change rows by hand."""
        return self.world.rt

    async def of_process(self, process: str) -> Runtime:
        """The runtime with the rights of a process, so that a missing grant fails a test."""
        key = self.rt.database, process
        if key not in self._databases:
            limited = await self._stack.enter_async_context(acting_as(self.rt, process, connections=4))
            self._databases[key] = limited.database
        return replace(self.rt, database=self._databases[key])

    async def run(self, until: datetime) -> None:
        """Let time pass until `until`. All effects of one instant are done before the next instant."""
        await self.clock.run(until)

    async def settle(self) -> None:
        """Handle everything that is due now, and everything that follows at the same instant."""
        await self.clock.run(self.clock.now())

    async def apply(self, text: str | None = None) -> None:
        """Apply a study: the demo study, or the study file `text`."""
        await apply_study(self.rt, text or DEMO, "study.yaml", library(), "tester")

    async def enrol(self, code: str = "RT-1", **fields: Any) -> UUID:
        """Enrol one adult in the demo study, in the treatment arm, with PHONE; `fields` replace the defaults."""
        ids = await enrol(self.rt, STUDY, [self.person(code, **fields)])
        await self.settle()
        return ids[0]

    async def crowd(self, size: int) -> list[str]:
        """Enrol many adults at once; returns their phones."""
        phones = [f"+1202555{n:04}" for n in range(2000, 2000 + size)]
        people = [self.person(f"C-{n}", phone=phone) for n, phone in enumerate(phones)]
        await enrol(self.rt, STUDY, people)
        await self.settle()
        return phones

    def person(self, code: str, **fields: Any) -> Enrolment:
        """The enrolment data of one adult."""
        person = {
            "code": code, "zone": "America/New_York", "language": "en", "arm": "treated", "site": "bethesda",
            "birth_date": date(1980, 1, 1), "enrolled_on": self.clock.now().date(), "phone": PHONE,
            "email": f"{code.lower()}@example.org", **fields,
        }  # fmt: skip
        return Enrolment.model_validate(person)

    async def happened(self, kind: str, on: date, code: str = "RT-1") -> None:
        """Record a treatment event."""
        await record_event(self.rt, code, kind, on, by="tester")
        await self.settle()

    def outage(self, until: datetime) -> None:
        """Let time pass while none of our processes runs; the carrier's processes run."""
        self.clock._now = until
        self.clock._sleepers.wake(until)

    def link(self, number: str = PHONE) -> str:
        """The token of the last link that a phone received."""
        return next(match[1] for body in reversed(self.texts(number)) if (match := re.search(r"/r/(\w+)", body)))

    def letters(self, code: str = "RT-1") -> list[str]:
        """The subjects of all mails to the participant, in order."""
        return [letter.subject for letter in self.world.mailbox.inboxes[f"{code.lower()}@example.org"]]

    def texts(self, number: str = PHONE) -> list[str]:
        """The bodies of all texts from us to a phone, in order."""
        return [text.body for text in self.carrier.phones[number] if text.direction == "in" and not text.automatic]

    async def reply(self, *words: str, number: str = PHONE) -> str:
        """Send texts from a phone, each after the effects of the one before; returns the last text on the phone."""
        for text in words:
            await self.carrier.reply(number, text)
            await self.run(self.clock.now() + FIVE_SECONDS)
        return self.texts(number)[-1] if self.texts(number) else ""

    async def read(self, words: str, number: str = PHONE) -> None:
        """Send a text from a phone and handle only `message.received`; other events wait."""
        await self.carrier.reply(number, words)
        while not self.carrier.idle():
            await asyncio.sleep(0.01)
        await self.handle_only("message.received")

    async def write(self, words: str, code: str = "RT-1", **headers: str) -> str:
        """A participant answers the last mail they got; returns the result of the route for inbound mail."""
        self.letters_written.append(words)
        letter = self.world.mailbox.inboxes[f"{code.lower()}@example.org"][-1]
        taken = await self.world.mailbox.answer(letter, words, **headers)
        await self.run(self.clock.now() + FIVE_SECONDS)
        return taken

    async def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """The rows of a query."""
        async with self.rt.database.transaction() as tx:
            return await (await tx.execute(query.encode(), values)).fetchall()

    async def by_force(self, change: str, *values: Any) -> list[dict[str, Any]]:
        """Change rows that only grow, as only a superuser can who has switched the triggers off."""
        async with self.rt.database.transaction() as tx:
            await tx.execute("SET LOCAL session_replication_role = replica")
            return await (await tx.execute(change.encode(), values)).fetchall()

    async def one(self, query: str, *values: Any) -> Any:
        """The only value of the only row."""
        (row,) = await self.rows(query, *values)
        (value,) = row.values()
        return value

    async def opened(self, text: UUID) -> dict[str, Any]:
        """The fields of a received text or mail, unsealed."""
        async with self.rt.database.transaction() as tx:
            row = (await inbound.load(tx, [text]))[text]
        return self.rt.vault.unseal_json(row.sealed, row.row)

    async def drain(self) -> None:
        """Fire the agenda and pass each unhandled event to its handler, until there is none."""
        while published := await self.published():
            for name, events in published.items():
                await self.handle(name, events)

    async def published(self, *kinds: str) -> dict[str, list[Event]]:
        """Fire the agenda and take events (only of `kinds`, if given) from the outbox, as the relay does."""
        async with self.rt.database.transaction() as tx:
            await agenda.fire(tx, self.clock.now(), 1000)
            rows = [row for row in await outbox.unpublished(tx, 10_000) if not kinds or row.type in kinds]
            await outbox.mark_published(tx, [row.id for row in rows], sorted(set(EVENTS) - set(HANDLERS)))
            assert not [each for each in await dead_letters.waiting(tx) if each.topic != "treatment.reported"]
        events: dict[str, list[Event]] = {}
        for row in (row for row in rows if row.payload != "null"):  # a deleted key is for other consumers
            events.setdefault(row.type, []).append(EVENTS[row.type].model_validate_json(row.payload))
        return events

    async def handle(self, name: str, events: Sequence[Event]) -> None:
        """Pass a batch of events to the handler of their type."""
        self.handled += events
        if name in HANDLERS:
            process, handle = HANDLERS[name]
            await handle(events, rt=await self.of_process(process))

    async def handle_only(self, *kinds: str) -> None:
        """Handle the events of these kinds; others stay in the outbox, unpublished."""
        for name, events in (await self.published(*kinds)).items():
            await self.handle(name, events)

    async def check_laws(self) -> None:
        """Check the laws of the design in the database; no event may be in progress."""
        for law, breaches in LAWS.items():
            assert not await self.rows(breaches), law
        said = "\n".join(row["said"] or "" for row in await self.rows(PUBLIC))
        for private in self._private():
            assert private not in said, f"{private!r} has left the vault"

    def _private(self) -> set[str]:
        """All addresses of people, and all sentences that people wrote."""
        written = set(self.letters_written)
        written |= {text.body for texts in self.carrier.phones.values() for text in texts if text.direction == "out"}
        return {*self.carrier.phones, *self.world.mailbox.inboxes} | {body for body in written if " " in body}

    async def redeliver(self, kinds: Sequence[str] = ()) -> None:
        """Deliver every event that was handled (only of `kinds`, if given) a second time, as Kafka may."""
        for event in list(self.handled):
            if event.type in HANDLERS and (not kinds or event.type in kinds):
                process, handle = HANDLERS[event.type]
                await handle([event], rt=await self.of_process(process))


@asynccontextmanager
async def opened_office(database_url: str, start: datetime, *, applied: bool = False) -> AsyncIterator[Office]:
    """An office with the demo study applied; checks the laws of the design at the end of each test.

    `applied`: the database is a copy in which the study is in force already.
    """
    office: Office

    async def resting() -> datetime | None:
        await office.drain()
        if not office.carrier.idle():
            return None
        async with office.rt.database.transaction() as tx:
            return await next_due_if_idle(tx, office.clock.now())

    clock = LeapingClock(start, resting)
    servers = Servers(database_url, "127.0.0.1:1")
    async with (
        rehearsal(servers, clock, prepared=True, key=KEY) as world,
        run_parts(world.rt, ["web"]),
        AsyncExitStack() as stack,
    ):
        office = Office(world, clock, stack)
        if not applied:
            await office.apply()
        compile_phrases(["en"])  # as a worker does at its start: on a busy machine a transaction would end meanwhile
        yield office
        await office.check_laws()


def make_demo_template(url: str) -> None:
    """Make the template in which the demo study is in force: to apply it takes a third of a second for each test."""

    async def apply() -> None:
        async with opened_office(with_database(url, DEMO_TEMPLATE), START):
            pass

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {DEMO_TEMPLATE}{CLONE}")
    asyncio.run(apply())
    close_template(url, DEMO_TEMPLATE)
