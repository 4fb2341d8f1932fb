"""The report of a study as a page: its numbers are those of the tables, and it needs nothing from elsewhere."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

from pro_collector.domain.research import missingness
from pro_collector.domain.research.intervals import mean_interval
from pro_collector.research.report import Reported, ReportTable, Section, report
from tests.shared.instruments import shipped
from tests.unit.domain.exchange.cdisc_study import DATA

NOW = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)
DIARY = shipped("symptom-diary")
REPORTED = Reported(
    study="s", title="A <made-up> study", versions=[("1.0", NOW)], people=DATA.people, visits=DATA.visits,
    items=[replace(each, instrument=DIARY.id) for each in DATA.items],
    scores=[replace(each, instrument=DIARY.id, scale="symptom_burden") for each in DATA.scores],
    instruments=[DIARY], assessments=DATA.assessments,
)  # fmt: skip


def cells(page: str, caption: str) -> list[list[str]]:
    """The rows of the table with this caption."""
    (body,) = re.findall(rf"<caption>{re.escape(caption)}.*?<tbody>(.*?)</tbody>", page, re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


def test_the_report_has_what_a_reviewer_asks_for() -> None:
    page = report(REPORTED, NOW, None)
    assert "A &lt;made-up&gt; study" in page
    assert ["weekly 21d", "self", "x", "2", "1", "0", "0.0%", "0.0%", "1", "1", "0", "0", "0"] in cells(
        page, "Visits by arm"
    )
    assert ["weekly 14d", "self", "x", "died", "died", "1"] in cells(page, "Why visits are missing")
    assert ["symptom-diary", "declined", "1", "16.7%"] in cells(page, "Items by what")
    assert ["symptom-diary", "symptom_burden", "unanswered", "1"] in cells(page, "Scores without a value")
    assert [DIARY.id, DIARY.version, DIARY.hash] in cells(page, "Questionnaires")
    assert page.count("<svg") == 3, "flow, completion, and one scale"
    assert len(cells(page, "Questions")) == 8


def test_each_number_that_a_reviewer_asks_for_is_that_of_the_model() -> None:
    two = [replace(REPORTED.scores[0], value=value) for value in (40.0, 60.0)]
    page = report(replace(REPORTED, scores=[*two, *REPORTED.scores[1:]]), NOW, None)
    middle, lower, upper = mean_interval([40.0, 60.0])
    first, second = two[0].visit, REPORTED.scores[1].visit
    assert cells(page, "Means by visit and arm") == [
        ["symptom_burden", "self", first, "x", "2", f"{middle:.2f}", f"{lower:.2f}", f"{upper:.2f}"],
        ["symptom_burden", "self", second, "x", "1", "50.00", "-", "-"],
    ]
    below = page[page.index(">with a value</text>") :].partition("</svg>")[0]
    assert re.findall(r">(\d+)</text>", below) == ["2", "1"], "how many stand below each point of the curve"
    assert cells(page, "Why visits are missing") == [
        [row.visit, row.reporter, row.arm or "no arm", row.standing, row.reason or "-", str(row.participants)]
        for row in missingness.reasons(DATA.people, DATA.visits)
    ]
    assert [row[0] for row in cells(page, "Scales")] == [scale.id for scale in DIARY.scales]
    for row, scale in zip(cells(page, "Scales"), DIARY.scales, strict=True):
        told = [f"{change.points} points ({change.source})" for change in scale.changes]
        assert unescape(row[3]) == ("; ".join(told) or "none published here")
    assert cells(page, "Scoring") == [[DIARY.id, "h", "4"]]


def test_the_report_loads_nothing_and_runs_nothing() -> None:
    page = report(REPORTED, NOW, NOW)
    assert not re.search(r"<script|<link|<img|@import|url\(|javascript:|\son\w+=", page)
    assert set(re.findall(r"https?://[^\s\"'<]+", page)) <= {"http://www.w3.org/2000/svg"}


def test_an_empty_study_and_endpoints_of_a_file_have_their_places() -> None:
    endpoint = Section(
        "endpoint-pain", "Endpoint: pain", "from", [], [ReportTable("Choices", ["choice", "value"], [("a", "b")])]
    )
    empty = Reported("s", "S", [], [], [], [], [], [], [], [endpoint])
    page = report(empty, NOW, None)
    assert "nothing yet" in page
    assert cells(page, "Choices") == [["a", "b"]]
