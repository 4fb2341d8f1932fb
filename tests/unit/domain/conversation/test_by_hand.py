"""What a person of the team may write: no identity, no link, not too long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.conversation.by_hand import MOST_CHARACTERS, addresses, mistakes

NAMES = ("RT-1", "Lea")


@pytest.mark.parametrize(
    "words",
    ["Take it at 5.30pm, then rest.", "Dr. Li will call you at 10.", "Please call +12025550142.",
     "As planned, e.g. soup.", "Leave it out today.", "Qué tal? No se preocupe.", "RT-12 is fine"],
)  # fmt: skip
def test_plain_words_may_be_sent(words: str) -> None:
    assert list(mistakes(words, NAMES)) == []


@pytest.mark.parametrize(
    "words",
    ["", " \n ", "hi lea", "for RT-1:", "x.com/abc", "http://a", "go to www.hospital", "see hospital.org today",
     "a" * (MOST_CHARACTERS + 1), "{written}", "bell \a"],
)  # fmt: skip
def test_identity_links_and_gaps_are_refused(words: str) -> None:
    assert list(mistakes(words, NAMES))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("call 202 555 0110", "+12025550110"),
        ("call (202) 555-0110", "+12025550110"),
        ("call +1 202 555 0110", "+12025550110"),
        ("call 001 202 555 0110", "+12025550110"),
        ("write to ana@example.org.", "ana@example.org"),
    ],
)
def test_addresses_are_found_in_the_forms_that_people_write(words: str, found: str) -> None:
    assert found in set(addresses(words, "+12025550142"))


@given(st.text(max_size=MOST_CHARACTERS))
def test_any_words_are_judged(words: str) -> None:
    assert all(isinstance(each, str) for each in [*mistakes(words, NAMES), *addresses(words, "+12025550142")])
