"""The tables of the research model: what a row is, and what each of its columns means.

Every form of the data (SQL, CSV, Parquet, CDISC) has these columns with these values. The views of the schema
`research` compute them; `docs/research.md` explains them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_type_hints
from uuid import UUID

ColumnKind = Literal["id", "text", "integer", "number", "boolean", "date", "instant"]
VisitState = Literal["planned", "open", "invited", "started", "completed", "partial", "missed", "cancelled"]
ItemStatus = Literal["answered", "declined", "not-applicable", "not-asked", "masked", "unanswered"]
ScoreStatus = Literal["scored", "unanswered", "declined", "masked", "not-applicable", "not-asked", "no-value"]

Study = Annotated[str, "study, as its file names it"]
Pseudonym = Annotated[str, "pseudonym of the participant"]
ParticipantId = Annotated[UUID, "the same id as on Kafka and in FHIR"]
Site = Annotated[str | None, "site of the study"]
Arm = Annotated[str | None, "arm of the study; empty: none"]
ArmThen = Annotated[str | None, "arm of the study on that day; empty: none"]
ArmAtVisit = Annotated[str | None, "arm of the study on the day on which the visit was due; empty: none"]
VisitId = Annotated[UUID, "the visit; a key of `visits`"]
VisitName = Annotated[str, "name of the visit: assessment, number of the anchor event if it repeats, time point"]
ResponseId = Annotated[UUID, "the answers of one visit to one questionnaire; as on Kafka and in FHIR"]
Questionnaire = Annotated[str, "questionnaire"]
QuestionnaireVersion = Annotated[str, "version of the questionnaire that was asked"]
Reporter = Annotated[str, "who answers: self, proxy, or a caregiver about themselves; do not mix them in one series"]
Mode = Annotated[str | None, "how: sms, web, call, or clinic (a device at the hospital)"]
Language = Annotated[str | None, "language in which it was asked"]
Cycle = Annotated[int | None, "number of the treatment cycle on that day; empty: before the first"]
CycleDay = Annotated[int | None, "day of that cycle; its first day is 1"]


@dataclass(frozen=True, slots=True)
class ParticipantOfStudy:
    """One participant."""

    study: Study
    participant_code: Pseudonym
    participant_id: ParticipantId
    study_version: Annotated[str, "version of the study file that applies to them now"]
    site: Site
    country: Annotated[str | None, "country of the site (ISO 3166-1 alpha-2)"]
    arm: Annotated[str | None, "arm at enrolment, by which participants were randomised; empty: none"]
    sex: Annotated[str | None, "sex, as it was enrolled"]
    language: Annotated[str, "language of their messages"]
    age_at_enrolment: Annotated[int | None, "completed years on the day of enrolment"]
    enrolled_on: Annotated[date, "day of enrolment: day 1 of the study"]
    died_on: Annotated[date | None, "day of death: the state `died`, or an ending event `death` or `died`"]
    withdrew_on: Annotated[date | None, "first day of the state `withdrew`"]
    off_study_on: Annotated[date | None, "first day on which nothing is asked any more"]
    off_study_reason: Annotated[str | None, "the state or the event that ended participation"]
    off_study_day: Annotated[int | None, "that day as a day of the study"]
    crossed_over_on: Annotated[date | None, "first day of the first crossover to another arm"] = None
    last_arm: Annotated[str | None, "arm after the last crossover; without one, the arm at enrolment"] = None
    consent_version: Annotated[str | None, "version of the consent text that they agreed to; empty: unknown"] = None


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One planned occasion of one reporter, whatever became of it."""

    study: Study
    participant_code: Pseudonym
    participant_id: ParticipantId
    site: Site
    arm: ArmAtVisit
    visit_id: VisitId
    visit: VisitName
    study_version: Annotated[str, "version of the study file that it belongs to"]
    assessment: Annotated[str, "assessment of the study"]
    planned: Annotated[bool, "false: a report that nobody had asked for, or a visit that no schedule planned"]
    anchor: Annotated[str, "event from which the assessment counts; `unscheduled`: asked by hand"]
    anchor_n: Annotated[int, "number of that event, such as the third cycle"]
    anchor_on: Annotated[date, "day of that event"]
    visit_n: Annotated[int, "number of the time point after that event"]
    point: Annotated[str, "time point as the schedule names it: 84d, 6mo"]
    reporter: Reporter
    due_at: Annotated[datetime, "when it was due"]
    due_on: Annotated[date, "that day on the participant's calendar"]
    due_day: Annotated[int, "that day as a day of the study"]
    opens_at: Annotated[datetime, "the window: from"]
    closes_at: Annotated[datetime, "the window: until"]
    late_until: Annotated[datetime, "until when a late answer is taken"]
    moved_by: Annotated[str | None, "what moved it from the hour that the schedule names"]
    state: Annotated[VisitState, "what became of it"]
    reason: Annotated[str | None, "why it ended like that, as a code"]
    ended_at: Annotated[datetime | None, "when it ended"]
    instruments: Annotated[str, "the questionnaires that are asked, with spaces between them"]
    instruments_expected: Annotated[int, "questionnaires that are asked"]
    instruments_received: Annotated[int, "questionnaires of which something was received by the end"]
    items_answered: Annotated[int | None, "items with an answer; empty if `data_excluded`, like all of an answer"]
    items_declined: Annotated[int | None, "items that the reporter declined to answer"]
    items_not_asked: Annotated[int | None, "items that skip logic left out"]
    first_answer_at: Annotated[datetime | None, "when the first item was answered"]
    last_answer_at: Annotated[datetime | None, "when the last item was answered"]
    answered_on: Annotated[date | None, "day of the last answer on the participant's calendar"]
    answered_day: Annotated[int | None, "that day as a day of the study"]
    late: Annotated[bool | None, "whether an answer came after the window had closed"]
    mode: Mode
    language: Language
    cycle: Cycle
    cycle_day: CycleDay
    days_since_anchor: Annotated[int, "days from the anchor event to the last answer; without one, to the day due"]
    data_excluded: Annotated[bool, "no answers, no scores: the reporter withdrew consent to their use"] = False
    bundle: Annotated[UUID | None, "the same for visits that were asked together; empty: asked alone"] = None


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """One item of one questionnaire that was received, answered or not."""

    study: Study
    participant_code: Pseudonym
    participant_id: ParticipantId
    site: Site
    arm: ArmAtVisit
    visit_id: VisitId
    visit: VisitName
    response_id: ResponseId
    instrument: Questionnaire
    instrument_version: QuestionnaireVersion
    item_n: Annotated[int, "place of the item in the questionnaire, from 1"]
    item: Annotated[str, "item"]
    status: Annotated[ItemStatus, "answered, or why there is no answer"]
    value: Annotated[float | None, "the code as a number, if it is one"]
    code: Annotated[str | None, "the code of the answer; empty for free text, whose words are not exported"]
    reporter: Reporter
    mode: Mode
    language: Language
    answered_at: Annotated[datetime | None, "when the answer was given"]
    late: Annotated[bool | None, "whether that was after the window had closed"]
    corrected_by: Annotated[str | None, "who corrected it after the end of the visit"]


