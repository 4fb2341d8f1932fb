"""A made-up trial of two arms, loaded into PostgreSQL: missed visits, late answers, deaths, withdrawals, crossed days.

Its scores are drawn, not computed from answers, so that every rule of an endpoint meets what it is for: a worsening at
the last visit, one that is undone, a missed visit between two that are worse, an answer after the next visit, two
scores on one day, no baseline, nothing after it. The same arguments give the same rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import yaml

from pro_collector.casework.desk.answer_rows import answer_row
from pro_collector.casework.planning import to_fact, to_person, to_row
from pro_collector.commands.apply_study import apply_study
from pro_collector.commands.enrol import Enrolment, enrol
from pro_collector.domain.events import derived_id
from pro_collector.domain.instrument.answers import Answer
from pro_collector.domain.instrument.item import Item
from pro_collector.domain.scoring.score import scoring_version
from pro_collector.domain.study.timeline import effective
from pro_collector.postgres.tables import participants
from pro_collector.postgres.tables.answers import ResponseRow, ScoreRow
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.postgres.tables.participants import ParticipantRow, StateRow
from pro_collector.postgres.tables.studies import StudyVersion
from pro_collector.postgres.tables.timelines import TreatmentRow
from pro_collector.runtime import Runtime
from scheduler.person import Condition
from scheduler.plan import plan
from scheduler.rulebook import Rules
from tests.shared.clock import FixedClock
from tests.shared.office import DEMO, library
from tests.shared.team_year import copy_rows
from tests.shared.year_people import ARMS, SITES, number
from tests.shared.year_rows import Bulk

TRIAL = "two-arm-trial"
ASSESSMENTS = yaml.safe_load("""
screening:
  title: {en: Screening, es: Selección}
  instruments: [symptom-diary, well-being-diary]
  anchor: enrolment
  on_days: [1, 5]
  window: &window {closes: 4d, late_entry: 14d}
  reporter: &who
    - {below: 8, by: proxy}
    - {from: 8, below: 13, by: both}
    - {from: 13, by: self}
fortnightly:
  title: {en: Every two weeks, es: Cada dos semanas}
  instruments: [symptom-diary, well-being-diary]
  anchor: treatment_start
  repeat: {every: 2w, for: 20w}
  window: *window
  reporter: *who
""")
TABLES = ("participant_state", "treatment_event", "occasion", "answer", "response", "score")
SCALES = {"pain": ("symptom-diary", 10), "vomiting": ("symptom-diary", 7), "overall": ("well-being-diary", 10)}
"""The scales that are drawn: the instrument, and into how many steps 0 to 100 is divided."""
WAITS = (0, 0, 0, 0, 1, 2, 3, 10, 14)
"""After how many days somebody answers; the last two are late."""


async def load_trial(rt: Runtime, *, people: int = 330, days: int = 240, seed: int = 15) -> None:
    """Load a trial of `days` days until the clock's present. `rt` needs every right on the tables."""
    now = rt.clock.now()
    began = now - timedelta(days=days)
    then = replace(rt, clock=FixedClock(began))
    study = yaml.safe_load(DEMO) | {"id": TRIAL, "assessments": ASSESSMENTS}
    study["arms"] = {arm: {"label": {"en": arm, "es": arm}} for arm in ARMS}
    await apply_study(
        then, yaml.safe_dump(study, sort_keys=False, allow_unicode=True), "trial.yaml", library(), "tester"
    )
    made = [_enrolment(Random(f"{seed}/{n}"), n, began.date()) for n in range(1, people + 1)]
    ids = await enrol(then, TRIAL, made)
    async with rt.database.transaction() as tx:
        version, rules = await rt.studies.get(tx, TRIAL, "1.0"), await rt.studies.rules(tx, TRIAL)
        rows = await participants.load_many(tx, ids)
    bulk = Bulk()
    for id in ids:
        PersonOfTrial(bulk, version, rules, rows[id], Random(f"{seed}/{rows[id].code}"), now).write()
    async with rt.database.transaction(long=True) as tx:
        for table in TABLES:
            await copy_rows(tx, table, bulk.tables[table])


def _enrolment(dice: Random, n: int, first: date) -> Enrolment:
    site, zone = SITES[n % len(SITES)]
    age = dice.choice((5, 10, 11)) if n % 20 == 0 else dice.randint(19, 84)
    enrolled_on = first + timedelta(days=dice.randrange(110))
    return Enrolment.model_validate(
        {
            "code": f"TR-{n:04}", "zone": zone, "language": "en", "enrolled_on": enrolled_on, "site": site,
            "birth_date": enrolled_on - timedelta(days=round(age * 365.25) + 40), "arm": ARMS[dice.randrange(2)],
            "sex": dice.choice(("female", "male", None)), "phone": number(2 * n) if age >= 8 else None,
            "proxy_phone": number(2 * n + 1) if age < 13 else None,
        }
    )  # fmt: skip


