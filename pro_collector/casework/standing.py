"""Computes the standing of participants today from their stored rows."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.domain.conversation.permission import Standing
from pro_collector.domain.study.definition import DEATHS, Study
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import participants, timelines
from pro_collector.postgres.tables.participants import StateRow
from pro_collector.runtime import Runtime


def day_of(now: datetime, zone: str) -> date:
    """The date at `now` (an aware instant) where a participant lives (IANA name)."""
    return now.astimezone(ZoneInfo(zone)).date()


def standing(
    study: Study, states: Iterable[StateRow], treatment_dates: Iterable[tuple[str, date]], today: date
) -> Standing:
    """The states that apply `today`, and whether an event that ends participation, or a death, has happened by then."""
    happened = {kind for kind, on in treatment_dates if on <= today}
    known = frozenset(each.kind for each in states if each.covers(today))
    dead = DEATHS | {kind for kind, ending in study.endings.items() if ending == "deceased"}
    return Standing(known, bool(happened & study.ending), died=bool(dead & (happened | known)))


async def load_standings(tx: Tx, rt: Runtime, ids: Sequence[UUID], now: datetime) -> dict[UUID, Standing]:
    """The standing of each of these participants today, by their present version of the study."""
    persons = await participants.load_many(tx, ids)
    states = await participants.states(tx, list(persons))
    treatment_dates = await timelines.dates(tx, list(persons))
    return {
        id: standing(
            (await rt.studies.get(tx, person.study, person.study_version)).study,
            states[id],
            treatment_dates[id],
            day_of(now, person.zone),
        )
        for id, person in persons.items()
    }
