"""Contradictions in a study file, each reported with its place."""

import pytest

from pro_collector.display.schedule import how_asked
from pro_collector.domain.study.definition import load_study
from pro_collector.errors import BadInput
from tests.shared.studies import Diary, study, with_changes

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
    """The mistakes (place and message) in the good study after pieces of it are replaced."""
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
            "for: 8w}",
            "until: {first_of: [end_of_treatment, {later_of: [death, relaps]}]}}",
            "assessments.weekly.repeat.until.first_of.1.later_of.1: unknown event `relaps`; known: cycle",
        ),
        (
            "anchor: surgery",
            "anchor: {any_of: [surgery, radiotherapy]}",
            "assessments.weekly.anchor.any_of.1: unknown anchor `radiotherapy`",
        ),
        (
            "[1d]",
            "[1d]\n    until: next cylce",
            "assessments.weekly.until: unknown event `cylce`; did you mean `cycle`?",
        ),
        ("closes: 3d}", "closes: 3d, until: vist}", "assessments.weekly.window.until: unknown event `vist`"),
        (
            "for: 8w}",
            "until: [end_of_treatment, death]}",
            "assessments.weekly.repeat.until: of several events, say which counts: {first_of: [end_of_treatm",
        ),
        ("[1d]", "[1d]\n    from: death", "assessments.weekly.from: `death` ends participation: nothing is asked"),
        ("[1d]", "[1d]\n    until: surgery", "assessments.weekly.until: this never ends it: `surgery` is the anchor"),
        (
            "for: 8w}",
            "until: {first_of: [enrolment, death]}}",
            "assessments.weekly.repeat.until: nothing is asked before enrolment",
        ),
        ("[1d]", "[1d]\n    at: ['10:00', '22:00']", "assessments.weekly.at.1: 22:00 lies in the quiet hours"),
        ("[1d]", "[1d]\n    at: ['12:00', '10:00']", "assessments.weekly.at.1: hours are in order, and none is inside"),
        (
            "[1d]",
            "[1d]\n    at: {from: '20:00', until: '22:00'}",
            "assessments.weekly.at: 21:00 lies in the quiet hours",
        ),
        (
            "[1d]",
            "[1d]\n    at: ['09:00', {from: '08:30', until: '12:00', times: 2}]",
            "assessments.weekly.at.1: hours are in order",
        ),
        ("[1d]", "[1d]\n    at: [10:00, 25:00]", "assessments.weekly.at.1: expected a time of day from"),
        ("cycle: true", "cycle: true\n    expect: next", "timeline.cycle: say after how long the next one is expected"),
        (
            "label: {en: Surgery}",
            "label: {en: Surgery}\n    every: 28d\n    expect: next",
            "timeline.surgery.expect: only an event that `happens: repeatedly` has a next one",
        ),
        ("cycle: true", "cycle: true\n    until: death", "timeline.cycle.until: it says until when the next one is"),
        (
            "cycle: true",
            "cycle: true\n    every: 4w\n    expect: next\n    until: {first_of: [death, progresion]}",
            "timeline.cycle.until.first_of.1: unknown event `progresion`",
        ),
        ("[1d]", "[1d]\n    cycles: [1]", "assessments.weekly.cycles: `surgery` happens once: `cycles` chooses among"),
        ("[1d]", "[1d]\n    cycles: C1", "assessments.weekly.cycles: expected a number such as 4, or numbers such as"),
        (
            "[1d]",
            "[1d]\n    sometimes: {dairy: {times: [1]}}",
            "assessments.weekly.sometimes.dairy: it is not in `instruments`; did you mean `diary`?",
        ),
        (
            "[1d]",
            "[1d]\n    sometimes: {diary: {cycles: [1]}}",
            "assessments.weekly.sometimes.diary.cycles: `surgery` happens once",
        ),
        (
            "[1d]",
            "[1d]\n    reporter: [{from: 2, below: 8, by: proxy}, {from: 9, by: self}]",
            "assessments.weekly.reporter: nobody answers at age 0 to 1, 8: add a band",
        ),
        (
            "[1d]",
            "[1d]\n    only: {ages: {from: 8}}\n    reporter: [{below: 8, by: proxy}, {from: 8, by: self}]",
            "weekly.reporter.0: nobody of this age is asked: `only` is for ages from 8",
        ),
        (
            "[1d]",
            "[1d]\n    only: {ages: {below: 8}}\n    reporter: [{below: 8, by: proxy}, {from: 8, by: self}]",
            "weekly.reporter.1: nobody of this age is asked: `only` is for ages from 0 and below 8",
        ),
        ("[1d]", "[1d, 24h]", "assessments.weekly.reminders.1: this reminder (24h) comes at the time of another"),
        (
            "closes: 3d}\n    reminders: [1d]",
            "closes: 20h}\n    reminders: [12h]",
            "reminders.0: this reminder (12h) falls into the quiet hours, and when they end the window has closed",
        ),
        (
            "closes: 3d}\n    reminders: [1d]",
            "closes: 20h}\n    ladder: [{channel: sms}, {channel: email, after: 13h}]",
            "ladder.1: this rung (13h) falls into the quiet hours, and when they end the window has closed (20h)",
        ),
        (
            "reminders: [1d]",
            "ladder: [{channel: sms, after: 2h}]",
            "ladder.0: the first rung is the invitation, which goes at its time and not 2h later",
        ),
        (
            "reminders: [1d]",
            "ladder: [{channel: call}, {channel: sms, after: 1d}]",
            "ladder.0: a call by the team is the last rung",
        ),
        ("repeat: {every: 1w, for: 8w}", "on_days: [1, 8, 1]", "weekly.on_days.2: day 1 is here twice"),
        ("repeat: {every: 1w, for: 8w}", "offsets: [2w, 14d]", "weekly.offsets.1: 2w is here twice"),
        ("anchor: surgery", "anchor: death", "weekly.anchor: `death` ends participation: nothing is asked from that"),
        ("for: 8w}", "for: 0d}", "weekly.repeat.for: nothing is ever asked: `for` (0d) has no length"),
        ("for: 8w}", "for: 8w, from: death}", "weekly.repeat.from: `death` ends participation: nothing is asked"),
        ("for: 8w}", "from: cycle, until: cycle}", "weekly.repeat.until: nothing is ever asked: it begins and ends"),
        ("for: 8w}", "until: surgery}", "weekly.repeat.until: this never ends it: `surgery` is the anchor itself"),
        ("for: 8w}", "until: enrolment}", "weekly.repeat.until: nothing is asked before enrolment"),
        (
            "{every: 1w, for: 8w}",
            "[{every: 1w, for: 8w}, {every: 1mo, from: death, for: 1y}]",
            "weekly.repeat.1.from: `death` ends participation",
        ),
        ("  death:", "  enrolment: {label: {en: E}, happens: repeatedly}\n  death:", "the enrolment happens once"),
        (
            "  death:",
            "  enrolment: {label: {en: E}, ends: participation}\n  death:",
            "timeline.enrolment.ends: participation begins with the enrolment",
        ),
        (
            "quiet_hours:",
            "blackout: [{from: 2027-12-20, until: 2029-01-03}]\nquiet_hours:",
            "blackout.0: nothing would be sent for more than a year (2027-12-20-2029-01-03)",
        ),
        ("[1d]", "[1d]\n    asks: parent", "weekly.asks: expected caregiver; for a proxy, or by age: `reporter:"),
        (
            "[1d]",
            "[1d]\n    asks: caregiver\n    reporter: [{by: both}]",
            "assessments.weekly: `asks: caregiver` and `reporter` cannot both say who answers: make two assessments",
        ),
        ("[1d]", "[1d]\n    only: {arms: []}", "weekly.only.arms: nobody is named here: leave it out to ask everybody"),
        (
            "[1d]",
            "[1d]\n    late_anchor: opne",
            "late_anchor: expected 'miss' or 'open', not 'opne'; did you mean `open`",
        ),
    ],
)
def test_a_contradiction_is_found_in_its_place(before: str, after: str, expected: str) -> None:
    messages = found((before, after))
    assert any(expected in message for message in messages), messages


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            "[1d]",
            "[1d]\n    on: sunday",
            "assessments.weekly: YAML reads `on` as true, and it is no key here: days after",
        ),
        (
            "[1d]",
            "[1d]\n    weekdays: [sun]",
            "assessments.weekly.weekdays: this key is not known here; it belongs below",
        ),
        ("[1d]", "[1d]\n    remindres: [1d]", "assessments.weekly.remindres: this key is not known here; did you mean"),
        (
            "window: {closes: 3d}",
            "window: +-3d",
            "with their values here, for example window: {closes: 3d} or {opens: -1d",
        ),
        ("repeat: {every: 1w, for: 8w}", "repeat: weekly", "values here, for example repeat: {every: 1w, for: 8w}"),
        ("repeat: {every: 1w, for: 8w}", "on_days: 1-14", "a list here, for example on_days: [1, 8, 15]; every day:"),
        (
            "[1d]",
            "[1d]\n    ladder: [sms]",
            "ladder.0: expected keys with their values here, for example ladder: [{cha",
        ),
        (
            "weekly:",
            "weekly_form:",
            "digits and hyphens, such as lung-metastases, not 'weekly_form'; for example `weekly-f",
        ),
        ("title: {en: Weekly}", "title: {en: Weekly, or so}", "title.or so: a text with a comma needs quotes: {en:"),
        (
            "  surgery:\n",
            "  first-dose:\n",
            "timeline.first-dose: the name of an event has lower-case letters, digits and",
        ),
    ],
)
def test_a_mistake_teaches_what_is_right(before: str, after: str, expected: str) -> None:
    (first, *others) = found((before, after))
    assert expected in first, first
    assert not [each for each in others if "surgery" not in each], "one mistake is reported once"


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


