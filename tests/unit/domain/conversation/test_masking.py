"""A masked address tells the country or the kind of host, and hardly more."""

from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.conversation.masking import masked


def test_what_is_left_of_an_address() -> None:
    assert masked("+34600111212") == "+34 … 12"
    assert masked("maria@familia-lopez.example.org") == "m…@…org"
    assert masked("12345") == "…"


@given(st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True))
def test_of_a_number_five_characters_are_left(number: str) -> None:
    assert len(masked(number).replace(" … ", "")) == 5
