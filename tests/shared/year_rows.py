"""The rows of one made-up person's year, for a bulk load: what the product would have stored, by the same functions."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework.alerting import clock_of, rule_of, with_alert
from pro_collector.casework.desk.answer_rows import answer_row
from pro_collector.casework.planning import EXTEND_BEFORE, HORIZON, to_fact, to_person, to_row
from pro_collector.casework.speaking.links import call_token
from pro_collector.domain.alert.life import Alert, Done, acknowledge, advance, close, meet
from pro_collector.domain.alert.raising import Triggered
from pro_collector.domain.alert.watching import WatchedTime
from pro_collector.domain.conversation.opening import reminders
from pro_collector.domain.conversation.permission import MessagePurpose
from pro_collector.domain.conversation.reading_list import ASKS_FOR_PERSON, MAY_BE_CONCERN, MAY_STOP, importance_of
from pro_collector.domain.conversation.survey import Place
from pro_collector.domain.events import (
    AlertDue,
    Event,
    SurveyDue,
    SurveyExpired,
    SurveyReminderDue,
    TimelineChanged,
    derived_id,
)
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.sms_text import sms_question
from pro_collector.domain.scoring.score import score, scoring_version
from pro_collector.domain.study.timeline import effective
from pro_collector.domain.task_kind import TaskKind
from pro_collector.postgres.tables.alerts import AlertLogRow, AlertRow
from pro_collector.postgres.tables.answers import ResponseRow, ScoreRow
from pro_collector.postgres.tables.inbound import InboundRow, row_name
from pro_collector.postgres.tables.links import LinkRow
from pro_collector.postgres.tables.messages import MessageRow
from pro_collector.postgres.tables.occasions import LogRow, OccasionRow
from pro_collector.postgres.tables.participants import ParticipantRow, StateRow
from pro_collector.postgres.tables.studies import StudyVersion
from pro_collector.postgres.tables.tasks import TaskDetail, TaskRow
from pro_collector.postgres.tables.timelines import TreatmentRow
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash
from scheduler.occasion import Occasion
from scheduler.plan import plan
from scheduler.rulebook import Rules
from scheduler.rules import Channel, Reporter
from scheduler.values import reads_as
from tests.shared.year_answers import Fate, fate, settled, waiting
from tests.shared.year_people import Patient
from tests.shared.year_study import BOUNDS, TEAM

SHARE_WITH_WORDS = 0.08
"""The share of answered check-ins after which somebody also writes words of their own."""
WORDS_KEPT = timedelta(days=60)
"""Of so many last days each single text is there; before, only what was answered."""
REMARKS: Sequence[tuple[TaskKind, str, Mapping[str, str]]] = (
    ("question", ASKS_FOR_PERSON, {"en": "Could somebody call me about the new tablets?",
                                   "es": "¿Me puede llamar alguien por las pastillas nuevas?"}),
    ("review", MAY_BE_CONCERN, {"en": "I fell in the bathroom yesterday", "es": "Ayer me caí en el baño"}),
    ("review", "not understood", {"en": "same as last week more or less", "es": "más o menos como la otra semana"}),
    ("review", MAY_STOP, {"en": "this is too many messages for me", "es": "son demasiados mensajes para mí"}),
    ("pause", "asks for a pause", {"en": "we are away for two weeks", "es": "estaremos fuera dos semanas"}),
    ("urgent", "words of an emergency", {"en": "I can hardly breathe since this morning",
                                         "es": "Casi no puedo respirar desde esta mañana"}),
)  # fmt: skip
"""What people write besides, the kind of task that follows, and its reason."""
THANKS = {"en": "Thank you. That is all for today.", "es": "Gracias. Eso es todo por hoy."}
SOON = timedelta(seconds=3)
CLOSED_WITH: Sequence[tuple[Done, str]] = (
    ("phoned", ""), ("phoned", "sleeps better with the new dose"), ("advice_sent", ""), ("drug_changed", ""),
    ("seen", "at the day clinic"), ("known_already", "seen on the ward this morning"), ("unreachable", "three calls"),
)  # fmt: skip


@dataclass
class Bulk:
    """Rows by table, as columns and values; events of the agenda apart."""

    tables: dict[str, list[Mapping[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    agenda: list[Event] = field(default_factory=list)

    def add(self, table: str, row: Any, **more: Any) -> None:
        """Add the fields of a row, and `more` columns."""
        self.tables[table].append({**{name: getattr(row, name) for name in row.__dataclass_fields__}, **more})


@dataclass
class PersonYear:
    """Writes the year of one person; `keys` are the sealed keys of addresses."""

    rt: Runtime
    bulk: Bulk
    version: StudyVersion
    rules: Rules
    person: ParticipantRow
    patient: Patient
    dice: Random
    keys: dict[str, bytes]
    messages: int = 0
    met: list[Triggered] = field(default_factory=list)
    alerts: dict[UUID, AlertRow] = field(default_factory=dict)

    def write(self) -> None:
        """Everything that happened to them until now, and what is planned."""
        now, person = self.rt.clock.now(), self.person
        enrolled_at = self._at(person.enrolled_on, 9)
        states = [self._state(n, now) for n, _ in enumerate(self.patient.states)]
        facts = [to_fact(row) for row in self._treatment(now)]
        timeline = effective(facts, repeating=self.version.study.repeating)
        planned = plan(self.rules, to_person(person, states), timeline, enrolled_at, now + HORIZON)
        for occasion in planned.occasions:
            self._occasion(occasion, enrolled_at, now)
        if planned.ended_at is None or planned.ended_at > now:
            at = now + HORIZON - EXTEND_BEFORE
            self.bulk.agenda.append(TimelineChanged.of(person.id, at, "horizon", person.id, at))
        self._alerts(now)

    def _at(self, day: date, hour: int) -> datetime:
        return datetime.combine(day, time(hour), ZoneInfo(self.person.zone)).astimezone(UTC)

    def _state(self, n: int, now: datetime) -> StateRow:
        span = self.patient.states[n]
        id = derived_id("state", self.person.id, span.kind, span.starts_on)
        recorded = min(self._at(span.starts_on, 12), now)
        row = StateRow(id, self.person.id, span.kind, span.starts_on, span.ends_on, recorded, TEAM[0], "")
        self.bulk.add("participant_state", row)
        return row

    def _treatment(self, now: datetime) -> list[TreatmentRow]:
        rows: list[TreatmentRow] = []
        for each in self.patient.happenings:
            first = each.first_told_as or each.on
            id = derived_id("treatment", self.person.id, each.kind, each.on)
            at = min(self._at(each.told_on, 10), now)
            row = TreatmentRow(id, self.person.id, id, each.kind, first, at, TEAM[1], "", False, None)
            if each.first_told_as is not None:
                later = min(at + timedelta(hours=20), now)
                rows.append(replace(row, superseded_at=later))
                row = replace(row, id=derived_id(id, "corrected"), happened_on=each.on, recorded_at=later,
                              reason="wrong day in the chart")  # fmt: skip
            rows.append(row)
        for row in rows:
            self.bulk.add("treatment_event", row)
        return rows

    def _occasion(self, occasion: Occasion, enrolled_at: datetime, now: datetime) -> None:
        row = to_row(occasion, self.person, min(now, max(enrolled_at, occasion.due_at)))
        self._log(row, enrolled_at, "planned" if row.state == "planned" else row.state,
                  cause="enrolment", anchor=row.anchor, anchor_on=row.anchor_on.isoformat(), point=row.point,
                  due_at=row.due_at.isoformat(), due_local=row.due_local.isoformat(), zone=row.zone,
                  study_version=row.study_version, **({"reason": row.reason} if row.reason else {}))  # fmt: skip
        if row.state == "planned" and row.due_at <= now:
            row = self._asked(row, occasion, now)
        elif row.state == "planned":
            self.bulk.agenda.append(SurveyDue.of(row, row.due_at))
        self.bulk.add("occasion", row)

    def _asked(self, row: OccasionRow, occasion: Occasion, now: datetime) -> OccasionRow:
        instruments = [self.version.instruments[name] for name in row.instruments]
        talks = self.version.study.mode(row.assessment) == "conversation"
        conversation = talks and self._phone(row.reporter) is not None
        became = fate(self.dice, self.patient, occasion, instruments, now, conversation=conversation)
        row = replace(
            row, state=became.state, reason=became.reason, ended_at=became.ended_at, opened_at=row.due_at,
            language=self.person.language,
        )  # fmt: skip
        if conversation and became.state in ("invited", "started", "missed", "partial"):
            asked_at = became.given[-1].at if became.given else row.due_at
            row = replace(row, asked=waiting(instruments, became.given), asked_at=asked_at)
        self._log(row, row.due_at, "due", late_seconds=0)
        self._answers(row, became, now)
        self._texts(row, became, now)
        if became.ended_at is not None:
            self._log(row, became.ended_at, row.state, reason=became.reason)
        else:
            self.bulk.agenda.append(SurveyExpired.of(row, row.closes_at))
            for n, at in enumerate(reminders(row.reminders, now, row.closes_at)):
                self.bulk.agenda.append(SurveyReminderDue.of(row, at, n))
        self._call(row, became, now)
        return row

    def _answers(self, row: OccasionRow, became: Fate, now: datetime) -> None:
        texted = self._is_texted(row, became, now)
        for n, each in enumerate(became.given):
            source = _inbound_id(row.id, n) if texted else None
            stored = answer_row(row, each.instrument, each.item, each.answer, each.at, became.mode, source, False)
            self.bulk.add("answer", stored)
            item = f"{each.instrument.id}/{each.item}"
            self._log(row, each.at, "answered", item=item, mode=became.mode, late=False)
        if became.ended_at is not None and became.given:
            for instrument in {each.instrument.id: each.instrument for each in became.given}.values():
                self._response(row, became, instrument, became.ended_at)

    def _response(self, row: OccasionRow, became: Fate, instrument: Instrument, at: datetime) -> None:
        """The response to one instrument, what was not asked in it, its scores, and the rules that it meets."""
        whole = settled(instrument, became.given)
        answered = {each.item for each in became.given if each.instrument is instrument}
        for item in [item for item in whole if item not in answered]:
            self.bulk.add("answer", answer_row(row, instrument, item, whole[item], at, became.mode, None, False))
        of = instrument.id, instrument.version
        response = ResponseRow(
            derived_id("response", row.id, instrument.id), row.participant_id, row.id, *of, instrument.hash,
            row.reporter, became.mode, row.language or "", "completed" if became.complete else "partial", at,
        )  # fmt: skip
        self.bulk.add("response", response)
        for scale, found in score(instrument, whole).items():
            scored = ScoreRow(
                at, response.id, row.participant_id, row.id, *of, scoring_version(instrument), scale, found.value,
                found.answered, found.of, found.reason, found.band, row.reporter, became.mode, at,
            )  # fmt: skip
            self.bulk.add("score", scored)
        for rule, (item, bound) in BOUNDS.items():
            answer = whole.get(item)
            if isinstance(answer, int) and answer >= bound:
                self.met.append(Triggered(rule, row.reporter, at, str(row.id)))

    def _is_texted(self, row: OccasionRow, became: Fate, now: datetime) -> bool:
        """Whether each single text of a check-in is kept: it was answered by text, and not long ago."""
        return became.mode == "sms" and self._phone(row.reporter) is not None and row.due_at > now - WORDS_KEPT

    def _texts(self, row: OccasionRow, became: Fate, now: datetime) -> None:
        """The messages of a check-in, and what was answered by text."""
        texted = self._is_texted(row, became, now)
        places = [f"{each.instrument.id}/{each.item}" for each in became.given]
        self._say(row, "invitation", row.due_at, places[0] if texted and places else None)
        self._log(row, row.due_at + SOON, "sent", channel="sms" if self._phone(row.reporter) else "email")
        for n, each in enumerate(became.given if texted else ()):
            self._heard(row, str(each.answer), each.at, "answer", _inbound_id(row.id, n))
            if n + 1 < len(places):
                self._say(row, "question", each.at + SOON, places[n + 1])
        if became.complete and became.ended_at is not None:
            self._say(row, "thanks", became.ended_at + SOON, None)
        if became.given and self._phone(row.reporter) is not None and self.dice.random() < SHARE_WITH_WORDS:
            self._remark(row, min(now, became.given[-1].at + timedelta(minutes=4)), now)

    def _phone(self, reporter: Reporter) -> str | None:
        enrolment = self.patient.enrolment
        return enrolment.phone if reporter == "self" else enrolment.proxy_phone

    def _say(self, row: OccasionRow, purpose: MessagePurpose, at: datetime, item: str | None) -> None:
        """A message that was delivered."""
        channel: Channel = "sms" if self._phone(row.reporter) else "email"
        language = row.language or "en"
        sent = MessageRow(
            derived_id("message", self.person.id, self.messages), self.person.id, row.id,
            derived_id("contact", self.person.id, row.reporter, channel), channel, purpose, 0, language,
            None if channel == "sms" else self.version.study.sender, self._body(row, purpose, item, language), None,
            item, 1, at, row.late_until,
        )  # fmt: skip
        self.messages += 1
        provider = f"SM{sent.id.hex}" if channel == "sms" else f"<{sent.id}@hospital.example>"
        self.bulk.add("message", sent, state="delivered", claimed_at=at, attempts=1, provider_id=provider,
                      segments=1 if channel == "sms" else None, ended_at=at + SOON)  # fmt: skip

    def _body(self, row: OccasionRow, purpose: MessagePurpose, item: str | None, language: str) -> str:
        if purpose == "thanks":
            return THANKS[language]
        title = self.version.study.assessment(row.assessment).title[language]
        if item is None:
            return f"{self.version.study.sender}: {title}. {{link}}"
        place = Place.parse(item)
        instrument = self.version.instruments[place.instrument]
        found = instrument.item(place.item)
        wording = found and instrument.texts[language].wording(found, reads_as(row.reporter))
        question = sms_question(wording) if wording else title
        return f"{self.version.study.sender}: {question}" if purpose == "invitation" else question

    def _heard(self, row: OccasionRow, words: str, at: datetime, outcome: str, id: UUID) -> None:
        """A text that came in from the reporter's phone."""
        phone = self._phone(row.reporter)
        assert phone is not None
        lookup = self.rt.vault.lookup(phone)
        owner = lookup.hex()
        if owner not in self.keys:
            self.keys[owner] = self.rt.vault.new_key(owner)
        fields = {"body": words, "sender": phone, "recipient": "+12025550100", "NumMedia": "0"}
        sealed = self.rt.vault.seal_json(fields, row_name(id, "twilio", lookup), self.keys[owner])
        self.bulk.add("vault.inbound", InboundRow(id, "twilio", f"SM{id.hex}", at, lookup, sealed, outcome, row.id))

    def _remark(self, row: OccasionRow, at: datetime, now: datetime) -> None:
        """Words besides the answers, and the task that follows; what is older than some days has been done."""
        kind, reason, words = self.dice.choices(REMARKS, weights=(4, 4, 6, 1, 2, 1))[0]
        id = _inbound_id(row.id, "words")
        self._heard(row, words[row.language or "en"], at, "unclear", id)
        detail = TaskDetail(reason=reason, inbound=str(id))
        if reason == MAY_STOP:
            detail["stops"] = [str(id)]
        self._task(row, kind, at, detail, importance_of(kind, reason), now)

    def _call(self, row: OccasionRow, became: Fate, now: datetime) -> None:
        """A call is asked for on the fourth day of a check-in that nobody answers; it ends with its window."""
        at = row.due_at + timedelta(days=3)
        calls = any(rung.channel == "call" for rung in self.version.study.assessment(row.assessment).ladder)
        if calls and not became.given and at < min(now, row.closes_at):
            ends = row.closes_at if row.closes_at <= now else None
            self._task(row, "call", at, TaskDetail(reason="nobody answered by message"), 0, now, ends=ends)
            self.bulk.add("link", LinkRow(token_hash(call_token(self.rt, row.id)), row.id, None, "call"))

    def _task(
        self, row: OccasionRow, kind: TaskKind, at: datetime, detail: TaskDetail, importance: int,
        now: datetime, *, ends: datetime | None = None,
    ) -> None:  # fmt: skip
        done = ends or (at + timedelta(minutes=self.dice.randint(20, 2600)) if kind != "call" else None)
        over = done is not None and done <= now
        by, note = ("system", "no longer needed") if ends else (self.dice.choice(TEAM), "phoned: all well")
        raised = TaskRow(
            derived_id("task", self.person.id, row.id, kind, at), self.person.id, row.id, kind, at, detail, importance,
        )  # fmt: skip
        self.bulk.add("task", replace(raised, done_at=done, done_by=by, note=note) if over else raised)

    def _log(self, row: OccasionRow, at: datetime, what: str, **detail: Any) -> None:
        self.bulk.add("occasion_log", LogRow(row.id, row.participant_id, at, what, detail))

    def _alerts(self, now: datetime) -> None:
        last: dict[str, AlertRow] = {}
        for found in sorted(self.met, key=lambda each: each.at):
            rule, time_ = rule_of(self.version.study, found.rule), self._watched(found.rule)
            before = last.get(found.key)
            alert = meet(found, before.alert if before else None, rule, time_, found.at)
            new = before is None or alert.raised_at != before.raised_at
            id = derived_id("rule.alert", self.person.id, found.rule, found.reporter, found.occasion)
            row = before if before is not None and not new else AlertRow(
                id, self.person.id, self.person.study, self.person.study_version, found.rule, found.reporter,
                alert.state, alert.raised_at, alert.last_at, alert.due_at,
            )  # fmt: skip
            self.bulk.add("alert_log", AlertLogRow(row.id, found.at, "raised" if new else "repeated", detail={}))
            which = {"participant_id": self.person.id, "rule": found.rule, "reporter": found.reporter}
            self.bulk.tables["alert_occasion"].append(
                {**which, "occasion_id": UUID(found.occasion), "alert_id": row.id, "at": found.at}
            )
            last[found.key] = with_alert(row, self._life(row, alert, now) if new else alert)
            self.alerts[row.id] = last[found.key]
        for row in self.alerts.values():
            self.bulk.add("alert", row)
            if row.due_at is not None:
                self.bulk.agenda.append(AlertDue.of(row.id, row.participant_id, row.due_at))

    def _watched(self, rule: str) -> WatchedTime:
        return clock_of(self.version.study, rule, self.person.site, self.person.zone)

    def _life(self, row: AlertRow, alert: Alert, now: datetime) -> Alert:
        """A nurse is told, acknowledges within two hours, and closes within two days; of the last ones not yet."""
        rule, watched = rule_of(self.version.study, row.rule), self._watched(row.rule)
        nurse = TEAM[0] if self.person.site == "madrid" else TEAM[1]
        at = watched.opens(alert.raised_at)
        if at > now:
            return alert
        alert, told = advance(alert, rule, watched, lambda _: (nurse,), at)
        self.bulk.add("alert_log", AlertLogRow(row.id, at, "told", detail={
            "step": told[0].step, "role": told[0].role, "people": list(told[0].people)}))  # fmt: skip
        seen = at + timedelta(minutes=self.dice.randint(4, 110))
        recent = alert.raised_at > now - timedelta(days=5)
        if seen > now or (recent and self.dice.random() < 0.3):
            return alert
        taken = acknowledge(alert, nurse, rule, watched, seen)
        assert isinstance(taken, Alert)
        self.bulk.add("alert_log", AlertLogRow(row.id, seen, "acknowledged", nurse, {}))
        closed_at = seen + timedelta(minutes=self.dice.randint(10, 2400))
        if closed_at > now or (recent and self.dice.random() < 0.4):
            return taken
        done, note = self.dice.choice(CLOSED_WITH)
        closed = close(taken, nurse, done, note, closed_at)
        assert isinstance(closed, Alert)
        self.bulk.add("alert_log", AlertLogRow(row.id, closed_at, "closed", nurse, {"done": done}))
        return closed


def _inbound_id(occasion: UUID, which: object) -> UUID:
    return derived_id("inbound", "year", occasion, which)
