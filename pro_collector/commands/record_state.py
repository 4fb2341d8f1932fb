"""Record a state of a participant, such as paused, or retract one; the plan is updated."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import get_args
from zoneinfo import ZoneInfo, available_timezones

from pro_collector.casework import planning
from pro_collector.casework.confirming import check_confirmed
from pro_collector.casework.consenting import end_contact
from pro_collector.commands.record_treatment import find_participant
from pro_collector.domain.events import TimelineChanged, derived_id
from pro_collector.domain.near import did_you_mean
from pro_collector.errors import BadInput, NotFound, Problem
from pro_collector.postgres.tables import outbox, participants
from pro_collector.postgres.tables.participants import ChangeRow, StateRow
from pro_collector.runtime import Runtime
from scheduler.person import ENDING, Condition
from scheduler.replan import Diff

KINDS: tuple[Condition, ...] = get_args(Condition)


async def record_state(
    rt: Runtime, code: str, kind: str, since: date | None, until: date | None, *, by: str, zone: str = "",
    arm: str = "", reason: str = "", study: str | None = None, dry_run: bool = False, confirmed: str | None = None,
    no_further_contact: bool = False,
) -> Diff:  # fmt: skip
    """Record a state from `since` (None: today, where they live) until the day before `until`, and plan again.

    All in one transaction. A repeat with the same kind and first day changes its end. A move may lie in the future and
    counts from its day on. Returns the changes of the plan. Raises NotFound, BadInput; Outdated if `confirmed`, the
    fingerprint of the changes that somebody was shown, is that of others.
    `no_further_contact`, with a state that ends participation: every consent to be asked afterwards is withdrawn.
    """
    now = rt.clock.now()
    async with rt.database.transaction() as tx, tx.transaction(force_rollback=dry_run):
        person = await find_participant(tx, code, study, locked=True)
        since = since or now.astimezone(ZoneInfo(person.zone)).date()
        state = _check(kind, since, until, zone)
        _check_arm(state, arm, until, (await rt.studies.get(tx, person.study, person.study_version)).study.arms)
        id = await participants.state_id(tx, person.id, state, since)
        row = StateRow(id, person.id, state, since, until, now, by, reason, zone or None, arm=arm or None)
        known = {each.id: each for each in (await participants.states(tx, [person.id]))[person.id]}
        before = known[id].starts_on if id in known else None
        await participants.add_state(tx, row)
        await participants.follow_moves(tx, [person.id], now)
        if no_further_contact:
            _check_ends(state)
            await end_contact(tx, person.id, since, now, by, asked_by="self")
        planned = await planning.compare_plans(tx, rt, [person.id])
        check_confirmed(planned[0].diff, confirmed, now)
        await planning.apply(tx, rt, planned, kind)
        event = TimelineChanged.of(person.id, now, kind, id, until, now)
        await outbox.add(tx, [event.saying(id, "state", before, since)])
    return planned[0].diff


async def retract_state(
    rt: Runtime, code: str, kind: str, since: date | None, *, by: str, reason: str = "", study: str | None = None,
    dry_run: bool = False, confirmed: str | None = None,
) -> Diff:  # fmt: skip
    """Retract a state that was recorded by mistake, and plan again; the record keeps it as retracted.

    `since` is needed when there are several of this kind. Occasions cancelled because of it are planned again while
    their window is open. Opt-outs stay. Returns the changes of the plan. Raises NotFound, BadInput, Outdated.
    """
    now = rt.clock.now()
    async with rt.database.transaction() as tx, tx.transaction(force_rollback=dry_run):
        person = await find_participant(tx, code, study, locked=True)
        row = _standing((await participants.states(tx, [person.id]))[person.id], code, kind, since)
        await participants.retract_state(tx, row.id, by, reason, now)
        was = f"{row.kind} from {row.starts_on}" + (f" until {row.ends_on}" if row.ends_on else "")
        id = derived_id("change", person.id, "state", row.id, now)
        await participants.add_change(tx, ChangeRow(id, person.id, "state", was, None, now, by, reason))
        planned = await planning.compare_plans(tx, rt, [person.id])
        check_confirmed(planned[0].diff, confirmed, now)
        cause = f"{kind} retracted"
        await planning.apply(tx, rt, planned, cause)
        event = TimelineChanged.of(person.id, now, cause, id)
        await outbox.add(tx, [event.saying(row.id, "state", row.starts_on, None)])
    return planned[0].diff


def _standing(states: Sequence[StateRow], code: str, kind: str, since: date | None) -> StateRow:
    """The state with this kind and first day, of those that are not retracted. Raises NotFound, BadInput."""
    _known(kind)
    if kind == "moved":
        raise BadInput([Problem("", None, "kind", "record `moved` again, with the correct zone")])
    matches = [row for row in states if row.kind == kind and since in (None, row.starts_on)]
    if len(matches) == 1:
        return matches[0]
    recorded = ", ".join(f"{row.kind} since {row.starts_on}" for row in states) or "none"
    if not matches:
        raise NotFound(f"{code} has no state {kind}{f' since {since}' if since else ''}; recorded: {recorded}")
    raise BadInput([Problem("", None, "--since", f"choose one of them; recorded: {recorded}")])


def _known(kind: str) -> Condition:
    known = next((each for each in KINDS if each == kind), None)
    if known is None:
        expected = ", ".join(KINDS)
        raise BadInput([Problem("", None, "kind", f"{kind!r} is none of {expected}{did_you_mean(kind, KINDS)}")])
    return known


def _check(kind: str, since: date, until: date | None, zone: str) -> Condition:
    known = _known(kind)
    if until is not None and (kind in ENDING or until <= since):
        message = "this state has no end" if kind in ENDING else f"expected a day after {since}"
        raise BadInput([Problem("", None, "until", message)])
    if (kind == "moved") != bool(zone):
        raise BadInput([Problem("", None, "zone", "`moved` takes the new time zone, and nothing else does")])
    if zone and zone not in available_timezones():
        near = did_you_mean(zone, available_timezones())
        raise BadInput([Problem("", None, "zone", f"{zone!r} is not an IANA time zone such as Europe/Madrid{near}")])
    return known


def _check_ends(kind: Condition) -> None:
    if kind not in ENDING:
        raise BadInput([Problem("", None, "no_further_contact", "goes with a state that ends participation")])


def _check_arm(kind: Condition, arm: str, until: date | None, arms: Collection[str]) -> None:
    if (kind == "crossed_over") != bool(arm):
        raise BadInput([Problem("", None, "arm", "`crossed_over` takes the new arm, and nothing else does")])
    if arm and arm not in arms:
        raise BadInput([Problem("", None, "arm", f"unknown arm {arm!r}{did_you_mean(arm, arms)}")])
    if arm and until is not None:
        raise BadInput([Problem("", None, "until", "record the way back as another `crossed_over`")])
