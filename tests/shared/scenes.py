"""Starting situations for the tests of handlers, and queries for the results."""

from datetime import date, timedelta
from typing import Any

from pro_collector.domain.events import Event
from pro_collector.postgres.tables import outbox
from tests.shared.clock import START
from tests.shared.office import Office

TREATED = date(2026, 3, 3)
ASKED = START + timedelta(days=1, hours=3)
"""10:00 in New York on the day the treatment starts: the first weekly symptoms are due."""
SOON = timedelta(minutes=5)
DAY = timedelta(days=1)
ANSWERS = ("7", "3", "0", "1", "2", "0")
"""Answers to the whole symptom diary; "0" for nausea skips vomiting."""
MOTHER = "+12025550188"


async def treated(office: Office, **fields: Any) -> None:
    """Enrol RT-1, who starts treatment tomorrow; weekly symptoms are planned."""
    await office.enrol(**fields)
    await office.happened("treatment_start", TREATED, fields.get("code", "RT-1"))


async def in_conversation(office: Office, **fields: Any) -> None:
    """Bring RT-1 to the first question of the weekly symptoms."""
    await treated(office, **fields)
    await office.run(ASKED + SOON)


async def first_occasion(office: Office, assessment: str = "weekly-symptoms", reporter: str = "self") -> dict[str, Any]:
    """The first occasion of an assessment."""
    rows = await office.rows(
        "SELECT * FROM occasion WHERE assessment = %s AND reporter = %s ORDER BY n, due_at LIMIT 1",
        assessment, reporter,
    )  # fmt: skip
    return rows[0]


async def history(office: Office, occasion: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The log of an occasion as (name, detail), in order."""
    rows = await office.rows("SELECT what, detail FROM occasion_log WHERE occasion_id = %s ORDER BY id", occasion["id"])
    return [(row["what"], row["detail"]) for row in rows]


async def history_names(office: Office, occasion: dict[str, Any]) -> list[str]:
    """The names in the log of an occasion, in order."""
    return [name for name, _ in await history(office, occasion)]


async def publish(office: Office, event: Event) -> None:
    """Record an event, publish it and handle it."""
    async with office.rt.database.transaction() as tx:
        await outbox.add(tx, [event])
    await office.settle()
