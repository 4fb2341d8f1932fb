"""Contradictions that a study file can hold, each found with its place."""

import pytest

from pro_collector.domain.study import load_study
from pro_collector.errors import BadInput
from tests.domain.studies import Diary, with_changes

SECOND = """\
    reminders: [1d]
  second:
    title: {en: Second}
    instruments: [diary]
    anchor: surgery
    on_days: [8]
    window: {closes: 3d}
"""


def found(*pairs: tuple[str, str], instruments: dict[str, Diary] | None = None) -> list[str]:
    """What is wrong with the good study when pieces of it are replaced: place and message."""
    try:
        load_study(with_changes(*pairs), "study.yaml", instruments)
    except BadInput as error:
        return [f"{problem.where}: {problem.message}" for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            "window: {closes: 3d}",
            "window: {opens: 2d, closes: 1d}",
            "assessments.weekly.window: the window closes (1d) before it opens (2d)",
        ),
        (
            "window: {closes: 3d}",
            "window: {opens: 2d, closes: 3d}",
            "assessments.weekly.window.opens: the window opens after the invitation",
        ),
        ("closes: 3d}", "closes: -1d}", "assessments.weekly.window.closes: the window closes (-1d) before or when"),
        ("closes: 3d}", "closes: 3d, late_entry: -1d}", "assessments.weekly.window.late_entry: late entry comes after"),
        ("[1d]", "[3d]", "assessments.weekly.reminders.0: this reminder (3d) comes after the window has closed (3d)"),
        ("[1d]", "[1d, 0d]", "assessments.weekly.reminders.1: a reminder comes after the invitation"),
        (
            "reminders: [1d]",
            "ladder: [{channel: sms}, {channel: call, after: 4d}]",
            "assessments.weekly.ladder.1: this rung (4d) comes after the window has closed (3d)",
        ),
        (
            "reminders: [1d]",
            "ladder: [{channel: sms}, {channel: email, after: 1d}, {channel: call, after: 1d}]",
            "assessments.weekly.ladder.2: each rung waits longer",
        ),
        ("[1d]", "[1d]\n    at: '22:00'", "assessments.weekly.at: 22:00 lies in the quiet hours (21:00-08:00)"),
        (
            "for: 8w}",
            "until: relapse}",
            "assessments.weekly.repeat.until: unknown event `relapse`; known: cycle, death, end_of_treatment, enrolm",
        ),
        ("for: 8w}", "from: cylce, for: 8w}", "assessments.weekly.repeat.from: unknown event `cylce`; did you mean"),
        ("[1d]", "[1d]\n    only: {arms: [c]}", "assessments.weekly.only.arms.0: unknown arm `c`; known: a, b"),
        ("[1d]", "[1d]\n    only: {sites: [hear]}", "only.sites.0: unknown site `hear`; did you mean `here`?"),
        ("[1d]", "[1d]\n    only: {languages: [fr]}", "only.languages.0: unknown language `fr`; known: en"),
        ("[1d]", "[1d]\n    only: {ages: {from: 18, below: 18}}", "only.ages: no age is from 18 and below 18"),
        ("title: {en: Weekly}", "title: {fr: Hebdo}", "assessments.weekly.title: no text in `en`"),
        ("title: {en: Weekly}", "title: {en: W, fr: H}", "assessments.weekly.title.fr: unknown language `fr`"),
        ("happens: repeatedly", "happens: once", "timeline.cycle: a cycle happens repeatedly"),
        ("label: {en: End}", "label: {en: End}\n    happens: repeatedly\n    cycle: true", "only one event can be the"),
        ('until: "08:00"}', 'until: "21:00"}', "quiet_hours: these quiet hours cover the whole day"),
        (
            "quiet_hours:",
            "blackout: [{from: 2027-02-01, until: 2027-01-01}]\nquiet_hours:",
            "blackout.0: it ends (2027-0",
        ),
        ("[1d]", "[1d]\n    reporter: [{from: 9, below: 9, by: self}]", "reporter.0: no age is from 9 and below 9"),
        ("[1d]", "[1d]\n    reporter: [{below: 9, by: proxy}, {from: 8, by: self}]", "reporter.1: this band overlaps"),
        (
            "[1d]",
            "[1d]\n    reporter: [{from: 2, below: 8, by: proxy}, {from: 9, by: self}]",
            "assessments.weekly.reporter: nobody answers at age 0 to 1, 8: add a band",
        ),
    ],
)
def test_a_contradiction_is_found_in_its_place(before: str, after: str, expected: str) -> None:
    messages = found((before, after))
    assert any(expected in message for message in messages), messages


def test_the_good_study_has_no_mistake() -> None:
    assert found() == []
    assert found(instruments={"diary": Diary()}) == []


def test_bands_that_cover_the_ages_asked_for_are_enough() -> None:
    ages = "    only: {ages: {from: 2, below: 12}}\n"
    bands = "    reporter: [{from: 1, below: 8, by: proxy}, {from: 8, by: both}]\n"
    assert found(("    reminders: [1d]\n", ages + bands)) == []


