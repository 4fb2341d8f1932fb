"""Replies to somebody who has written: with a fixed text, the link, or the open question."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pro_collector import rendering
from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.effects import carry_out
from pro_collector.casework.inbound.limits import Limits
from pro_collector.casework.inbound.putting_off import spoken_moment
from pro_collector.casework.own_page import closed_because
from pro_collector.casework.speaking.links import own_page_link_length
from pro_collector.casework.speaking.speech import REPLY_WITHIN, MessageText
from pro_collector.domain.conversation.permission import MessagePurpose
from pro_collector.domain.conversation.reaction import Reaction, Reply
from pro_collector.domain.conversation.survey import BEGUN, remind
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.occasions import OccasionRow
from scheduler.after_end import follows
from scheduler.values import Reporter

MAILS_WITH_OWN_PAGE: frozenset[Reply] = frozenset({"review", "stop_confirmed"})
"""Mails that carry the link to the own page; one about a death or an emergency says nothing else."""
WITH_OWN_PAGE: frozenset[Reply] = frozenset({"help", "started_again"})
"""Texts that carry the link to the own page, where it costs no segment. HELP carries it in any case if no mail does."""
PURPOSES: Mapping[Reply, MessagePurpose] = {
    "leave_noted": "stop_confirmed",
    "erase_noted": "stop_confirmed",
    "condolence": "stop_confirmed",
    "crisis": "emergency",
    "report_now": "review",
}
"""Replies that count as another purpose: the permission and the limit of that purpose apply to them."""


def reply(
    desk: Desk, case: Case, contact: ContactRow, name: Reply, limits: Limits, language: str | None = None,
    when: datetime | None = None,
) -> None:  # fmt: skip
    """Send the reply `name` to the address that wrote, if permission and rate limit allow it.

    In `language` if we have words in it, else in the person's own. `when`: the instant that it names.
    """
    if name == "report_now" and not _offers_report(case, contact):
        name = "review"
    purpose = PURPOSES.get(name, name)
    if case.refusal(purpose, contact.reporter, contact.channel) is None and limits.allow(purpose, contact):
        words = _text if contact.channel == "sms" else _mail
        spoken = language if language in rendering.languages() else case.language_of(contact.reporter)
        desk.say(case, contact, words(case, contact.reporter, name, desk, spoken, when), None)


def repeat_question(desk: Desk, contact: ContactRow, limits: Limits) -> None:
    """After an opt-in, ask the last question at this phone again, if it still waits for an answer."""
    waiting = {row.id: (case, row) for case, row in desk.phones.waiting_surveys(contact.lookup)}
    last = next((each for each in reversed(desk.phones.asked(contact.lookup)) if each.occasion_id in waiting), None)
    if last is not None:
        case, row = waiting[last.occasion_id]
        phone = case.contact(row.reporter, "sms")
        if phone is not None and desk.now < row.closes_at:
            carry_out(desk, case, row, limits.within(remind(case.survey(row)), phone), contact=phone)


def resend_link(desk: Desk, contact: ContactRow, reaction: Reaction, limits: Limits) -> bool:
    """Answer a text that answers no question with the link of the survey open at this phone; whether one is open.

    If the link was sent often enough, the reply says that a person will read the text.
    """
    asked_nothing = reaction.step is None and reaction.outcome in ("answer", "unclear", "skip", "back")
    answers_nothing = asked_nothing and reaction.reply in ("nothing_open", "review", "report_now")
    waiting = _behind_link(desk, contact) if answers_nothing else None
    if waiting is not None:
        case, row = waiting
        step = limits.within(remind(case.survey(row)), contact)
        if step.effects:
            carry_out(desk, case, row, step, contact=contact)
        else:
            reply(desk, case, contact, "review", limits)
    return waiting is not None


def _behind_link(desk: Desk, contact: ContactRow) -> tuple[Case, OccasionRow] | None:
    """Of the open surveys at this phone that are answered on the web form, the one opened last."""
    surveys = [
        (case, row)
        for case, row in desk.phones.surveys(contact.lookup)
        if row.state in BEGUN and not case.is_conversation(row) and follows(row.anchor) is None
    ]
    return max(surveys, key=lambda each: (each[1].opened_at or desk.now, each[1].id), default=None)


def _offers_report(case: Case, contact: ContactRow) -> bool:
    """Whether whoever has this address may say on their own page, unasked, how the patient is."""
    study = case.current_version.study
    return (
        study.unprompted is not None
        and contact.reporter != "caregiver"
        and closed_because(case, contact.reporter) is None
    )


def _text(
    case: Case, reporter: Reporter, name: Reply, desk: Desk, language: str, when: datetime | None = None
) -> MessageText:
    said = spoken_moment(case, when, language)
    body = rendering.sms(language, _key(case, reporter, name), when=said, **_names(case, reporter, language))
    if name in WITH_OWN_PAGE and case.current_version.study.page.offered:
        mailed = any(_is_usable_mail(each, reporter) for each in case.contacts)
        needed = name == "help" and not mailed
        body = rendering.with_own_page(language, body, own_page_link_length(desk.rt), needed=needed)
    return MessageText(PURPOSES.get(name, name), language, body, desk.now + REPLY_WITHIN)


def _is_usable_mail(contact: ContactRow, reporter: Reporter) -> bool:
    """Whether this reporter gets mails there; a caregiver reads no mail of the patient, and the other way round."""
    apart = (contact.reporter == "caregiver") != (reporter == "caregiver")
    return contact.channel == "email" and contact.usable and not apart


def _mail(
    case: Case, reporter: Reporter, name: Reply, desk: Desk, language: str, when: datetime | None = None
) -> MessageText:
    takes_part = not case.standing_of(reporter).is_over
    own_page = takes_part and name in MAILS_WITH_OWN_PAGE and case.current_version.study.page.offered
    said = spoken_moment(case, when, language)
    letter = rendering.email(
        language, _key(case, reporter, name), when=said, own_page=own_page, **_names(case, reporter, language)
    )
    purpose, expires = PURPOSES.get(name, name), desk.now + REPLY_WITHIN
    return MessageText(purpose, language, letter.text, expires, letter.subject, letter.html)


def _key(case: Case, reporter: Reporter, name: Reply) -> str:
    """The name of the words: whoever left the study is not told that they are still in it."""
    return "stop_confirmed_left" if name == "stop_confirmed" and case.standing_of(reporter).is_over else name


def _names(case: Case, reporter: Reporter, language: str) -> dict[str, Any]:
    """The names and numbers in a reply: the study, the team's phone, and the local emergency instructions.

    And whether it is to a caregiver, who is spoken to about themselves.
    """
    emergency = case.emergency(language)
    return {
        "sender": case.current_version.study.sender,
        "phone": case.team.phone,
        "emergency": emergency.answer,
        "crisis": emergency.answer_to_crisis,
        "call": emergency.call,
        "caregiver": reporter == "caregiver",
    }
