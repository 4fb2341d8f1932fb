"""One survey being answered: a pure state machine from invitation to completion, by text, on the web, or both.

Each function takes the present survey and an event, and returns a `Step`: the new survey and the effects to carry out
(answers to record, messages to send, the end of the occasion, tasks). Nothing here sends or stores anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pro_collector.domain.instrument.answers import Absent, Answer, Answers, is_settled
from pro_collector.domain.instrument.branching import came_up, enabled, prune, remaining
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item
from scheduler.values import AboutPatient, Reporter, reads_as

State = Literal["planned", "open", "invited", "started", "completed", "partial", "missed", "cancelled"]
Mode = Literal["sms", "web", "call", "clinic"]
"""Text message; the web form, filled in by the reporter, the team on the telephone, the reporter at a hospital."""
Purpose = Literal["invitation", "question", "again", "reminder", "clarification", "explanation", "thanks", "closed"]

BEGUN: frozenset[State] = frozenset({"open", "invited", "started"})
ENDED: frozenset[State] = frozenset({"completed", "partial", "missed", "cancelled"})
BY_FORM: frozenset[Mode] = frozenset({"web", "call", "clinic"})
NOTHING_REPORTED = "nothing_reported"
NO_MESSAGE_COULD_LEAVE = "window closed while no message could leave, for a fault of our own"
EMERGENCY_PAUSE = timedelta(hours=1)
"""How long the next question waits after an answer that came with words of an emergency."""
MAX_CLARIFICATIONS = 1
"""How many clarifications are sent for an unclear reply before a person looks at it."""


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a question in a survey: its instrument and its item."""

    instrument: str
    item: str

    def __str__(self) -> str:
        return f"{self.instrument}/{self.item}"

    @classmethod
    def parse(cls, text: str) -> "Place":
        """The place from the text that str() returns."""
        instrument, _, item = text.partition("/")
        return cls(instrument, item)


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """Store this answer; an earlier answer to the same item is kept but no longer counts."""

    place: Place
    answer: Answer
    mode: Mode
    late: bool = False


@dataclass(frozen=True, slots=True)
class Say:
    """Send a message to the reporter; `place` is the question that it asks, if any."""

    purpose: Purpose
    place: Place | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class AskLater:
    """Ask the open question after `EMERGENCY_PAUSE`, unless it was asked by then: now there is an emergency."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The occasion has ended, in this state, for this reason."""

    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class RaiseTask:
    """Raise a task for the study team."""

    kind: Literal["review", "call", "contact"]
    reason: str


ANSWERED = Finish("completed", "every question answered")

Effect = RecordAnswer | Say | AskLater | Finish | RaiseTask


