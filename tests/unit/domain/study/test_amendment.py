"""A new version of a running study: whom and what it changes, the policy of each assessment, and a return."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from pro_collector.domain.study.amendment import (
    Affected,
    Amendment,
    PlanInputs,
    VersionInForce,
    amend,
    changes,
    in_force,
)
from pro_collector.domain.study.definition import Study
from scheduler.anchors import Anchor, Timeline
from scheduler.occasion import Occasion
from scheduler.person import Person
from scheduler.plan import plan
from scheduler.replan import Diff, Moved, replan
from tests.shared.studies import study

BEGAN = datetime(2027, 1, 1, tzinfo=UTC)
NOW = datetime(2027, 3, 20, tzinfo=UTC)
HORIZON = datetime(2028, 1, 1, tzinfo=UTC)
SURGERY = date(2027, 3, 1)
THREE_MONTHLY = """\
    reminders: [1d]
  monthly:
    title: {en: Monthly}
    instruments: [diary]
    anchor: surgery
    offsets: [1w, 1mo]
    window: {closes: 3d}
    amendment: POLICY
"""


def new_assessment(policy: str) -> Study:
    return study(("    reminders: [1d]\n", THREE_MONTHLY.replace("POLICY", policy)), version="2")


def someone(n: int = 1, recorded: datetime = BEGAN + timedelta(days=59)) -> tuple[Person, Timeline]:
    timeline = Timeline.of([Anchor("surgery", SURGERY, recorded_at=recorded)])
    return Person(UUID(int=n), "America/New_York", date(2027, 2, 1)), timeline


def lived(history: list[VersionInForce], now: datetime = NOW, n: int = 1) -> PlanInputs:
    """A participant with the stored occasions, after everything due was asked."""
    who, timeline = someone(n)
    occasions = plan(in_force(history), who, timeline, BEGAN, HORIZON).occasions
    return PlanInputs(who, timeline, tuple(_asked(each) if each.due_at <= now else each for each in occasions))


def _asked(occasion: Occasion) -> Occasion:
    return replace(occasion, state="completed") if occasion.state == "planned" else occasion


def after(amendment: Amendment, standing: PlanInputs) -> list[Occasion]:
    """A participant with the stored occasions, after an amendment was applied."""
    (affected,) = amendment.affected
    diff = affected.diff
    assert affected.person == standing.person.id
    return [*diff.kept, *diff.added, *diff.cancelled, *(moved.after for moved in diff.moved)]


V1 = [VersionInForce(study(), BEGAN)]


def told(occasions: list[Occasion], assessment: str) -> list[tuple[str, str, str | None]]:
    found = sorted((each for each in occasions if each.assessment == assessment), key=lambda each: each.anchor_on)
    return [(each.point, each.state, each.reason) for each in sorted(found, key=lambda each: each.n)]


def test_the_same_version_again_changes_nobody() -> None:
    found = amend(V1, study(version="2"), [lived(V1)], NOW, HORIZON)
    assert (found.before, found.after, found.people) == ("1", "2", 1)
    assert (found.changes, found.study_wide, found.affected) == ((), (), ())


def test_a_new_assessment_is_prospective_by_default() -> None:
    standing = lived(V1)
    found = amend(V1, new_assessment("prospective"), [standing], NOW, HORIZON)
    assert [(change.assessment, change.what, change.policy) for change in found.changes] == [
        ("monthly", "added", "prospective")
    ]
    assert told(after(found, standing), "monthly") == [
        ("7d", "cancelled", "prospective_only"),
        ("1mo", "planned", None),
    ]
    assert found.count("monthly") == {"moved": 0, "added": 2, "cancelled": 0, "kept": 0, "renamed": 0}
    assert found.count("weekly")["moved"] == 0


def test_what_moves_in_time_is_counted_apart_from_what_is_only_called_otherwise() -> None:
    first, second, third = (each for each in lived(V1).occasions[:3])
    moved = (
        Moved(first, replace(first, due_at=first.due_at + timedelta(hours=1))),
        Moved(second, replace(second, n=second.n + 1)),
        Moved(third, replace(third, assessment="other", n=9)),
    )
    diff = Diff(moved=moved, added=(first,), cancelled=(second, third), kept=(first, second, third))
    found = Amendment("1", "2", (), (), (Affected(UUID(int=1), diff), Affected(UUID(int=2), diff)), 2)
    assert found.count("weekly") == {"moved": 2, "added": 2, "cancelled": 4, "kept": 6, "renamed": 2}
    assert found.count("other") == {"moved": 0, "added": 0, "cancelled": 0, "kept": 0, "renamed": 2}


def test_backlog_asks_the_last_of_the_past_occasions() -> None:
    standing = lived(V1)
    found = amend(V1, new_assessment("backlog"), [standing], NOW, HORIZON)
    monthly = told(after(found, standing), "monthly")
    assert monthly == [("7d", "planned", None), ("1mo", "planned", None)]
    opened = next(each for each in after(found, standing) if each.assessment == "monthly" and each.point == "7d")
    assert opened.moved_by == "late_anchor"
    assert opened.due_at >= NOW


def test_backlog_means_past_at_the_amendment_and_not_late_afterwards() -> None:
    rules = in_force([*V1, VersionInForce(new_assessment("backlog"), NOW)])
    who, _ = someone()
    late = Timeline.of([Anchor("surgery", date(2027, 4, 1), recorded_at=NOW)])
    much_later = NOW + timedelta(days=60)
    found = plan(rules, who, late, much_later, HORIZON).occasions
    assert [each.reason for each in found if each.assessment == "monthly"] == ["late_anchor", "late_anchor"]


def test_finish_old_keeps_running_series_and_applies_the_new_schedule_to_new_anchors() -> None:
    changed = study(("every: 1w", "every: 2w"), ("[1d]\n", "[1d]\n    amendment: finish-old\n"), version="2")
    standing = lived(V1)
    found = amend(V1, changed, [standing], NOW, HORIZON)
    assert found.affected == ()
    history = [*V1, VersionInForce(changed, NOW)]
    who, _ = someone()
    new = Timeline.of([Anchor("surgery", SURGERY, recorded_at=NOW + timedelta(hours=1))])
    points = [each.point for each in plan(in_force(history), who, new, BEGAN, HORIZON).occasions]
    assert points == ["0d", "14d", "28d", "42d"]
    third = study(("every: 1w", "every: 4w"), ("[1d]\n", "[1d]\n    amendment: finish-old\n"), version="3")
    history.append(VersionInForce(third, NOW + timedelta(days=30)))
    assert [(entry.schedule.repeat[0].every.days, entry.anchored_until) for entry in in_force(history).entries] == [
        (7, NOW),
        (14, NOW + timedelta(days=30)),
        (28, None),
    ]


def test_an_assessment_that_is_removed_is_cancelled_or_finished() -> None:
    both = [VersionInForce(new_assessment("prospective"), BEGAN)]
    found = amend(both, study(version="3"), [lived(both)], NOW, HORIZON)
    assert [(change.assessment, change.what) for change in found.changes] == [("monthly", "removed")]
    assert found.count("monthly")["cancelled"] == 1
    finishing = [VersionInForce(new_assessment("finish-old"), BEGAN)]
    assert amend(finishing, study(version="3"), [lived(finishing)], NOW, HORIZON).affected == ()


def test_an_assessment_removed_at_once_has_no_entry() -> None:
    history = [*V1, VersionInForce(new_assessment("prospective"), NOW), VersionInForce(study(version="3"), NOW)]
    assert [entry.assessment for entry in in_force(history).entries] == ["weekly"]


def test_a_changed_title_changes_no_plan_but_is_reported() -> None:
    reworded = study(("title: {en: Weekly}", "title: {en: Each week}"), version="2")
    found = amend(V1, reworded, [lived(V1)], NOW, HORIZON)
    assert found.affected == ()
    assert found.changes[0].differences == ("title: en Weekly -> en Each week",)
    assert in_force([*V1, VersionInForce(reworded, NOW)]).entries[0].asks_from is None


def test_a_change_is_reported_by_key_before_and_after() -> None:
    changed = study(("closes: 3d}", "closes: 5d}"), ("[1d]", "[1d, 3d]"), version="2")
    (change,) = changes(study(), changed)
    assert change.differences == (
        "window: opens 0d, closes 3d, late_entry 0d -> opens 0d, closes 5d, late_entry 0d",
        "reminders: 1d -> 1d; 3d",
    )
    emptied = study(("    reminders: [1d]\n", ""), version="2")
    assert changes(study(), emptied)[0].differences == ("reminders: 1d -> nothing",)


def test_study_wide_changes_are_reported_separately() -> None:
    holiday = study(("quiet_hours:", "blackout: [2027-03-22]\nquiet_hours:"), version="2")
    found = amend(V1, holiday, [lived(V1)], NOW, HORIZON)
    assert found.study_wide == ("blackout",)
    (affected,) = found.affected
    assert [moved.after.moved_by for moved in affected.diff.moved] == ["blackout"]


def test_begun_occasions_are_kept_and_nothing_is_asked_twice() -> None:
    standing = lived(V1)
    sooner = study(("every: 1w", "every: 3d"), version="2")
    found = amend(V1, sooner, [standing], NOW, HORIZON)
    stored = after(found, standing)
    assert [each for each in stored if each.begun] == [each for each in standing.occasions if each.begun]
    assert len({each.id for each in stored}) == len(stored)
    assert not [each for each in stored if each.state == "planned" and each.due_at < NOW]


def test_the_old_version_applied_again_restores_its_plan() -> None:
    standing = lived(V1)
    changed = study(("every: 1w", "every: 2w"), version="2")
    there = amend(V1, changed, [standing], NOW, HORIZON)
    stored = after(there, standing)
    history = [*V1, VersionInForce(changed, NOW)]
    back = amend(history, study(), [PlanInputs(standing.person, standing.timeline, tuple(stored))], NOW, HORIZON)
    restored = after(back, standing)
    assert {each.id: each for each in standing.occasions} == {
        each.id: each for each in restored if each.reason != "prospective_only"
    }


def test_after_it_is_applied_a_replan_changes_nothing() -> None:
    standing = lived(V1)
    new = new_assessment("prospective")
    stored = after(amend(V1, new, [standing], NOW, HORIZON), standing)
    rules = in_force([*V1, VersionInForce(new, NOW)])
    later = NOW + timedelta(hours=3)
    assert replan(stored, plan(rules, standing.person, standing.timeline, later, HORIZON, stored)).empty


def test_an_occasion_that_is_due_as_the_amendment_applies_is_kept() -> None:
    standing = lived(V1)
    waiting = next(each for each in standing.occasions if each.state == "planned")
    moment = waiting.due_at + timedelta(seconds=5)
    found = amend(V1, study(("[1d]", "[2d]"), version="2"), [standing], moment, HORIZON)
    (affected,) = found.affected
    assert waiting in affected.diff.kept


def test_a_budget_counts_the_questions_of_each_instrument() -> None:
    rules = in_force([*V1, VersionInForce(new_assessment("finish-old"), NOW)], {"diary": 9})
    assert rules.questions == {"diary": 9}


def test_only_people_whose_plan_changes_are_affected() -> None:
    nobody = PlanInputs(Person(UUID(int=9), "UTC", date(2027, 2, 1)), Timeline(), ())
    found = amend(V1, new_assessment("prospective"), [lived(V1), nobody], NOW, HORIZON)
    assert (found.people, [each.person for each in found.affected]) == (2, [UUID(int=1)])


def test_finish_old_on_enrolment_depends_on_the_enrolment_date() -> None:
    old = study(("anchor: surgery", "anchor: enrolment"))
    new = study(
        ("anchor: surgery", "anchor: enrolment"),
        ("every: 1w", "every: 2w"),
        ("[1d]\n", "[1d]\n    amendment: finish-old\n"),
        version="2",
    )
    history = [VersionInForce(old, BEGAN), VersionInForce(new, NOW)]
    for enrolled, n in ((date(2027, 2, 1), 8), (date(2027, 4, 1), 4)):
        who = Person(UUID(int=1), "America/New_York", enrolled)
        assert len(plan(in_force(history), who, Timeline(), BEGAN, HORIZON).occasions) == n


@pytest.mark.parametrize(
    ("before", "after", "difference"),
    [
        ("for: 8w}", "for: 8w, weekdays: [mon, thu]}", "repeat: every 1w"),
        ("[1d]\n", "[1d]\n    at: ['10:00', '18:00']\n", "at: 10:00 -> 10:00; 18:00"),
        (
            "[1d]\n",
            "[1d]\n    until: {first_of: [end_of_treatment, cycle]}\n",
            "until: None -> first_of end_of_treatment",
        ),
        ("[1d]\n", "[1d]\n    move_to: working_day\n", "move_to: nothing -> working_day"),
        ("[1d]\n", "[1d]\n    quiet_hours: []\n", "quiet_hours: None -> nothing"),
        ("[1d]\n", "[1d]\n    sometimes: {diary: {times: {from: 2}}}\n", "sometimes:  -> diary"),
    ],
)
def test_each_word_of_the_language_is_amended_prospectively(before: str, after: str, difference: str) -> None:
    new = study((before, after), version="2")
    found = amend(V1, new, [lived(V1)], NOW, HORIZON)
    (change,) = found.changes
    assert change.differences[0].startswith(difference)
    added = [each for affected in found.affected for each in affected.diff.added]
    assert {each.reason for each in added if each.due_at < NOW} <= {"prospective_only"}
    rules = in_force([*V1, VersionInForce(new, NOW)])
    assert [entry.asks_from for entry in rules.entries] == [NOW]
