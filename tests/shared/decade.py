"""A made-up study after nine years, loaded into PostgreSQL: everybody has a check-in a week, for ten years."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework.planning import HORIZON, to_fact, to_person, to_row
from pro_collector.commands.apply_study import apply_study
from pro_collector.commands.enrol import Enrolment, enrol
from pro_collector.domain.events import SurveyDue, derived_id
from pro_collector.domain.study.timeline import effective
from pro_collector.postgres.tables import agenda, participants
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.postgres.tables.timelines import TreatmentRow
from pro_collector.runtime import Runtime
from scheduler.plan import plan
from scheduler.rulebook import Rules
from tests.shared.clock import FixedClock
from tests.shared.office import DEMO, STUDY, library
from tests.shared.team_year import copy_rows

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 2, 17, tzinfo=UTC)
"""Noon in New York, on a Monday: no quiet hours."""
BEGAN = date(2017, 3, 6)
BEFORE = DEMO.replace("{every: 1w, for: 2y, until: end_of_treatment}", "{every: 1w, for: 10y}")
AFTER = BEFORE.replace('version: "1.0"', 'version: "1.1"').replace('at: "10:00"', 'at: "09:00"', 1)
"""The amendment: the weekly check-in comes an hour earlier, for everybody."""
SOME = 100
"""How many people are loaded in one transaction."""


def phone(n: int) -> str:
    """The phone of the person with this number."""
    return f"+1202{5_000_000 + n}"


def code(n: int) -> str:
    """The code of the person with this number."""
    return f"D-{n:04}"


def enrolment(n: int) -> Enrolment:
    """An adult who was enrolled on the first day or up to six days later, so that each day somebody is asked."""
    person = {
        "code": code(n), "zone": ZONE.key, "language": "en", "arm": "treated", "site": "bethesda",
        "birth_date": date(1970, 1, 1), "enrolled_on": BEGAN + timedelta(days=n % 7), "phone": phone(n),
        "email": f"{code(n).lower()}@example.org",
    }  # fmt: skip
    return Enrolment.model_validate(person)


async def seed_decade(rt: Runtime, people: int) -> int:
    """Load so many people with nine years behind them and what is planned; returns how many occasions they have."""
    then = replace(rt, clock=FixedClock(datetime.combine(BEGAN, time(6), ZONE).astimezone(UTC)))
    await apply_study(then, BEFORE, "decade.yaml", library(), "tester")
    ids: list[UUID] = []
    for start in range(0, people, SOME):
        ids += await enrol(then, STUDY, [enrolment(n) for n in range(start, min(start + SOME, people))])
    async with rt.database.transaction() as tx:
        await tx.execute("UPDATE outbox SET published_at = %s, handled_at = %s WHERE handled_at IS NULL", (NOW, NOW))
        rules = await rt.studies.rules(tx, STUDY)
    occasions = 0
    for start in range(0, people, SOME):
        occasions += await _load(rt, rules, ids[start : start + SOME])
    async with rt.database.transaction(long=True) as tx:
        await tx.execute("ANALYZE participant, occasion, treatment_event, agenda")
    return occasions


async def _load(rt: Runtime, rules: Rules, ids: Sequence[UUID]) -> int:
    treatment: list[Mapping[str, Any]] = []
    occasions: list[OccasionRow] = []
    async with rt.database.transaction(long=True) as tx:
        for person in (await participants.load_many(tx, ids)).values():
            rows, fact = _of_person(person, rules)
            occasions += rows
            treatment.append(_columns(fact))
        await copy_rows(tx, "treatment_event", treatment)
        await copy_rows(tx, "occasion", [_columns(row) for row in occasions])
        await agenda.put(tx, [SurveyDue.of(row, row.due_at) for row in occasions if row.state == "planned"])
        await participants.set_planned_until(tx, ids, NOW + HORIZON)
    return len(occasions)


def _of_person(person: ParticipantRow, rules: Rules) -> tuple[list[OccasionRow], TreatmentRow]:
    at = datetime.combine(person.enrolled_on, time(9), ZONE).astimezone(UTC)
    id = derived_id("treatment", person.id, "treatment_start")
    fact = TreatmentRow(id, person.id, id, "treatment_start", person.enrolled_on, at, "tester", "", False, None)
    timeline = effective([to_fact(fact)], repeating=frozenset())
    planned = plan(rules, to_person(person, []), timeline, at, NOW + HORIZON).occasions
    return [_lived(to_row(each, person, at)) for each in planned], fact


def _lived(row: OccasionRow) -> OccasionRow:
    """What became of it: nobody answered; what may still be answered has not been asked yet."""
    if row.state != "planned" or row.closes_at > NOW:
        return row
    return replace(row, state="missed", reason="window closed without an answer", opened_at=row.due_at,
                   ended_at=row.closes_at, language="en")  # fmt: skip


def _columns(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}
