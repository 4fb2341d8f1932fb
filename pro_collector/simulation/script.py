"""The texts of a survey and their lengths, from the real texts and the real survey; each exchange is computed once."""

from collections.abc import Mapping
from dataclasses import dataclass

from pro_collector.casework.speaking.specimen import NOW, specimen, speech_of, text_of
from pro_collector.domain.conversation import opening
from pro_collector.domain.conversation.survey import (
    Say,
    Step,
    Survey,
    answer,
    find,
    invite,
    open_places,
    remind,
)
from pro_collector.domain.instrument.answers import Answer
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item
from pro_collector.domain.instrument.sms_text import segments
from pro_collector.domain.study.definition import Study
from pro_collector.postgres.tables.studies import StudyVersion
from scheduler.rules import Reporter

Names = tuple[str, ...]
PATTERNS = 8
"""The number of answering patterns. The bits of a pattern choose the lowest or the highest answer of each question."""


@dataclass(frozen=True, slots=True)
class AnsweredSurvey:
    """One survey answered to the end: its questions, the segments of each text sent, and the texts received."""

    questions: int
    texts_out: tuple[int, ...]
    texts_in: int


class Script:
    """The texts of one study. Results are cached, because a rehearsal needs the same texts many times.

    `names` are the instruments that an occasion asks; empty: every instrument of the assessment.
    """

    def __init__(self, study: Study, instruments: Mapping[str, Instrument]) -> None:
        self._study = study
        self._version = StudyVersion(study, dict(instruments))
        self._text_segments: dict[tuple[str, Reporter, str, bool, str, Names], int] = {}
        self._exchanges: dict[tuple[str, Reporter, str, bool, Names], AnsweredSurvey] = {}

    def language(self, assessment: str, reporter: Reporter, own: str | None, names: Names = ()) -> str:
        """The language in which a participant with the language `own` is asked."""
        return opening.language(own, self._study.languages, self._instruments(assessment, names), reporter)

    def text(
        self, assessment: str, reporter: Reporter, language: str, conversation: bool, purpose: str, names: Names = ()
    ) -> int:
        """The segments of an invitation, or of a reminder if nothing was answered."""
        key = (assessment, reporter, language, conversation, purpose, names)
        if key not in self._text_segments:
            opened = invite(self._survey(assessment, reporter, conversation, names))
            step = opened if purpose == "invitation" else remind(opened.survey)
            self._text_segments[key] = sum(self._lengths(step, assessment, language))
        return self._text_segments[key]

    def exchange(
        self, assessment: str, reporter: Reporter, language: str, conversation: bool, names: Names = ()
    ) -> AnsweredSurvey:
        """The longest of all answered surveys, one for each of the PATTERNS."""
        key = (assessment, reporter, language, conversation, names)
        if key not in self._exchanges:
            played = [self._play(*key, pattern) for pattern in range(PATTERNS)]
            self._exchanges[key] = max(played, key=lambda answered: (answered.questions, sum(answered.texts_out)))
        return self._exchanges[key]

    def _play(
        self, assessment: str, reporter: Reporter, language: str, conversation: bool, names: Names, pattern: int
    ) -> AnsweredSurvey:
        survey = invite(self._survey(assessment, reporter, conversation, names)).survey
        questions, texts = 0, list[int]()
        while place := next(iter(open_places(survey)), None):
            found = find(survey, place)
            assert found is not None  # noqa: S101  # an open place belongs to this survey
            given = value(found[1], bool((pattern >> (questions % 3)) & 1))
            step = answer(survey, place, given, "sms" if conversation else "web", NOW)
            survey = step.survey
            questions += 1
            texts += self._lengths(step, assessment, language) if conversation else []
        return AnsweredSurvey(questions, tuple(texts), questions if conversation else 0)

    def _instruments(self, assessment: str, names: Names) -> tuple[Instrument, ...]:
        asked = names or self._study.assessments[assessment].instruments
        return tuple(self._version.instruments[name] for name in asked)

    def _survey(self, assessment: str, reporter: Reporter, conversation: bool, names: Names) -> Survey:
        asked = self._instruments(assessment, names)
        return specimen(asked, reporter, conversation=conversation)

    def _lengths(self, step: Step, assessment: str, language: str) -> list[int]:
        """The segments of each text that a step sends."""
        speech = speech_of(self._version, step.survey, assessment, language)
        return [segments(text_of(speech, effect)).count for effect in step.effects if isinstance(effect, Say)]


def value(item: Item, high: bool) -> Answer:
    """The lowest or the highest answer that an item allows; any answer if its kind has no order."""
    if item.options:
        return (item.options[-1] if high else item.options[0]).code
    end = item.maximum if high else item.minimum
    if end is not None:
        return end
    words: dict[str, Answer] = {"date": "2030-01-01", "text": "words"}
    return words.get(item.kind, int(high))
