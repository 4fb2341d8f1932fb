"""Why nothing can be delivered at an address, in words."""

import pytest

from pro_collector.display.broken_address import why_broken


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("30006", "it is a landline, or cannot get texts (30006)"),
        ("altered", "the stored address was altered, and is not used"),
        ("5.1.1", "the mail server refuses it (5.1.1)"),
        ("99999", "messages could not be delivered (99999)"),
        (None, "messages could not be delivered"),
    ],
)
def test_the_code_is_explained(code: str | None, words: str) -> None:
    assert why_broken(code) == words
