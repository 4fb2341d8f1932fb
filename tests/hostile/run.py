"""A study of some weeks behind a bad carrier, in virtual time; worker and sender at work at once, as in processes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from pro_collector.channels.twilio import Twilio
from pro_collector.clock import LeapingClock
from pro_collector.commands.apply_study import apply_study
from pro_collector.commands.enrol import Enrolment, enrol
from pro_collector.commands.record_treatment import record_event
from pro_collector.domain.events import Event
from pro_collector.embedded.servers import Servers
from pro_collector.library import Library, load_library
from pro_collector.postgres.connection import TRANSIENT
from pro_collector.postgres.questions.idle import NEVER, next_due_if_idle
from pro_collector.processes import run_parts
from pro_collector.reconciler import Reconciler
from pro_collector.rehearsal.hostility import Hostility, hostile
from pro_collector.rehearsal.world import World, rehearsal
from tests.hostile.people import Crowd, Phone
from tests.shared.office import Office
from tests.shared.places import DATA

HERE = Path(__file__).parent
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEEKS = 4
A_WEEK = 2
"""Conversations that each participant has."""
AT_ONCE = timedelta(0)
RECONCILES_EVERY = timedelta(minutes=5)
POLLS_EVERY = timedelta(minutes=30)
GIVES_UP_AFTER = 1.0
"""Real seconds after which a request to send counts as unanswered; in production fifteen."""


@cache
def _library() -> Library:
    return load_library(DATA / "conversations" / "instruments")


class HostileOffice(Office):
    """An office whose sender works beside its workers, and that notes what the carrier took after a stop."""

    def __init__(self, world: World, clock: LeapingClock, stack: AsyncExitStack) -> None:
        super().__init__(world, clock, stack)
        self.reconciler = Reconciler(self.rt)
        self.crowds: list[Crowd] = []
        self.stopped: set[str] = set()
        self.after_stop: list[str] = []
        self.tried_again = 0
        self._numbers = {self.rt.vault.lookup(f"+1202555{n:04}"): f"+1202555{n:04}" for n in range(10_000)}
        self._settles_at: datetime | None = None
        self._polls_at: datetime | None = None
        self._polled = 0
        accept = self.carrier.accept

        def noting(fields: dict[str, str], validity: int, key: str) -> object:
            if fields["To"] in self.stopped and "no more" not in fields["Body"]:
                self.after_stop.append(f"{fields['To']} {fields['Body']}")
            return accept(fields, validity, key)

        self.carrier.accept = noting  # type: ignore[method-assign,assignment]

    async def drain(self) -> None:
        """Hand out events until there are none: those to send to one process, all others to another."""
        while found := await self.published():
            sending = found.pop("message.requested", [])
            await asyncio.gather(self._work(found), self._send(sending))

    async def _send(self, tickets: list[Event]) -> None:
        if tickets:
            await self._patiently("message.requested", tickets)
            self._settles_at = self._settles_at or self.clock.now() + RECONCILES_EVERY

    async def _work(self, found: dict[str, list[Event]]) -> None:
        for name, events in found.items():
            await self._patiently(name, events)
            if name in ("message.received", "message.reported"):
                await self._note_stops()

    async def _patiently(self, name: str, events: list[Event]) -> None:
        """As the consumer does: what passes is tried again."""
        try:
            await self.handle(name, events)
        except TRANSIENT:
            self.tried_again += 1
            await self.handle(name, events)

    async def _note_stops(self) -> None:
        rows = await self.rows(
            "SELECT lookup FROM vault.contact WHERE channel = 'sms' AND opted_out_at IS NOT NULL GROUP BY 1"
        )
        self.stopped = {self._numbers[row["lookup"]] for row in rows}

    async def reconcile(self) -> datetime:
        """Settle doubts and read the provider's log when it is time; the next moment to do so."""
        now = self.clock.now()
        if self._settles_at and now >= self._settles_at:
            while await self.reconciler.settle(AT_ONCE):
                pass
            self._settles_at = None
        if self._polls_at and now >= self._polls_at:
            await self.reconciler.fetch_inbound()
            self._polls_at = None
        written = self.carrier.tally["replies"]
        if self._polls_at is None and written > self._polled:
            self._polled, self._polls_at = written, now + POLLS_EVERY
        return min(self._settles_at or NEVER, self._polls_at or NEVER)


