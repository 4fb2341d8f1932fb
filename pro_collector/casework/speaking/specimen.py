"""A made-up survey of a study, to show the texts that a patient would get: nobody is asked, nothing is stored."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from pro_collector.casework.speaking.speech import Speech
from pro_collector.domain.conversation.survey import Say, Survey
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.study.emergency import Emergency
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.postgres.tables.studies import StudyVersion
from scheduler.rules import Reporter

NOW = datetime(2030, 1, 1, tzinfo=UTC)
_LATER = datetime(2031, 1, 1, tzinfo=UTC)
_NOBODY = UUID(int=0)
LINK = "https://example.org/r/" + "x" * 22
"""As long as a link of a patient."""


def specimen(instruments: Iterable[Instrument], reporter: Reporter = "self", *, conversation: bool = True) -> Survey:
    """A survey that has not been answered."""
    return Survey(_NOBODY, _NOBODY, reporter, tuple(instruments), _LATER, _LATER, conversation=conversation)


def speech_of(
    version: StudyVersion, survey: Survey, assessment: str, language: str, emergency: Emergency | None = None
) -> Speech:
    """What makes the texts of a made-up survey. `emergency`: the words of a site, if they are to be said."""
    row = replace(_ROW, language=language, assessment=assessment)
    return Speech(version, row, survey, NOW, emergency=emergency)


def text_of(speech: Speech, said: Say) -> str:
    """The body of a text, with a link where it has one."""
    return speech.sms(said).body.replace("{link}", LINK)


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
    due_at=NOW,
    due_local=NOW.replace(tzinfo=None),
    wanted_local=NOW.replace(tzinfo=None),
    moved_by=None,
    zone="UTC",
    opens_at=NOW,
    closes_at=_LATER,
    late_until=_LATER,
    priority=1,
    reminders=[],
    state="open",
    reason=None,
    detail=None,
)
