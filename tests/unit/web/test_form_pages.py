"""The frame of the patients' pages: it says whether and when somebody reads the answers."""

import pytest

from pro_collector.web.form.pages import Pages
from pro_collector.web.form.store import TeamContact

TOLD = {"en": "A nurse reads this from 8 to 16.", "es": "Una enfermera lo lee de 8 a 16."}


@pytest.mark.parametrize(
    ("language", "shown"), [("en", "<p>A nurse"), ("es", "<p>Una enf"), ("fr", '<p lang="en" dir')]
)
def test_each_page_says_when_answers_are_read(language: str, shown: str) -> None:
    pages = Pages("https://forms.example", TeamContact(watched=TOLD))
    page = bytes(pages.show("message.html", pages.words_for(language), about="unknown").body).decode()
    assert shown in page.partition("<footer>")[2]


def test_a_study_that_does_not_say_so_shows_nothing() -> None:
    pages = Pages("https://forms.example", TeamContact())
    page = bytes(pages.show("message.html", pages.words_for("en"), about="unknown").body).decode()
    assert "<p" not in page.partition("<footer>")[2]