@dataclass
class PersonOfTrial:
    """Draws the course of one person, and adds its rows."""

    bulk: Bulk
    version: StudyVersion
    rules: Rules
    person: ParticipantRow
    dice: Random
    now: datetime
    level: dict[tuple[str, str], float] = field(default_factory=dict)

    def write(self) -> None:
        """Everything that happened to them until now."""
        person, dice = self.person, self.dice
        states = list(self._states())
        started = person.enrolled_on + timedelta(days=dice.choice((1, 4, 7, 9, 12)))
        facts = [self._start(started)] if dice.random() < 0.95 else []
        timeline = effective([to_fact(row) for row in facts], repeating=self.version.study.repeating)
        enrolled_at = self._at(person.enrolled_on)
        answers = dice.choice((0.3, 0.75, 0.85, 0.95))
        for occasion in plan(self.rules, to_person(person, states), timeline, enrolled_at, self.now).occasions:
            row = to_row(occasion, person, min(self.now, occasion.due_at))
            self._visit(row, answers) if row.state == "planned" and row.due_at <= self.now else self._add(row)

    def _states(self) -> Iterator[StateRow]:
        """One in five dies, one in six withdraws, some withdraw and die later."""
        kinds: list[Condition] = [kind for kind, chance in _ENDS if self.dice.random() < chance]
        on = self.person.enrolled_on
        for kind in kinds:
            on += timedelta(days=self.dice.randint(3, 150))
            if self._at(on) <= self.now:
                id = derived_id("state", self.person.id, kind)
                row = StateRow(id, self.person.id, kind, on, None, self._at(on), "tester", "")
                self.bulk.add("participant_state", row)
                yield row

    def _start(self, on: date) -> TreatmentRow:
        id = derived_id("treatment", self.person.id)
        row = TreatmentRow(id, self.person.id, id, "treatment_start", on, self._at(on), "tester", "", False, None)
        self.bulk.add("treatment_event", row)
        return row

    def _visit(self, row: OccasionRow, answers: float) -> None:
        """A visit that was due: answered, early or late, or missed, or open until now."""
        at = row.due_at + timedelta(days=self.dice.choice(WAITS), minutes=self.dice.randint(1, 300))
        row = replace(row, opened_at=row.due_at, language="en")
        if self.dice.random() > answers or at > min(row.late_until, self.now):
            ended = replace(row, state="missed", reason=_UNANSWERED, ended_at=row.closes_at)
            self._add(ended if row.closes_at <= self.now else replace(row, state="invited"))
            return
        complete = self.dice.random() < 0.93
        self._add(replace(row, state="completed" if complete else "partial", reason=_ANSWERED, ended_at=at))
        for instrument in row.instruments if complete else row.instruments[:1]:
            self._response(row, instrument, at)

    def _response(self, row: OccasionRow, name: str, at: datetime) -> None:
        instrument = self.version.instruments[name]
        of = instrument.id, instrument.version
        response = ResponseRow(
            derived_id("response", row.id, name), row.participant_id, row.id, *of, instrument.hash, row.reporter,
            "web", "en", "completed", at,
        )  # fmt: skip
        self.bulk.add("response", response)
        first = instrument.items[0]
        answer = answer_row(row, instrument, first.id, _some(first), at, "web", None, at > row.closes_at)
        self.bulk.add("answer", answer)
        for scale in [scale for scale, (owner, _) in SCALES.items() if owner == name]:
            value = self._drawn(row.reporter, scale) if self.dice.random() < 0.96 else None
            scored = ScoreRow(
                at, response.id, row.participant_id, row.id, *of, scoring_version(instrument), scale, value,
                0 if value is None else 1, 1, None if value else f"{scale}: none", None, row.reporter, "web", at,
            )  # fmt: skip
            self.bulk.add("score", scored)

    def _drawn(self, reporter: str, scale: str) -> float:
        """The next score: a walk in whole steps, in one arm rather upwards; many stay at an end of the scale."""
        steps, key = SCALES[scale][1], (reporter, scale)
        drift = 0.3 if self.person.arm == ARMS[0] else 0.0
        before = self.level.get(key, self.dice.choice((0, 1, 2, 3, 5, steps)))
        self.level[key] = min(steps, max(0, before + round(self.dice.gauss(drift, 1.3))))
        return 100 * self.level[key] / steps

    def _add(self, row: OccasionRow) -> None:
        self.bulk.add("occasion", row)

    def _at(self, day: date) -> datetime:
        return datetime.combine(day, time(9), ZoneInfo(self.person.zone)).astimezone(UTC)


def _some(item: Item) -> Answer:
    return item.options[0].code if item.options else int(item.minimum or 0)


_ENDS: tuple[tuple[Condition, float], ...] = (("withdrew", 0.17), ("died", 0.22))
_UNANSWERED, _ANSWERED = "window closed without an answer", "every question answered"
