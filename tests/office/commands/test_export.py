"""Exports: the same numbers as in the record, for statisticians and for hospitals."""

from dataclasses import fields

from pro_collector.commands.export import fhir
from pro_collector.commands.export_tables import COMPUTED
from pro_collector.commands.rescore import rescore
from pro_collector.display.codebook import codebook
from pro_collector.domain.research.tables import TABLES
from pro_collector.postgres.questions import research
from pro_collector.postgres.tables import scores
from tests.office.commands.test_rescore import answered, imputing
from tests.shared.office import PHONE, Office


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
