"""Say how someone's life is now: paused, in hospital, away, moved, no texts, withdrew, died. Plans follow."""

from datetime import date
from typing import get_args
from zoneinfo import ZoneInfo, available_timezones

from pro_collector.casework import planning
from pro_collector.commands.tell_treatment import find_participant
from pro_collector.domain.events import TimelineChanged, derived_id
from pro_collector.domain.study_check import did_you_mean
from pro_collector.errors import BadInput, Problem
from pro_collector.postgres import outbox, participants
from pro_collector.postgres.participants import StateRow
from pro_collector.runtime import Runtime
from scheduler.person import ENDING, Condition
from scheduler.replan import Diff

KINDS: tuple[str, ...] = get_args(Condition)


async def tell_state(
    rt: Runtime, code: str, kind: str, since: date | None, until: date | None, *, by: str, zone: str = "",
    reason: str = "", study: str | None = None, dry_run: bool = False,
) -> Diff:  # fmt: skip
    """Record a state from `since` (None: today, where they live) until the day before `until`, and plan again.

    All in one transaction. The same kind from the same day again sets its end; a move counts from its day on, also from
    one to come. Returns what it does to the plan. Raises NotFound, BadInput.
    """
    now = rt.clock.now()
    async with rt.database.transaction() as tx, tx.transaction(force_rollback=dry_run):
        person = await find_participant(tx, code, study, locked=True)
        since = since or now.astimezone(ZoneInfo(person.zone)).date()
        _check(kind, since, until, zone)
        id = derived_id("state", person.id, kind, since)
        await participants.add_state(tx, StateRow(id, person.id, kind, since, until, now, by, reason, zone or None))
        await participants.follow_moves(tx, [person.id], now)
        planned = await planning.draw_up(tx, rt, [person.id])
        await planning.apply(tx, rt, planned, kind)
        event = TimelineChanged(
            id=derived_id("timeline.changed", id, until, now), participant_id=person.id, occurred_at=now, cause=kind
        )
        await outbox.add(tx, [event])
    return planned[0].diff


def _check(kind: str, since: date, until: date | None, zone: str) -> None:
    if kind not in KINDS:
        expected = ", ".join(KINDS)
        raise BadInput([Problem("", None, "kind", f"{kind!r} is none of {expected}{did_you_mean(kind, KINDS)}")])
    if until is not None and (kind in ENDING or until <= since):
        message = "this has no end" if kind in ENDING else f"expected a day after {since}"
        raise BadInput([Problem("", None, "until", message)])
    if (kind == "moved") != bool(zone):
        raise BadInput([Problem("", None, "zone", "`moved` takes the new time zone, and nothing else does")])
    if zone and zone not in available_timezones():
        near = did_you_mean(zone, available_timezones())
        raise BadInput([Problem("", None, "zone", f"{zone!r} is not an IANA time zone such as Europe/Madrid{near}")])
