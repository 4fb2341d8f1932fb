"""The research model: what became of each visit, why an item has no answer, and the record as it was at any time."""

import csv
import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow.parquet
import pytest

from pro_collector.commands.change_person import change
from pro_collector.commands.export import fhir
from pro_collector.commands.export_fhir import export_fhir
from pro_collector.commands.export_tables import CDISC, COMPUTED, export_tables
from pro_collector.commands.record_state import record_state
from pro_collector.commands.record_treatment import correct
from pro_collector.domain.exchange.cdisc_adqrs import AdqrsRecord
from pro_collector.domain.exchange.cdisc_terms import scale_code
from pro_collector.domain.research.tables import (
    TABLES,
    ItemAnswer,
    MessageTrace,
    ParticipantOfStudy,
    PlannedVisit,
    RaisedAlert,
    ResearchTable,
    ScaleValue,
    TimelineRecord,
)
from pro_collector.errors import NotMigrated
from pro_collector.postgres.questions import research
from pro_collector.postgres.questions.research import Row
from pro_collector.postgres.tables import studies
from pro_collector.research.files import FileFormat
from tests.shared.office import STUDY, Office
from tests.shared.scenes import ANSWERS, ASKED, DAY, SOON, TREATED, in_conversation

WEEK = 7 * DAY


async def table(office: Office, kind: type[Row], as_of: datetime | None = None) -> list[Row]:
    async with office.rt.database.snapshot() as tx:
        await research.see(tx, as_of)
        return await research.rows(tx, kind, STUDY)


async def a_month(office: Office) -> None:
    """RT-1 answers the first week, declines and stops in the second, misses the third, and withdraws in the fourth."""
    await in_conversation(office)
    await office.reply(*ANSWERS)
    await office.run(ASKED + WEEK + SOON)
    await office.reply("7", "skip")
    await office.run(ASKED + 3 * WEEK - DAY)
    await record_state(office.rt, "RT-1", "withdrew", date(2026, 3, 23), None, by="tester")
    await office.settle()


async def test_every_visit_says_what_became_of_it(office: Office) -> None:
    await a_month(office)
    visits = await table(office, PlannedVisit)
    assert len(visits) == await office.one("SELECT count(*) FROM occasion")
    weekly = [visit for visit in visits if visit.assessment == "weekly-symptoms"][:5]
    assert [(v.visit_n, v.visit, v.due_day, v.state, v.reason) for v in weekly] == [
        (1, "weekly-symptoms 0d", 2, "completed", "answered"),
        (2, "weekly-symptoms 7d", 9, "partial", "window_closed"),
        (3, "weekly-symptoms 14d", 16, "missed", "no_answer"),
        (4, "weekly-symptoms 21d", 23, "cancelled", "withdrew"),
        (5, "weekly-symptoms 28d", 30, "cancelled", "withdrew"),
    ]
    counted = [(v.instruments_expected, v.instruments_received, v.items_answered, v.items_declined) for v in weekly]
    assert counted == [(1, 1, 6, 0), (1, 1, 1, 1), (1, 0, 0, 0), (1, 0, 0, 0), (1, 0, 0, 0)]
    assert [(v.answered_on, v.answered_day, v.mode, v.late) for v in weekly[:3]] == [
        (date(2026, 3, 3), 2, "sms", False), (date(2026, 3, 10), 9, "sms", False), (None, None, None, None),
    ]  # fmt: skip
    (person,) = await table(office, ParticipantOfStudy)
    assert (person.withdrew_on, person.off_study_reason, person.off_study_day) == (date(2026, 3, 23), "withdrew", 22)
    assert (person.country, person.age_at_enrolment, person.died_on) == ("US", 46, None)
    messages = await table(office, MessageTrace)
    assert len(messages) == await office.one("SELECT count(*) FROM message")
    assert {each.purpose for each in messages} >= {"invitation", "question", "thanks"}


