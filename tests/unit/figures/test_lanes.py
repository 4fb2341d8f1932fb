"""The picture of a protocol: everything that is asked is in it, at its place, and said in words as well."""

import re
from datetime import date, timedelta
from xml.etree import ElementTree

from pro_collector.domain.study.definition import Study, stored_study
from pro_collector.domain.study.example import ExampleCourse, example_courses
from pro_collector.figures.lanes import draw_protocol
from pro_collector.resources import SCHEMAS
from tests.shared.studies import study

MONDAY = date(2027, 1, 4)
SVG = "{http://www.w3.org/2000/svg}"


def demo() -> Study:
    return stored_study((SCHEMAS / "studies" / "demo.yaml").read_text(encoding="utf-8"), "demo.yaml")


def courses(of: Study, weeks: int = 52) -> list[ExampleCourse]:
    return list(example_courses(of, {}, MONDAY, MONDAY + timedelta(weeks=weeks)))


def test_each_arm_has_each_assessment_with_a_bar_and_a_mark_for_every_invitation() -> None:
    drawn = courses(demo())
    assert [each.arm for each in drawn] == ["observed", "treated"]
    picture = ElementTree.fromstring(draw_protocol(demo(), drawn))
    asked = sum(len(each.occasions) for each in drawn)
    bars = [each for each in picture.iter(f"{SVG}rect") if "filled" in each.get("class", "")]
    marks = [each for tag in ("circle", "polygon") for each in picture.iter(f"{SVG}{tag}")]
    assert asked > 60
    assert len(bars) == len(marks) == asked
    texts = [each.text for each in picture.iter(f"{SVG}text")]
    assert texts.count("Weekly symptoms") == 2
    assert {"Arm: On treatment", "Arm: Observed only"} <= set(texts)
    assert texts.count("not asked in this course") == 2, "the yearly one is for later"


def test_windows_stand_in_order_of_their_days() -> None:
    course = courses(study())[0]
    picture = ElementTree.fromstring(draw_protocol(study(), [course]))
    bars = [each for each in picture.iter(f"{SVG}rect") if "filled" in each.get("class", "")]
    by_lane: dict[str, list[float]] = {}
    for bar in bars:
        by_lane.setdefault(bar.get("y", ""), []).append(float(bar.get("x", "0")))
    assert len(by_lane) == len({each.assessment for each in course.occasions})
    assert all(places == sorted(places) for places in by_lane.values())
    ends = [float(bar.get("x", "0")) + float(bar.get("width", "0")) for bar in bars]
    assert max(ends) <= 990.1


def test_who_cannot_see_it_hears_how_often_and_when() -> None:
    told = re.search("<desc>(.*)</desc>", draw_protocol(demo(), courses(demo())))
    assert told
    assert "arm treated: Weekly symptoms: asked 26 times, from day 10 to day 185." in told[1]
    assert "Your year: asked not." in told[1]
