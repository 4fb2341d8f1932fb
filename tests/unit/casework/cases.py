"""Cases for tests of casework: one participant in memory, as the record would have loaded them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from pro_collector.casework.desk.case import Case
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.postgres.tables.participants import ParticipantRow, StateRow
from pro_collector.postgres.tables.studies import StudyVersion
from scheduler.person import Condition
from scheduler.rules import Channel
from tests.shared.instruments import shipped
from tests.shared.studies import study

DIARY = "symptom-diary"
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
"""A Monday, 10:00 in New York."""
TODAY = NOW.date()
HOUR = timedelta(hours=1)
ANN, BEN = UUID(int=1), UUID(int=2)
PHONE, OTHER_PHONE = b"phone", b"another phone"


def version(*changes: tuple[str, str]) -> StudyVersion:
    """The small good study with the symptom diary, and pieces of it replaced."""
    return StudyVersion(study(("[diary]", f"[{DIARY}]"), *changes), {DIARY: shipped(DIARY)})


def person(id: UUID = ANN, **given: Any) -> ParticipantRow:
    """Somebody in New York."""
    made = ParticipantRow(
        id=id, study="small-study", study_version="1", code=f"P-{id.int}", zone="America/New_York", language="en",
        birth_date=date(1980, 1, 1), sex=None, arm="a", site="here", enrolled_on=date(2026, 1, 5),
        preferred_time=None, planned_until=None,
    )  # fmt: skip
    return replace(made, **given)


def contact(channel: Channel = "sms", lookup: bytes = PHONE, *, of: UUID = ANN, **given: Any) -> ContactRow:
    """An address of somebody."""
    id = UUID(int=1000 * of.int + len(channel))
    made = ContactRow(id=id, participant_id=of, reporter="self", channel=channel, sealed=b"", lookup=lookup)
    return replace(made, **given)


def occasion(n: int = 1, *, of: UUID = ANN, **given: Any) -> OccasionRow:
    """An occasion of the weekly symptoms that was opened an hour ago and closes in three days."""
    due = NOW - HOUR
    made = OccasionRow(
        id=UUID(int=100 * of.int + n), participant_id=of, study="small-study", study_version="1", assessment="weekly",
        anchor="surgery", anchor_n=1, anchor_on=date(2026, 3, 2), anchor_key="", n=n, point="day 0", reporter="self",
        instruments=[DIARY], due_at=due, due_local=due.replace(tzinfo=None), wanted_local=due.replace(tzinfo=None),
        moved_by=None, zone="America/New_York", opens_at=due, closes_at=due + timedelta(days=3),
        late_until=due + timedelta(days=4), priority=5, reminders=[], state="invited", reason=None, detail=None,
        asked=f"{DIARY}/pain",
    )  # fmt: skip
    return replace(made, **given)


def state(kind: Condition, starts_on: date = TODAY, ends_on: date | None = None, *, of: UUID = ANN) -> StateRow:
    """A span of somebody's life."""
    return StateRow(UUID(int=9), of, kind, starts_on, ends_on, NOW, "tester", "")


def case(*occasions: OccasionRow, who: ParticipantRow | None = None, **given: Any) -> Case:
    """Somebody with a phone and these occasions, on treatment, in no state."""
    who = who or person()
    rows = {row.id: row for row in occasions}
    made = Case(
        person=who, versions={"1": version()}, contacts=[contact(of=who.id)], occasions=rows,
        answers={}, modes={}, states=[], treatment_dates=[], messages=0, now=NOW,
    )  # fmt: skip
    return replace(made, **given)
