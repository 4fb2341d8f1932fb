"""One life: a few people for two weeks, the whole pipeline in virtual time, and faults at its boundaries by a seed.

Everything runs in one task, so that a seed always gives the same life. The processes are the real ones: the agenda, the
relay, the consumers with their handlers, the reconciler; they share a real PostgreSQL. Between two of its transactions
a process may be overtaken by any other.
"""

import heapq
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from pro_collector.agenda import PostgresAgenda
from pro_collector.casework.inbound.receiving import receive, receive_mail
from pro_collector.casework.inbound.reporting import report
from pro_collector.channels.mail import Sender
from pro_collector.channels.pacing import Pace, Pacer
from pro_collector.channels.twilio import Twilio
from pro_collector.clock import SteadyClock
from pro_collector.commands.enrol import Enrolment, enrol
from pro_collector.commands.record_treatment import record_event
from pro_collector.errors import Unavailable
from pro_collector.kafka.consumer import Consumer
from pro_collector.pipeline import HANDLED_TYPES, PIPELINE, WORK, Work
from pro_collector.postgres.tables import agenda, outbox
from pro_collector.postgres.tables.studies import Studies
from pro_collector.reconciler import Reconciler
from pro_collector.rehearsal.hostility import Hostility, hostile
from pro_collector.rehearsal.texts import Message, Text
from pro_collector.relay import TEMPORARY, Relay
from pro_collector.runtime import Runtime
from pro_collector.settings import Settings
from pro_collector.vault import Vault
from tests.lives.carrier import Action, Carrier, MailRelay, twilio_of
from tests.lives.faults import Boundaries, Died, FaultyDatabase, Weather
from tests.lives.memory_kafka import MemoryKafka
from tests.lives.people import People, Phone

LONG, SHORT = "lives-long", "lives-short"
"""The studies: two weeks with two diaries, and four days with one."""
DAYS = {LONG: 17, SHORT: 10}
"""How long a life is, until long after its last window has closed."""
STARTS = (date(2026, 3, 3), date(2026, 3, 24), date(2026, 7, 7), date(2026, 10, 20))
"""Two of them with a change of the clocks in the weeks after them, for one of the zones."""
ZONES = ("America/New_York", "Europe/Madrid", "Australia/Sydney")
SETTLES_AFTER, REPUBLISHES_AFTER, POLLS_AFTER = 300.0, 75.0, 1800.0
"""Seconds after a fault: these loops of the product run for ever, and find nothing without one."""
FOR_A_WHILE: tuple[type[Exception], ...] = (*TEMPORARY, Unavailable)
"""Failures that pass."""
MOST_STEPS = 20_000
_KINDS: Mapping[str, Work] = {work.group: work for works in WORK.values() for work in works}
_HANDLERS = {event: handle for table in PIPELINE.values() for event, handle in table.items()}
READING, SENDING = "worker.message.received", "sender.message.requested"
"""The groups that read texts, and that send."""


class TrueClock:
    """The clock of our machine: the true time, and by how much it is wrong."""

    def __init__(self, start: datetime) -> None:
        self.true, self.error = start, timedelta(0)

    def now(self) -> datetime:
        return self.true + self.error

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError(f"nothing sleeps in a life: {seconds}")


@dataclass(frozen=True, slots=True)
class Broken:
    """A law that a life has broken."""

    law: str
    detail: str


