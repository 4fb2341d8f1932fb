"""Lines of the audit trail in words."""

import pytest

from pro_collector.display.audit_words import answered_in_words, page_in_words


@pytest.mark.parametrize(
    ("kind", "page", "item", "words"),
    [
        ("page", "/team/study/{study}/people/{code}", "", "their page"),
        ("act", "/team/study/{study}/people/{code}/write", "", "wrote to them, or saw how it would look"),
        ("act", "/team/study/{study}/today/{item}/{act}", "0b3c claim", "took an item"),
        ("act", "/api/v1/studies/{study}/worklist/{item}/done", "0b3c", "closed an item (by program)"),
        ("page", "/team/study/{study}/charts/scores.csv", "", "took data out: scores.csv"),
        ("page", "/team/study/{study}/something/new", "", None),
        ("act", "/team/password", "", None),
    ],
)
def test_a_page_is_told_in_words(kind: str, page: str, item: str, words: str | None) -> None:
    assert page_in_words(kind, page, item) == words


@pytest.mark.parametrize(
    ("status", "words"),
    [("200", ""), ("303", ""), ("404", "refused: not there, or not for them"), ("500", "not done (500)")],
)
def test_what_was_done_needs_no_words_and_what_was_not_does(status: str, words: str) -> None:
    assert answered_in_words(status) == words
    assert answered_in_words(None) == "not answered"