async def test_declined_unanswered_and_not_asked_are_three_things(office: Office) -> None:
    await a_month(office)
    status = {(each.visit, each.item): each.status for each in await table(office, ItemAnswer)}
    assert len(status) == 14
    assert status["weekly-symptoms 0d", "pain"] == "answered"
    assert status["weekly-symptoms 0d", "vomiting"] == "not-asked"
    assert status["weekly-symptoms 7d", "tiredness"] == "declined"
    assert status["weekly-symptoms 7d", "nausea"] == "unanswered"
    assert status["weekly-symptoms 7d", "vomiting"] == "unanswered", "whether it is asked hangs on nausea"
    scores = {(each.visit, each.scale): each for each in await table(office, ScaleValue)}
    assert scores["weekly-symptoms 0d", "vomiting"].status == "not-asked"
    assert scores["weekly-symptoms 7d", "tiredness"].status == "declined"
    assert scores["weekly-symptoms 7d", "symptom_burden"].status == "unanswered"
    burden = scores["weekly-symptoms 0d", "symptom_burden"]
    assert (burden.status, burden.value, burden.study_day, burden.days_since_anchor) == ("scored", 32.5, 2, 0)
    assert {each.study_day for each in scores.values()} == {2, 13}, "a partial response counts when its window closed"


async def test_the_record_as_it_was_believed(office: Office) -> None:
    await in_conversation(office)
    asked = office.clock.now() - timedelta(minutes=1)
    await office.reply(*ANSWERS)
    answered = office.clock.now()
    await office.run(ASKED + DAY)
    await change(office.rt, "RT-1", "arm", "observed", by="tester")
    await correct(office.rt, "RT-1", "treatment_start", TREATED, date(2026, 3, 1), by="tester", reason="typo")
    await office.settle()

    first = "weekly-symptoms 0d"
    before = {v.visit: v for v in await table(office, PlannedVisit, asked)}
    assert (before[first].state, before[first].instruments_received, before[first].arm) == ("invited", 0, "treated")
    assert [*await table(office, ItemAnswer, asked), *await table(office, ScaleValue, asked)] == []
    then = {v.visit: v for v in await table(office, PlannedVisit, answered)}
    now = {v.visit: v for v in await table(office, PlannedVisit)}
    assert (then[first].state, then[first].reason, then[first].items_answered) == ("completed", "answered", 6)
    assert (then[first].arm, now[first].arm) == ("treated", "observed")
    second = "weekly-symptoms 7d"
    assert (then[second].due_on, now[second].due_on) == (date(2026, 3, 10), date(2026, 3, 8))
    assert then[second].closes_at - then[second].due_at == now[second].closes_at - now[second].due_at
    assert len(await table(office, ScaleValue, answered)) == len(await table(office, ScaleValue)) == 7

    (believed,) = await table(office, TimelineRecord, answered)
    assert (believed.happened_on, believed.superseded_at, believed.believed) == (TREATED, None, True)
    records = [(r.happened_on, r.believed, r.n) for r in await table(office, TimelineRecord)]
    assert records == [(date(2026, 3, 1), True, 1), (TREATED, False, None)]
    assert await table(office, PlannedVisit, datetime(2026, 1, 1, tzinfo=UTC)) == []


async def specimen_and_alert(office: Office) -> None:
    """RT-1's treatment event came from a feed, with a specimen; on 10 March, a rule raised an alert."""
    await office.rows(
        """
        INSERT INTO feed_record (id, study, feed, changed_at, deleted, standing, taken_at, participant_id, source_id,
                                 kind, happened_on, root_id, specimen_id, specimen_kind, specimen_system)
        SELECT gen_random_uuid(), p.study, 'ehr', now(), false, 'standing', now(), p.id, '1', t.kind, t.happened_on,
               t.root_id, 'B-17', 'blood', 'biobank'
        FROM participant p JOIN treatment_event t ON t.participant_id = p.id LIMIT 1 RETURNING 1
        """
    )
    await office.rows(
        """
        INSERT INTO alert (id, participant_id, study, study_version, rule, reporter, state, raised_at, last_at,
                           closed_at, closed_by, done)
        SELECT gen_random_uuid(), id, study, study_version, 'severe', 'self', 'closed', '2026-03-10T12:00Z',
               '2026-03-10T12:00Z', '2026-03-10T13:00Z', 'nurse', 'phoned'
        FROM participant RETURNING 1
        """
    )


