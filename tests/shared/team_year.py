"""A made-up study after a year, loaded into PostgreSQL in some seconds: for pages, charts and measurements.

300 people at three sites in two arms: answers, missed check-ins, states, deaths, treatment with corrected dates,
messages, tasks and alerts. The rows are those that the product would have stored. The same arguments give the same
rows, but for what is encrypted. `python -m tests.team_year` loads one and prints what it has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any, LiteralString
from uuid import UUID

from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb
from pydantic import SecretStr

from pro_collector.commands.apply_study import apply_study
from pro_collector.commands.enrol import enrol
from pro_collector.domain.events import derived_id
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import agenda, participants, rosters
from pro_collector.runtime import Runtime
from pro_collector.settings import Settings
from tests.shared.clock import FixedClock
from tests.shared.office import library
from tests.shared.year_people import Patient, patients
from tests.shared.year_rows import Bulk, PersonYear
from tests.shared.year_study import ROSTER, YEAR, study_text

ORDER = (
    "participant_state", "treatment_event", "occasion", "occasion_log", "response", "answer", "score", "vault.data_key",
    "vault.inbound", "message", "link", "task", "alert", "alert_occasion", "alert_log",
)  # fmt: skip
"""The tables, each after those that it refers to."""
MEASURED: LiteralString = "participant, vault.contact, occasion, occasion_log, answer, response, score, message, task"


def settings_for(url: str) -> Settings:
    """Settings for a database alone, with keys that everybody knows."""
    keys = {name: SecretStr("ab" * 32) for name in ("vault_key", "link_key")}
    known = {"kafka_bootstrap": "127.0.0.1:1", "public_url": "http://127.0.0.1:1", **keys}
    return Settings.load(database_url=SecretStr(url), **known)


@dataclass(frozen=True, slots=True)
class SeededYear:
    """What was loaded: the study, the people with their codes, and how many rows of each table."""

    study: str
    people: Mapping[str, UUID]
    rows: Mapping[str, int]


async def seed_year(rt: Runtime, *, people: int = 300, days: int = 365, seed: int = 1) -> SeededYear:
    """Load the last `days` days of a study of its own, with so many people, until the clock's present.

    `rt` needs every right on the tables. The study must not be there yet.
    """
    now = rt.clock.now()
    began = now - timedelta(days=days)
    then = replace(rt, clock=FixedClock(began))
    await apply_study(then, study_text(), "year.yaml", library(), "tester")
    made = patients(seed, people, began.date(), now.date())
    ids = await enrol(then, YEAR, [each.enrolment for each in made])
    async with rt.database.transaction() as tx:
        await rosters.put_in_force(tx, YEAR, ROSTER, "tester", began)
        version = await rt.studies.get(tx, YEAR, "1.0")
        rules = await rt.studies.rules(tx, YEAR)
        rows = await participants.load_many(tx, ids)
    bulk, keys = Bulk(), dict[str, bytes]()
    for id, patient in zip(ids, made, strict=True):
        dice = Random(f"{seed}/{patient.enrolment.code}/answers")
        PersonYear(rt, bulk, version, rules, rows[id], patient, dice, keys).write()
    bulk.tables["vault.data_key"] = [{"owner": owner, "sealed": sealed} for owner, sealed in keys.items()]
    async with rt.database.transaction(long=True) as tx:
        for table in ORDER:
            await copy_rows(tx, table, bulk.tables[table])
        await agenda.put(tx, bulk.agenda)
        await participants.set_planned_until(tx, ids, max(event.occurred_at for event in bulk.agenda))
        await _change_addresses(tx, made, ids)
        await tx.execute(
            "UPDATE outbox SET published_at = %s, handled_at = %s WHERE handled_at IS NULL", (began, began)
        )
        await tx.execute(b"ANALYZE " + MEASURED.encode())
    return SeededYear(
        YEAR,
        {each.enrolment.code: id for id, each in zip(ids, made, strict=True)},
        {table: len(bulk.tables[table]) for table in ORDER},
    )


async def copy_rows(tx: Tx, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Load rows, all with the same columns, into a table."""
    if not rows:
        return
    names = list(rows[0])
    schema, _, name = table.rpartition(".")
    target = Identifier(schema or "public", name)
    statement = SQL("COPY {} ({}) FROM STDIN").format(target, SQL(", ").join(map(Identifier, names)))
    async with tx.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row([_value(row[name]) for name in names])


def _value(value: Any) -> Any:
    return Jsonb(value) if isinstance(value, dict) else value


async def _change_addresses(tx: Tx, made: Sequence[Patient], ids: Sequence[UUID]) -> None:
    """Phones that stopped messages, with the record of it, and phones that no longer exist, with a task."""
    for id, patient in zip(ids, made, strict=True):
        contact = derived_id("contact", id, "self", "sms")
        if patient.enrolment.phone is None:
            continue
        if patient.opted_out_on is not None:
            at = datetime.combine(patient.opted_out_on, time(15), UTC)
            await tx.execute("UPDATE vault.contact SET opted_out_at = %s WHERE id = %s", (at, contact))
            await tx.execute(
                "INSERT INTO opt_out (participant_id, contact_id, stopped_at, how, stopped_by)"
                " VALUES (%s, %s, %s, 'keyword', 'participant')",
                (id, contact, at),
            )
        if patient.broken_on is not None:
            at = datetime.combine(patient.broken_on, time(16), UTC)
            await tx.execute(
                "UPDATE vault.contact SET broken_at = %s, broken_reason = '30005' WHERE id = %s", (at, contact)
            )
            await tx.execute(
                "INSERT INTO task (id, participant_id, kind, detail, raised_at) VALUES (%s, %s, 'contact', %s, %s)",
                (derived_id("task", id, "contact"), id, Jsonb({"reason": "phone: 30005"}), at),
            )
