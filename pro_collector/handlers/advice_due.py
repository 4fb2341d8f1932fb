"""advice.due: tell whoever answered what the rule advises that raised an alert and, out of hours, who reads it when."""

from collections.abc import Sequence
from datetime import timedelta

from pro_collector import rendering
from pro_collector.casework.alerting import clock_of, rule_of
from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.effects import called
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.save import save
from pro_collector.casework.speaking.speech import REPLY_WITHIN, MessageText
from pro_collector.domain.events import AdviceDue
from pro_collector.domain.study.rule_advice import words_for_patient
from pro_collector.postgres.tables import alerts, occasions
from pro_collector.postgres.tables.alerts import AlertLogRow, AlertRow
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.runtime import Runtime
from scheduler.rules import Channel

AT_ONCE = timedelta(hours=1)
"""So soon after their answer somebody is awake; later, advice waits until their quiet hours are over."""
CHANNELS: Sequence[Channel] = ("sms", "email")
"""A text comes first: it is read sooner."""


async def handle(events: Sequence[AdviceDue], rt: Runtime) -> None:
    """Send the advice of each alert to whoever gave the answers.

    Nothing is sent if they gave them to a person on the telephone, or if nobody answered.
    """
    async with rt.database.once(events) as (tx, fresh):
        rows = await occasions.load(tx, [event.occasion_id for event in fresh])
        desk = await open_desk(tx, rt, [row.participant_id for row in rows], rows)
        raised = await alerts.lock(tx, [event.alert_id for event in fresh])
        logged = []
        for event in fresh:
            case, alert = desk.cases.get(event.participant_id), raised.get(event.alert_id)
            row = case.occasions.get(event.occasion_id) if case else None
            if case is not None and row is not None and alert is not None and alert.state != "closed":
                logged += await _advise(desk, case, row, alert)
        await save(desk)
        await alerts.add_log(tx, logged)


async def _advise(desk: Desk, case: Case, row: OccasionRow, alert: AlertRow) -> list[AlertLogRow]:
    if row.state == "missed" or case.modes.get(row.id) == "call":
        return []
    study = (await desk.rt.studies.get(desk.tx, alert.study, alert.study_version)).study
    time, language = (
        clock_of(study, alert.rule, case.person.site, case.person.zone),
        row.language or case.language_of(row.reporter),
    )
    words = study.alerts and words_for_patient(
        rule_of(study, alert.rule), study.alerts, language, case.team.phone, case.emergency(language),
        watched=time.watched(desk.now),
    )  # fmt: skip
    contact = next((each for channel in CHANNELS if (each := _contact(case, row, channel))), None)
    at = desk.now if desk.now < (row.ended_at or desk.now) + AT_ONCE else case.earliest_by_hand()
    if not words or contact is None or at is None:
        return []
    desk.say(
        case, contact, _message(case, contact, words, language, desk), row, not_before=at if at > desk.now else None
    )
    desk.note(row, "said", purpose="advice", channel=contact.channel, item="")
    return [AlertLogRow(alert.id, desk.now, "advised", detail={"channel": contact.channel})]


def _contact(case: Case, row: OccasionRow, channel: Channel) -> ContactRow | None:
    if case.refusal("advice", row.reporter, channel):
        return None
    return next((each for each in case.contacts if (each.reporter, each.channel) == (row.reporter, channel)), None)


def _message(case: Case, contact: ContactRow, words: str, language: str, desk: Desk) -> MessageText:
    spoken = language if language in rendering.languages() else case.language_of(contact.reporter)
    about = called(case) if contact.shared else ""
    known = {
        "sender": case.current_version.study.sender,
        "phone": case.team.phone,
        "call": case.emergency(spoken).call,
        "advice": words,
        "about": about,
        "proxy": contact.reporter == "proxy",
        "caregiver": contact.reporter == "caregiver",
    }
    expires = desk.now + REPLY_WITHIN
    if contact.channel == "sms":
        return MessageText("advice", spoken, rendering.sms(spoken, "advice", **known), expires)
    letter = rendering.email(spoken, "advice", **known)
    return MessageText("advice", spoken, letter.text, expires, letter.subject, letter.html)