async def test_the_arm_is_that_of_the_day_and_specimens_and_alerts_are_in_the_model(
    office: Office, tmp_path: Path
) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    await office.run(ASKED + WEEK + SOON)
    before = office.clock.now()
    await office.run(before + timedelta(hours=1))
    await record_state(office.rt, "RT-1", "crossed_over", date(2026, 3, 10), None, by="tester", arm="observed")
    await office.reply(*ANSWERS)
    await office.settle()
    await specimen_and_alert(office)
    (person,) = await table(office, ParticipantOfStudy)
    assert (person.arm, person.last_arm, person.crossed_over_on) == ("treated", "observed", date(2026, 3, 10))
    arms = [(v.visit, v.arm) for v in await table(office, PlannedVisit) if v.assessment == "weekly-symptoms"][:2]
    assert arms == [("weekly-symptoms 0d", "treated"), ("weekly-symptoms 7d", "observed")]
    assert {(each.visit, each.arm) for each in await table(office, ScaleValue)} == set(arms)
    assert {(each.visit, each.arm) for each in await table(office, ItemAnswer)} == set(arms)
    older = await office.rows("SELECT DISTINCT on_day, arm FROM score_on_treatment ORDER BY on_day")
    assert [each["arm"] for each in older] == ["treated", "observed"]
    assert {each.arm for each in await table(office, PlannedVisit, before)} == {"treated"}, "nobody knew it then"
    assert {each.arm for each in await table(office, MessageTrace)} == {"treated", "observed"}
    events = {each.kind: each for each in await table(office, TimelineRecord)}
    assert (events["crossed_over"].to_arm, events["crossed_over"].arm) == ("observed", "observed")
    start = events["treatment_start"]
    assert (start.specimen_id, start.specimen_kind, start.specimen_system) == ("B-17", "blood", "biobank")
    specimens = [each async for each in fhir(office.rt, STUDY) if each["resourceType"] == "Specimen"]
    assert [each["identifier"][0]["value"] for each in specimens] == ["B-17"]
    await export_fhir(office.rt.database, tmp_path, study=STUDY, since=None, now=office.clock.now())
    assert json.loads((tmp_path / "Specimen.ndjson").read_text()) == specimens[0]
    (alert,) = await table(office, RaisedAlert)
    assert (alert.rule, alert.arm, alert.state, alert.study_day) == ("severe", "observed", "closed", 9)
    assert await table(office, RaisedAlert, datetime(2026, 3, 10, 11, tzinfo=UTC)) == []
    (then,) = await table(office, RaisedAlert, datetime(2026, 3, 10, 12, 30, tzinfo=UTC))
    assert (then.state, then.closed_at, then.done, alert.done) == ("raised", None, None, "phoned")
    await office.rows(
        """
        INSERT INTO consent (id, participant_id, reporter, covers, given_on, recorded_at, recorded_by, withdrawn_on,
                             withdrawal_recorded_at, excludes_data)
        SELECT gen_random_uuid(), id, 'self', 'participation', '2026-03-01', '2026-03-01', 'tester', '2026-03-10',
               '2026-03-10', true FROM participant RETURNING 1
        """
    )
    assert await table(office, RaisedAlert) == [], "what answers raised leaves with them"


