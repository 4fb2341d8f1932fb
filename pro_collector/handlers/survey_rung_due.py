"""survey.rung_due: go on to the next rung of the channel ladder."""

from collections.abc import Sequence

from pro_collector.casework.desk.follow_up import follow_up
from pro_collector.domain.events import SurveyRungDue
from pro_collector.runtime import Runtime


async def handle(events: Sequence[SurveyRungDue], rt: Runtime) -> None:
    """Send the waiting question or link on the next rung, unless the survey has reached it before."""
    await follow_up(events, rt, lambda survey, event: survey.go_to_rung(event.rung))
