"""What is allowed in a schedule, and often not meant: each is warned of once, and a clear schedule is not."""

import pytest

from pro_collector.domain.study.definition import Assessment
from pro_collector.domain.study.schedule_warnings import schedule_warnings
from tests.shared.studies import study

SECOND = """\
    reminders: [1d]
  second:
    title: {en: Second}
    instruments: [diary]
    anchor: surgery
    on_days: [8]
    window: {closes: 3d}
"""


def told(*pairs: tuple[str, str]) -> list[str]:
    return list(schedule_warnings(study(*pairs)))


def test_a_clear_schedule_is_not_warned_of() -> None:
    assert told() == []
    assert told(("anchor: surgery", "anchor: cycle"), ("for: 8w}", "until: cycle, for: 8w}")) == []


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (("for: 8w}", "until: cycle}"), "assessments.weekly.repeat.until: `cycle` repeats: write `next cycle`"),
        (("for: 8w}", "for: 8w, from: {first_of: [death, cycle]}}"), "assessments.weekly.repeat.from: `cycle` repeats"),
        (("[1d]", "[1d]\n    until: cycle"), "assessments.weekly.until: `cycle` repeats: write `next cycle`"),
        (("for: 8w}", "for: 8w, count: 9}"), "assessments.weekly.repeat: `for` (8w) has room for 8, so `count` (9) is"),
        (
            ("repeat: {every: 1w, for: 8w}", "on_days: [-7, -1]"),
            "assessments.weekly: asks before `surgery`: only if that is recorded before it happens",
        ),
        (
            ("repeat: {every: 1w, for: 8w}", "offsets: [30h]"),
            "assessments.weekly.offsets: hours after `surgery` count from its time of day",
        ),
        (
            ("closes: 3d}", "closes: 9d}"),
            "assessments.weekly.window: still open when the next one is asked (0d and 7d after surgery)",
        ),
    ],
)
def test_each_is_told_with_its_place(pair: tuple[str, str], expected: str) -> None:
    (found,) = told(pair)
    assert found.startswith(expected)


@pytest.mark.parametrize(
    "pair", [("for: 8w}", "until: next cycle}"), ("for: 8w}", "for: 8w, count: 8}"), ("closes: 3d}", "closes: 7d}")]
)
def test_what_is_clear_is_not_told(pair: tuple[str, str]) -> None:
    assert told(pair) == []


def test_windows_after_two_events_overlap_at_their_usual_pace() -> None:
    every = ("cycle: true", "cycle: true\n    every: 3w")
    (found,) = told(every, ("anchor: surgery", "anchor: cycle"), ("repeat: {every: 1w, for: 8w}", "on_days: [15]"),
                    ("closes: 3d}", "closes: 30d}"))  # fmt: skip
    assert "assessments.weekly.window: still open when the next one is asked (14d and 14d after cycle)" in found


def test_two_surveys_of_one_day_are_told_once() -> None:
    (found,) = told(("    reminders: [1d]\n", SECOND))
    assert found.startswith("assessments.weekly: asked on one day with others (`second`, `weekly`: 7d after surgery)")


def test_what_follows_the_end_of_participation_never_shares_an_invitation() -> None:
    said = {"title": {"en": "x"}, "instruments": ["diary"], "window": {"closes": "30d"}, "on_days": [1]}
    family = {"participation": "deceased", "asks": "proxy"}
    assert Assessment.model_validate({**said, "anchor": "surgery"}).way is not None
    assert Assessment.model_validate({**said, "anchor": "surgery", "bundle": False}).way is None
    assert Assessment.model_validate({**said, "after": family}).way is None


def test_two_surveys_that_share_an_invitation_are_not_told() -> None:
    bundled = ("assessments:\n", "bundles: true\nassessments:\n")
    assert told(("    reminders: [1d]\n", SECOND), bundled) == []
    for apart in ("    bundle: false\n", "    mode: conversation\n"):
        assert len(told(("    reminders: [1d]\n", SECOND + apart), bundled)) == 1


def test_surveys_for_different_people_are_not_on_one_day() -> None:
    for_b = SECOND.replace("on_days: [8]", "on_days: [8]\n    only: {arms: [b]}")
    assert told(("repeat: {every: 1w, for: 8w}", "repeat: {every: 1w, for: 8w}\n    only: {arms: [a]}"),
                ("    reminders: [1d]\n", for_b)) == []  # fmt: skip


def test_hours_that_a_preferred_hour_makes_one_are_told() -> None:
    evening = SECOND.replace("on_days: [8]", 'on_days: [9]\n    at: "20:00"')
    (found,) = told(("    reminders: [1d]\n", evening))
    assert found.startswith("assessments.second.at: who prefers an hour gets `weekly` and `second` together")
    fixed = evening.replace('"20:00"', '"20:00"\n    fixed_time: true')
    assert told(("    reminders: [1d]\n", fixed)) == []
    near = evening.replace("20:00", "11:00")
    assert told(("    reminders: [1d]\n", near)) == []


def test_days_before_an_event_that_is_expected_are_clear_and_its_end_is_not() -> None:
    before = [("anchor: surgery", "anchor: cycle"), ("repeat: {every: 1w, for: 8w}", "on_days: [-7, -1]")]
    rhythm = "cycle: true\n    every: 4w\n    expect: next"
    (found,) = told(*before, ("cycle: true", rhythm))
    assert found.startswith("timeline.cycle: the next one is expected for ever")
    assert told(*before, ("cycle: true", f"{rhythm}\n    until: end_of_treatment")) == []
