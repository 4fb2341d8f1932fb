"""Rows of a REDCap export as records, and the mistakes in a mapping file."""

from datetime import UTC, date, datetime

import pytest

from pro_collector.domain.feed.mapping import check_mapping, load_mapping
from pro_collector.domain.feed.record import Specimen
from pro_collector.domain.feed.redcap_mapping import RedcapMapping
from pro_collector.domain.feed.redcap_rows import Row, deleted_records, of_record, records_of
from pro_collector.domain.study.definition import load_study
from pro_collector.errors import BadInput
from pro_collector.resources import SCHEMAS

READ = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAPPING = """
feed: lisbon
study: s
redcap: {url: "https://redcap.example.org/api/", token: REDCAP_TOKEN, time_zone: Europe/Lisbon, code: code}
events:
  surgery: {date: surgery_date, specimen: {id: biobank_id, kind: tumour, system: biobank}, in_event: base_arm_1}
  cycle: {date: given_on, number: instance, dose: mg}
"""


def redcap() -> RedcapMapping:
    mapping = load_mapping(MAPPING, "lisbon.yaml")
    assert isinstance(mapping, RedcapMapping)
    return mapping


def row(instance: str = "", event: str = "base_arm_1", **fields: str) -> Row:
    blank = {"code": "", "surgery_date": "", "biobank_id": "", "given_on": "", "mg": ""}
    place = {"redcap_event_name": event, "redcap_repeat_instrument": "", "redcap_repeat_instance": instance}
    return {"study_id": "7/1", **place, **blank, **fields}


def test_each_field_of_each_row_is_a_record_and_the_code_stands_in_one_of_the_rows() -> None:
    rows = [
        row(code="A", surgery_date="2026-02-02", biobank_id="B-1"),
        row("2", "other_arm_1", given_on="2026-02-20 09:30", mg="80 mg\x07", surgery_date="2026-01-01"),
    ]
    found = records_of(rows, "study_id", redcap(), READ)
    told = [(each.source_id, each.code, each.on, each.cycle, each.dose) for each in found if not each.deleted]
    assert told == [
        ("7%2F1/base_arm_1///surgery_date/surgery", "A", date(2026, 2, 2), None, ""),
        ("7%2F1/other_arm_1//2/given_on/cycle", "A", date(2026, 2, 20), 2, "80 mg"),
    ]
    assert found[0].specimen == Specimen("B-1", "tumour", "biobank")
    assert [each.source_id for each in found if each.deleted] == ["7%2F1/base_arm_1///given_on/cycle"]
    assert of_record(found[0].source_id, "7/1")
    assert not of_record(found[0].source_id, "7")


def test_a_code_for_missing_data_is_told_without_its_value() -> None:
    found = records_of([row(code="A", surgery_date="-99")], "study_id", redcap(), READ)
    assert found[0].unreadable.startswith("the field surgery_date has no date such as 2027-03-31")
    found = records_of([row(surgery_date="2026-02-02")], "study_id", redcap(), READ)
    assert found[0].unreadable == "it has no code"


def test_the_log_of_deletions() -> None:
    log = [
        {"action": "Delete record 12", "record": ""},
        {"action": "Deleted Record (API) 13", "record": ""},
        {"action": "Delete record 14", "record": "14"},
        {"action": "Manage/Design", "record": ""},
    ]
    assert list(deleted_records(log)) == ["12", "13", "14"]


@pytest.mark.parametrize(
    ("was", "became", "message"),
    [
        ("date: given_on", "dat: given_on", "this key is not known here"),
        ("surgery_date,", "Surgery Date,", "expected a variable name of the REDCap project, such as surgery_date"),
        ("token: REDCAP_TOKEN", "token: 0A1B2C", "expected the name of an environment variable, such as REDCAP_TOKEN"),
        ('"https://', '"http://', "expected https://...: the token and the data of patients go there"),
        ("Europe/Lisbon", "Europe/Lisboa", "did you mean `Europe/Lisbon`?"),
    ],
)
def test_mistakes_in_a_mapping_file_teach(was: str, became: str, message: str) -> None:
    with pytest.raises(BadInput) as refused:
        load_mapping(MAPPING.replace(was, became), "lisbon.yaml")
    assert message in str(refused.value)
    assert "lisbon.yaml:" in str(refused.value)


def test_a_mapping_asks_for_its_fields_and_names_events_of_the_study() -> None:
    mapping = redcap()
    assert mapping.fields == ["biobank_id", "code", "given_on", "mg", "surgery_date"]
    assert {kind: rule.near_days for kind, rule in mapping.rules.items()} == {"surgery": 3, "cycle": 3}
    study = load_study((SCHEMAS / "studies" / "demo.yaml").read_text(encoding="utf-8"), "demo.yaml")
    check_mapping(MAPPING, "lisbon.yaml", study)
    with pytest.raises(BadInput, match=r"6: events.surgry: the study has no event `surgry`; did you mean `surgery`"):
        check_mapping(MAPPING.replace("surgery:", "surgry:"), "lisbon.yaml", study)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [("https://redcap.example.org", "http://redcap.example.org", "https"), ("Europe/Lisbon", "Europe/Lisboa", "zone")],
)
def test_a_mapping_with_a_wrong_source_says_so(before: str, after: str, expected: str) -> None:
    with pytest.raises(BadInput, match=expected):
        load_mapping(MAPPING.replace(before, after), "lisbon.yaml")
