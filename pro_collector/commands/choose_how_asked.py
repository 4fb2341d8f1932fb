"""A person chooses how they are asked: the hour, hours without messages, the language, the order of the channels."""

from datetime import datetime, time
from uuid import UUID

from pro_collector.commands.change_person import change
from pro_collector.commands.record_treatment import find_participant
from pro_collector.domain.conversation.channel_order import ChannelOrder
from pro_collector.domain.conversation.own_choices import hours_to_choose, leaves_room
from pro_collector.domain.events import derived_id
from pro_collector.domain.study import quiet_hours
from pro_collector.errors import BadInput, Conflict, Problem
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import contacts, participants
from pro_collector.postgres.tables.participants import ChangeRow, ParticipantRow
from pro_collector.postgres.tables.studies import StudyVersion
from pro_collector.runtime import Runtime
from scheduler.rules import Reporter

CHANNELS = "channels"
"""The field of `participant_change` for the order of channels; that of a proxy is `proxy_channels`."""


async def choose_hour(rt: Runtime, participant: UUID, hour: time | None, *, by: str) -> None:
    """Set the hour at which a person is asked where the study leaves it open; None: the study's hour.

    Raises BadInput for an hour at which the study does not write.
    """
    person, version = await _of(rt, participant)
    if hour is not None and hour.replace(minute=0) not in hours_to_choose(version.silence):
        raise BadInput([Problem("", None, "preferred_time", f"the study sends nothing at {hour:%H:%M}")])
    value = "" if hour is None else hour.strftime("%H:%M")
    await change(rt, person.code, "preferred_time", value, by=by, study=person.study)


async def choose_quiet(rt: Runtime, participant: UUID, start: time | None, end: time | None, *, by: str) -> None:
    """Set the hours in which a person gets no message, besides those of the study; None: no such hours.

    Raises BadInput if too little of the day is left.
    """
    person, version = await _of(rt, participant)
    own = [] if start is None or end is None or start == end else [(start, end)]
    if not leaves_room(version.silence, own):
        raise BadInput([Problem("", None, "quiet", "too little of the day is left to be asked in")])
    await change(rt, person.code, "quiet", quiet_hours.written(own) or "", by=by, study=person.study)


async def choose_language(
    rt: Runtime, participant: UUID, language: str, *, by: str, reporter: Reporter = "self"
) -> None:
    """Set the language of a person, or of their caregiver. Raises BadInput for one that the study does not have."""
    person, _ = await _of(rt, participant)
    field = "caregiver_language" if reporter == "caregiver" else "language"
    await change(rt, person.code, field, language, by=by, study=person.study)


async def choose_channels(
    rt: Runtime, participant: UUID, reporter: Reporter, order: ChannelOrder, *, by: str, reason: str = ""
) -> None:
    """Ask a reporter in this order of channels, or on one only, from the next message on.

    Raises Conflict without an address on the first one at which messages may arrive.
    """
    async with rt.database.transaction() as tx:
        await participants.lock(tx, [participant])
        every = (await contacts.of_participants(tx, [participant]))[participant]
        reached = {each.channel for each in every if each.reporter == reporter and each.usable}
        if order.first is not None and order.first not in reached:
            raise Conflict(f"no usable {order.first} address of this reporter")
        before = contacts.order_of(every, reporter)
        if before == order:
            return
        await contacts.prefer(tx, participant, reporter, order)
        await participants.add_change(tx, _changed(participant, reporter, (before, order), by, reason, rt.clock.now()))


async def order_channels(
    rt: Runtime, code: str, order: ChannelOrder, *, by: str, reporter: Reporter = "self", reason: str = "",
    study: str | None = None,
) -> None:  # fmt: skip
    """What `choose_channels` does, for somebody with this code. Raises NotFound, Conflict."""
    async with rt.database.transaction() as tx:
        person = await find_participant(tx, code, study)
    await choose_channels(rt, person.id, reporter, order, by=by, reason=reason)


def _changed(
    participant: UUID,
    reporter: Reporter,
    orders: tuple[ChannelOrder, ChannelOrder],
    by: str,
    reason: str,
    now: datetime,
) -> ChangeRow:
    field = CHANNELS if reporter == "self" else f"{reporter}_{CHANNELS}"
    id = derived_id("change", participant, field, reporter, str(orders[1]), now)
    return ChangeRow(id, participant, field, str(orders[0]) or None, str(orders[1]) or None, now, by, reason)


async def _of(rt: Runtime, participant: UUID) -> tuple[ParticipantRow, StudyVersion]:
    async with rt.database.transaction() as tx:
        return await person_and_study(tx, rt, participant)


async def person_and_study(tx: Tx, rt: Runtime, participant: UUID) -> tuple[ParticipantRow, StudyVersion]:
    """A participant and their version of the study, without a lock."""
    person = await participants.load(tx, participant)
    return person, await rt.studies.get(tx, person.study, person.study_version)
