"""Figures as SVG: the numbers in them are those of the tables, and nothing in them can run or load anything."""

from xml.etree import ElementTree

from pro_collector.domain.research.consort import flow
from pro_collector.domain.research.endpoint_tables import ChangeAtVisit, DeteriorationOfParticipant
from pro_collector.domain.research.missingness import completion
from pro_collector.figures.curves import (
    CompletionPoint,
    change_figure,
    completion_figure,
    time_figure,
    visits_figure,
)
from pro_collector.figures.flow import flow_figure
from tests.unit.domain.research.made_up import left, person, visit
from tests.unit.domain.research.test_endpoints import cohort, rows_of

ANN, BEN, CAT = person("ann"), person("ben", arm="y & <z>"), left("cat", "died", 10)
PEOPLE = [ANN, BEN, CAT]
VISITS = [
    visit(ANN, 1, "completed", "answered"), visit(ANN, 2, "missed", "no_answer"),
    visit(BEN, 1, "completed", "answered"), visit(BEN, 2, "completed", "answered"),
    visit(CAT, 1, "completed", "answered"), visit(CAT, 3, "cancelled", "died"),
]  # fmt: skip


def texts(svg: str) -> list[str]:
    """The texts of a figure; it must be well-formed and hold shapes alone."""
    root = ElementTree.fromstring(svg)
    names = {each.tag.rpartition("}")[2] for each in root.iter()}
    assert names <= {"svg", "title", "desc", "rect", "text", "line", "polyline", "polygon", "circle"}
    assert root.get("role") == "img"
    return [each.text or "" for each in root.iter() if each.tag.endswith("text")]


def test_the_flow_has_the_numbers_of_the_table() -> None:
    told = texts(flow_figure("s", list(flow(PEOPLE, VISITS))))
    assert told[:2] == ["Enrolled", "n = 3"]
    assert told.count("enrolled: n = 2") == told.count("enrolled: n = 1") == 1
    assert "Arm y & <z>" in told
    assert "died: n = 1" in told
    assert "weekly 0d: 2 of 2" in told
    assert "weekly 7d: 0 of 1" in told
    assert "    no answer: n = 1" in told


def test_a_flow_of_many_visits_says_how_many_it_leaves_out() -> None:
    many = [visit(ANN, n, "completed", "answered") for n in range(1, 41)]
    told = texts(flow_figure("s", list(flow([ANN], many))))
    assert "... 24 more visits, in the table" in told
    assert sum("1 of 1" in line for line in told) == 16
    assert "weekly 273d: 1 of 1" in told, "the last one is there"


def test_completion_shows_received_of_expected() -> None:
    told = texts(completion_figure("s", list(completion(PEOPLE, VISITS))))
    assert "weekly (self): completion rate" in told
    assert [line for line in told if "/" in line and "received" not in line] == [
        "2/2",
        "0/1",
        "0/0",
        "1/1",
        "1/1",
        "0/0",
    ]


def test_curves_of_endpoints_say_how_many_they_rest_on() -> None:
    study, _ = cohort(60, seed=2)
    found = rows_of(study)
    changes = [row for row in found["pain-change"] if isinstance(row, ChangeAtVisit)]
    told = texts(change_figure("Pain", changes))
    counted = sum(row.change is not None and (row.arm, row.visit) == ("x", "weekly 7d") for row in changes)
    assert str(counted) in told
    times = [row for row in found["pain-time"] if isinstance(row, DeteriorationOfParticipant)]
    told = texts(time_figure("Time to more pain", times))
    assert str(sum(row.time is not None and row.arm == "x" for row in times)) in told
    assert "at risk" in told


def test_an_empty_study_has_figures_too() -> None:
    for svg in (flow_figure("s", []), completion_figure("s", []), change_figure("t", []), time_figure("t", [])):
        texts(svg)


def test_a_group_has_its_colour_also_where_another_is_missing() -> None:
    points = [CompletionPoint("weekly", "proxy", "0d", "b", 2, 1), CompletionPoint("weekly", "proxy", "7d", "b", 2, 2)]
    svg = visits_figure("t", points, ["a", "b"])
    curves = [line for line in svg.splitlines() if "<polyline" in line and line.count(",") == 2]
    assert ["group-1" in line for line in curves] == [True, False, True], "the curve, then the keys of a and b"
    assert {"1/2", "2/2", "a", "b"} <= set(texts(svg))