class Life:
    """The world of one seed. `studies` may be shared by lives: what is stored of a study never changes."""

    def __init__(self, seed: int, database: FaultyDatabase, settings: Settings, studies: Studies) -> None:
        self.seed, self.dice = seed, Random(f"life {seed}")
        weather = Weather.of(self.dice)
        self.boundaries = database.boundaries = Boundaries(weather, self.dice)
        self.boundaries.calm = True
        self.boundaries.overtake, self.boundaries.after_fault = self._overtake, self._look_later
        self.start = datetime.combine(self.dice.choice(STARTS), datetime.min.time(), UTC) + timedelta(hours=12)
        self.clock = TrueClock(self.start)
        self.kafka = MemoryKafka(self.boundaries)
        self._database = database
        self.carrier = Carrier(self, hostile(seed) if self.dice.random() < 0.7 else Hostility(seed))
        self.mail = MailRelay(self)
        self.twilio = twilio_of(self.carrier)
        self.rt = _runtime(settings, self.clock, database, self.twilio, self.mail, studies)
        self.accepted: list[Message] = []
        self.broken: list[Broken] = []
        self.people: People
        self.study = LONG if self.dice.random() < 0.15 else SHORT
        self.stop_chance = 0.15
        """How many lives have people who may want no more."""
        self.stop_luck = 0.08
        """How many of their answers are STOP instead."""
        self.handlers = dict(_HANDLERS)
        self.codes: list[str] = []
        self.days = 0.0
        self._future: list[tuple[datetime, int, Action]] = []
        self._order = itertools.count()
        self._planned: set[str] = set()
        self._next_due: datetime | None = None
        self._relay_rests = False
        self._asleep_until = self.start
        self._steps = 0
        self.stops: dict[str, int] = {}

    # What the carrier sees

    def true_now(self) -> datetime:
        return self.clock.true

    def later(self, seconds: float, action: Action) -> None:
        heapq.heappush(self._future, (self.clock.true + timedelta(seconds=seconds), next(self._order), action))

    async def call(self, name: str, action: Action) -> bool:
        """A request from outside to the web process; false if the answer was not that it is done."""
        if self.clock.true < self._asleep_until or self.boundaries.happens("webhook_fault"):
            return False
        return await self._act(f"web {name}", action)

    def accepting(self, message: Message) -> None:
        self.accepted.append(message)
        stopped, claimed = self.stops.get(message.to), self.boundaries.began.get(SENDING, 0)
        if stopped is not None and stopped < claimed and "no more" not in message.body:
            self.broken.append(Broken("nothing is sent after a stop", f"{message.to} {message.body!r}"))
        self.boundaries.note(f"took {message.to} {message.body[:40]!r}")

    def arrived(self, text: Text) -> None:
        self.people.hear(text)

    async def take_text(self, fields: Mapping[str, str]) -> None:
        await receive(self.rt, self.twilio.parse_inbound(fields))

    async def take_report(self, message: str, fields: Mapping[str, str]) -> None:
        await report(self.rt, UUID(message), self.twilio.parse_report(fields))

    async def take_mail(self, content: bytes, to: str) -> None:
        await receive_mail(self.rt, content, to)

    def missed(self) -> None:
        self._once("poll", POLLS_AFTER, self._poll)

    async def look(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """The rows of a query of the judge."""
        return await self._database.look(query, *values)

    async def change(self, statements: str) -> None:
        """Change the database behind the back of the product, to see that the laws notice."""
        await self._database.change(statements)

    # The life

    async def live(self) -> None:
        """Enrol people, let the weeks pass with their faults, then end the faults and let everything come to rest."""
        self._restart("everything")
        await self._enrol()
        self.boundaries.calm = False
        self._trouble_comes()
        await self._run(self.start + timedelta(days=DAYS[self.study]))
        self.boundaries.calm = True
        self.clock.error = timedelta(0)
        self._look_later()
        self.missed()
        await self._run(self.clock.true + timedelta(days=2))

    async def _enrol(self) -> None:
        dice, people, phones = self.dice, [], dict[str, list[str]]()
        shared = dice.random() < 0.3
        for n in range(dice.choice((1, 1, 1, 2, 2, 3))):
            number = f"+1202555{1000 + (0 if shared else n)}"
            person = {
                "code": f"RT-{n + 1}", "zone": dice.choice(ZONES), "language": "en", "enrolled_on": self.start.date(),
                "birth_date": date(1980, 1, 1), "phone": number, "email": f"p{n}@example.org",
            }  # fmt: skip
            people.append(Enrolment.model_validate(person))
            phones.setdefault(number, []).append(f"RT-{n + 1}")
        self.codes = [person.code for person in people]
        self.people = People(self, self.carrier, [Phone(number, codes) for number, codes in phones.items()], dice)
        self.people.stops = self.stop_luck if dice.random() < self.stop_chance else 0.0
        await enrol(self.rt, self.study, people)
        for code in self.codes:
            began = self.start.date() - timedelta(dice.randint(0, 2))
            await record_event(self.rt, code, "treatment_start", began, by="tester")
        self.days = DAYS[self.study] * len(people)

    def _trouble_comes(self) -> None:
        weather, dice = self.boundaries.weather, self.dice
        for kind, action in (("wiped", self._wipe), ("clock_fault", self._move_clock), ("asleep", self._fall_asleep)):
            for _ in range(dice.randint(1, 3) if getattr(weather, kind) else 0):
                self.later(dice.uniform(0, DAYS[self.study] - 4) * 86400, action)

    async def _run(self, until: datetime) -> None:
        """Let time pass. Everything that can be done at an instant is done before the next one."""
        while True:
            ready = self._ready()
            if ready:
                await self._step(self.dice.choice(ready))
                continue
            following = self._next_instant()
            if following is None or following > until:
                self.clock.true = max(self.clock.true, until)
                return
            self.clock.true = max(self.clock.true, following)
            await self._pass_time()

    def _next_instant(self) -> datetime | None:
        moments = [self._future[0][0]] if self._future else []
        if self._next_due is not None:
            moments.append(max(self._next_due - self.clock.error, self._asleep_until))
        return min(moments, default=None)

    async def _pass_time(self) -> None:
        while self._future and self._future[0][0] <= self.clock.true:
            await heapq.heappop(self._future)[2]()

    # The processes

    def _ready(self) -> list[str]:
        """The processes that have something to do now, and are not at it already."""
        if self.clock.true < self._asleep_until:
            return []
        here, due = self.boundaries, self._next_due
        ready = [group for group, work in _KINDS.items() if self.kafka.waiting(group, [e.type for e in work.events])]
        if agenda.CHANNEL in here.notified or (due is not None and due <= self.clock.now()):
            ready.append("scheduler")
        if outbox.CHANNEL in here.notified and not self._relay_rests:
            ready.append("relay")
        return [name for name in ready if name not in here.running]

    async def _step(self, name: str) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise RuntimeError(f"no rest after {MOST_STEPS} steps: {self._ready()}")
        steps: Mapping[str, Action] = {"scheduler": self._schedule, "relay": self._publish}
        await self._act(name, steps.get(name) or partial(self._consume, name))

    async def _act(self, name: str, action: Action) -> bool:
        """Let one process work until it is done, or dies, or fails for a while; false unless it is done."""
        here = self.boundaries
        here.running.append(name)
        try:
            await action()
        except Died:
            self._restart(name)
            return False
        except FOR_A_WHILE as error:
            here.note(f"failed: {type(error).__name__}")
            self._look_later()
            return False
        finally:
            here.running.pop()
        return True

    async def _overtake(self) -> None:
        """Let another process, or what comes in within seconds, go first."""
        if len(self.boundaries.running) > 2:
            return
        ready = self._ready()
        soon = self.clock.true + timedelta(seconds=10)
        if self._future and self._future[0][0] <= soon and (not ready or self.dice.random() < 0.5):
            self.clock.true = max(self.clock.true, self._future[0][0])
            await heapq.heappop(self._future)[2]()
        elif ready:
            await self._step(self.dice.choice(ready))

    def _restart(self, name: str) -> None:
        """A process ends and is started again; it remembers nothing."""
        self.boundaries.note(f"restart of {name}")
        self._agenda = PostgresAgenda(self.rt.database, self.rt.listener)
        self._relay = Relay(self.rt.database, self.kafka, self.rt.listener, HANDLED_TYPES)
        self._reconciler = Reconciler(self.rt)
        self._consumers = {group: self._consumer(work) for group, work in _KINDS.items()}
        self.boundaries.notified |= {agenda.CHANNEL, outbox.CHANNEL}
        self._relay_rests = False
        self._look_later()

    def _consumer(self, work: Work) -> Consumer:
        handlers = {event.type: (event, partial(self.handlers[event], rt=self.rt)) for event in work.events}
        return Consumer(self.rt.database, handlers)

    async def _schedule(self) -> None:
        self.boundaries.notified.discard(agenda.CHANNEL)
        self._next_due = await self._agenda.fire(self.clock.now())

    async def _publish(self) -> None:
        self.boundaries.notified.discard(outbox.CHANNEL)
        try:
            if await self._relay.pump():
                self.boundaries.notified.add(outbox.CHANNEL)
        except TEMPORARY:
            self._relay_rests = True
            self.boundaries.notified.add(outbox.CHANNEL)
            self.later(2.0, self._wake_relay)

    async def _wake_relay(self) -> None:
        self._relay_rests = False

    async def _consume(self, group: str) -> None:
        work = _KINDS[group]
        batch = self.kafka.take(group, [event.type for event in work.events], work.batch)
        self.boundaries.note(f"takes {[(record.topic, record.offset) for record in batch]}")
        await self._consumers[group].take(batch)
        if group == READING:
            await self._note_stops()
        self.boundaries.cross("handled")
        if not self.boundaries.happens("offset_lost"):
            self.kafka.commit(group, batch)

    async def _note_stops(self) -> None:
        """Remember at which crossing each phone was opted out."""
        if any(meant.kind == "stop" for meant in self.people.meant.values()):
            rows = await self._database.look("SELECT lookup FROM vault.contact WHERE opted_out_at IS NOT NULL")
            out = {bytes(row["lookup"]) for row in rows}
            numbers = [number for number in self.people.phones if self.rt.vault.lookup(number) in out]
            self.stops = {number: self.stops.get(number, self.boundaries.crossed) for number in numbers}

    # What the product does in loops

    def _look_later(self) -> None:
        """After a fault, the loops of the product have something to find."""
        self._once("settle", SETTLES_AFTER, self._settle)
        self._once("republish", REPUBLISHES_AFTER, self.republish)

    def _once(self, name: str, seconds: float, action: Action) -> None:
        """Run a loop of the product once, so many seconds from now, unless it is to run before that."""
        if name in self._planned:
            return
        self._planned.add(name)

        async def act() -> None:
            self._planned.discard(name)
            if self.clock.true < self._asleep_until or self.boundaries.running:
                self._once(name, seconds, action)
            elif not await self._act(name, action):
                self._once(name, 60.0, action)

        self.later(seconds, act)

    async def _settle(self) -> None:
        if await self._reconciler.settle(timedelta(0)):
            self._look_later()

    async def republish(self) -> None:
        """What the relay does for events that nobody handled."""
        async with self.rt.database.transaction() as tx:
            await outbox.republish(tx, timedelta(0))

    async def _poll(self) -> None:
        await self._reconciler.fetch_inbound()

    # What happens to the machines

    async def _wipe(self) -> None:
        self.boundaries.tally["wiped"] += 1
        self.boundaries.note("wiped")
        self.kafka.wipe()
        self._look_later()

    async def _move_clock(self) -> None:
        self.clock.error = timedelta(seconds=self.dice.uniform(-90, 90))
        self.boundaries.tally["clock_fault"] += 1
        self.boundaries.note(f"clock is wrong by {self.clock.error}")

    async def _fall_asleep(self) -> None:
        self._asleep_until = self.clock.true + timedelta(hours=self.dice.uniform(0.1, 20))
        self.boundaries.tally["asleep"] += 1
        self.boundaries.note(f"nothing runs until {self._asleep_until}")
        self._restart("everything")
        self.missed()

        async def wake() -> None: ...

        self.later((self._asleep_until - self.clock.true).total_seconds(), wake)


def _runtime(
    settings: Settings, clock: TrueClock, database: FaultyDatabase, twilio: Twilio, mail: MailRelay, studies: Studies
) -> Runtime:
    vault = Vault(settings.vault_key.get_secret_value(), settings.link_key.get_secret_value())
    return Runtime(
        settings=settings, clock=clock, database=database, listener=None, vault=vault,  # type: ignore[arg-type]
        twilio=twilio, smtp=mail, mail_sender=Sender("The Story Team", "team@example.org", "example.org"),
        pacer=Pacer(Pace(1e6, burst=1e6), SteadyClock().now()), studies=studies,
    )  # fmt: skip
