"""survey.retry_due: send a message again that has not arrived, on its rung or on the next."""

from collections.abc import Sequence

from pro_collector.casework.desk.follow_up import FollowUp, follow_up
from pro_collector.domain.events import SurveyRetryDue
from pro_collector.runtime import Runtime


async def handle(events: Sequence[SurveyRetryDue], rt: Runtime) -> None:
    """Send the waiting question or link again."""
    await follow_up(events, rt, _act)


def _act(survey: FollowUp, event: SurveyRetryDue) -> None:
    if event.rung is None:
        survey.remind()
    else:
        survey.go_to_rung(event.rung)
