"""The fingerprint of changes: whoever confirms what they saw confirms that and nothing else."""

from dataclasses import replace
from datetime import timedelta

from scheduler.fingerprint import AT_ONCE, fingerprint
from scheduler.replan import Diff, replan
from tests.unit.scheduler.cases import at, begun, day, happened, made, rules, schedule

NOW = at("2027-03-10 00:00")
RULES = rules(schedule())


def corrected(on: str = "2027-03-03") -> Diff:
    """What a corrected date changes."""
    stored = begun(made(RULES).occasions, NOW)
    return replan(stored, made(RULES, timeline=happened(on=day(on)), now=NOW, known=stored))


def test_the_same_changes_have_one_fingerprint_a_moment_later_too() -> None:
    seen = fingerprint(corrected(), NOW)
    assert len(seen) == 32
    assert seen == fingerprint(corrected(), NOW + timedelta(minutes=20))


def test_each_change_counts() -> None:
    diff = corrected()
    (first, *rest) = diff.moved
    due = replace(first, after=replace(first.after, due_at=first.after.due_at + timedelta(minutes=1)))
    others = [
        corrected("2027-03-04"),
        replace(diff, moved=tuple(rest)),
        replace(diff, moved=(due, *rest)),
        replace(diff, moved=(replace(first, after=replace(first.after, n=9)), *rest)),
        replace(diff, added=(first.after,)),
        replace(diff, cancelled=(first.after,)),
        replace(diff, stopped=(first.after,)),
        replace(diff, moved=(replace(first, after=replace(first.after, state="missed", reason="budget")), *rest)),
    ]
    seen = {fingerprint(each, NOW) for each in [diff, *others]}
    assert len(seen) == len(others) + 1


def test_what_is_asked_at_once_may_be_confirmed_a_moment_later() -> None:
    (moved, *_) = corrected().moved
    now = moved.after.due_at
    later = replace(moved.after, due_at=now + AT_ONCE)
    seen = fingerprint(Diff((), (moved.after,), (), ()), now)
    assert seen == fingerprint(Diff((), (later,), (), ()), now + AT_ONCE)
    assert seen != fingerprint(Diff((), (later,), (), ()), now - timedelta(seconds=1))


def test_the_order_what_stays_and_what_lies_further_ahead_do_not_count() -> None:
    diff = corrected()
    turned = replace(diff, moved=diff.moved[::-1], kept=(), extended=(diff.moved[0].after,))
    assert fingerprint(turned, NOW) == fingerprint(diff, NOW)
