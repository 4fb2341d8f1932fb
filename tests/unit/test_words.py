"""That every language says all there is to say, in words of its own; and how a mistake in a file of words is told."""

import re
from pathlib import Path

import pytest

from pro_collector.errors import BadInput
from pro_collector.languages import available
from pro_collector.resources import TEMPLATES
from pro_collector.words import REFERENCE, TEAM, load

ENGLISH = load()[REFERENCE]
_GAP = re.compile(r"\{\w+\}")


def scratch(folder: Path, language: str, *changes: tuple[str, str]) -> None:
    """The file of English as that of another language, changed."""
    text = (TEMPLATES / "words" / "en.yaml").read_text("utf-8")
    (folder / "en.yaml").write_text(text, "utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    (folder / f"{language}.yaml").write_text(text, "utf-8")


def told(folder: Path) -> list[str]:
    """What is wrong with the files of words in a folder, without the folder."""
    with pytest.raises(BadInput) as refused:
        load(folder)
    return [str(problem).removeprefix(f"{folder}/") for problem in refused.value.problems]


def test_replies_are_understood_in_every_language_that_is_spoken() -> None:
    assert tuple(load()) == available()
    assert {"en", "es", "fr"} <= set(available())


@pytest.mark.parametrize("language", [language for language in load() if language != REFERENCE])
def test_every_language_has_words_of_its_own(language: str) -> None:
    """A phrase of three words is hardly ever the same in two languages: it was forgotten."""
    words = load()[language]
    copied = [
        key
        for key, phrase in words.phrases.items()
        if phrase == ENGLISH.phrases[key] and len(re.findall(r"[^\W\d]+", _GAP.sub("", phrase))) > 2
    ]
    assert [key for key in copied if not key.startswith(f"{TEAM}.")] == []


def test_a_phrase_that_is_missing_or_misspelt_is_told_with_its_line(tmp_path: Path) -> None:
    scratch(
        tmp_path,
        "xx",
        ("    go_on: Go on with the questions\n", ""),
        ("{number} of {total}", "{number}"),
        ("  skip: Skip", "  skpi: Skip"),
        ('    proxy: "About {about}, {number}', '    poxy: "About {about}, {number}'),
    )
    lines = {line.split(":")[0]: line for line in told(tmp_path)}
    assert set(lines) == {"xx.yaml"}
    assert sorted(line.split(": ", 1)[1] for line in told(tmp_path)) == [
        "form.question.progress: has the placeholders ['number']; expected ['number', 'total']",
        "form.review.go_on: this phrase is missing; in en it is 'Go on with the questions'",
        "form.skip: this phrase is missing; in en it is 'Skip to main content'",
        "form.skpi: no phrase 'form.skpi'; did you mean 'form.skip'?",
        "sms.question.poxy: no phrase 'sms.question.poxy'; did you mean 'sms.question.proxy'?",
        "sms.question.proxy: this phrase is missing; in en it is 'About {about}, {number}/{total} {question}'",
    ]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("No", "expected words, not False; put them in quotes"),
        ("", "expected words, not None; put them in quotes"),
        ("'{'", "a brace is not matched, or there is no placeholder name between two braces"),
        ("'{0}'", "a brace is not matched, or there is no placeholder name between two braces"),
        ("'{phone!r}'", "a brace is not matched, or there is no placeholder name between two braces"),
    ],
)
def test_what_cannot_be_said_is_told_with_its_line(tmp_path: Path, words: str, problem: str) -> None:
    scratch(tmp_path, "xx", ("    or: or\n", f"    or: {words}\n"))
    english = (TEMPLATES / "words" / "en.yaml").read_text("utf-8").splitlines()
    assert told(tmp_path) == [f"xx.yaml:{english.index('    or: or') + 1}: form.question.or: {problem}"]


def test_what_the_team_reads_may_lack_a_translation_and_is_english_then(tmp_path: Path) -> None:
    scratch(tmp_path, "xx", ('    minutes: "{count} min"\n', ""), ('hours: "{count} h"', 'hours: "{count} st"'))
    words = load(tmp_path)["xx"]
    assert words.in_reference == {"team.task.minutes"}
    assert words.say("team.task.minutes", count=3) == "3 min"
    assert words.say("team.task.hours", count=3) == "3 st"


def test_what_the_team_reads_has_the_gaps_of_english(tmp_path: Path) -> None:
    scratch(tmp_path, "xx", ('minutes: "{count} min"', 'minutes: "{counts} min"'))
    assert [line.split(": ", 1)[1] for line in told(tmp_path)] == [
        "team.task.minutes: has the placeholders ['counts']; expected ['count']"
    ]


@pytest.mark.parametrize("language", load())
def test_a_language_with_words_for_the_team_has_all_of_them(language: str) -> None:
    """One without any is read in English; one that has begun lists here what it lacks."""
    ours = {key for key in ENGLISH.phrases if key.startswith(f"{TEAM}.")}
    lacking = load()[language].in_reference
    assert not lacking or lacking == ours, sorted(lacking)


def test_the_months_of_a_year_are_twelve(tmp_path: Path) -> None:
    scratch(tmp_path, "xx", (", December]", "]"))
    assert [line.split(": ", 1)[1] for line in told(tmp_path)] == [
        "form.months.11: this phrase is missing; in en it is 'December'"
    ]
