"""Give a person a copy of their own data: to read, as a table, or as FHIR. Each copy is recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pro_collector.casework.desk.case import Case
from pro_collector.casework.inbound.written import Viewer, show_words
from pro_collector.casework.speaking.filling import fill_words
from pro_collector.commands.export import fhir_of
from pro_collector.commands.open_own_page import session_hash
from pro_collector.commands.own_answers import OwnSurvey, load_answers
from pro_collector.commands.own_trends import events_shown
from pro_collector.domain.study.own_page import trends_from
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import own_messages
from pro_collector.postgres.tables import own_page, scores
from pro_collector.postgres.tables.answers import ScoreRow
from pro_collector.postgres.tables.own_page import VisitKind
from pro_collector.runtime import Runtime
from scheduler.rules import Reporter

SELF = Viewer("participant", "web", "a copy of their own data")


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """A text or mail with its words; `theirs`: the reader of the page wrote it."""

    at: datetime
    theirs: bool
    words: str


@dataclass(frozen=True, slots=True)
class OwnData:
    """What is stored of a person and one reporter. `scores`: None where the study shows people no scores now."""

    surveys: Sequence[OwnSurvey]
    scores: Sequence[ScoreRow] | None
    events: Sequence[tuple[str, date]]
    messages: Sequence[OwnMessage]


async def own_data(rt: Runtime, case: Case, reporter: Reporter, what: VisitKind, session: str) -> OwnData:
    """The copy of a person's data for the reporter of a session; records that it was taken, and how (`what`)."""
    async with rt.database.transaction() as tx:
        surveys = await load_answers(tx, rt, case, reporter)
        scored = await _scores(tx, case, reporter) if shows_scores(case) else None
        messages = await _messages(tx, rt, case, reporter, session)
        await own_page.add_visit(tx, case.person.id, reporter, what, case.now)
    return OwnData(surveys, scored, events_shown(case, reporter), messages)


async def own_fhir(rt: Runtime, case: Case, reporter: Reporter) -> dict[str, Any]:
    """The answers of a person (and scores, where the study shows them) as a FHIR Bundle; records that it was taken."""
    async with rt.database.transaction() as tx:
        await own_page.add_visit(tx, case.person.id, reporter, "fhir", case.now)
        responses = [row for row in await scores.responses_of(tx, case.person.id) if row.reporter == reporter]
        resources = [each async for each in fhir_of(tx, rt, responses)]
    if not shows_scores(case):
        resources = [each for each in resources if each["resourceType"] != "Observation"]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": case.now.isoformat(),
        "entry": [{"resource": each} for each in resources],
    }


def shows_scores(case: Case) -> bool:
    """Whether the study shows this person their scores today."""
    begins = trends_from(case.current_version.study.page, case.person.enrolled_on)
    return begins is not None and case.today >= begins


async def _scores(tx: Tx, case: Case, reporter: Reporter) -> list[ScoreRow]:
    responses = [row for row in await scores.responses_of(tx, case.person.id) if row.reporter == reporter]
    by_response = await scores.of_responses(tx, [row.id for row in responses])
    return [score for row in responses for score in by_response.get(row.id, [])]


async def _messages(tx: Tx, rt: Runtime, case: Case, reporter: Reporter, session: str) -> list[OwnMessage]:
    """The messages of both directions, oldest first; the look at what the person wrote is recorded."""
    written = await own_messages.from_reporter(tx, case.person.id, reporter, session_hash(session))
    words = await show_words(tx, rt, SELF, "own page", written, participant=case.person.id)
    theirs = [OwnMessage(row.received_at, True, words[row.id]) for row in written]
    ours = [
        OwnMessage(
            row.requested_at,
            False,
            "\n\n".join(fill_words(rt, part, row) for part in (row.subject, row.body) if part),
        )
        for row in await own_messages.to_reporter(tx, case.person.id, reporter)
    ]
    return sorted([*theirs, *ours], key=lambda each: each.at)
