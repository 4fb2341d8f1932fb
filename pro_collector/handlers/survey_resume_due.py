"""survey.resume_due: ask the question that had to wait for its turn at the phone."""

from collections.abc import Sequence

from pro_collector.casework.desk.follow_up import follow_up
from pro_collector.domain.events import SurveyResumeDue
from pro_collector.runtime import Runtime


async def handle(events: Sequence[SurveyResumeDue], rt: Runtime) -> None:
    """Ask the question, unless it was asked in the meantime or another survey has its turn."""
    await follow_up(events, rt, lambda survey, _: survey.resume())
