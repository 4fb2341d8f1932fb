"""The example of a study's calendar: as the file expects it, and without what few people have."""

from datetime import date

from pro_collector.domain.study.definition import stored_study
from pro_collector.domain.study.example import example_events
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
