"""survey.reminder_due: send a reminder of an open survey, on its present rung."""

from collections.abc import Sequence

from pro_collector.casework.desk.follow_up import FollowUp, follow_up
from pro_collector.domain.events import SurveyEvent, SurveyReminderDue, SurveyResumeDue, SurveyRungDue
from pro_collector.runtime import Runtime


async def handle(events: Sequence[SurveyReminderDue], rt: Runtime) -> None:
    """Send the reminder, unless the last message is still on its way."""
    await follow_up([event.as_written_now() for event in events], rt, _act)


def _act(survey: FollowUp, event: SurveyEvent) -> None:
    """Carry out one event. Those written before 0.1.0 may also mean a rung or a resumed question."""
    match event:
        case SurveyRungDue():
            survey.go_to_rung(event.rung)
        case SurveyResumeDue():
            survey.resume()
        case _:
            survey.remind()