def test_a_mistake_in_one_of_several_quiet_hours_has_its_place() -> None:
    several = '[{from: "21:00", until: "08:00"}, {from: "12:00", until: "12:00"}]'
    messages = found(('{from: "21:00", until: "08:00"}', several))
    assert "quiet_hours.1: these quiet hours cover the whole day" in messages


def test_quiet_hours_that_cover_the_day_together_are_one_mistake() -> None:
    together = '[{from: "21:00", until: "08:00"}, {from: "08:00", until: "21:00"}]'
    assert found(('{from: "21:00", until: "08:00"}', together)) == [
        "quiet_hours: together these quiet hours cover the whole day"
    ]


def test_a_window_that_never_opens_is_one_mistake_and_not_one_for_each_reminder() -> None:
    (message,) = found(("closes: 3d}", "closes: -1d}"))
    assert message.startswith("assessments.weekly.window.closes")


@pytest.mark.parametrize(
    ("blackout", "expected"),
    [
        ("2027-13-24", "blackout.0: expected a date such as 2027-12-25, not '2027-13-24'"),
        ("{every_year: 02-30}", "blackout.0.every_year: expected a month and a day such as \"12-25\", not '02-30'"),
        ("{from: 2027-12-24, untill: 2027-12-26}", "blackout.0.until: this is required and is not here"),
        ("{from: 2027-12-24, until: soon}", "blackout.0.until: expected a date such as 2027-12-25, not 'soon'"),
    ],
)
def test_an_unreadable_blackout_is_reported_with_what_was_expected(blackout: str, expected: str) -> None:
    messages = found(("quiet_hours:", f"blackout: [{blackout}]\nquiet_hours:"))
    assert expected in messages
    assert len(messages) == 1 + ("untill" in blackout)


