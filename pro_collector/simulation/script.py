"""What is said in a survey and how long it is: real words through the real survey, each exchange worked out once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from uuid import UUID

from pro_collector.casework.speaking.speech import Speech
from pro_collector.domain.conversation.survey import (
    Say,
    Step,
    Survey,
    answer,
    expire,
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
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.postgres.tables.studies import StudyVersion
from scheduler.rules import Reporter

_NOW = datetime(2030, 1, 1, tzinfo=UTC)
_LATER = datetime(2031, 1, 1, tzinfo=UTC)
_NOBODY = UUID(int=0)
PATTERNS = 8
"""Ways of answering: the bits say, for one question after the other, whether it is the lowest or the highest answer."""


@dataclass(frozen=True, slots=True)
class SimulatedSurvey:
    """One survey from the first answer to its end: what was asked, what texts it took (in segments), how it ended."""

    questions: int
    texts_out: int
    segments_out: int
    texts_in: int
    state: str


class Script:
    """The words of one study. Everything it says is kept: rehearsing a study says the same things over and over."""

    def __init__(self, study: Study, instruments: Mapping[str, Instrument]) -> None:
        self._study = study
        self._version = StudyVersion(study, dict(instruments))
        self._languages: dict[tuple[str, Reporter, str | None], str] = {}
        self._said: dict[tuple[str, Reporter, str, bool, str], int] = {}
        self._exchanges: dict[tuple[str, Reporter, str, bool, int, int | None], SimulatedSurvey] = {}

    def language(self, assessment: str, reporter: Reporter, language: str | None) -> str:
        """The participant's language where every instrument speaks it, else the first of the study's that all speak."""
        key = (assessment, reporter, language)
        if key not in self._languages:
            asked = [self._version.instruments[name] for name in self._study.assessments[assessment].instruments]
            spoken = [each for each in (language, *self._study.languages) if each]
            able = (each for each in spoken if all(one.speaks(each, reporter) for one in asked))
            self._languages[key] = next(able, self._study.languages[0])
        return self._languages[key]

    def text(self, assessment: str, reporter: Reporter, language: str, conversation: bool, purpose: str) -> int:
        """Segments of an invitation or a reminder that nothing was answered to."""
        key = (assessment, reporter, language, conversation, purpose)
        if key not in self._said:
            opened = invite(self._survey(assessment, reporter, conversation))
            step = opened if purpose == "invitation" else remind(opened.survey)
            self._said[key] = self._length(step, assessment, language)[1]
        return self._said[key]

    def exchange(
        self, assessment: str, reporter: Reporter, language: str, conversation: bool, pattern: int, stop: int | None
    ) -> SimulatedSurvey:
        """A survey answered by one of the PATTERNS, to the end or until `stop` questions are answered."""
        key = (assessment, reporter, language, conversation, pattern, stop)
        if key not in self._exchanges:
            self._exchanges[key] = self._play(assessment, reporter, language, conversation, pattern, stop)
        return self._exchanges[key]

    def _play(
        self, assessment: str, reporter: Reporter, language: str, conversation: bool, pattern: int, stop: int | None
    ) -> SimulatedSurvey:
        survey = invite(self._survey(assessment, reporter, conversation)).survey
        questions = texts = size = 0
        while survey.state != "completed" and (stop is None or questions < stop):
            place = next(iter(open_places(survey)), None)
            if place is None:
                break
            found = find(survey, place)
            assert found is not None  # noqa: S101  # open places are of this survey
            given = value(found[1], bool((pattern >> (questions % 3)) & 1))
            step = answer(survey, place, given, "sms" if conversation else "web", _NOW)
            survey = step.survey
            questions += 1
            if conversation:
                said = self._length(step, assessment, language)
                texts, size = texts + said[0], size + said[1]
        ended = expire(survey).survey.state
        return SimulatedSurvey(questions, texts, size, questions if conversation else 0, ended)

    def _survey(self, assessment: str, reporter: Reporter, conversation: bool) -> Survey:
        asked = tuple(self._version.instruments[name] for name in self._study.assessments[assessment].instruments)
        return Survey(_NOBODY, _NOBODY, reporter, asked, _LATER, _LATER, conversation=conversation)

    def _length(self, step: Step, assessment: str, language: str) -> tuple[int, int]:
        """How many texts a step says, and their segments."""
        speech = Speech(self._version, replace(_ROW, language=language, assessment=assessment), step.survey, _NOW)
        sizes = [segments(_filled(speech.sms(effect).body)).count for effect in step.effects if isinstance(effect, Say)]
        return len(sizes), sum(sizes)


def _filled(body: str) -> str:
    return body.replace("{link}", "https://example.org/r/" + "x" * 22)


def value(item: Item, high: bool) -> Answer:
    """The lowest or the highest answer that an item allows; of a kind without an order, some answer."""
    if item.options:
        return (item.options[-1] if high else item.options[0]).code
    end = item.maximum if high else item.minimum
    if end is not None:
        return end
    words: dict[str, Answer] = {"date": "2030-01-01", "text": "words"}
    return words.get(item.kind, int(high))


_ROW = OccasionRow(
    id=_NOBODY,
    participant_id=_NOBODY,
    study="",
    study_version="",
    assessment="",
    anchor="",
    anchor_n=1,
    anchor_on=date(2030, 1, 1),
    anchor_key="",
    n=1,
    point="",
    reporter="self",
    instruments=[],
    due_at=_NOW,
    due_local=_NOW.replace(tzinfo=None),
    wanted_local=_NOW.replace(tzinfo=None),
    moved_by=None,
    zone="UTC",
    opens_at=_NOW,
    closes_at=_LATER,
    late_until=_LATER,
    priority=1,
    reminders=[],
    state="open",
    reason=None,
    detail=None,
)
