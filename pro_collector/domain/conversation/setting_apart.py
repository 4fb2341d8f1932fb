"""Ends a survey that was asked before its day, because the date of its event was corrected afterwards. Pure."""

from dataclasses import replace

from pro_collector.domain.conversation.survey import BEGUN, Finish, Step, Survey, open_places
from pro_collector.domain.instrument.answers import is_settled

ASKED_TOO_EARLY = "asked_too_early"


def end_apart(survey: Survey) -> Step:
    """The survey takes no more answers; those that were given stay, and are scored. One that has ended is not changed.

    Without any answer it is cancelled: nothing that was due is missed.
    """
    if survey.state not in BEGUN:
        return Step(replace(survey, asked=None))
    if not open_places(survey):
        return Step(replace(survey, state="completed", asked=None), (Finish("completed", ASKED_TOO_EARLY),))
    if any(is_settled(answer) for given in survey.answers.values() for answer in given.values()):
        return Step(replace(survey, state="partial", asked=None), (Finish("partial", ASKED_TOO_EARLY),))
    return Step(replace(survey, state="cancelled", asked=None), (Finish("cancelled", ASKED_TOO_EARLY),))
