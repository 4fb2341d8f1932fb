"""Show a task of the study team. The patient's words are unsealed for the person who asks and for no other use."""

import re
from collections.abc import Mapping
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import REACHING
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.inbound.written import Viewer, show_words
from pro_collector.casework.speaking import links
from pro_collector.casework.speaking.speech import Speech
from pro_collector.display.history import reason
from pro_collector.display.task import AskedQuestion, ReceivedMessage, SentMessage, Task, Visit, choices, codes
from pro_collector.domain.conversation.reading_list import MAY_BE_EMERGENCY
from pro_collector.domain.conversation.survey import ENDED, Place, asked_places, awaits_answer, open_places
from pro_collector.domain.reply.second_reader import Mark
from pro_collector.errors import Conflict, NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import answers, inbound, messages, occasions, participants, tasks
from pro_collector.postgres.tables.inbound import InboundRow
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.postgres.tables.tasks import TaskDetail, TaskRow
from pro_collector.runtime import Runtime
from pro_collector.second_reader import mark_of, second_reader

ASKING = frozenset({"invitation", "reminder"})
HOW = {"sms": "by text", "web": "on the web form", "call": "on the telephone", "clinic": "at the hospital"}
_BEGINNING = re.compile(r"[0-9a-f-]+")


async def find_task(tx: Tx, id_start: str) -> TaskRow:
    """The task whose id begins with `id_start`. Raises NotFound, or Conflict when several do."""
    id_start = id_start.strip().lower()
    matches = await tasks.find_by_prefix(tx, id_start) if _BEGINNING.fullmatch(id_start) else []
    if not matches:
        raise NotFound(f"no task begins with {id_start!r}; see: pro-collector tasks list")
    if len(matches) > 1:
        raise Conflict(f"several tasks begin with {id_start!r}: {', '.join(str(row.id)[:13] for row in matches)}")
    return matches[0]


async def show_task(rt: Runtime, id_start: str, viewer: Viewer) -> Task:
    """Everything to show about the task whose id begins with `id_start`, with the words; records who looks.

    Raises NotFound, Conflict.
    """
    async with rt.database.transaction() as tx:
        row = await find_task(tx, id_start)
        rows = await occasions.load(tx, [row.occasion_id] if row.occasion_id else [])
        desk = await open_desk(tx, rt, [row.participant_id], rows)
        case = desk.cases[row.participant_id]
        occasion = case.occasions.get(row.occasion_id) if row.occasion_id else None
        person, zone = case.person, ZoneInfo(case.person.zone)
        alone = len(await participants.by_code(tx, None, person.code)) == 1
        return Task(
            id=row.id,
            kind=row.kind,
            reason=row.detail.get("reason", ""),
            raised_at=row.raised_at,
            done=_done(row, zone),
            code=person.code,
            study=person.study,
            study_option="" if alone else f" --study {person.study}",
            site=person.site,
            language=person.language,
            zone=zone,
            written=await _written(tx, rt, viewer, case, occasion, row),
            asked=await _asked(tx, case, occasion, row.detail) if occasion else None,
            visit=await _visit(tx, rt, case, occasion) if occasion and row.kind in REACHING else None,
        )


async def why_not_waiting(tx: Tx, case: Case, row: OccasionRow, place: Place) -> str:
    """Why the question at `place` no longer waits for an answer; empty while it does."""
    survey = case.survey(row)
    if awaits_answer(survey, place, case.now):
        return ""
    given = await answers.find_current(tx, row.id, place.instrument, place.item)
    if given is not None:
        at = given.answered_at.astimezone(ZoneInfo(case.person.zone))
        return f"answered {HOW[given.mode]} on {at:%Y-%m-%d %H:%M %Z}: {given.code or given.absent}"
    if survey.state in ENDED:
        return f"{row.assessment} is {row.state}: {reason(row.reason)}"
    return f"the question that waits now is {survey.asked}" if survey.asked else "other answers made it needless"


def _done(row: TaskRow, zone: ZoneInfo) -> str:
    if row.done_at is None:
        return ""
    note = f": {row.note}" if row.note else ""
    return f"{row.done_at.astimezone(zone):%Y-%m-%d %H:%M %Z} by {row.done_by}{note}"


async def _written(
    tx: Tx, rt: Runtime, viewer: Viewer, case: Case, occasion: OccasionRow | None, task: TaskRow
) -> tuple[ReceivedMessage, ...]:
    """The inbound messages of a task, oldest first."""
    ids = tasks.texts_of(task.detail)
    found = await inbound.load(tx, ids)
    rows = [found[id] for id in ids if id in found]
    words = await show_words(tx, rt, viewer, "task", rows, participant=case.person.id, task=task.id)
    return tuple(_who_wrote(case, occasion, row, words[row.id], task) for row in rows)


def _who_wrote(case: Case, occasion: OccasionRow | None, row: InboundRow, words: str, task: TaskRow) -> ReceivedMessage:
    wrote = [contact for contact in case.contacts if contact.lookup == row.sender_lookup]
    first = next((each for each in wrote if occasion and each.reporter == occasion.reporter), next(iter(wrote), None))
    reporter, address = ("self", "") if first is None else (first.reporter, first.column)
    return ReceivedMessage(row.received_at, words, reporter, address, _spoke(task.detail, row.id, words))


def _spoke(detail: TaskDetail, inbound_id: UUID, words: str) -> tuple[str, ...] | None:
    """What spoke for the mark of a text of this task: words of the person, so found again each time and never stored.

    None if no second reader marked it. Empty if ours, as it is today, does not.
    """
    emergency = MAY_BE_EMERGENCY in detail.get("reason", "")
    mark: Mark | None = "emergency" if emergency else "stop" if str(inbound_id) in detail.get("stops", ()) else None
    if mark is None:
        return None
    return second_reader().reasons(words, mark) if mark_of(words) == mark else ()


async def _asked(tx: Tx, case: Case, row: OccasionRow, detail: TaskDetail) -> AskedQuestion | None:
    place = Place.parse(detail["item"]) if "item" in detail else None
    version, survey = case.version_of(row), case.survey(row)
    wording = Speech(version, row, survey, case.now).wording(place) if place else None
    if place is None or wording is None:
        return None
    title = spoken(version.study.assessment(row.assessment).title)
    closed = await why_not_waiting(tx, case, row, place)
    return AskedQuestion(str(place), title, wording.sms, tuple(choices(wording)), closed, codes(wording))


async def _visit(tx: Tx, rt: Runtime, case: Case, row: OccasionRow) -> Visit:
    survey = case.survey(row)
    allowed = case.earliest_send(row)
    invitations = [each for each in await messages.of_occasion(tx, row.id) if each.purpose in ASKING]
    takes_answers = survey.state != "cancelled" and case.now < survey.late_until and bool(open_places(survey))
    return Visit(
        title=spoken(case.version_of(row).study.assessment(row.assessment).title),
        reporter=row.reporter,
        state=row.state,
        answered=len(asked_places(survey)) - len(open_places(survey)),
        questions=len(asked_places(survey)),
        closes_at=row.closes_at,
        late_until=row.late_until,
        messages=tuple(SentMessage(each.requested_at, each.channel, each.purpose, each.state) for each in invitations),
        link=links.call_url(rt, row.id) if takes_answers else None,
        quiet_until=allowed if allowed and allowed > case.now else None,
    )


def spoken(text: Mapping[str, str]) -> str:
    """A title in English, the language of the command line, or else in the study's first language."""
    return text.get("en") or next(iter(text.values()))
