"""Study files for tests: a small valid one, and variants with parts replaced."""

from typing import Any

from pro_collector.domain.study.definition import Study, load_study

GOOD = """\
id: small-study
version: "1"
title: {en: A small study}
sender: The team
languages: [en]
contact: {phone: "+12025550100", email: team@example.org}
emergency: {en: Call 911.}
timeline:
  surgery:
    label: {en: Surgery}
  cycle:
    label: {en: Cycle}
    happens: repeatedly
    cycle: true
  end_of_treatment:
    label: {en: End}
  death:
    label: {en: Death}
    ends: participation
arms:
  a: {label: {en: A}}
  b: {label: {en: B}}
sites:
  here: {label: {en: Here}, country: US, zone: America/New_York}
quiet_hours: {from: "21:00", until: "08:00"}
assessments:
  weekly:
    title: {en: Weekly}
    instruments: [diary]
    anchor: surgery
    repeat: {every: 1w, for: 8w}
    window: {closes: 3d}
    reminders: [1d]
"""


def with_changes(*pairs: tuple[str, str]) -> str:
    """The text of the valid study with parts replaced; raises AssertionError if a part does not occur."""
    text = GOOD
    for before, after in pairs:
        assert before in text, before
        text = text.replace(before, after)
    return text


def study(*pairs: tuple[str, str], version: str = "1") -> Study:
    """The valid study with parts replaced, parsed."""
    return load_study(with_changes(*pairs, ('version: "1"', f'version: "{version}"')), "study.yaml")


class Diary:
    """An instrument with this number of items, in these languages."""

    def __init__(self, items: int = 5, languages: tuple[str, ...] = ("en",), reporters: Any = ("self",)) -> None:
        self.items = range(items)
        self.reporters = reporters
        self.licence = self
        self.contact = "ask@example.org"
        self.imputations = {"zero": object()}
        self._languages = languages

    def can_ask_in(self, language: str, reporter: str = "self") -> bool:
        """Whether every item has a text."""
        return language in self._languages and reporter in self.reporters

    def item(self, item_id: str) -> None:
        """It has no item with a name."""

    def scale(self, scale_id: str) -> None:
        """It has no scale."""
