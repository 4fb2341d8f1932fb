"""Preview the messages that enrolling people would send within a day, because a sent text cannot be taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_collector.casework.planning import to_person
from pro_collector.commands.enrol import ADDRESSES, Enrolment, participant_row
from pro_collector.domain.study.definition import Study
from pro_collector.postgres.tables import studies
from pro_collector.runtime import Runtime
from scheduler.anchors import Timeline
from scheduler.occasion import Occasion
from scheduler.plan import plan

PREVIEW_SPAN = timedelta(days=1)
AT_ONCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class EnrolmentPreview:
    """The invitations that an enrolment would send: the instant, the channel and the code of each, in order."""

    now: datetime
    moments: tuple[tuple[datetime, str, str], ...]

    def count(self, channel: str) -> int:
        """How many go on one channel."""
        return sum(each == channel for _, each, _ in self.moments)

    @property
    def at_once(self) -> int:
        """How many go within AT_ONCE."""
        return sum(at <= self.now + AT_ONCE for at, _, _ in self.moments)


async def preview_enrolment(rt: Runtime, study_id: str, people: Sequence[Enrolment]) -> EnrolmentPreview:
    """The invitations within a day if these people were enrolled now in the study in force. Changes nothing."""
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        current = await studies.current(tx, study_id)
        if current is None:
            return EnrolmentPreview(now, ())
        version = current.version
        study = (await rt.studies.get(tx, study_id, version)).study
        rules = await rt.studies.rules(tx, study_id)
    moments = []
    for enrolment in people:
        person = to_person(participant_row(study_id, version, enrolment, now), ())
        occasions = plan(rules, person, Timeline(), now, now + PREVIEW_SPAN).occasions
        asked = ((one.due_at, _channel(study, one, enrolment)) for one in occasions if one.state == "planned")
        moments += [(at, channel, enrolment.code) for at, channel in asked if channel]
    return EnrolmentPreview(now, tuple(sorted(moments)))


def _channel(study: Study, occasion: Occasion, person: Enrolment) -> str | None:
    """The channel of the first rung that reaches the reporter; None when that is a call, or no rung does."""
    addresses = {ADDRESSES[column] for column in ADDRESSES if getattr(person, column)}
    for channel in [rung.channel for rung in study.assessments[occasion.assessment].ladder] or ["sms"]:
        if channel == "call":
            return None
        if (occasion.reporter, channel) in addresses:
            return str(channel)
    return None
