"""The corpus of replies: no wrong acceptance, nearly every clear reply accepted, and the published figures are true."""

from collections import Counter

import pytest

from pro_collector.languages import available
from tests.replies_corpus import cases, figures, published, tables


@pytest.mark.parametrize("code", available())
def test_no_reply_is_accepted_wrongly_and_nearly_all_clear_ones_are_accepted(code: str) -> None:
    sample = [case for case in cases() if case.language == code]
    wrong = [(case.text, reading.value) for case in sample if case.is_wrongly_accepted(reading := case.read())]
    assert wrong == []
    found = figures(sample)
    assert found.accepted >= 0.95
    assert found.others_right >= 0.99 * found.others
    assert found.clear >= 300
    assert found.others >= 400


def test_every_language_that_ships_has_a_corpus() -> None:
    assert {case.language for case in cases()} == set(available())


def test_the_published_figures_are_those_of_the_parser() -> None:
    assert published() == tables()


def test_every_language_has_every_topic_and_no_line_twice() -> None:
    topics = {code: {case.topic for case in cases() if case.language == code} for code in available()}
    assert all(found == topics["en"] for found in topics.values()), topics
    assert [case for case, times in Counter(cases()).items() if times > 1] == []
