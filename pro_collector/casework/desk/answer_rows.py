"""The stored row of an answer: its value, its questionnaire, who gave it, how, and from where it came."""

from datetime import datetime
from uuid import UUID

from pro_collector.domain.conversation.survey import Mode
from pro_collector.domain.instrument.answers import Answer
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.postgres.tables import answers
from pro_collector.postgres.tables.occasions import OccasionRow

Source = UUID | str | None
"""Where an answer came from: the inbound text, or the nonce of a page of the web form."""


def answer_row(
    row: OccasionRow, instrument: Instrument, item: str, answer: Answer, now: datetime, mode: Mode,
    source: Source, late: bool,
) -> answers.AnswerRow:  # fmt: skip
    """The row of one answer to `item` of an occasion."""
    value, code, absent = answers.columns(answer)
    return answers.AnswerRow(
        now, row.participant_id, row.id, instrument.id, instrument.version, instrument.hash, item, value, code, absent,
        row.reporter, mode, row.rung, row.language or "",
        source if isinstance(source, UUID) else None, source if isinstance(source, str) else None, late,
    )  # fmt: skip