def test_an_empty_list_where_something_must_be() -> None:
    assert found(("reminders: [1d]", "ladder: []")) == ["assessments.weekly.ladder: expected at least 1 here"]


def test_a_ladder_whose_rungs_cannot_be_read_is_not_called_empty_too() -> None:
    (message,) = found(("reminders: [1d]", "ladder: [{channel: fax}]"))
    assert message.startswith("assessments.weekly.ladder.0.channel: expected 'sms', 'email' or 'call', not 'fax'")


def test_days_before_an_end_that_is_known_ahead_can_be_asked() -> None:
    assert found(("anchor: surgery", "anchor: death"), ("repeat: {every: 1w, for: 8w}", "on_days: [-14, -7]")) == []


def test_a_cycle_that_ends_on_the_day_the_next_one_begins() -> None:
    meeting = ("anchor: surgery", "anchor: cycle"), ("repeat: {every: 1w, for: 8w}", "on_days: [1, 21]")
    budget = ("quiet_hours:", "burden: {surveys: 1}\nquiet_hours:")
    assert found(budget, *meeting) == []
    (message,) = found(budget, *meeting, ("happens: repeatedly", "happens: repeatedly\n    every: 21d"))
    assert "0d after cycle, one every 3w, it would be more than 1 surveys" in message