def test_a_schedule_needs_an_end_unless_some_event_ends_participation() -> None:
    endless = ("{every: 1w, for: 8w}", "{every: 1w}")
    assert found(endless) == []
    assert found(endless, ("    ends: participation\n", "")) == [
        "assessments.weekly.repeat: no end: give `for`, `count` or `until`, or an event with `ends: participation`"
    ]
    phases = ("repeat: {every: 1w, for: 8w}", "repeat: [{every: 1w, for: 8w}, {every: 1mo, starting: 8w}]")
    assert found(phases, ("    ends: participation\n", ""))[0].startswith("assessments.weekly.repeat.1: no end")


def test_one_of_several_quiet_hours_is_pointed_at() -> None:
    several = '[{from: "21:00", until: "08:00"}, {from: "12:00", until: "12:00"}]'
    messages = found(('{from: "21:00", until: "08:00"}', several))
    assert "quiet_hours.1: these quiet hours cover the whole day" in messages


def test_a_rhythm_that_the_budget_can_never_hold() -> None:
    (message,) = found(("quiet_hours:", "burden: {surveys: 1}\nquiet_hours:"), ("every: 1w", "every: 3d"))
    assert message.startswith("assessments.weekly: the burden budget can never hold this: 3d after surgery")
    assert "more than 1 surveys in seven days" in message


def test_two_assessments_that_always_meet_are_over_the_budget_and_the_less_important_is_named() -> None:
    meeting = ("    reminders: [1d]\n", SECOND + "    priority: 1\n")
    (message,) = found(("quiet_hours:", "burden: {surveys: 1}\nquiet_hours:"), meeting)
    assert message.startswith("assessments.weekly: the burden budget can never hold this: 7d after surgery")


def test_assessments_for_different_people_never_meet() -> None:
    apart = SECOND.replace("[1d]", "[1d]\n    only: {arms: [a]}") + "    only: {arms: [b]}\n"
    assert found(("quiet_hours:", "burden: {surveys: 1}\nquiet_hours:"), ("    reminders: [1d]\n", apart)) == []


def test_a_questionnaire_longer_than_the_budget() -> None:
    budget = ("quiet_hours:", "burden: {questions: 10}\nquiet_hours:")
    assert found(budget, instruments={"diary": Diary(items=10)}) == []
    (message,) = found(budget, instruments={"diary": Diary(items=11)})
    assert "0d after surgery it would be more than 10 questions in seven days" in message


def test_quiet_hours_that_cannot_be_read_are_one_mistake() -> None:
    (message,) = found(('from: "21:00"', 'from: "night"'))
    assert message.startswith("quiet_hours.from: expected a time of day")


def test_a_burden_that_cannot_be_read_is_one_mistake() -> None:
    assert len(found(("quiet_hours:", "burden: {surveys: many}\nquiet_hours:"))) == 1


def test_an_unknown_instrument_is_named_with_the_near_one() -> None:
    (message,) = found(instruments={"dairy": Diary()})
    assert message == "assessments.weekly.instruments.0: unknown instrument `diary`; did you mean `dairy`?"


def test_an_instrument_without_words_cannot_be_asked_and_says_where_to_get_them() -> None:
    (message,) = found(instruments={"diary": Diary(languages=("fr",))})
    assert message.startswith("assessments.weekly.instruments.0: `diary` has no words in `en` for self; get them from")
    assert "ask@example.org" in message


def test_an_instrument_that_a_proxy_cannot_answer() -> None:
    proxy = ("[1d]", "[1d]\n    reporter: [{below: 8, by: proxy}, {from: 8, by: self}]")
    (message,) = found(proxy, instruments={"diary": Diary()})
    assert "cannot be answered by proxy, only by self" in message
    assert found(proxy, instruments={"diary": Diary(reporters=("self", "proxy"))}) == []


def test_only_the_languages_asked_for_need_words() -> None:
    two = ("languages: [en]", "languages: [en, es]")
    for_english = ("[1d]", "[1d]\n    only: {languages: [en]}")
    messages = found(two, for_english, instruments={"diary": Diary()})
    assert not [message for message in messages if "instruments" in message]
    messages = found(two, instruments={"diary": Diary()})
    assert [message for message in messages if "has no words in `es`" in message]


def test_many_known_names_are_not_all_listed() -> None:
    arms = "".join(f"  arm-{k}: {{label: {{en: A}}}}\n" for k in range(20))
    (message,) = found(
        ("  a: {label: {en: A}}\n  b: {label: {en: B}}\n", arms), ("[1d]", "[1d]\n    only: {arms: [zz]}")
    )
    assert message == "assessments.weekly.only.arms.0: unknown arm `zz`"


def test_a_policy_for_skipped_items_must_be_one_of_the_instrument() -> None:
    known = {"diary": Diary(languages=("en", "es"))}

    def said(policy: str) -> list[str]:
        return found(("assessments:", f"imputation: {{{policy}}}\nassessments:"), instruments=known)

    assert said("diary: zero") == []
    assert said("diary: none") == []
    assert said("diary: zeros") == ["imputation.diary: unknown policy `zeros`; did you mean `zero`?"]
    assert said("dairy: zero") == ["imputation.dairy: no assessment asks `dairy`; did you mean `diary`?"]
