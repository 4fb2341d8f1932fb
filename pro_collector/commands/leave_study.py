"""A person leaves the study, or stops one channel, on their own page: the same as by a text.

A caregiver who leaves is asked no more about themselves; nothing of the patient changes.
"""

from contextlib import suppress
from uuid import UUID

from pro_collector.casework.consenting import end_contact
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.save import save
from pro_collector.casework.inbound.limits import load_limits
from pro_collector.casework.inbound.replying import reply
from pro_collector.casework.inbound.stopping import opt_out_address
from pro_collector.commands.record_consent import withdraw_consent
from pro_collector.commands.record_state import record_state
from pro_collector.domain.conversation.caregiver import about_themselves
from pro_collector.domain.conversation.reaction import Reaction
from pro_collector.errors import Conflict
from pro_collector.postgres.tables.opt_outs import StopCause
from pro_collector.runtime import Runtime
from scheduler.rules import Channel, Reporter

REASON = "asked to leave the study on their own page"


async def leave_study(rt: Runtime, participant: UUID, reporter: Reporter, *, by: str) -> None:
    """Stop every channel, confirm it once, and raise a task `leave`: the team contacts them.

    An address that other participants use too is not stopped for them: there everything stops for this participant by a
    pause without an end. A caregiver has no part in that: their consent to be asked is withdrawn instead.
    """
    async with rt.database.transaction() as tx:
        desk = await open_desk(tx, rt, [participant])
        case = desk.cases[participant]
        own = [each for each in case.contacts if each.reporter == reporter]
        limits = await load_limits(desk, [each.lookup for each in own])
        await end_contact(tx, participant, case.today, desk.now, by, asked_by=reporter)
        leaving = Reaction("leave", tasks=(("leave", REASON),))
        for kind, reason in about_themselves(leaving, reporter).tasks:
            key = f"{REASON} {reporter} {case.today}"
            desk.raise_task(case, None, kind, reason, key, caregiver=reporter == "caregiver")
        for contact in own:
            if not contact.shared:
                await opt_out_address(desk, contact, StopCause("page", by))
        told = next((each for each in sorted(own, key=lambda each: each.channel != "sms") if each.usable), None)
        if told is not None:
            reply(desk, case, told, "leave_noted", limits)
        await save(desk)
    person = case.person
    if reporter == "caregiver":
        with suppress(Conflict):  # it was withdrawn already
            await withdraw_consent(rt, person.code, reporter, "participation", None, by=by, reason=REASON,
                                   study=person.study)  # fmt: skip
    elif any(each.shared for each in own):
        await record_state(rt, person.code, "paused", None, None, by=by, reason=REASON, study=person.study)


async def stop_channel(rt: Runtime, participant: UUID, reporter: Reporter, channel: Channel, *, by: str) -> bool:
    """Stop one channel of a reporter, as STOP does; false if it had been stopped or there is no address."""
    async with rt.database.transaction() as tx:
        desk = await open_desk(tx, rt, [participant])
        case = desk.cases[participant]
        own = [each for each in case.contacts if (each.reporter, each.channel) == (reporter, channel)]
        if not own or own[0].opted_out_at is not None:
            return False
        limits = await load_limits(desk, [own[0].lookup])
        await opt_out_address(desk, own[0], StopCause("page", by))
        reply(desk, case, own[0], "stop_confirmed", limits)
        await save(desk)
        return True