@pytest.mark.parametrize("every", ["often", "2h"])
def test_a_pace_that_cannot_be_read_is_left_out(every: str) -> None:
    meeting = ("anchor: surgery", "anchor: cycle"), ("repeat: {every: 1w, for: 8w}", "on_days: [1, 21]")
    pace = ("happens: repeatedly", f"happens: repeatedly\n    every: {every}")
    messages = found(("quiet_hours:", "burden: {surveys: 1}\nquiet_hours:"), *meeting, pace)
    assert not [message for message in messages if "budget" in message]


def test_assessments_on_different_anchors_are_not_checked_against_the_budget() -> None:
    apart = ("    reminders: [1d]\n", SECOND.replace("anchor: surgery", "anchor: enrolment") + "    priority: 1\n")
    assert found(("quiet_hours:", "burden: {surveys: 1}\nquiet_hours:"), apart) == []


def test_a_repetition_that_never_fits_the_budget() -> None:
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


def test_every_instrument_of_an_assessment_is_looked_at_and_for_each_reporter() -> None:
    three = ("instruments: [diary]", "instruments: [one, diary, two]")
    messages = found(three, instruments={"diary": Diary()})
    assert [message.partition(":")[0] for message in messages] == [
        "assessments.weekly.instruments.0", "assessments.weekly.instruments.2"
    ]  # fmt: skip
    both = ("[1d]", "[1d]\n    reporter: [{below: 8, by: both}, {from: 8, by: self}]")
    messages = found(both, instruments={"diary": Diary(languages=(), reporters=("proxy",))})
    assert len(messages) == 2
    assert "cannot be answered by self, only by proxy" in messages[0]
    assert "has no words in `en` for proxy" in messages[1]


def test_an_instrument_that_a_proxy_cannot_answer() -> None:
    proxy = ("[1d]", "[1d]\n    reporter: [{below: 8, by: proxy}, {from: 8, by: self}]")
    (message,) = found(proxy, instruments={"diary": Diary()})
    assert "cannot be answered by proxy, only by self" in message
    assert found(proxy, instruments={"diary": Diary(reporters=("self", "proxy"))}) == []


def test_a_caregiver_reads_the_words_of_those_who_answer_about_themselves() -> None:
    caring = ("[1d]", "[1d]\n    asks: caregiver")
    (message,) = found(caring, instruments={"diary": Diary(reporters=("proxy",))})
    assert "cannot be answered by self, only by proxy" in message
    assert found(caring, instruments={"diary": Diary()}) == []
    assert study(caring).of_caregivers == ("weekly",)
    assert how_asked(study(caring).assessments["weekly"])[-1] == "Answered by a caregiver, about themselves."


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


def test_an_assessment_on_answers_lacks_them_and_is_on_no_unknown_event() -> None:
    (message,) = found(("anchor: surgery", "anchor: trigger"))
    assert "unknown" not in message


def test_an_event_that_cannot_be_read_is_passed_over() -> None:
    messages = found(("  surgery:\n    label: {en: Surgery}\n", "  surgery: soon\n"))
    assert all("expected keys" in message for message in messages)
    assert messages


def test_arms_that_are_asked_alike_exceed_the_budget_once() -> None:
    both = ("    reminders: [1d]\n", "    reminders: [1d]\n    only: {arms: [a, b]}\n")
    (message,) = found(("quiet_hours:", "burden: {surveys: 1}\nquiet_hours:"), ("every: 1w", "every: 3d"), both)
    assert message.startswith("assessments.weekly: the burden budget can never hold this")


def test_a_policy_for_an_unknown_instrument_is_one_mistake() -> None:
    policy = ("assessments:", "imputation: {diary: zero}\nassessments:")
    assert found(policy, instruments={"dairy": Diary()}) == [
        "assessments.weekly.instruments.0: unknown instrument `diary`; did you mean `dairy`?"
    ]
