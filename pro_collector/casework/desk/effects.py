"""Carries out the effects of a survey step: records answers, requests messages, ends surveys, raises tasks."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from pro_collector.casework.desk.answer_rows import Source, answer_row
from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.speaking.advising import survey_advice
from pro_collector.casework.speaking.filling import NICKNAME
from pro_collector.casework.speaking.links import own_page_link_length
from pro_collector.casework.speaking.speech import Speech
from pro_collector.domain.conversation.caregiver import kind_of_flagged
from pro_collector.domain.conversation.survey import (
    ANSWERED,
    BEGUN,
    EMERGENCY_PAUSE,
    ENDED,
    AskLater,
    Finish,
    Mode,
    Place,
    RaiseTask,
    RecordAnswer,
    Say,
    Step,
    Survey,
    open_places,
)
from pro_collector.domain.events import ResponseCompleted, SurveyResumeDue, derived_id
from pro_collector.domain.instrument.answers import Absent, Answers, is_settled
from pro_collector.domain.instrument.branching import with_not_asked
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.postgres.tables import answers
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.rendering import with_own_page


def carry_out(
    desk: Desk, case: Case, row: OccasionRow, step: Step, *, mode: Mode | None = None,
    contact: ContactRow | None = None, source: Source = None,
) -> OccasionRow:  # fmt: skip
    """Carry out a step of a survey; return the changed occasion.

    `contact` receives the messages. `source` is the inbound text or the page that caused the step.
    """
    survey = step.survey
    if survey.asked is not None and str(survey.asked) != row.asked:
        row = replace(row, asked_at=desk.now)
    state = survey.state if survey.state not in ENDED else row.state
    asked = str(survey.asked) if survey.asked else None
    explained = str(survey.explained) if survey.explained else None
    row = desk.change(case, replace(row, state=state, asked=asked, clarified=survey.clarified, explained=explained))
    for each in _answering(case, row, survey):
        own = {name: dict(given) for name, given in survey.answers.items() if name in each.instruments}
        case.answers[each.id] = {**case.answers.get(each.id, {}), **own}
    inbound = source if isinstance(source, UUID) else None
    for effect in step.effects:
        match effect:
            case RecordAnswer():
                _record(desk, case, row, survey, effect, source)
            case Finish():
                row = _finish(desk, case, row, survey, effect, mode)
            case RaiseTask():
                desk.note(row, effect.kind, reason=effect.reason)
                desk.raise_task(case, row, effect.kind, effect.reason, inbound=inbound)
            case AskLater():
                desk.schedule(SurveyResumeDue.of(row, desk.now + EMERGENCY_PAUSE))
            case Say() if contact is not None:
                _say(desk, case, row, survey, effect, contact, answering=inbound is not None)
    return row


def complete_responses(desk: Desk, case: Case, row: OccasionRow, *, only: str = "") -> None:
    """Complete the responses of an occasion that has ended already, so that its answers are scored.

    `only`: the response to this instrument, by id.
    """
    _respond(desk, row, case.own_survey(row), case.modes.get(row.id, "sms"), only)


def _finish(desk: Desk, case: Case, row: OccasionRow, survey: Survey, end: Finish, mode: Mode | None) -> OccasionRow:
    """End the occasion; of a bundle that was finished, each one with what it has."""
    for each in _answering(case, row, survey):
        own = case.own_survey(each)
        _end(desk, case, each, own, end if not survey.bundled or open_places(own) else ANSWERED, mode)
    if mode is not None and (advice := survey_advice(case.version_of(row), survey)):
        desk.note(row, "advised", urgency=advice.urgency, item=f"{advice.instrument}/{advice.item or advice.scale}")
    return case.occasions[row.id]


def _end(desk: Desk, case: Case, row: OccasionRow, survey: Survey, end: Finish, mode: Mode | None) -> None:
    first = row.state not in ENDED  # a late answer completes its response itself
    row = desk.end(case, row, end.state, end.reason)
    if first:
        _respond(desk, row, survey, mode or case.modes.get(row.id, "sms"))


def _answering(case: Case, row: OccasionRow, survey: Survey) -> list[OccasionRow]:
    """The occasions whose questions this survey asks."""
    return (
        [each for each in case.bundle_of(row) if each.state in BEGUN or each.id == row.id] if survey.bundled else [row]
    )


def _asked_together(desk: Desk, case: Case, row: OccasionRow, survey: Survey) -> list[str]:
    """The assessments that this survey asks, in order; also those that it has finished a moment ago."""
    names = {instrument.id for instrument in survey.instruments}
    mates = case.bundle_of(row) if survey.bundled else [row]
    asked = [each for each in mates if each.ended_at in (None, desk.now) and names.issuperset(each.instruments)]
    return [each.assessment for each in asked]


def called(case: Case) -> str:
    """What a message calls a participant: the gap for the name that the family chose, else the code."""
    return NICKNAME if case.nickname else case.person.code


def _say(
    desk: Desk, case: Case, row: OccasionRow, survey: Survey, said: Say, contact: ContactRow, *, answering: bool
) -> None:
    about = called(case) if contact.shared else ""
    zone, team, silence = case.person.zone, case.team, case.silence(row)
    emergency = case.emergency(row.language or case.language_of(row.reporter))
    titled = case.has_others_that_day(row)
    version = case.version_of(row)
    together = _asked_together(desk, case, row, survey)
    speech = Speech(version, row, survey, desk.now, zone, team, about, answering, silence, emergency, titled, together)
    text = speech.email(said) if contact.channel == "email" else speech.sms(said)
    if said.purpose == "thanks" and contact.channel == "sms" and case.version_of(row).study.page.offered:
        text = replace(text, body=with_own_page(text.language, text.body, own_page_link_length(desk.rt)))
    desk.say(case, contact, text, row, rung=row.rung)
    desk.note(row, "said", purpose=said.purpose, channel=contact.channel, item=str(said.place or ""))


def _record(desk: Desk, case: Case, row: OccasionRow, survey: Survey, taken: RecordAnswer, source: Source) -> None:
    """Store an answer, also for every open occasion of its bundle that asks the same question.

    An answer to one that has closed may be older than that of another, and never replaces it.
    """
    instrument = case.version_of(row).instruments[taken.place.instrument]
    mates = [
        each
        for each in case.bundle_of(row)
        if each.id == row.id or (each.state in BEGUN and not (row.state in ENDED and _has(case, each, taken.place)))
    ]
    asking = [each for each in mates if instrument.id in each.instruments] or [row]
    for each in asking:
        late = taken.late if each.id == row.id else desk.now >= each.closes_at
        desk.answers.append(
            answer_row(each, instrument, taken.place.item, taken.answer, desk.now, taken.mode, source, late)
        )
        desk.note(each, "answered", item=str(taken.place), mode=taken.mode, late=late)
        if each.id != row.id:
            given = case.answers.setdefault(each.id, {}).setdefault(instrument.id, {})
            given[taken.place.item] = taken.answer
            desk.change(case, replace(each, state="started"))
    if meaning := instrument.flagged(taken.place.item, taken.answer):
        key = f"{taken.place} {taken.answer}"
        desk.raise_task(case, row, kind_of_flagged(row.reporter), f"{taken.place}: {meaning}", key)
    if row.state in ENDED:  # a late answer: the response is scored again, and the old score stays
        _respond(desk, row, survey, taken.mode)


def _has(case: Case, row: OccasionRow, place: Place) -> bool:
    return is_settled(case.answers.get(row.id, {}).get(place.instrument, {}).get(place.item))


def _respond(desk: Desk, row: OccasionRow, survey: Survey, mode: Mode, only: str = "") -> None:
    for instrument in survey.instruments:
        given = survey.answers_to(instrument)
        if (
            instrument.id in row.instruments
            and only in ("", instrument.id)
            and any(is_settled(answer) for answer in given.values())
        ):
            _respond_to(desk, row, instrument, given, mode)


def _respond_to(desk: Desk, row: OccasionRow, instrument: Instrument, given: Answers, mode: Mode) -> None:
    whole = with_not_asked(instrument, given)
    desk.answers += [
        answer_row(row, instrument, item, Absent.NOT_ASKED, desk.now, mode, None, False)
        for item in _newly_not_asked(whole, given)
    ]
    complete = all(is_settled(whole.get(item.id)) for item in instrument.items)
    id = derived_id("response", row.id, instrument.id)
    desk.responses.append(
        answers.ResponseRow(
            id, row.participant_id, row.id, instrument.id, instrument.version, instrument.hash, row.reporter, mode,
            row.language or "", "completed" if complete else "partial", desk.now,
        )
    )  # fmt: skip
    desk.emit(ResponseCompleted.of(row, id, instrument.id, desk.now))


def _newly_not_asked(whole: Answers, given: Answers) -> Iterator[str]:
    for item, answer in whole.items():
        if answer is Absent.NOT_ASKED and given.get(item) is not Absent.NOT_ASKED:
            yield item
