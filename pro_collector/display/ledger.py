"""Tells the life of an occasion in plain sentences: why it was, or was not, sent; and what became of it."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from pro_collector.domain.study.definition import Study
from scheduler.anchors import ENROLMENT, Timeline
from scheduler.person import Person

Detail = Mapping[str, Any]
Tell = Callable[[Detail], str]

WHY = {
    "late_anchor": "the event it hangs on was recorded after its window had closed",
    "quiet_hours": "no minute of its window lay outside quiet hours",
    "blackout": "its whole window lay on days without messages",
    "no_time_left": "its window closed before it could be opened",
    "budget": "the study's limit of surveys or questions a week was reached",
    "before_enrolment": "it would have been due before enrolment",
    "birth_date_unknown": "who answers depends on age, and no birth date is recorded",
    "prospective_only": "an amendment asks it of the future only",
    "already_asked": "the same question was asked under an earlier version",
    "not_in_schedule": "the schedule does not ask it any more",
    "participation_ended": "participation ended",
    "not_asked_in_time": "the product was not running while its window was open",
    "paused": "the participant had paused",
    "hospital": "the participant was in hospital",
    "holiday": "the participant was away",
    "stopped_texting": "the participant had stopped texts",
    "withdrew": "the participant withdrew",
    "died": "the participant died",
    "ended": "an event of the timeline ended participation",
    "held": "what was said before it waited for a fault of our own to be mended",
}


_MODES = {"sms": "text message", "web": "web form", "call": "telephone, written down by the team"}
_CHANNELS = {"sms": "text message", "call": "telephone"}


def reason(code: str | None) -> str:
    """A reason in words; a reason that is words already, as it is."""
    return WHY.get(code or "", code or "")


def sentence(what: str, detail: Detail) -> str:
    """One line of an occasion's life."""
    tell = _SENTENCES.get(what)
    return tell(detail) if tell else f"{what} {_rest(detail)}".strip()


def unasked(study: Study, person: Person, timeline: Timeline, asked: Collection[str]) -> list[str]:
    """Why each assessment that somebody has no occasion of (`asked` are those they have) is not planned for them."""
    rules = {entry.assessment: entry for entry in study.rules().entries}
    happened = {ENROLMENT, *(anchor.kind for anchor in timeline.anchors)}
    told = []
    for name, schedule in study.assessments.items():
        if name in asked:
            continue
        if not rules[name].meets(person):
            told.append(f"{name}: not for this arm, site, language or sex")
        elif schedule.anchor not in happened:
            told.append(f"{name}: waits for `{schedule.anchor}`")
        else:
            told.append(f"{name}: nothing falls due as far as the plan reaches, at this person's age")
    return told


def _planned(detail: Detail) -> str:
    moved = f", moved by {detail['moved_by']}" if detail.get("moved_by") else ""
    return (
        f"planned for {_local(detail)}{moved}: {detail.get('point')} after {detail.get('anchor')} on "
        f"{detail.get('anchor_on')}, study version {detail.get('study_version')} (because of {detail.get('cause')})"
    )


def _moved(detail: Detail) -> str:
    return f"moved to {_local(detail)} (because of {detail.get('cause')}); it was {detail.get('from', 'elsewhere')}"


def _ended(word: str) -> Tell:
    def tell(detail: Detail) -> str:
        return f"{word}: {reason(detail.get('reason'))}"

    return tell


def _message(word: str) -> Tell:
    def tell(detail: Detail) -> str:
        code = f", code {detail['code']}" if detail.get("code") else ""
        why = f": {detail['reason']}" if detail.get("reason") else ""
        return f"{detail.get('purpose', 'message')} by {_channel(detail)} {word}{code}{why}"

    return tell


def _said(detail: Detail) -> str:
    item = f" ({detail['item']})" if detail.get("item") else ""
    return f"{detail.get('purpose')}{item} handed to the sender, by {_channel(detail)}"


def _opted_out(detail: Detail) -> str:
    what = "texts" if detail.get("channel") == "sms" else "mails"
    way = "on the page behind a link" if detail.get("way") == "page" else "with the button of a mail program"
    return f"{detail.get('reporter')} stopped {what} to this address {way}"


def _sent(detail: Detail) -> str:
    """The provider's answer to our request, or, with a code, what it reported afterwards."""
    return _message("passed on by the provider" if "code" in detail else "accepted by the provider")(detail)


def _refused(detail: Detail) -> str:
    """By the provider, or before it was asked: nothing is sent to an address that was changed by hand."""
    if detail.get("policy") == "altered":
        return _message("not sent: the address in the database is not the one that was recorded")(detail)
    return _message("refused by the provider")(detail)


def _channel(detail: Detail) -> str:
    channel = str(detail.get("channel", "?"))
    return _CHANNELS.get(channel, channel)


def _rung(detail: Detail) -> str:
    return f"channel ladder, step {int(detail.get('rung') or 0) + 1}: {_channel(detail)}"


def _answered(detail: Detail) -> str:
    late = ", late" if detail.get("late") else ""
    mode = str(detail.get("mode"))
    return f"{detail.get('item')} answered by {_MODES.get(mode, mode)}{late}"


def _due(detail: Detail) -> str:
    late = int(detail.get("late_seconds") or 0)
    return "due, and opened" + (f" {late} s late" if late >= 60 else "")


def _local(detail: Detail) -> str:
    return f"{str(detail.get('due_local', '')).replace('T', ' ')} {detail.get('zone', '')}".strip()


def _rest(detail: Detail) -> str:
    return ", ".join(f"{name} {value}" for name, value in detail.items() if value not in (None, ""))


_SENTENCES: dict[str, Tell] = {
    "planned": _planned,
    "moved": _moved,
    "due": _due,
    "postponed": lambda d: f"not sent yet: {reason(d.get('reason'))}; again at {d.get('until')}",
    "rung": _rung,
    "rung_skipped": lambda d: f"{_rung(d)} is left out: {d.get('reason')}",
    "call": lambda d: f"channel ladder, step {int(d.get('rung') or 0) + 1}: the study team is asked to call",
    "opted_out": _opted_out,
    "said": _said,
    "sent": _sent,
    "delivered": _message("delivered"),
    "failed": _message("failed"),
    "refused": _refused,
    "not_sent": _message("did not leave, and is tried again"),
    "held": lambda d: _message("waits")(d) + "; it leaves when that is mended, and no other way is taken meanwhile",
    "unknown": _message("may or may not have left: the provider is asked"),
    "doubted": _message("was not found at the provider"),
    "suppressed": _message("not sent"),
    "answered": _answered,
    "spared": lambda _: "no reminder of it goes any more: somebody has died",
    "heard": lambda d: f"a text was understood as {d.get('outcome')}",
    "read": lambda d: f"a person of the team ({d.get('by')}) read the reply to {d.get('item')}",
    "review": lambda d: f"a person is asked to read a text: {d.get('reason')}",
    "completed": _ended("completed"),
    "partial": _ended("partly answered"),
    "missed": _ended("missed"),
    "cancelled": _ended("cancelled"),
}