@dataclass(frozen=True, slots=True)
class Survey:
    """The present state of a survey. `late_until` is the end of late entry: until then a late answer is stored.

    `language` is that of its questions; `explained` is the last question whose explanation was sent; `age` is that of
    the patient in years on the day it is due, None if unknown, and for a caregiver, who answers about themselves.
    `bundled`: it is that of several occasions.
    """

    occasion_id: UUID
    participant_id: UUID
    reporter: Reporter
    instruments: tuple[Instrument, ...]
    closes_at: datetime
    late_until: datetime
    state: State = "open"
    conversation: bool = True
    answers: Mapping[str, Answers] = field(default_factory=dict)
    asked: Place | None = None
    clarified: int = 0
    language: str = ""
    explained: Place | None = None
    age: int | None = None
    bundled: bool = False

    @property
    def reads_as(self) -> AboutPatient:
        """Whose words of a questionnaire its reporter reads."""
        return reads_as(self.reporter)

    def answers_to(self, instrument: Instrument) -> Answers:
        """The answers to one instrument of the survey."""
        return self.answers.get(instrument.id, {})


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one event: the new survey and the effects to carry out."""

    survey: Survey
    effects: tuple[Effect, ...] = ()


def find(survey: Survey, place: Place) -> tuple[Instrument, Item] | None:
    """The instrument and item at `place`, or None if the survey does not have it."""
    for instrument in survey.instruments:
        item = instrument.item(place.item)
        if instrument.id == place.instrument and item is not None:
            return instrument, item
    return None


def open_places(survey: Survey) -> list[Place]:
    """The questions still to be asked, given the answers so far, in order."""
    return [
        Place(instrument.id, item.id)
        for instrument in survey.instruments
        for item in remaining(instrument, survey.answers_to(instrument))
    ]


def asked_places(survey: Survey) -> list[Place]:
    """The questions that this person is asked, given the answers so far: settled or still to be asked, in order."""
    return [
        Place(instrument.id, item.id)
        for instrument in survey.instruments
        for item in instrument.items
        if enabled(item, prune(instrument, survey.answers_to(instrument)))
    ]


def places_that_came_up(survey: Survey) -> list[Place]:
    """The questions that were skipped while the survey was open, and that a correction makes to be asked."""
    return [
        Place(instrument.id, item.id)
        for instrument in survey.instruments
        for item in came_up(instrument, survey.answers_to(instrument))
    ]


def progress(survey: Survey, place: Place) -> tuple[int, int]:
    """The number of the question at `place` and the total; the total may change if an answer changes the branch."""
    places = asked_places(survey)
    return (places.index(place) + 1 if place in places else len(places)), len(places)


def answer_at(survey: Survey, place: Place) -> Answer:
    """The answer at `place`, or None if there is none."""
    return survey.answers.get(place.instrument, {}).get(place.item)


def awaits_answer(survey: Survey, place: Place, now: datetime) -> bool:
    """Whether the survey waits for an answer to the question at `place`, in time or late."""
    return survey.asked == place and survey.state != "cancelled" and now < survey.late_until


def invite(survey: Survey) -> Step:
    """Open the survey. The invitation to a conversation has the first question, any other has a link."""
    first = next(iter(open_places(survey)), None) if survey.conversation else None
    return Step(replace(survey, state="open", asked=first), (Say("invitation", first),))


def remind(survey: Survey) -> Step:
    """Send a reminder: the open question, or the link."""
    return Step(survey, (Say("reminder", survey.asked),))


def answer(survey: Survey, place: Place, value: Answer, mode: Mode, now: datetime) -> Step:
    """Take an answer, by text or on the web, in time or late. Idempotent: the same answer again changes nothing."""
    late = now >= survey.closes_at
    if late and now >= survey.late_until:
        return Step(survey, (Say("closed"),) if mode == "sms" else ())
    if answer_at(survey, place) == value and value is not None:
        return _after_answer(survey, (), mode)
    answers = {**survey.answers, place.instrument: {**survey.answers.get(place.instrument, {}), place.item: value}}
    state: State = "started" if survey.state in BEGUN else survey.state
    effects: tuple[Effect, ...] = (RecordAnswer(place, value, mode, late),)
    if survey.state == "missed":  # late entry: the answer counts, and is marked as late
        state, effects = "partial", (Finish("partial", "answered after the window closed"), *effects)
    changed = replace(survey, answers=answers, state=state, clarified=0)
    return _after_answer(changed, effects, mode)


def answer_all(survey: Survey, values: Sequence[Answer], mode: Mode, now: datetime) -> Step | None:
    """Take one answer for each open question, in order; None if an answer changes which questions are asked."""
    places = open_places(survey)
    effects: list[Effect] = []
    if len(places) != len(values):
        return None
    for place, value in zip(places, values, strict=True):
        step = answer(survey, place, value, mode, now)
        survey, effects = step.survey, [*effects, *(e for e in step.effects if not is_question(e))]
    return Step(survey, tuple(effects)) if not open_places(survey) else None


def is_question(effect: Effect) -> bool:
    return isinstance(effect, Say) and effect.place is not None


def without_question(step: Step) -> Step:
    """The same step, whose next question waits."""
    return replace(step, effects=tuple(AskLater() if is_question(effect) else effect for effect in step.effects))


def decline(survey: Survey, place: Place, mode: Mode, now: datetime) -> Step:
    """The person declines to answer the question; that is stored as an answer and is not missing."""
    return answer(survey, place, Absent.ASKED_DECLINED, mode, now)


def unclear(survey: Survey, reason: str) -> Step:
    """A reply was unclear: send a clarification once; after that raise a task for a person.

    `clarified` is increased each time, so that the caller can see how often replies to this question were unclear.
    """
    again = replace(survey, clarified=survey.clarified + 1)
    if survey.clarified < MAX_CLARIFICATIONS:
        return Step(again, (Say("clarification", survey.asked, reason),))
    return Step(again, (RaiseTask("review", reason),))


def explain(survey: Survey) -> Step | None:
    """Send the explanation of the open question, once; None if it has none, or if it was sent before."""
    place = survey.asked
    found = find(survey, place) if place else None
    text = found[0].texts.get(survey.language) if found else None
    wording = text.wording(found[1], survey.reads_as, survey.age) if found and text else None
    if wording is None or wording.explain is None or survey.explained == place:
        return None
    return Step(replace(survey, explained=place), (Say("explanation", place),))


def back(survey: Survey) -> Step:
    """Ask the question before the open one again; its old answer counts until there is a new one."""
    places = asked_places(survey)
    here = places.index(survey.asked) if survey.asked in places else len(places)
    if here == 0:
        return Step(survey, (Say("question", survey.asked),))
    before = places[here - 1]
    return Step(replace(survey, asked=before, clarified=0), (Say("question", before),))


def again(survey: Survey) -> Step:
    """A reply may be to another question: record nothing, and ask the open question again."""
    return Step(survey, (Say("again", survey.asked) if survey.asked else Say("thanks"),))


def take_back(survey: Survey) -> Step:
    """The person takes back their last answer ("oops 3"): ask again; the old answer counts until there is a new one."""
    step = back(survey)
    before = step.survey.asked
    return again(survey) if before == survey.asked or before is None else Step(step.survey, (Say("again", before),))


def confirm(survey: Survey) -> Step:
    """The person confirmed all answers on the web; the survey is partial if questions are still open."""
    if survey.state not in BEGUN:
        return Step(survey)
    left = open_places(survey)
    state: State = "partial" if left else "completed"
    reason = "confirmed with questions left open" if left else "every question answered"
    return Step(replace(survey, state=state, asked=None), (Finish(state, reason),))


def expire(survey: Survey, *, held: bool = False, unprompted: bool = False) -> Step:
    """The window has closed: with some answers the survey is partial, without any it is missed.

    `held`: no message about it could leave. `unprompted`: nobody had asked, so without an answer nothing is missed. The
    open question stays open, so that a late answer by text is accepted.
    """
    if survey.state not in BEGUN:
        return Step(survey)
    if not open_places(survey):
        done = replace(survey, state="completed", asked=None)
        return Step(done, (Finish("completed", "every question answered, not confirmed"),))
    has_answers = any(is_settled(value) for answers in survey.answers.values() for value in answers.values())
    if unprompted and not has_answers:
        return Step(replace(survey, state="cancelled"), (Finish("cancelled", NOTHING_REPORTED),))
    state: State = "partial" if has_answers else "missed"
    reason_missed = NO_MESSAGE_COULD_LEAVE if held else "window closed without an answer"
    reason = "window closed before the last question" if has_answers else reason_missed
    return Step(replace(survey, state=state), (Finish(state, reason),))


def go_on(survey: Survey) -> Step:
    """Ask by text what is still open, after an answer that was stored for this survey, too; finish it if nothing is."""
    return _after_answer(survey, (), "sms")


def no_call_needed(survey: Survey, now: datetime) -> str | None:
    """Why a call about a survey is no longer needed; None while a call could still get answers."""
    if survey.state not in ENDED:
        return None
    if not open_places(survey):
        return "every question is answered"
    return "it takes no answers any more" if survey.state == "cancelled" or now >= survey.late_until else None


def _after_answer(survey: Survey, effects: tuple[Effect, ...], mode: Mode) -> Step:
    following = next(iter(open_places(survey)), None)
    if following is None and mode in BY_FORM:  # next is the review page, which confirms
        return Step(replace(survey, asked=None), effects)
    if following is None:
        return _finish(survey, effects, mode)
    moved = replace(survey, asked=following if mode == "sms" or survey.asked is not None else None, clarified=0)
    say: tuple[Effect, ...] = (Say("question", following),) if mode == "sms" else ()
    return Step(moved, (*effects, *say))


def _finish(survey: Survey, effects: tuple[Effect, ...], mode: Mode) -> Step:
    say: tuple[Effect, ...] = (Say("thanks"),) if mode == "sms" else ()
    if survey.state not in BEGUN:  # the last late answer: the occasion keeps its state and reason
        return Step(replace(survey, asked=None), (*effects, *say))
    done = replace(survey, state="completed", asked=None)
    return Step(done, (*effects, ANSWERED, *say))
