"""Whether a person may report unprompted how they are now, and the times of that report."""

from collections.abc import Sequence
from enum import StrEnum

from pro_collector.domain.conversation.permission import Standing
from pro_collector.domain.conversation.survey import State
from pro_collector.domain.study.definition import Unprompted


class NoReport(StrEnum):
    """Why a person cannot report unprompted now."""

    NOT_OFFERED = "not offered"
    LEFT_STUDY = "left study"
    ENOUGH_TODAY = "enough today"


def why_no_report(offered: Unprompted | None, standing: Standing, today: Sequence[State]) -> NoReport | None:
    """Why one more report cannot be opened; None if it can.

    `today` has the state of each report of this reporter on the present day. A report that was opened and not answered
    is cancelled, and does not count. A pause or a stay in hospital forbids nothing: only we are silent then.
    """
    if standing.has_left:
        return NoReport.LEFT_STUDY
    if offered is None:
        return NoReport.NOT_OFFERED
    return NoReport.ENOUGH_TODAY if sum(state != "cancelled" for state in today) >= offered.at_most else None
