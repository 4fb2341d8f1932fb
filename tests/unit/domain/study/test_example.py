"""The example of a study's calendar: as the file expects it, and without what few people have."""

from datetime import UTC, date, datetime

from pro_collector.domain.study.definition import stored_study
from pro_collector.domain.study.example import example_courses, example_events
from pro_collector.resources import SCHEMAS
from tests.shared.studies import study

ENROLLED = date(2026, 3, 2)


def test_everything_happens_as_the_file_expects() -> None:
    demo = stored_study((SCHEMAS / "studies" / "demo.yaml").read_text(encoding="utf-8"), "demo.yaml")
    events = example_events(demo, ENROLLED)
    assert events == sorted(events, key=lambda event: (event[1], event[0]))
    assert [on for kind, on in events if kind == "cycle"][:3] == [
        date(2026, 3, 12), date(2026, 4, 2), date(2026, 4, 23)
    ]  # fmt: skip
    assert ("treatment_start", date(2026, 3, 12)) in events
    assert ("end_of_treatment", date(2026, 9, 12)) in events
    assert "death" not in {kind for kind, _ in events}, "nothing counts from it"


def test_what_the_file_does_not_expect_happens_after_two_weeks() -> None:
    events = example_events(study(), ENROLLED)
    assert ("surgery", date(2026, 3, 16)) in events
    assert [on for kind, on in events if kind == "cycle"][:2] == [date(2026, 3, 16), date(2026, 4, 13)]


def test_events_that_wait_for_each_other_do_happen() -> None:
    waiting = study(
        ("    label: {en: Surgery}\n", "    label: {en: Surgery}\n    expected: {after: end_of_treatment, wait: 1w}\n"),
        ("    label: {en: End}\n", "    label: {en: End}\n    expected: {after: surgery, wait: 1w}\n"),
    )
    assert {"surgery", "end_of_treatment"} <= {kind for kind, _ in example_events(waiting, ENROLLED)}


def test_each_arm_has_its_course_up_to_the_end_that_was_asked_for() -> None:
    only_a = study(("    reminders: [1d]\n", "    reminders: [1d]\n    only: {arms: [a]}\n"))
    a, b = example_courses(only_a, {"diary": 5}, ENROLLED, date(2026, 4, 12))
    assert [course.arm for course in (a, b)] == ["a", "b"]
    assert [each.due_at.date() for each in a.occasions] == [
        date(2026, 3, 16), date(2026, 3, 23), date(2026, 3, 30), date(2026, 4, 6)
    ]  # fmt: skip
    assert b.occasions == (), "nobody in this arm is asked"
    assert (
        a.events == b.events == tuple((kind, date(2026, 3, 16)) for kind in ("cycle", "end_of_treatment", "surgery"))
    ), "the next cycle is after the end"


def test_a_study_without_arms_and_sites_has_one_course_in_utc() -> None:
    plain = study(
        ("arms:\n  a: {label: {en: A}}\n  b: {label: {en: B}}\n", ""),
        ("sites:\n  here: {label: {en: Here}, country: US, zone: America/New_York}\n", ""),
        ("[1d]", "[1d]\n    at: '10:00'"),
    )
    (only,) = example_courses(plain, {"diary": 5}, ENROLLED, date(2026, 3, 20))
    assert only.arm is None
    assert [each.due_at for each in only.occasions] == [datetime(2026, 3, 16, 10, tzinfo=UTC)]


def test_every_event_that_repeats_counts() -> None:
    each_cycle = study(
        ("anchor: surgery", "anchor: cycle"), ("repeat: {every: 1w, for: 8w}", "on_days: [1]"),
        ("happens: repeatedly", "happens: repeatedly\n    every: 21d"),
    )  # fmt: skip
    a, _ = example_courses(each_cycle, {}, ENROLLED, date(2026, 5, 1))
    assert [each.due_at.date() for each in a.occasions] == [date(2026, 3, 16), date(2026, 4, 6), date(2026, 4, 27)]
