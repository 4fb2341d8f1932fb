"""One survey being answered: a pure state machine from invitation to completion, by text, on the web, or both.

Each function takes the survey as it stands and what happened, and returns a `Step`: the survey afterwards and the
effects to carry out (answers to record, things to say, an end, a task for a person). Nothing here sends or stores.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from pro_collector.domain.instrument.answers import Absent, Answer, Answers, is_settled
from pro_collector.domain.instrument.branching import enabled, prune, remaining
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item
from pro_collector.domain.instrument.text import Reporter

State = Literal["planned", "open", "invited", "started", "completed", "partial", "missed", "cancelled"]
Mode = Literal["sms", "web", "call"]
"""A text; the web form, filled in by the reporter; the same form, filled in by the team while they talk."""
Purpose = Literal["invitation", "question", "again", "reminder", "clarification", "thanks", "closed"]

BEGUN: frozenset[State] = frozenset({"open", "invited", "started"})
ENDED: frozenset[State] = frozenset({"completed", "partial", "missed", "cancelled"})
BY_FORM: frozenset[Mode] = frozenset({"web", "call"})
NOBODY_TOLD = "window closed while no message could leave, for a fault of our own"
CLARIFICATIONS = 1
"""How often a reply that could not be read is asked again before a person looks at it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A question's place in a survey: the instrument it belongs to and the item."""

    instrument: str
    item: str

    def __str__(self) -> str:
        return f"{self.instrument}/{self.item}"

    @classmethod
    def parse(cls, text: str) -> "Place":
        """The place written by str()."""
        instrument, _, item = text.partition("/")
        return cls(instrument, item)


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """Store this answer; an earlier one to the same item stays in the record and no longer counts."""

    place: Place
    answer: Answer
    mode: Mode
    late: bool = False


@dataclass(frozen=True, slots=True)
class Say:
    """Tell the reporter something; `place` is the question it asks, when it asks one."""

    purpose: Purpose
    place: Place | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finish:
    """The occasion has ended, in this state, for this reason."""

    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class RaiseTask:
    """A person of the study team is asked to look."""

    kind: Literal["review", "call", "contact"]
    reason: str


Effect = RecordAnswer | Say | Finish | RaiseTask


@dataclass(frozen=True, slots=True)
class Survey:
    """A survey as it stands. `late_until` is the end of late entry: until then a late answer is kept and marked."""

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

    def of(self, instrument: Instrument) -> Answers:
        """The answers to one of its instruments."""
        return self.answers.get(instrument.id, {})


@dataclass(frozen=True, slots=True)
class Step:
    """What a moment did to a survey."""

    survey: Survey
    effects: tuple[Effect, ...] = ()


def find(survey: Survey, place: Place) -> tuple[Instrument, Item] | None:
    """The instrument and item at `place`, when the survey asks it."""
    for instrument in survey.instruments:
        item = instrument.item(place.item)
        if instrument.id == place.instrument and item is not None:
            return instrument, item
    return None


def open_places(survey: Survey) -> list[Place]:
    """The questions still to be asked as things stand, in order."""
    return [Place(one.id, item.id) for one in survey.instruments for item in remaining(one, survey.of(one))]


def asked_places(survey: Survey) -> list[Place]:
    """The questions that are asked of this person, given the answers so far: settled or still to come, in order."""
    return [
        Place(instrument.id, item.id)
        for instrument in survey.instruments
        for item in instrument.items
        if enabled(item, prune(instrument, survey.of(instrument)))
    ]


def progress(survey: Survey, place: Place) -> tuple[int, int]:
    """Which question of how many `place` is; the total may change when an answer opens or closes a branch."""
    places = asked_places(survey)
    return (places.index(place) + 1 if place in places else len(places)), len(places)


def answer_at(survey: Survey, place: Place) -> Answer:
    """The answer at `place`, None when there is none."""
    return survey.answers.get(place.instrument, {}).get(place.item)


def waits(survey: Survey, place: Place, now: datetime) -> bool:
    """Whether an answer to the question at `place` is waited for, be it a late one."""
    return survey.asked == place and survey.state != "cancelled" and now < survey.late_until


def invite(survey: Survey) -> Step:
    """Open the survey: by conversation the invitation carries the first question, else a link."""
    first = next(iter(open_places(survey)), None) if survey.conversation else None
    return Step(replace(survey, state="open", asked=first), (Say("invitation", first),))


def remind(survey: Survey) -> Step:
    """Say once more what waits: the open question, or the link."""
    return Step(survey, (Say("reminder", survey.asked),))


