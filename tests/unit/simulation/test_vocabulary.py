"""Random lives in a study that uses every word of the language: nothing is lost, nothing is asked twice."""

import itertools
from collections import Counter
from datetime import date
from functools import cache

import pytest

from pro_collector.commands.apply_study import read
from pro_collector.domain.instrument.branching import remaining
from pro_collector.domain.study.definition import load_study
from pro_collector.library import load_library
from pro_collector.simulation.life import Life
from pro_collector.simulation.rehearse import Rehearsal, lives
from scheduler.occasion import PLAN_REASONS
from scheduler.person import SUPPRESSING

STUDY = """\
id: vocabulary
version: "1"
title: {en: Vocabulary}
sender: The team
languages: [en]
contact: {phone: "+12025550100", email: team@example.org}
emergency: {en: {medical: Call 911 now., crisis: Call 988., call: "911"}}
timeline:
  treatment_start: {label: {en: Start}, expected: {wait: 10d, spread: 5d}}
  cycle:
    label: {en: Cycle}
    happens: repeatedly
    cycle: true
    every: 28d
    expect: next
    until: {first_of: [end_of_treatment, progression]}
    expected: {after: treatment_start, times: 8}
  progression: {label: {en: Progression}, expected: {wait: 8mo, spread: 4mo, chance: 0.6}}
  end_of_treatment: {label: {en: End}, expected: {after: treatment_start, wait: 7mo, spread: 2mo}}
  new_therapy: {label: {en: New}, expected: {wait: 1y, spread: 4mo, chance: 0.3}}
  death: {label: {en: Death}, ends: participation, expected: {wait: 4y, spread: 2y, chance: 0.5}}
sites:
  madrid: {label: {en: Madrid}, country: ES, region: MD, zone: Europe/Madrid}
  boston: {label: {en: Boston}, country: US, region: MA, zone: America/New_York}
quiet_hours: {from: "21:00", until: "08:00"}
blackout: [public_holidays]
bundles: true
assessments:
  evening:
    title: {en: Evening}
    instruments: [symptom-diary]
    anchor: cycle
    on_days: [-7, -6, -5, -4, -3, -2, -1]
    at: "21:30"
    quiet_hours: {from: "23:00", until: "07:00"}
    window: {closes: 8h}
  cycle-one:
    title: {en: Cycle}
    instruments: [symptom-diary, well-being-diary]
    sometimes: {well-being-diary: {cycles: [1, {from: 3, every: 2}]}}
    anchor: cycle
    cycles: [1, 2, 3, {from: 5, every: 2}]
    on_days: [1]
    window: {closes: 20d, until: next cycle}
    reminders: [1d, 10d]
  twice-a-week:
    title: {en: Twice}
    instruments: [symptom-diary]
    anchor: {first_of: [treatment_start, cycle]}
    repeat: {every: 1w, weekdays: [mon, thu], until: {first_of: [progression, end_of_treatment, new_therapy]}, for: 1y}
    at: "12:00"
    window: {closes: 1d}
  moments:
    title: {en: Moments}
    instruments: [well-being-diary]
    anchor: enrolment
    repeat: {every: 4w, weekdays: working_day, for: 24w}
    at: [{from: "09:00", until: "20:00", times: 3, apart: 2h}]
    window: {closes: 1h}
  months:
    title: {en: Months}
    instruments: [well-being-diary]
    anchor: {later_of: [end_of_treatment, progression]}
    offsets: [1mo, 3mo, 6mo, 1y]
    until: new_therapy
    move_to: working_day
    window: {closes: 14d}
    after_pause: catch_up
    late_anchor: open
  caring:
    title: {en: How are you}
    instruments: [well-being-diary]
    anchor: {any_of: [enrolment, progression]}
    repeat: {every: 4w, for: 24w}
    asks: caregiver
    window: {closes: 4d}
  caregiver-left:
    title: {en: Afterwards}
    instruments: [well-being-diary]
    after: {participation: withdrawn, asks: caregiver}
    window: {closes: 4d}
"""
PEOPLE, YEARS = 12, 2.5


@cache
def rehearsal() -> Rehearsal:
    known = {name: load_library().get(name) for name in ("symptom-diary", "well-being-diary")}
    study = load_study(STUDY, "vocabulary.yaml", known)
    questions = {name: len(remaining(each, {})) for name, each in known.items()}
    return Rehearsal(study, known, questions, PEOPLE, YEARS, 11, date(2027, 1, 4))


@cache
def everybody() -> tuple[Life, ...]:
    return tuple(lives(rehearsal(), range(1, PEOPLE + 1)))


def test_every_word_is_used_by_somebody() -> None:
    asked = Counter(each.occasion.assessment for life in everybody() for each in life.asked)
    assert set(asked) == set(rehearsal().study.assessments)


def test_every_occasion_was_asked_or_says_why_not() -> None:
    for life in everybody():
        asked = {each.occasion.id for each in life.asked}
        assert len({each.id for each in life.occasions}) == len(life.occasions)
        for each in life.occasions:
            assert each.id in asked or each.reason in PLAN_REASONS, each


@pytest.mark.parametrize("assessment", ["evening", "cycle-one", "twice-a-week", "moments", "months", "caring"])
def test_nothing_is_asked_twice_at_one_time(assessment: str) -> None:
    for life in everybody():
        times = Counter(each.occasion.due_at for each in life.asked if each.occasion.assessment == assessment)
        assert not [at for at, count in times.items() if count > 1]


def test_a_caregiver_is_asked_whatever_the_patient_lives_through() -> None:
    found = [each for life in everybody() for each in life.occasions if each.assessment == "caring"]
    assert {each.reporter for each in found} == {"caregiver"}
    assert not {each.reason for each in found} & {*SUPPRESSING, "stopped_texting"}


def test_a_study_that_asks_caregivers_can_be_put_in_force() -> None:
    assert read(STUDY, "vocabulary.yaml", load_library()).of_caregivers == ("caring", "caregiver-left")


def test_no_evening_is_asked_twice_although_cycles_come_late() -> None:
    for life in everybody():
        evenings = [each.occasion for each in life.asked if each.occasion.assessment == "evening"]
        days = Counter(each.due_local.date() for each in evenings)
        assert not [day for day, count in days.items() if count > 1]
        assert {each.due_local.strftime("%H:%M") for each in evenings if not each.moved_by} <= {"21:30"} | preferred(
            life
        )


def preferred(life: Life) -> set[str]:
    return {life.person.preferred_time.strftime("%H:%M")} if life.person.preferred_time else set()


def test_random_moments_are_in_their_range_and_apart_on_working_days() -> None:
    for life in everybody():
        if life.person.preferred_time:
            continue
        moments = sorted(each.occasion.wanted_local for each in life.asked if each.occasion.assessment == "moments")
        assert all(9 <= each.hour < 20 for each in moments)
        assert not [each for each in moments if each.isoweekday() > 5]
        pairs = itertools.pairwise(moments)
        assert all((late - early).total_seconds() >= 7200 for early, late in pairs if late.date() == early.date())
