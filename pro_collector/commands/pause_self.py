"""A person pauses all messages until a day that they choose, and ends the pause earlier if they want."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from pro_collector.casework.desk.load import load_person
from pro_collector.commands.record_state import record_state, retract_state
from pro_collector.domain.conversation.own_choices import PauseProblem, pause_problem
from pro_collector.postgres.tables.participants import StateRow
from pro_collector.runtime import Runtime

OWN = ("participant", "proxy")
"""Who records a pause by themselves; any other pause is the team's."""


def own_pause(states: Sequence[StateRow], today: date) -> StateRow | None:
    """The pause of today that the person recorded; None without one."""
    return next((each for each in paused(states, today) if each.recorded_by in OWN), None)


def paused(states: Sequence[StateRow], today: date) -> list[StateRow]:
    """Every pause of today, whoever recorded it."""
    return [each for each in states if each.kind == "paused" and each.covers(today)]


async def pause_self(rt: Runtime, participant: UUID, until: date, *, by: str) -> PauseProblem | None:
    """Pause from today until the day before `until`; a second pause changes the end of the first.

    Returns why it cannot be. The pause of the team, such as after a report of a death, is never changed.
    """
    async with rt.database.transaction() as tx:
        case = await load_person(tx, rt, participant)
    states, study = case.states, case.current_version.study
    own = own_pause(states, case.today)
    by_team = any(each.recorded_by not in OWN for each in paused(states, case.today))
    problem = pause_problem(until, case.today, study.page.pause_at_most, paused_by_team=by_team)
    if problem is None:
        since = own.starts_on if own else None
        await record_state(rt, case.person.code, "paused", since, until, by=by, study=case.person.study)
    return problem


async def end_own_pause(rt: Runtime, participant: UUID, *, by: str) -> bool:
    """End one's own pause today; false if there is none. A pause that began today is retracted."""
    async with rt.database.transaction() as tx:
        case = await load_person(tx, rt, participant)
    own, code, study = own_pause(case.states, case.today), case.person.code, case.person.study
    if own is None:
        return False
    if own.starts_on == case.today:
        await retract_state(rt, code, "paused", own.starts_on, by=by, study=study)
    else:
        await record_state(rt, code, "paused", own.starts_on, case.today, by=by, study=study)
    return True
