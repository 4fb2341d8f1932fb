"""Exports: the same numbers as in the record, for statisticians and for hospitals."""

import json
import re
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from pro_collector.commands.apply_study import apply_study
from pro_collector.commands.export import fhir
from pro_collector.commands.export_fhir import export_fhir
from pro_collector.commands.export_tables import COMPUTED
from pro_collector.commands.record_treatment import correct
from pro_collector.commands.rescore import rescore
from pro_collector.display.codebook import codebook
from pro_collector.domain.research.tables import TABLES
from pro_collector.errors import BadInput
from pro_collector.postgres.questions import research
from pro_collector.postgres.tables import scores
from tests.office.commands.test_rescore import answered, imputing
from tests.shared.office import DEMO, PHONE, STUDY, Office, library
from tests.shared.scenes import SOON


async def test_responses_and_scores_leave_as_fhir(office: Office) -> None:
    response = await answered(office)
    resources = [resource async for resource in fhir(office.rt)]
    assert [each["resourceType"] for each in resources] == ["QuestionnaireResponse"] + ["Observation"] * 7
    (answers, *observed) = resources
    assert answers["id"] == response
    assert answers["status"] == "completed"
    pain = next(item for item in answers["item"] if item["linkId"] == "pain")
    assert pain["answer"] == [{"valueInteger": 7}]
    values = {each["id"].removeprefix(f"{response}-"): each.get("valueQuantity", {}).get("value") for each in observed}
    assert values["pain"] == 70.0
    assert values["symptom-burden"] == 32.5
    assert values["vomiting"] is None
    assert PHONE not in str(resources)
    assert [each async for each in fhir(office.rt, "another-study")] == []


async def test_the_codebook_tells_every_column_and_scale_of_the_data(office: Office) -> None:
    await answered(office)
    async with office.rt.database.transaction() as tx:
        rows = await scores.on_treatment(tx, None)
        book = list(codebook(await research.instruments(tx)))
        assert await research.instruments(tx, "another-study") == []
    named: dict[str, list[str]] = {}
    for each in book:
        if each["kind"] == "column":
            named.setdefault(each["table"], []).append(each["name"])
    assert named.pop("csv") == [column.name for column in fields(rows[0])]
    tables = [*TABLES.values(), *(table for table, _ in COMPUTED.values())]
    assert named == {table.name: [column.name for column in table.columns] for table in tables}
    scales = {(each["instrument"], each["version"], each["name"]): each for each in book if each["kind"] == "scale"}
    assert {(row.instrument, row.instrument_version, row.scale) for row in rows} <= scales.keys()
    burden = scales["symptom-diary", "2.0.0", "symptom_burden"]
    assert (burden["range"], burden["direction"]) == ("0 to 100", "higher-is-worse")
    assert "at least 4 of 5" in burden["rule"]
    items = {each["name"]: each for each in book if each["kind"] == "item" and each["instrument"] == "symptom-diary"}
    assert (items["pain"]["meaning"], items["pain"]["range"]) == ("integer", "0 to 10")
    assert items["vomiting"]["rule"] == "nausea > 0"


async def test_a_score_says_what_it_was_made_by_though_it_was_scored_again(office: Office) -> None:
    response = await answered(office)
    graded = imputing()
    await rescore(office.rt, graded, store=True, imputation="zero")
    methods = {each["id"]: each["method"]["text"] async for each in fhir(office.rt) if "method" in each}
    assert len(methods) == len(graded.scales)
    version = f"symptom-diary 2.2.0 ({graded.hash[:12]})"
    assert methods[f"{response}-grade"] == f"{version}, scale grade, skipped items by the policy zero"


async def test_rows_beside_treatment(office: Office) -> None:
    await answered(office)
    async with office.rt.database.transaction() as tx:
        rows = await scores.on_treatment(tx, None)
    assert {row.scale: row.value for row in rows}["symptom_burden"] == 32.5
    assert {(row.participant_code, row.study_day, row.days_since_anchor) for row in rows} == {("RT-1", 2, 0)}


CODED = """cycle: true
    fhir:
      resource: MedicationAdministration
      codes: [{system: "urn:example:drugs", code: cycle}]
"""


async def in_folder(office: Office, folder: Path, since: datetime | None = None) -> dict[str, list[dict[str, Any]]]:
    """The resources of each type that an export writes, which are those that its manifest counts."""
    folder.mkdir()
    counts = await export_fhir(office.rt.database, folder, study=STUDY, since=since, now=office.clock.now())
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {each["type"]: each["count"] for each in manifest["output"]} == counts
    assert manifest["extension"]["events_left_out"] == ["treatment_start"]
    found = {
        kind: [json.loads(line) for line in (folder / f"{kind}.ndjson").read_text().splitlines()] for kind in counts
    }
    assert {kind: len(each) for kind, each in found.items()} == counts
    return found


async def test_a_folder_of_fhir_has_all_that_its_resources_refer_to(office: Office, tmp_path: Path) -> None:
    study = DEMO.replace('version: "1.0"', 'version: "1.1"').replace("cycle: true\n", CODED)
    await apply_study(office.rt, study, "study.yaml", library(), "tester")
    response = await answered(office)
    await office.happened("cycle", date(2026, 3, 3))
    found = await in_folder(office, tmp_path / "all")
    assert {kind: len(each) for kind, each in found.items()} == {
        "ResearchStudy": 1, "Questionnaire": len(found["Questionnaire"]), "Patient": 1, "ResearchSubject": 1,
        "MedicationAdministration": 1, "QuestionnaireResponse": 1, "Observation": 7,
    }  # fmt: skip
    there = {f"{kind}/{each.get('id')}" for kind, several in found.items() for each in several}
    told = json.dumps(found)
    assert {each.strip('"') for each in re.findall(r'"[A-Z][A-Za-z]+/[0-9a-f-]{36}"', told)} <= there
    asked = {f"{each['url']}|{each['version']}" for each in found["Questionnaire"]}
    assert found["QuestionnaireResponse"][0]["questionnaire"] in asked
    (given,) = found["MedicationAdministration"]
    assert (given["status"], given["effectiveDateTime"]) == ("completed", "2026-03-03")
    assert given["medicationCodeableConcept"]["coding"][0] == {"system": "urn:example:drugs", "code": "cycle"}
    observed = {each["id"].removeprefix(f"{response}-"): each for each in found["Observation"]}
    assert observed["vomiting"]["dataAbsentReason"]["coding"][0]["code"] == "not-asked"
    parts = observed["pain"]["extension"][0]["extension"]
    place = {part["url"]: part.get("valueInteger", part.get("valueString")) for part in parts}
    assert (place["study-day"], place["cycle"], place["cycle-day"], place["arm"]) == (2, 1, 1, "treated")
    assert PHONE not in told

    later = office.clock.now() + SOON
    await office.run(later)
    assert (await in_folder(office, tmp_path / "nothing", later)).keys() == {
        "ResearchStudy", "Questionnaire", "Patient", "ResearchSubject",
    }  # fmt: skip
    await correct(office.rt, "RT-1", "cycle", date(2026, 3, 3), None, by="tester", reason="not given")
    moved = await in_folder(office, tmp_path / "moved", later)
    assert moved["MedicationAdministration"][0]["status"] == "entered-in-error"
    assert len(moved["Observation"]) == 7, "they have another place now"
    with pytest.raises(BadInput, match="empty"):
        await export_fhir(office.rt.database, tmp_path / "all", study=STUDY, since=None, now=later)
