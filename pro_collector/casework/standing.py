"""Computes the standing of a participant today from their stored rows."""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pro_collector.domain.conversation.permission import Standing
from pro_collector.domain.study.definition import Study
from pro_collector.postgres.tables.participants import StateRow


def day_of(now: datetime, zone: str) -> date:
    """The date at `now` (an aware instant) where a participant lives (IANA name)."""
    return now.astimezone(ZoneInfo(zone)).date()


def standing(
    study: Study, states: Iterable[StateRow], treatment_dates: Iterable[tuple[str, date]], today: date
) -> Standing:
    """The states that apply `today`, and whether an event that ends participation has happened by then."""
    left = any(kind in study.ending and on <= today for kind, on in treatment_dates)
    return Standing(frozenset(each.kind for each in states if each.covers(today)), left)