@dataclass(frozen=True, slots=True)
class ScaleValue:
    """The newest score of one scale of one response."""

    study: Study
    participant_code: Pseudonym
    participant_id: ParticipantId
    site: Site
    arm: ArmAtVisit
    visit_id: VisitId
    visit: VisitName
    response_id: ResponseId
    instrument: Questionnaire
    instrument_version: QuestionnaireVersion
    scale: Annotated[str, "scale"]
    value: Annotated[float | None, "the score"]
    status: Annotated[ScoreStatus, "scored, or why there is no value"]
    items_answered: Annotated[int, "items that were answered"]
    items_expected: Annotated[int, "items that the scale rests on"]
    band: Annotated[str | None, "name of the range that the value is in, if the owner has published names"]
    reporter: Reporter
    mode: Mode
    completed_at: Annotated[datetime, "when the response was complete"]
    on_day: Annotated[date, "that day on the participant's calendar"]
    study_day: Annotated[int, "that day as a day of the study; there is no day 0"]
    cycle: Cycle
    cycle_day: CycleDay
    assessment: Annotated[str, "assessment of the study"]
    visit_n: Annotated[int, "number of the time point after the anchor event"]
    anchor: Annotated[str, "event from which the assessment counts"]
    anchor_n: Annotated[int, "number of that event"]
    days_since_anchor: Annotated[int, "days since that event"]
    scoring_version: Annotated[str, "hash of the definition that scored it, and the policy for skipped items if any"]
    scored_at: Annotated[datetime, "when it was scored"]


@dataclass(frozen=True, slots=True)
class TimelineRecord:
    """One statement about a treatment event, or one state of a participant: when it was so, when it was recorded."""

    study: Study
    participant_code: Pseudonym
    participant_id: ParticipantId
    site: Site
    arm: ArmThen
    event_id: Annotated[UUID, "the event; all statements about one event have the same"]
    record_id: Annotated[UUID, "the statement"]
    source: Annotated[Literal["treatment", "state"], "an event of the treatment, or a state of the participant"]
    kind: Annotated[str, "kind of the event, as the study file names it, or name of the state"]
    n: Annotated[int | None, "number of the event among those of its kind, by date; empty if it is not believed"]
    happened_on: Annotated[date, "when it happened; of a state: its first day"]
    ends_on: Annotated[date | None, "of a state: the day after its last"]
    study_day: Annotated[int, "the day as a day of the study"]
    recorded_at: Annotated[datetime, "when this was recorded"]
    superseded_at: Annotated[datetime | None, "when another statement took its place, or it was retracted"]
    retracted: Annotated[bool, "the statement says that it did not happen"]
    believed: Annotated[bool, "this is what is believed"]
    to_arm: Annotated[str | None, "of the state `crossed_over`: the arm from that day on"] = None
    specimen_id: Annotated[str | None, "specimen that was taken on that day: its id in the system that keeps it"] = None
    specimen_kind: Annotated[str | None, "kind of the specimen, such as blood or tumour"] = None
    specimen_system: Annotated[str | None, "biobank or laboratory that knows the specimen by that id"] = None