def answer(survey: Survey, place: Place, value: Answer, mode: Mode, now: datetime) -> Step:
    """Take an answer, given by text or on the web, in time or late. Answering the same again changes nothing."""
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
    """Take one answer for each open question, in order; None when an answer opens or closes one: the order is off."""
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


def decline(survey: Survey, place: Place, mode: Mode, now: datetime) -> Step:
    """The person prefers not to answer this one: that is an answer of its own, not a gap."""
    return answer(survey, place, Absent.ASKED_DECLINED, mode, now)


def unclear(survey: Survey, reason: str) -> Step:
    """A reply could not be read in one way only: ask once more, kindly; after that a person looks at it.

    `clarified` goes on counting, so that whoever calls can see how often this question was not understood.
    """
    again = replace(survey, clarified=survey.clarified + 1)
    if survey.clarified < CLARIFICATIONS:
        return Step(again, (Say("clarification", survey.asked, reason),))
    return Step(again, (RaiseTask("review", reason),))


def back(survey: Survey) -> Step:
    """Ask the question before the open one again; its answer counts until it is given anew."""
    places = asked_places(survey)
    here = places.index(survey.asked) if survey.asked in places else len(places)
    if here == 0:
        return Step(survey, (Say("question", survey.asked),))
    before = places[here - 1]
    return Step(replace(survey, asked=before, clarified=0), (Say("question", before),))


def again(survey: Survey) -> Step:
    """A reply may have been meant for another question: nothing is recorded, and the open one is asked once more."""
    return Step(survey, (Say("again", survey.asked) if survey.asked else Say("thanks"),))


def take_back(survey: Survey) -> Step:
    """Somebody takes back what they said last ("oops 3"): it is asked again, and counts until it is given anew."""
    step = back(survey)
    before = step.survey.asked
    return again(survey) if before == survey.asked or before is None else Step(step.survey, (Say("again", before),))


def confirm(survey: Survey) -> Step:
    """The person looked at all answers on the web and confirmed them; questions left open make the survey partial."""
    if survey.state not in BEGUN:
        return Step(survey)
    left = open_places(survey)
    state: State = "partial" if left else "completed"
    reason = "confirmed with questions left open" if left else "every question answered"
    return Step(replace(survey, state=state, asked=None), (Finish(state, reason),))


def expire(survey: Survey, *, held: bool = False) -> Step:
    """The window has closed: what is there is partial, nothing is missed. `held`: nothing about it could leave.

    The open question stays open: a late answer by text still finds it.
    """
    if survey.state not in BEGUN:
        return Step(survey)
    if not open_places(survey):
        done = replace(survey, state="completed", asked=None)
        return Step(done, (Finish("completed", "every question answered, not confirmed"),))
    some = any(is_settled(value) for answers in survey.answers.values() for value in answers.values())
    state: State = "partial" if some else "missed"
    nothing = NOBODY_TOLD if held else "window closed without an answer"
    reason = "window closed before the last question" if some else nothing
    return Step(replace(survey, state=state), (Finish(state, reason),))


def no_call_needed(survey: Survey, now: datetime) -> str | None:
    """Why nobody need call about a survey any more; None while a call could still bring answers."""
    if survey.state not in ENDED:
        return None
    if not open_places(survey):
        return "every question is answered"
    return "it takes no answers any more" if survey.state == "cancelled" or now >= survey.late_until else None


def _after_answer(survey: Survey, effects: tuple[Effect, ...], mode: Mode) -> Step:
    following = next(iter(open_places(survey)), None)
    if following is None and mode in BY_FORM:  # the review page comes next; it confirms
        return Step(replace(survey, asked=None), effects)
    if following is None:
        return _finish(survey, effects, mode)
    moved = replace(survey, asked=following if mode == "sms" or survey.asked is not None else None, clarified=0)
    say: tuple[Effect, ...] = (Say("question", following),) if mode == "sms" else ()
    return Step(moved, (*effects, *say))


def _finish(survey: Survey, effects: tuple[Effect, ...], mode: Mode) -> Step:
    say: tuple[Effect, ...] = (Say("thanks"),) if mode == "sms" else ()
    if survey.state not in BEGUN:  # the last late answer: the occasion keeps the end it had
        return Step(replace(survey, asked=None), (*effects, *say))
    done = replace(survey, state="completed", asked=None)
    return Step(done, (*effects, Finish("completed", "every question answered"), *say))
