"""Made-up people: the same for the same seed, with treatments that a study could see, told late and wrong at times."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from pro_collector.domain.study.definition import Study, load_study
from pro_collector.domain.study.timeline import believed
from pro_collector.resources import SCHEMAS
from pro_collector.simulation.people import MadeUpPerson, make_up
from tests.shared.studies import study

STARTS, ENDS = date(2027, 1, 4), date(2037, 1, 4)


@pytest.fixture(scope="module")
def demo() -> Study:
    return load_study((SCHEMAS / "studies" / "demo.yaml").read_text(encoding="utf-8"), "demo.yaml")


@pytest.fixture(scope="module")
def cohort(demo: Study) -> list[MadeUpPerson]:
    return [make_up(demo, 1, number, STARTS, ENDS) for number in range(120)]


def happened(who: MadeUpPerson, kind: str) -> list[date]:
    records = [news.event for news in who.news if news.event is not None]
    return [event.happened_on for event in believed(records) if event.kind == kind]


def test_the_same_seed_makes_the_same_people_and_another_seed_others(demo: Study, cohort: list[MadeUpPerson]) -> None:
    assert [make_up(demo, 1, number, STARTS, ENDS) for number in range(5)] == cohort[:5]
    assert make_up(demo, 2, 0, STARTS, ENDS).person != cohort[0].person
    assert len({who.person.id for who in cohort}) == len(cohort)


def test_people_are_of_the_study(demo: Study, cohort: list[MadeUpPerson]) -> None:
    assert {who.person.site for who in cohort} == set(demo.sites)
    assert {who.person.arm for who in cohort} == set(demo.arms)
    assert {who.person.language for who in cohort} == set(demo.languages)
    for who in cohort:
        assert who.person.site is not None
        assert who.person.zone == demo.sites[who.person.site].zone
        assert who.country == demo.sites[who.person.site].country
        assert STARTS <= who.person.enrolled_on < STARTS + timedelta(days=366)


def test_some_are_children_where_the_study_asks_by_age(cohort: list[MadeUpPerson]) -> None:
    ages = [who.person.age_on(who.person.enrolled_on) or 0 for who in cohort]
    assert min(ages) < 13 < 18 < max(ages)
    adults = [make_up(study(), 1, number, STARTS, ENDS).person for number in range(40)]
    assert min(each.age_on(each.enrolled_on) or 0 for each in adults) >= 17


def test_what_happens_follows_what_the_study_expects(cohort: list[MadeUpPerson]) -> None:
    treated = [who for who in cohort if happened(who, "treatment_start")]
    assert 0.8 < len(treated) / len(cohort) < 1
    assert not [who for who in cohort if who not in treated and happened(who, "cycle")]
    for who in treated:
        (start,) = happened(who, "treatment_start")
        rounds = happened(who, "cycle")
        assert len(rounds) <= 8
        for one, other in pairwise(rounds):
            assert (other - one).days > 5 or other == one
        ended = happened(who, "end_of_treatment")
        if ended and rounds:
            assert max(rounds) <= ended[0] + timedelta(days=20)  # a wrong date may be believed for good
        assert start >= who.person.enrolled_on - timedelta(days=10)


def test_nothing_happens_after_a_death(cohort: list[MadeUpPerson]) -> None:
    dead = [who for who in cohort if happened(who, "death")]
    assert dead
    for who in dead:
        (died,) = happened(who, "death")
        last = [event.happened_on for event in (news.event for news in who.news) if event is not None]
        assert max(last) <= died + timedelta(days=10)


def test_some_is_told_late_and_some_is_told_wrong_and_put_right(cohort: list[MadeUpPerson]) -> None:
    events = [news.event for who in cohort for news in who.news if news.event is not None]
    late = [event for event in events if (event.recorded_at.date() - event.happened_on).days > 6]
    corrected = [event for event in events if not event.first]
    assert 0.03 < len(late) / len(events) < 0.25
    assert 0.01 < len(corrected) / len(events) < 0.1
    assert {event.reason for event in corrected} == {"typing mistake"}


def test_news_comes_in_order_and_states_end_as_they_began(cohort: list[MadeUpPerson]) -> None:
    kinds = set()
    for who in cohort:
        assert [news.at for news in who.news] == sorted(news.at for news in who.news)
        for news in who.news:
            for span in news.states or ():
                kinds.add(span.kind)
                assert span.ends_on is None or span.ends_on > span.starts_on
    assert kinds == {"holiday", "hospital", "stopped_texting", "withdrew"}
    assert any(news.zone for who in cohort for news in who.news)


def test_a_study_without_sites_arms_or_expectations_can_be_rehearsed_too() -> None:
    bare = study(
        ("  here: {label: {en: Here}, country: US, zone: America/New_York}\n", ""),
        ("sites:\n", ""),
        ("  a: {label: {en: A}}\n  b: {label: {en: B}}\n", ""),
        ("arms:\n", ""),
    )
    people = [make_up(bare, 1, number, STARTS, ENDS) for number in range(30)]
    assert {who.person.site for who in people} == {None}
    assert len({who.person.zone for who in people}) > 2
    assert any(happened(who, "surgery") for who in people)


def test_events_that_wait_for_each_other_do_not_wait_for_ever() -> None:
    circle = study(
        ("label: {en: Surgery}", "label: {en: Surgery}\n    expected: {after: end_of_treatment}"),
        ("label: {en: End}", "label: {en: End}\n    expected: {after: surgery}"),
    )
    assert happened(make_up(circle, 1, 1, STARTS, ENDS), "surgery")