async def test_every_form_has_the_same_cells_and_the_same_data_the_same_bytes(office: Office, tmp_path: Path) -> None:
    await a_month(office)
    await specimen_and_alert(office)
    now, again = office.clock.now(), tmp_path / "again"
    again.mkdir()
    written: dict[FileFormat, Sequence[str]] = {"csv": [*TABLES, *COMPUTED, *CDISC], "parquet": [*TABLES, *COMPUTED]}
    for form, names in written.items():
        for folder, at in ((tmp_path, now), (again, now + DAY)):
            await export_tables(office.rt.database, names, folder, form, study=STUDY, now=at)
    await export_tables(office.rt.database, list(CDISC), tmp_path, "dataset-json", study=STUDY, now=now)
    expected: list[tuple[ResearchTable, Sequence[object]]] = [
        (each, await table(office, each.row)) for each in TABLES.values()
    ]
    people, visits = await table(office, ParticipantOfStudy), await table(office, PlannedVisit)
    expected += [(each, list(compute(people, visits))) for each, compute in COMPUTED.values()]
    for model in CDISC.values():
        dataset = json.loads((tmp_path / f"{model.name}.json").read_text(encoding="utf-8"))
        columns = [column["name"] for column in dataset["columns"]]
        cells = [as_row(model, dict(zip(columns, row, strict=True))) for row in dataset["rows"]]
        assert (dataset["datasetJSONVersion"], dataset["records"], len(cells)) == (
            "1.1.0",
            len(cells),
            dataset["records"],
        )
        expected.append((model, [model.row(**row) for row in cells]))
    scored = {str(each.response_id): each.value for each in await table(office, ScaleValue) if each.scale == "pain"}
    pain, analysis = scale_code({}, "symptom-diary", "pain"), expected[-1][1]
    assert {r.SRCSPID: r.AVAL for r in analysis if isinstance(r, AdqrsRecord) and pain == r.PARAMCD} == scored
    for model, values in expected:
        rows = [{each.name: getattr(row, each.name) for each in model.columns} for row in values]
        assert rows, model.name
        with (tmp_path / f"{model.name}.csv").open(encoding="utf-8", newline="") as file:
            assert [read(model, cells) for cells in csv.DictReader(file)] == rows
        if (tmp_path / f"{model.name}.parquet").exists():
            parquet = pyarrow.parquet.read_table(tmp_path / f"{model.name}.parquet")
            assert [as_row(model, cells) for cells in parquet.to_pylist()] == rows
        for form in (form for form, names in written.items() if model.name in names):
            data = (tmp_path / f"{model.name}.{form}").read_bytes()
            assert data == (again / f"{model.name}.{form}").read_bytes()
            said = json.loads((tmp_path / f"{model.name}.{form}.manifest.json").read_text(encoding="utf-8"))
            assert (said["sha256"], said["rows"]) == (hashlib.sha256(data).hexdigest(), len(rows))
            assert (said["filters"], said["bytes"]) == ({"study": STUDY, "sites": None, "as_of": None}, len(data))
            assert {each["id"] for each in said["instruments"]} == {"symptom-diary", "well-being-diary"}
    assert {each.name for each in again.iterdir() if each.name.endswith(".unfinished")} == set()


def read(model: ResearchTable, cells: dict[str, str]) -> dict[str, Any]:
    """A line of CSV as Python values: an empty cell is None."""
    return as_row(model, {name: None if text == "" else text for name, text in cells.items()})


def as_row(model: ResearchTable, cells: dict[str, Any]) -> dict[str, Any]:
    """Cells as the values of a row."""
    convert: dict[str, Callable[[Any], Any]] = {
        "integer": int,
        "number": float,
        "boolean": lambda value: value in (True, "true"),
        "date": lambda value: date.fromisoformat(str(value)),
        "instant": lambda value: datetime.fromisoformat(str(value)),
        "text": str,
        "id": UUID,
    }
    kinds = {column.name: column.kind for column in model.columns}
    return {name: None if value is None else convert[kinds[name]](value) for name, value in cells.items()}


async def test_what_an_older_version_stored_is_completed_by_migrate(office: Office) -> None:
    stored = (
        "SELECT definition FROM instrument UNION ALL SELECT definition FROM study UNION ALL"
        " SELECT to_jsonb(i) FROM instrument_item i UNION ALL SELECT to_jsonb(s) FROM scale_item s ORDER BY 1"
    )
    before = await office.rows(stored)
    for derived in ("instrument_item", "scale_item"):
        assert await office.rows(f"DELETE FROM {derived} RETURNING 1")
    for change_of in ("instrument", "study"):
        await office.rows(f"UPDATE {change_of} SET definition = NULL RETURNING 1")
    with pytest.raises(NotMigrated, match="run pro-collector migrate"):
        await table(office, ItemAnswer)
    async with office.rt.database.transaction() as tx:
        await studies.fill_definitions(tx)
    assert await office.rows(stored) == before
    assert await table(office, ItemAnswer) == []
