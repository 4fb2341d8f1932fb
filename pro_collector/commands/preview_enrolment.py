"""Preview the messages that enrolling people would send, because a sent text cannot be taken back."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import phonenumbers

from pro_collector.casework.planning import to_person
from pro_collector.commands.enrol import ADDRESSES, Enrolment, caregiver_consent, enrolment_mistakes, participant_row
from pro_collector.display.enrolment import WarnedOf
from pro_collector.domain.study.definition import Study
from pro_collector.errors import BadInput
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import contacts, studies
from pro_collector.runtime import Runtime
from scheduler.anchors import Timeline
from scheduler.occasion import Occasion
from scheduler.plan import plan
from scheduler.rules import Channel

PREVIEW_SPAN = timedelta(days=1)
AT_ONCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, order=True)
class ForeseenInvitation:
    """An invitation that an enrolment would send: when, on which channel, to whom, for which assessment."""

    at: datetime
    channel: Channel
    code: str
    assessment: str


@dataclass(frozen=True, slots=True)
class EnrolmentWarning:
    """Something that may be a mistake. `column`: of the file of participants."""

    code: str
    column: str
    why: WarnedOf


@dataclass(frozen=True, slots=True)
class EnrolmentPreview:
    """The invitations that an enrolment would send, in order, and what may be a mistake."""

    now: datetime
    moments: tuple[ForeseenInvitation, ...]
    warnings: tuple[EnrolmentWarning, ...] = ()

    def count(self, channel: str) -> int:
        """How many go on one channel."""
        return sum(each.channel == channel for each in self.moments)

    @property
    def at_once(self) -> int:
        """How many go within AT_ONCE."""
        return sum(each.at <= self.now + AT_ONCE for each in self.moments)


async def preview_enrolment(
    rt: Runtime, study_id: str, people: Sequence[Enrolment], span: timedelta = PREVIEW_SPAN
) -> EnrolmentPreview:
    """The invitations within `span` if these people were enrolled now in the study in force. Changes nothing.

    Raises BadInput for an address that a caregiver would share with a patient or a proxy.
    """
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        current = await studies.current(tx, study_id)
        if current is None:
            return EnrolmentPreview(now, ())
        version = current.version
        study = (await rt.studies.get(tx, study_id, version)).study
        rules = await rt.studies.rules(tx, study_id)
        if mistakes := await enrolment_mistakes(tx, rt, people, study_id):
            raise BadInput(mistakes)
        warnings = await _warnings(tx, rt, people)
    moments: list[ForeseenInvitation] = []
    for enrolment in people:
        row = participant_row(study_id, version, enrolment, now)
        agreed = caregiver_consent(row.id, enrolment, "", now)
        person = to_person(row, (), [agreed] if agreed else [])
        occasions = plan(rules, person, Timeline(), now, now + span).occasions
        for one in occasions:
            channel = _channel(study, one, enrolment)
            if one.state == "planned" and channel is not None:
                moments.append(ForeseenInvitation(one.due_at, channel, enrolment.code, one.assessment))
    return EnrolmentPreview(now, tuple(sorted(moments)), tuple(warnings))


async def _warnings(tx: Tx, rt: Runtime, people: Sequence[Enrolment]) -> list[EnrolmentWarning]:
    """What may be wrong with the addresses of these people, in the order of the people."""
    given = [(person.code, column, address) for person in people for column, address in person.addresses]
    lookups = {address: rt.vault.lookup(address) for _, _, address in given}
    known = await contacts.standings(tx, list(lookups.values()))
    times = Counter(lookups[address] for _, _, address in given)
    found: list[EnrolmentWarning] = []
    for code, column, address in given:
        standing = known.get(lookups[address])
        if standing or times[lookups[address]] > 1:
            found.append(EnrolmentWarning(code, column, "shared"))
        if standing and standing.stopped:
            found.append(EnrolmentWarning(code, column, "stopped"))
        elif standing and standing.broken:
            found.append(EnrolmentWarning(code, column, "broken"))
        if "@" not in address and not phonenumbers.is_valid_number(phonenumbers.parse(address)):
            found.append(EnrolmentWarning(code, column, "unlikely"))
    return found


def _channel(study: Study, occasion: Occasion, person: Enrolment) -> Channel | None:
    """The channel of the first rung that reaches the reporter; None when that is a call, or no rung does."""
    addresses = {ADDRESSES[column] for column, _ in person.addresses}
    for channel in [rung.channel for rung in study.assessments[occasion.assessment].ladder] or ["sms"]:
        if channel == "call":
            return None
        if (occasion.reporter, channel) in addresses:
            return channel
    return None