@dataclass(frozen=True, slots=True)
class MessageTrace:
    """One message to a participant, without its words."""

    study: Study
    participant_code: Pseudonym
    participant_id: ParticipantId
    site: Site
    arm: ArmThen
    message_id: Annotated[UUID, "the message"]
    visit_id: Annotated[UUID | None, "the visit that it is about"]
    channel: Annotated[str, "sms or email"]
    purpose: Annotated[str, "invitation, question, reminder, ..."]
    rung: Annotated[int, "step of the channel ladder, from 0"]
    language: Annotated[str, "its language"]
    segments: Annotated[int | None, "segments of a text, as the carrier counts them"]
    requested_at: Annotated[datetime, "when it was requested"]
    state: Annotated[str | None, "what became of it"]
    ended_at: Annotated[datetime | None, "when it was delivered, failed or was held back"]
    attempts: Annotated[int, "how often it was tried"]


@dataclass(frozen=True, slots=True)
class RaisedAlert:
    """One alert that a rule of the study raised, without its words."""

    study: Study
    participant_code: Pseudonym
    participant_id: ParticipantId
    site: Site
    arm: ArmThen
    alert_id: Annotated[UUID, "the alert"]
    study_version: Annotated[str, "version of the study file whose rule raised it"]
    rule: Annotated[str, "rule, as the study file names it"]
    reporter: Reporter
    visit_id: Annotated[UUID | None, "the first visit whose answers raised it"]
    visits: Annotated[int, "visits whose answers met the rule before the alert was closed"]
    raised_at: Annotated[datetime, "when it was raised"]
    raised_on: Annotated[date, "that day on the participant's calendar"]
    study_day: Annotated[int, "that day as a day of the study"]
    state: Annotated[Literal["raised", "acknowledged", "closed"], "what became of it"]
    acknowledged_at: Annotated[datetime | None, "when somebody of the team last said that they take care of it"]
    closed_at: Annotated[datetime | None, "when it was closed"]
    done: Annotated[str | None, "what was done about it, as a code"]


ResearchRow = ParticipantOfStudy | PlannedVisit | ItemAnswer | ScaleValue | TimelineRecord | MessageTrace | RaisedAlert


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    kind: ColumnKind
    optional: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class ResearchTable:
    """A table: the class of its rows, and for a view the columns that order them and make each unique.

    `label`: the published label of a CDISC dataset.
    """

    name: str
    row: type
    order: Sequence[str] = ()
    label: str = ""

    @property
    def title(self) -> str:
        """What the table is, in one line."""
        return self.label or str(self.row.__doc__).splitlines()[0]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, in their order."""
        return _columns(self.row)


_KINDS: Mapping[object, ColumnKind] = {
    UUID: "id",
    int: "integer",
    float: "number",
    bool: "boolean",
    date: "date",
    datetime: "instant",
}
_BY_PERSON = ("study", "participant_code")
TABLES: Mapping[str, ResearchTable] = {
    table.name: table
    for table in (
        ResearchTable("participants", ParticipantOfStudy, _BY_PERSON),
        ResearchTable("visits", PlannedVisit, (*_BY_PERSON, "due_at", "visit_id")),
        ResearchTable("items", ItemAnswer, (*_BY_PERSON, "response_id", "item_n")),
        ResearchTable("scores", ScaleValue, (*_BY_PERSON, "response_id", "scale")),
        ResearchTable("events", TimelineRecord, (*_BY_PERSON, "happened_on", "record_id")),
        ResearchTable("messages", MessageTrace, (*_BY_PERSON, "requested_at", "message_id")),
        ResearchTable("alerts", RaisedAlert, (*_BY_PERSON, "raised_at", "alert_id")),
    )
}
"""The tables by name; each is the view of that name in the schema `research`."""


@cache
def _columns(row: type) -> tuple[Column, ...]:
    hints = get_type_hints(row, include_extras=True)
    return tuple(_column(name, annotated) for name, annotated in hints.items())


def _column(name: str, annotated: Any) -> Column:
    """A column from its annotation: the type of its values and what they mean."""
    kind, meaning = get_args(annotated)
    given = get_args(kind)
    (inner,) = {each for each in given if each is not NoneType} if NoneType in given else {kind}
    return Column(name, _KINDS.get(inner, "text"), NoneType in given, meaning)
