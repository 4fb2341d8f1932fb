"""Computes the standing of participants today from their stored rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.domain.conversation.permission import Standing
from pro_collector.domain.feed.record import author
from pro_collector.domain.study.definition import DEATHS, Study
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import participants, timelines
from pro_collector.postgres.tables.participants import ParticipantRow, StateRow
from pro_collector.postgres.together import together
from pro_collector.runtime import Runtime
from scheduler.after_end import WAYS
from scheduler.caregiver import goes_on_after

SYSTEM = "system"
"""Who records a pause because a death was reported."""


def day_of(now: datetime, zone: str) -> date:
    """The date at `now` (an aware instant) where a participant lives (IANA name)."""
    return now.astimezone(ZoneInfo(zone)).date()


def standing(
    study: Study,
    states: Iterable[StateRow],
    treatment_dates: Iterable[tuple[str, date]],
    today: date,
    caregiver_goes_on: date | None = None,
) -> Standing:
    """The states that apply `today`, and whether an event that ends participation, or a death, has happened by then.

    `caregiver_goes_on`: the day from which the caregiver is asked although the participant withdrew.
    """
    states, treatment_dates = list(states), list(treatment_dates)
    happened = {kind for kind, on in treatment_dates if on <= today}
    known = frozenset(each.kind for each in states if each.covers(today))
    dead = DEATHS | {kind for kind, ending in study.endings.items() if ending == "deceased"}
    ends = [(each.starts_on, WAYS[each.kind]) for each in states if each.kind in WAYS]
    ends += [(on, study.endings.get(kind)) for kind, on in treatment_dates if kind in study.ending]
    return Standing(
        known,
        bool(happened & study.ending),
        died=bool(dead & (happened | known)),
        may_have_ended=any(_awaits_somebody(each) for each in states if each.covers(today)),
        caregiver_goes_on=goes_on_after(ends, caregiver_goes_on, today),
    )


def _awaits_somebody(state: StateRow) -> bool:
    """Whether the product or a feed began this pause, because participation may have ended; no person began it."""
    return state.kind == "paused" and (state.recorded_by == SYSTEM or state.recorded_by.startswith(author("")))


async def load_standings(tx: Tx, rt: Runtime, ids: Sequence[UUID], now: datetime) -> dict[UUID, Standing]:
    """The standing of each of these participants today, by their present version of the study."""
    return await standings_of(tx, rt, await participants.load_many(tx, ids), now)


async def standings_of(
    tx: Tx, rt: Runtime, persons: Mapping[UUID, ParticipantRow], now: datetime
) -> dict[UUID, Standing]:
    """The same for participants that are loaded already."""
    async with together(tx) as ask:
        every_state = ask(participants.states(tx, list(persons)))
        every_date = ask(timelines.dates(tx, list(persons)))
    states, treatment_dates = every_state.result(), every_date.result()
    return {
        id: standing(
            (await rt.studies.get(tx, person.study, person.study_version)).study,
            states[id],
            treatment_dates[id],
            day_of(now, person.zone),
            person.caregiver_goes_on,
        )
        for id, person in persons.items()
    }
