"""Exports: the same numbers as in the record, for statisticians and for hospitals."""

from pro_collector.commands.export import fhir
from pro_collector.postgres import scores
from tests.commands.test_rescore import answered
from tests.office import PHONE, Office


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


async def test_rows_beside_treatment(office: Office) -> None:
    await answered(office)
    async with office.rt.database.transaction() as tx:
        rows = await scores.on_treatment(tx, None)
    assert {row["scale"]: row["value"] for row in rows}["symptom_burden"] == 32.5
    assert {(row["participant_code"], row["study_day"], row["days_since_anchor"]) for row in rows} == {("RT-1", 2, 0)}
