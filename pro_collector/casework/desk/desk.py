"""The desk that every handler works at: the cases of a batch, locked and loaded; decisions, saved at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pro_collector.casework.desk.answer_rows import Source, answer_row
from pro_collector.casework.desk.case import Case as Case
from pro_collector.casework.desk.phones import Phones
from pro_collector.casework.speaking.links import call_token
from pro_collector.casework.speaking.speech import MessageText, Speech
from pro_collector.domain.conversation.phone_turn import PhoneQuestion
from pro_collector.domain.conversation.survey import (
    ENDED,
    Effect,
    Finish,
    Mode,
    Place,
    RaiseTask,
    RecordAnswer,
    Say,
    Step,
    Survey,
    no_call_needed,
)
from pro_collector.domain.events import (
    AlertRaised,
    Event,
    MessageRequested,
    ResponseCompleted,
    SurveyDue,
    SurveyReminderDue,
    derived_id,
)
from pro_collector.domain.instrument.answers import Absent, Answers, is_settled
from pro_collector.domain.instrument.branching import with_not_asked
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.task_kind import ALARMING
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import phones
from pro_collector.postgres.tables import (
    agenda,
    answers,
    contacts,
    links,
    messages,
    occasions,
    outbox,
    participants,
    tasks,
    timelines,
)
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.links import LinkRow
from pro_collector.postgres.tables.occasions import LogRow, OccasionRow
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash

BREATHER = timedelta(seconds=10)
"""Between one thing said to a phone and the next that follows by itself, so that they arrive in this order."""
REACHING = frozenset({"call", "contact"})
"""Tasks that ask the team to reach somebody: with a link to take their answers on the telephone."""
REMEMBERED = timedelta(days=1)
"""How long what was asked at a phone matters after its survey has ended."""


@dataclass
class Desk:
    """The cases of one batch and everything decided about them."""

    tx: Tx
    rt: Runtime
    now: datetime
    cases: dict[UUID, Case]
    phones: Phones
    _changed: dict[UUID, OccasionRow] = field(default_factory=dict)
    _dropped: list[UUID] = field(default_factory=list)
    _unreminded: list[UUID] = field(default_factory=list)
    _entries: list[agenda.Entry] = field(default_factory=list)
    _events: list[Event] = field(default_factory=list)
    _log: list[LogRow] = field(default_factory=list)
    _answers: list[answers.AnswerRow] = field(default_factory=list)
    _responses: list[answers.ResponseRow] = field(default_factory=list)
    _messages: list[messages.MessageRow] = field(default_factory=list)
    _links: list[LinkRow] = field(default_factory=list)
    _tasks: list[tasks.TaskRow] = field(default_factory=list)

    def note(self, row: OccasionRow, what: str, **detail: Any) -> None:
        """Add a line to the life of an occasion."""
        self._log.append(LogRow(row.id, row.participant_id, self.now, what, detail))

    def emit(self, event: Event) -> None:
        """Have an event published once this batch is saved."""
        self._events.append(event)

    def plan(self, entry: agenda.Entry) -> None:
        """Put something on the agenda."""
        self._entries.append(entry)

    def spare(self, row: OccasionRow) -> None:
        """Remind nobody of an occasion any more; it still takes answers until its window closes."""
        self._unreminded.append(row.id)
        self.note(row, "spared")

    def reached(self, lookup: bytes, stopped: datetime | None) -> None:
        """Somebody said at an address that they want no more there (or, with None, that they do again)."""
        for case in self.cases.values():
            case.contacts = [replace(c, opted_out_at=stopped) if c.lookup == lookup else c for c in case.contacts]

    def change(self, case: Case, row: OccasionRow) -> OccasionRow:
        """Replace an occasion by its new self."""
        case.occasions[row.id] = self._changed[row.id] = row
        return row

    def end(self, case: Case, row: OccasionRow, state: Any, reason: str) -> OccasionRow:
        """End an occasion: nothing more of it is on the agenda."""
        self._dropped.append(row.id)
        self.note(row, state, reason=reason)
        return self.change(case, replace(row, state=state, reason=reason, ended_at=self.now))

    def ask_person(
        self, case: Case, row: OccasionRow | None, kind: str, reason: str, key: object = "", *,
        inbound: UUID | None = None,
    ) -> None:  # fmt: skip
        """Ask the study team to look at a text that came in, or to reach somebody. ALARMING kinds alert them at once.

        One task for each `key` of a kind: the text, where there is one.
        """
        task = derived_id("task", case.person.id, row.id if row else "", kind, key or inbound or self.now)
        if any(each.id == task for each in self._tasks):
            return
        detail = {"reason": reason}
        if inbound is not None:
            detail |= {"inbound": str(inbound)} | ({"item": row.asked} if row and row.asked else {})
        self._tasks.append(tasks.TaskRow(task, case.person.id, row.id if row else None, kind, self.now, detail))
        if row is not None and kind in REACHING:
            self._links.append(LinkRow(token_hash(call_token(self.rt, row.id)), row.id, None, "call"))
        if kind in ALARMING:
            id, person = derived_id("alert", task), case.person.id
            self.emit(AlertRaised(id=id, participant_id=person, occurred_at=self.now, alert_id=task, kind=kind))

    def say(
        self, case: Case, contact: ContactRow, line: MessageText, row: OccasionRow | None, *, rung: int = 0
    ) -> None:
        """Request a message to a contact; its id is the participant's next number, so a repeat cannot add another."""
        number = case.messages
        case.messages += 1
        id = derived_id("message", case.person.id, number)
        self._messages.append(
            messages.MessageRow(
                id=id,
                participant_id=case.person.id,
                occasion_id=row.id if row else None,
                contact_id=contact.id,
                channel=contact.channel,
                purpose=line.purpose,
                rung=rung,
                language=line.language,
                subject=line.subject,
                body=line.body,
                html=line.html,
                item=str(line.place) if line.place else None,
                urgency=line.urgency,
                requested_at=self.now,
                expires_at=line.expires_at,
            )
        )
        if row is not None and line.place is not None and contact.channel == "sms":
            again = line.purpose == "again"
            self.phones.note(contact.lookup, PhoneQuestion(row.id, line.place, self.now, left=False, again=again))
        if row is not None and "{link}" in line.body:
            self._links.append(LinkRow(token_hash(self.rt.vault.token(id)), row.id, id))
        self.emit(
            MessageRequested(
                id=derived_id("message.requested", id),
                participant_id=case.person.id,
                occurred_at=self.now,
                message_id=id,
                channel=contact.channel,
            )
        )

    def take(
        self, case: Case, row: OccasionRow, step: Step, *, mode: Mode | None = None, contact: ContactRow | None = None,
        source: Source = None,
    ) -> OccasionRow:  # fmt: skip
        """Carry out a step of a survey: `contact` is where to speak, `source` the text or the page it came from."""
        survey = step.survey
        if survey.asked is not None and str(survey.asked) != row.asked:
            row = replace(row, asked_at=self.now)
        row = self.change(
            case,
            replace(
                row,
                state=survey.state if survey.state not in ENDED else row.state,
                asked=str(survey.asked) if survey.asked else None,
                clarified=survey.clarified,
            ),
        )
        case.answers[row.id] = {name: dict(given) for name, given in survey.answers.items()}
        for effect in step.effects:
            row = self._carry_out(case, row, survey, effect, mode, contact, source)
        return row

    def _carry_out(
        self, case: Case, row: OccasionRow, survey: Survey, effect: Effect, mode: Mode | None,
        contact: ContactRow | None, source: Source,
    ) -> OccasionRow:  # fmt: skip
        if isinstance(effect, RecordAnswer):
            self._record(case, row, survey, effect, source)
        elif isinstance(effect, Finish):
            first = row.state not in ENDED  # a late answer that follows responds by itself
            row = self.end(case, row, effect.state, effect.reason)
            if first:
                self._respond(row, survey, mode or case.modes.get(row.id, "sms"))
        elif isinstance(effect, RaiseTask):
            self.note(row, effect.kind, reason=effect.reason)
            self.ask_person(case, row, effect.kind, effect.reason, inbound=source if isinstance(source, UUID) else None)
        elif contact is not None:
            self._speak(case, row, survey, effect, contact, answering=isinstance(source, UUID))
        return row

    def _speak(
        self, case: Case, row: OccasionRow, survey: Survey, said: Say, contact: ContactRow, *, answering: bool
    ) -> None:
        about = case.person.code if contact.shared else ""
        zone, team, silence = case.person.zone, case.team, case.silence(row)
        speech = Speech(case.version_of(row), row, survey, self.now, zone, team, about, answering, silence)
        line = speech.email(said) if contact.channel == "email" else speech.sms(said)
        self.say(case, contact, line, row, rung=row.rung)
        self.note(row, "said", purpose=said.purpose, channel=contact.channel, item=str(said.place or ""))

    def _record(self, case: Case, row: OccasionRow, survey: Survey, taken: RecordAnswer, source: Source) -> None:
        instrument = case.version_of(row).instruments[taken.place.instrument]
        self._answers.append(
            answer_row(row, instrument, taken.place.item, taken.answer, self.now, taken.mode, source, taken.late)
        )
        self.note(row, "answered", item=str(taken.place), mode=taken.mode, late=taken.late)
        if meaning := instrument.flagged(taken.place.item, taken.answer):
            self.ask_person(case, row, "flagged", f"{taken.place}: {meaning}", f"{taken.place} {taken.answer}")
        if row.state in ENDED:  # a late answer: what was scored is scored again, beside it
            self._respond(row, survey, taken.mode)

    def _respond(self, row: OccasionRow, survey: Survey, mode: Mode) -> None:
        for instrument in survey.instruments:
            given = survey.of(instrument)
            if any(is_settled(answer) for answer in given.values()):
                self._respond_to(row, instrument, given, mode)

    def _respond_to(self, row: OccasionRow, instrument: Instrument, given: Answers, mode: Mode) -> None:
        whole = with_not_asked(instrument, given)
        self._answers += [
            answer_row(row, instrument, item, answer, self.now, mode, None, False)
            for item, answer in whole.items()
            if answer is Absent.NOT_ASKED and given.get(item) is not Absent.NOT_ASKED
        ]
        complete = all(is_settled(whole.get(item.id)) for item in instrument.items)
        id = derived_id("response", row.id, instrument.id)
        self._responses.append(
            answers.ResponseRow(
                id, row.participant_id, row.id, instrument.id, instrument.version, instrument.hash, row.reporter, mode,
                row.language or "", "completed" if complete else "partial", self.now,
            )
        )  # fmt: skip
        self.emit(
            ResponseCompleted(
                id=derived_id("response.completed", id, self.now),
                participant_id=row.participant_id,
                occurred_at=self.now,
                occasion_id=row.id,
                response_id=id,
                instrument=instrument.id,
            )
        )

    async def _pass_on(self) -> None:
        """Where a survey has given up the floor of a phone, those who wait for it may ask now."""
        ended = {id for id, row in self._changed.items() if row.state in ENDED or row.asked is None}
        for lookup in self.phones.passed_on(ended):
            for _, row in self.phones.left_behind(lookup):
                at = self.now + BREATHER
                id = derived_id("survey.reminder_due", row.id, "passed on", at)
                payload = {"n": 0, "rung": None, "resumes": True}
                self.plan(agenda.Entry(id, at, SurveyReminderDue.type, row.participant_id, row.id, payload))
            for row in await occasions.held_back(self.tx, self.phones.people(lookup), self.now):
                if row.id not in self._changed:
                    at = self.now + BREATHER
                    id = derived_id("survey.due", row.id, at)
                    self.plan(agenda.Entry(id, at, SurveyDue.type, row.participant_id, row.id))

    def respond(self, case: Case, row: OccasionRow) -> None:
        """Have what was answered of an occasion that ended by itself scored."""
        self._respond(row, case.survey(row), case.modes.get(row.id, "sms"))

    def _spared(self) -> dict[UUID, str]:
        """The occasions of this batch about which nobody need call any more, with the reason."""
        ended = {id: self.cases[row.participant_id].survey(row) for id, row in self._changed.items()}
        return {id: why for id, survey in ended.items() if (why := no_call_needed(survey, self.now))}

    async def save(self) -> None:
        """Write everything, in the transaction of the batch."""
        await self._pass_on()
        await occasions.save(self.tx, list(self._changed.values()))
        await agenda.drop(self.tx, self._dropped)
        await agenda.drop_events(self.tx, self._unreminded, SurveyReminderDue.type)
        entries = {entry.event_id: entry for entry in self._entries if entry.occasion_id not in self._dropped}
        await agenda.put(self.tx, list(entries.values()))
        await messages.add(self.tx, self._messages)
        await links.add(self.tx, self._links)
        await answers.add(self.tx, self._answers)
        await answers.add_responses(self.tx, self._responses)
        await tasks.add(self.tx, self._tasks)
        await tasks.close_needless_calls(self.tx, self._spared(), self.now)
        await occasions.log(self.tx, self._log)
        await outbox.add(self.tx, self._events)


