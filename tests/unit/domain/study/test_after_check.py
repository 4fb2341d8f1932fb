"""Mistakes in assessments that follow the end of participation: each is told with what to write instead."""

import pytest

from pro_collector.domain.study.definition import load_study
from pro_collector.errors import BadInput
from tests.shared.studies import GOOD, study

BEREAVED = """\
  bereaved:
    title: {en: The last weeks}
    instruments: [diary]
    after: {participation: deceased, asks: proxy}
    window: {closes: 30d}
"""


def told(text: str) -> str:
    with pytest.raises(BadInput) as raised:
        load_study(GOOD + text, "study.yaml")
    return "\n".join(f"{each.where}: {each.message}" for each in raised.value.problems)


def test_what_says_no_day_is_asked_after_the_usual_delay() -> None:
    read = load_study(GOOD + BEREAVED, "study.yaml").assessments["bereaved"]
    assert [str(each) for each in read.offsets] == ["6w"]
    assert read.anchor_words == "the end of participation (deceased)"
    left = BEREAVED.replace("deceased, asks: proxy", "withdrawn")
    assert [str(each) for each in load_study(GOOD + left, "study.yaml").assessments["bereaved"].offsets] == ["1w"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (", asks: proxy", "", "assessments.bereaved.after: nobody writes to a patient who has died"),
        ("    window", "    on_days: [14]\n    window", "on_days.0: nobody is asked within 14 days of a death"),
        ("    window", "    offsets: [13d, 6w]\n    window", "offsets.0: nobody is asked within 14 days of a death"),
        (
            "    window",
            "    repeat: {every: 6w, count: 2}\n    window",
            "repeat.starting: nobody is asked within 14 days of a death",
        ),
        ("    window", "    repeat: {every: 6w, starting: 6w}\n    window", "no end: give `for`, `count` or `until`"),
        ("    window", "    reminders: [2d, 9d]\n    window", "reminders: after the end of participation nobody is"),
        ("    window", "    mode: conversation\n    window", "mode: questions after the end are asked by link"),
        ("    window", "    reporter: [{by: both}]\n    window", "`after: {asks: ...}` says who answers"),
        ("    window", "    anchor: surgery\n    window", "`after` takes the place of `anchor`"),
        (
            "asks: proxy",
            "asks: caregiver, released_by: automatic",
            "bereaved.after: after a death a caregiver is asked only what a person of the team releases",
        ),
        ("deceased, asks: proxy", "completed", "add `as: completed` to one that `ends: participation`"),
    ],
)
def test_each_mistake_is_told_with_its_place(before: str, after: str, expected: str) -> None:
    assert expected in told(BEREAVED.replace(before, after, 1))


def test_an_event_says_how_it_ends_participation() -> None:
    done = "  done: {label: {en: Done}, ends: participation, as: completed}\n"
    read = study(("    ends: participation\n", f"    ends: participation\n{done}"))
    assert read.endings == {"death": "deceased", "done": "completed"}


def test_only_the_days_that_are_too_soon_are_mistakes() -> None:
    days = told(BEREAVED.replace("    window", "    on_days: [14, 15, 42]\n    window", 1))
    assert "on_days.0" in days
    assert "on_days.1" not in days
    assert "on_days.2" not in days
