"""Rules and people for the tests of alerts."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pro_collector.domain.alert.raising import AlertSubject
from pro_collector.domain.alert.rule import AlertRule
from pro_collector.domain.condition.history import History, Valued

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
SEVERE = {"instrument": "diary", "item": "pain", "at_least": 7}


def rule(when: dict[str, Any] = SEVERE, **fields: Any) -> AlertRule:
    """A rule that goes to the nurse within two hours, unless the fields say otherwise."""
    known = {"label": {"en": "Severe"}, "urgency": "today", "steps": [{"to": "nurse", "within": "2h"}]}
    return AlertRule.model_validate({**known, "when": when, **fields})


def patient(*values: float, site: str = "madrid", name: str = "pain") -> AlertSubject:
    """Somebody with one answer a day."""
    days = (START + timedelta(days=n) for n in range(len(values)))
    given = [
        Valued(f"day {n}", "diary", "item", name, value, at, at)
        for n, (value, at) in enumerate(zip(values, days, strict=True))
    ]
    return AlertSubject("treated", site, {"self": History(tuple(given))})
