"""After a late answer to a survey of a bundle that has closed: the one that speaks for the bundle now goes on."""

from dataclasses import replace
from uuid import UUID

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.effects import carry_out
from pro_collector.domain.conversation.survey import (
    AskLater,
    RecordAnswer,
    Say,
    Step,
    go_on,
    open_places,
    without_question,
)
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.occasions import OccasionRow


def answer_in_bundle(
    desk: Desk, case: Case, row: OccasionRow, step: Step, *, contact: ContactRow, inbound: UUID
) -> OccasionRow:
    """Carry out a step that a text from `contact` caused; return the changed occasion.

    A survey that has closed, while another one of its bundle is open, takes a late answer and asks nothing more: the
    other one asks what is left, each question once.
    """
    following = case.speaking(row)
    if following.id == row.id or not _leads_on(step):
        return carry_out(desk, case, row, step, mode="sms", contact=contact, source=inbound)
    quiet = replace(step, effects=tuple(effect for effect in step.effects if not isinstance(effect, Say)))
    row = carry_out(desk, case, row, _without_later(quiet), mode="sms", contact=contact, source=inbound)
    following = case.occasions[following.id]
    survey = case.survey(following)
    if survey.asked in open_places(survey) and desk.phones.asked_last(following, contact):
        return row  # it is on their screen
    waits = any(isinstance(effect, AskLater) for effect in step.effects)
    on = without_question(go_on(survey)) if waits else go_on(survey)
    carry_out(desk, case, following, on, mode="sms", contact=contact, source=inbound)
    return row


def goes_on(case: Case, row: OccasionRow, step: Step) -> tuple[OccasionRow, Step]:
    """The survey that goes on after this step was recorded, with its own step: in a bundle, the one that speaks now.

    That one does nothing where it has asked already what it wants to know.
    """
    following = case.speaking(row)
    if following.id == row.id:
        return row, step
    survey = case.survey(following)
    return following, Step(survey) if survey.asked in open_places(survey) else go_on(survey)


def _leads_on(step: Step) -> bool:
    """Whether a step takes an answer, or says that it is too late for one."""
    return any(isinstance(e, RecordAnswer) or (isinstance(e, Say) and e.purpose == "closed") for e in step.effects)


def _without_later(step: Step) -> Step:
    return replace(step, effects=tuple(effect for effect in step.effects if not isinstance(effect, AskLater)))