async def open_desk(
    tx: Tx, rt: Runtime, people: Iterable[UUID], rows: Sequence[OccasionRow] = (), *,
    left: Mapping[UUID, bool | None] | None = None,
) -> Desk:  # fmt: skip
    """Lock participants, and whoever shares a phone with them, in id order; load their cases.

    Loaded are the surveys that wait for an answer, and `rows` as they are now. `left`: what the carrier said of
    questions, where it was asked.
    """
    now = rt.clock.now()
    ids = await phones.sharing(tx, sorted(set(people)))
    persons = await participants.lock(tx, ids)
    begun = await occasions.conversations(tx, ids, now - REMEMBERED)
    others = {row.id for row in rows} - {row.id for row in begun}
    found = begun + (await occasions.load(tx, sorted(others)) if others else [])
    cases = await _cases(tx, rt, persons, found, now)
    known = Phones(cases)
    for row in await phones.asked(tx, ids, [row.id for row in found], now - REMEMBERED):
        place = Place.parse(row["item"])
        gone = (left or {}).get(row["id"], row["left"])
        known.note(row["lookup"], PhoneQuestion(row["occasion_id"], place, row["asked_at"], gone, row["again"]))
    return Desk(tx, rt, now, cases, known)


async def glance(tx: Tx, rt: Runtime, row: OccasionRow) -> Case:
    """The case of one survey, to be looked at: nothing is locked, and how its person is reached is left out."""
    person = await participants.load(tx, row.participant_id)
    versions = {v: await rt.studies.get(tx, person.study, v) for v in {person.study_version, row.study_version}}
    given = await answers.load(tx, [row.id], since=answers.since([row]))
    return Case(
        person=person,
        versions=versions,
        contacts=[],
        occasions={row.id: row},
        answers=given,
        modes={},
        states=(await participants.states(tx, [person.id]))[person.id],
        happened=(await timelines.dates(tx, [person.id]))[person.id],
        messages=0,
        now=rt.clock.now(),
    )


async def _cases(
    tx: Tx, rt: Runtime, persons: dict[UUID, ParticipantRow], found: Sequence[OccasionRow], now: datetime
) -> dict[UUID, Case]:
    ids = list(persons)
    since = answers.since(found)
    given = await answers.load(tx, [row.id for row in found], since=since)
    modes = await answers.modes(tx, [row.id for row in found], since=since)
    reach = await contacts.of(tx, ids)
    said = await messages.count(tx, ids)
    states = await participants.states(tx, ids)
    happened = await timelines.dates(tx, ids)
    return {
        id: Case(
            person=person,
            versions={
                version: await rt.studies.get(tx, person.study, version)
                for version in {person.study_version, *(row.study_version for row in found if row.participant_id == id)}
            },
            contacts=reach[id],
            occasions={row.id: row for row in found if row.participant_id == id},
            answers={row.id: given.get(row.id, {}) for row in found if row.participant_id == id},
            modes=modes,
            states=states[id],
            happened=happened[id],
            messages=said.get(id, 0),
            now=now,
        )
        for id, person in persons.items()
    }
