"""The life of an alert: raised, told step by step, acknowledged by one person, closed with what was done.

Every function is pure: it takes an alert and the time, and returns another alert, or the words of a refusal.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from pro_collector.domain.alert.raising import Triggered
from pro_collector.domain.alert.rule import AlertRule
from pro_collector.domain.alert.watching import WatchedTime
from pro_collector.domain.condition.language import span

State = Literal["raised", "acknowledged", "closed"]
Done = Literal[
    "phoned",
    "advice_sent",
    "drug_changed",
    "dose_changed",
    "test_ordered",
    "seen",
    "admitted",
    "referred",
    "unreachable",
    "known_already",
    "not_actionable",
    "wrong",
]
DONE: tuple[Done, ...] = get_args(Done)
"""What a person does about an alert; the last four say why nothing was done."""
ClosedAs = Done | Literal["died"]
"""How an alert ends: by what a person did, or by the product because the participant has died."""
PRODUCT = "pro-collector"
"""Who closes the alerts of somebody who has died."""
NOTHING_DONE: frozenset[Done] = frozenset({"unreachable", "known_already", "not_actionable", "wrong"})
"""These need a note."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. `step` is the last step that was told, -1 before the first; `due_at` is when the next thing happens.

    While it is raised, `due_at` is when the next step is told; while it is acknowledged, when it comes back.
    """

    key: str
    state: State
    raised_at: datetime
    last_at: datetime
    due_at: datetime | None
    repeats: int = 0
    step: int = -1
    came_back: int = 0
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    done: ClosedAs | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Those who have the role of a step are to be told now. `nobody`: the roster has nobody who is on duty."""

    step: int
    role: str
    people: tuple[str, ...]

    @property
    def nobody(self) -> bool:
        """Whether the step is empty."""
        return not self.people


OnDuty = Callable[[str], Collection[str]]
"""The people who are on duty in a role."""


def meet(found: Triggered, last: Alert | None, rule: AlertRule, time: WatchedTime, now: datetime) -> Alert:
    """The alert after a rule held that was not counted before: a new one, or `last` of its key with one repeat more.

    A new one is opened if the last is closed and the cool-down is over. What became known before the last was counted,
    and is only handled now, is a repeat of it: whoever saw that one saw this too. The first step is told in watched
    time, from `now` on: what is handled late must not wake anybody at night.
    """
    if last is not None and (
        last.state != "closed" or found.at <= last.last_at or found.at < last.raised_at + rule.quiet_for
    ):
        return replace(last, repeats=last.repeats + 1, last_at=max(last.last_at, found.at))
    return Alert(found.key, "raised", found.at, found.at, time.opens(max(found.at, now)))


def advance(
    alert: Alert, rule: AlertRule, time: WatchedTime, on_duty: OnDuty, now: datetime
) -> tuple[Alert, tuple[Told, ...]]:
    """Let time pass: tell the next step, or bring back what was acknowledged and forgotten.

    An empty step is skipped at once, and the result says so. The last step is told again and again: an alert ends only
    by being closed.
    """
    if alert.state == "closed" or alert.due_at is None or now < alert.due_at:
        return alert, ()
    if alert.state == "acknowledged":
        again = alert.came_back + 1
        alert = replace(alert, state="raised", step=-1, came_back=again, acknowledged_by=None, acknowledged_at=None)
    told: list[Told] = []
    step = alert.step
    while step < len(rule.steps) - 1 or not told:
        step = min(step + 1, len(rule.steps) - 1)
        told.append(Told(step, rule.steps[step].to, tuple(sorted(on_duty(rule.steps[step].to)))))
        if not told[-1].nobody:
            break
    due = time.after(time.opens(now), span(rule.steps[step].within))
    return replace(alert, step=step, due_at=due), tuple(told)


def acknowledge(alert: Alert, by: str, rule: AlertRule, time: WatchedTime, now: datetime) -> Alert | str:
    """Somebody takes care of it; a second person is refused, and nothing changes."""
    if alert.state == "closed":
        return f"it was closed by {alert.closed_by}"
    if alert.state == "acknowledged":
        return f"{alert.acknowledged_by} has acknowledged it already"
    due = time.after(now, span(rule.close_within))
    return replace(alert, state="acknowledged", acknowledged_by=by, acknowledged_at=now, due_at=due)


def close(alert: Alert, by: str, done: Done, note: str, now: datetime) -> Alert | str:
    """Say what was done. Whoever closes an alert that nobody acknowledged acknowledges it too."""
    if alert.state == "closed":
        return f"it was closed by {alert.closed_by}"
    if done in NOTHING_DONE and not note.strip():
        return f"`{done}` needs a note: why was nothing done?"
    taken = alert if alert.state == "acknowledged" else replace(alert, acknowledged_by=by, acknowledged_at=now)
    return replace(
        taken, state="closed", closed_by=by, closed_at=now, done=done, note=note.strip() or None, due_at=None
    )


def release(alert: Alert, time: WatchedTime, now: datetime) -> Alert | str:
    """Nobody takes care of it any more: its first step is told again, as soon as somebody watches."""
    if alert.state != "acknowledged":
        return f"it was closed by {alert.closed_by}" if alert.state == "closed" else "nobody has acknowledged it"
    return replace(alert, state="raised", step=-1, acknowledged_by=None, acknowledged_at=None, due_at=time.opens(now))


def hand_over(alert: Alert, to: str) -> Alert | str:
    """A colleague takes care of it from now on; it comes back when it would have come back before."""
    if alert.state != "acknowledged":
        return f"it was closed by {alert.closed_by}" if alert.state == "closed" else "nobody has acknowledged it"
    return replace(alert, acknowledged_by=to)


def end_by_death(alert: Alert, now: datetime) -> Alert:
    """Close an open alert because the participant has died: nobody is told any more. It stays in the counts."""
    return replace(alert, state="closed", closed_by=PRODUCT, closed_at=now, done="died", note=None, due_at=None)


def reopen(alert: Alert, time: WatchedTime, now: datetime) -> Alert:
    """Bring back an alert that a death closed which was recorded by mistake; it is told from the first step on."""
    return replace(
        alert, state="raised", step=-1, came_back=alert.came_back + 1, due_at=time.opens(now), closed_by=None,
        closed_at=None, done=None, acknowledged_by=None, acknowledged_at=None,
    )  # fmt: skip
