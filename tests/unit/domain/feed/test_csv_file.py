"""A file of treatment events: what is read, and what is said of each mistake."""

from datetime import UTC, date, datetime

import pytest

from pro_collector.domain.feed.csv_file import ReadRows, read_treatment_csv
from pro_collector.domain.feed.record import Specimen, record_id

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def read(text: str) -> ReadRows:
    return read_treatment_csv(text, "events.csv", study="s", feed="file", repeating={"cycle"}, now=NOW)


def mistakes(text: str) -> list[str]:
    return [str(problem) for problem in read(text).problems]


def test_a_file_as_a_spreadsheet_writes_it() -> None:
    found = read(
        "\ufeffcode;event;on;cycle;dose\r\nA-1; cycle ;2026-03-02;2;80 mg\r\n;;;;\r\nA-1;surgery;2026-01-05;;\r\n"
    )
    assert found.problems == []
    assert [(each.code, each.kind, each.on, each.cycle, each.dose) for each in found.records] == [
        ("A-1", "cycle", date(2026, 3, 2), 2, "80 mg"),
        ("A-1", "surgery", date(2026, 1, 5), None, ""),
    ]
    assert {each.changed_at for each in found.records} == {NOW}


@pytest.mark.parametrize(
    ("row", "source_id"),
    [
        ("A-1,cycle,2026-03-02,,", "A-1/cycle/2026-03-02"),
        ("A-1,cycle,2026-03-02,,2", "A-1/cycle/2"),
        ("A-1,surgery,2026-03-02,,", "A-1/surgery"),
        ("A-1,cycle,2026-03-02,77,2", "77"),
    ],
)
def test_a_row_without_an_id_is_known_by_what_a_corrected_date_leaves(row: str, source_id: str) -> None:
    found = read(f"code,event,on,id,cycle\n{row}\n")
    assert [(each.source_id, each.id) for each in found.records] == [(source_id, record_id("s", "file", source_id))]


def test_a_specimen_a_deletion_and_versions() -> None:
    text = (
        "code,event,on,id,specimen,specimen_kind,specimen_system,changed_at,deleted\n"
        "A-1,surgery,2026-03-02,7,B-77,tumour,biobank,2026-03-03 10:00,\n"
        "A-1,surgery,,7,,,,2026-03-04T10:00:00+02:00,yes\n"
    )
    first, second = read(text).records
    assert first.specimen == Specimen("B-77", "tumour", "biobank")
    assert first.changed_at == datetime(2026, 3, 3, 10, tzinfo=UTC)
    assert (second.deleted, second.on, second.id) == (True, None, first.id)
    assert second.changed_at == datetime(2026, 3, 4, 8, tzinfo=UTC)


def test_mistakes_are_told_with_line_and_column() -> None:
    assert mistakes("code,evnt,on\nA,b,2026-01-01\n") == [
        "events.csv:1: evnt: this column is not known; did you mean `event`?",
        "events.csv:1: event: this column is required and missing",
    ]
    assert mistakes(
        "code,event,on,id,deleted\nAnna Meier,Surgery,2.3.2026,,\nA,surgery,,=1+1,perhaps\nA,surgery,,,\n"
    ) == [
        "events.csv:2: code: expected letters, digits, `.`, `_` and `-`, at most 40, beginning with a letter or digit; "
        "never a name",
        "events.csv:2: event: expected an event of the study, such as surgery, not 'Surgery'",
        "events.csv:2: on: expected a date as year-month-day: 2027-03-31, not '2.3.2026'",
        "events.csv:3: id: expected plain text that does not begin with = + - or @: a spreadsheet would compute it",
        "events.csv:3: deleted: expected yes or nothing",
        "events.csv:4: on: expected a date as year-month-day; a record that was deleted needs a column `deleted`: yes",
    ]
    assert mistakes("code,event,on\nA,surgery\n") == [
        "events.csv:2: this row does not have as many fields as the header"
    ]
    assert mistakes("code,event,on\nA,cycle,2026-01-01\nA,cycle,2026-01-01\n") == [
        "events.csv:3: id: A/cycle/2026-01-01 is on an earlier line too"
    ]


def test_what_is_no_csv_and_no_instant_is_told_with_its_line() -> None:
    (message,) = mistakes("code,event,on\nA,surgery,2026-01-01\nB,sur\rgery,2026-01-01\n")
    assert message.startswith("events.csv:3: not readable as CSV: new-line character seen in unquoted field")
    assert mistakes("code,event,on,changed_at\nA,surgery,2026-01-01,yesterday\n") == [
        "events.csv:2: changed_at: expected an instant: 2027-03-31T14:05:00Z, not 'yesterday'"
    ]