@asynccontextmanager
async def hostile_office(database_url: str, hostility: Hostility) -> AsyncIterator[HostileOffice]:
    """An office behind a bad carrier, with the hostile study in force."""
    office: HostileOffice

    async def resting() -> datetime | None:
        await office.drain()
        if not office.carrier.idle() or not all(crowd.activity.idle() for crowd in office.crowds):
            return None
        following = await office.reconcile()
        async with office.rt.database.transaction() as tx:
            found = await next_due_if_idle(tx, office.clock.now())
        return None if found is None else min(found, following)

    clock = LeapingClock(START, resting)
    servers = Servers(database_url, "127.0.0.1:1")
    async with rehearsal(servers, clock, prepared=True, hostility=hostility) as world:
        impatient = replace(world, rt=replace(world.rt, twilio=_impatient(world)))
        async with run_parts(impatient.rt, ["web"]), AsyncExitStack() as stack:
            office = HostileOffice(impatient, clock, stack)
            text = (HERE / "study.yaml").read_text(encoding="utf-8")
            await apply_study(office.rt, text, "study.yaml", _library(), "tester")
            try:
                yield office
            finally:
                for crowd in office.crowds:
                    await crowd.stop()
                if impatient.rt.twilio is not None:
                    await impatient.rt.twilio.close()


def _impatient(world: World) -> Twilio:
    settings = world.rt.settings
    return Twilio(
        settings.twilio_account_sid,
        settings.twilio_auth_token.get_secret_value(),
        sender=settings.twilio_sender,
        public_url=settings.public_url,
        base_url=settings.twilio_url,
        timeout=GIVES_UP_AFTER,
    )


async def play(office: HostileOffice, conversations: int, seed: int, say: Callable[[str], None]) -> Crowd:
    """Play so many conversations (eight for each participant) to their end."""
    people = max(1, round(conversations / (WEEKS * A_WEEK)))
    families = [_family(n) for n in range(people)]
    phones: dict[str, list[str]] = {}
    emails: dict[str, list[str]] = {}
    for n, (number, address, reporter) in enumerate(families, start=1):
        phones.setdefault(number, []).append(f"RT-{n}")
        emails.setdefault(address, []).append(f"RT-{n}")
        await enrol(office.rt, "hostile-study", [_enrolment(f"RT-{n}", number, address, reporter)])
        await record_event(office.rt, f"RT-{n}", "treatment_start", date(2026, 3, 3) + timedelta(n % 5), by="tester")
    crowd = Crowd(
        [Phone(number, codes) for number, codes in phones.items()], emails, office.carrier, office.world.mailbox,
        office.clock, seed=seed,
    )  # fmt: skip
    office.crowds.append(crowd)
    for day in range(1, 7 * WEEKS + 9):
        await office.run(START + timedelta(days=day))
        say(f"day {day}")
    return crowd


def _family(n: int) -> tuple[str, str, str]:
    """The phone, the inbox and the reporter of the nth participant; every fifth phone is that of a mother of two."""
    group, place = divmod(n, 7)
    if place < 4:
        return f"+1202555{group * 5 + place:04}", f"p{n}@example.org", "self"
    return f"+1202555{group * 5 + 4:04}", f"mother{group}@example.org", "self" if place == 4 else "proxy"


def _enrolment(code: str, number: str, address: str, reporter: str) -> Enrolment:
    prefix = "" if reporter == "self" else "proxy_"
    born = date(1980, 1, 1) if reporter == "self" else date(2021, 1, 1)
    return Enrolment.model_validate(
        {
            "code": code, "zone": "America/New_York", "language": "en", "enrolled_on": START.date(),
            "birth_date": born, f"{prefix}phone": number, f"{prefix}email": address,
        }
    )  # fmt: skip


def bad_carrier(seed: int) -> Hostility:
    """A bad month: as in rehearsals, with each way to lose an answer often enough to be met many times."""
    return replace(hostile(seed), silent=0.005)
