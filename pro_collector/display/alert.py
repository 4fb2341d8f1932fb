"""The mail of an alert to the study team: subject and text. It contains codes, and nothing that a patient wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pro_collector.words import team


@dataclass(frozen=True, slots=True)
class AlertText:
    """The subject and text of an alert mail."""

    subject: str
    text: str


def of_task(
    kind: str, code: str, study: str, task: str, raised_at: datetime, days: int, *, perhaps: bool = False
) -> AlertText:
    """The mail about a task; `task`: the beginning of its id. If `days` is not 0, it also says since when it waits.

    `perhaps`: only the second reader takes the text for an emergency, and the mail says so.
    """
    words = team("alert")
    wrote = "altered" if kind == "altered" else "wrote_caregiver" if kind == "distress" else "wrote"
    wrote = f"{wrote}_perhaps" if perhaps else wrote
    what = words.say(wrote, code=code, study=study, kind=kind)
    waits = " " + words.say("waits", moment=f"{raised_at:%Y-%m-%d %H:%M}") if days else ""
    shown = words.say("perhaps", kind=kind) if perhaps else kind
    subject = words.say("subject_again" if days else "subject", kind=shown, code=code)
    return AlertText(subject, words.say("task", what=what + waits, task=task))


def of_rule(
    code: str, study: str, urgency: str, raised_at: datetime, link: str, notes: Sequence[str] = ()
) -> AlertText:
    """The mail about an alert of a rule; it says neither which rule nor what was answered.

    `notes`: what must be known before anybody telephones (`rule_death`, `rule_left`, `rule_corrected`).
    """
    words = team("alert")
    said = " ".join(words.say(note) for note in notes)
    what = words.say(
        "rule",
        code=code,
        study=study,
        moment=f"{raised_at:%Y-%m-%d %H:%M}",
        link=link,
        notes=f"{said}\n\n" if said else "",
    )
    return AlertText(words.say("rule_subject", code=code, urgency=words.say(f"rule_{urgency}")), what)


def text_of_rule(urgency: str, link: str) -> str:
    """The text message about an alert of a rule, to a person of the team: without any data of the participant."""
    words = team("alert")
    return words.say("rule_text", urgency=words.say(f"rule_{urgency}"), link=link)


def of_stranger(kind: str) -> AlertText:
    """The mail about a text from a stranger."""
    return AlertText(team("alert").say("stranger_subject", kind=kind), team("alert").say("stranger"))


def of_hold(kind: str, reason: str) -> AlertText:
    """The mail about texts on hold, with the reason."""
    return AlertText(team("alert").say("held_subject", kind=kind), team("alert").say("held", reason=reason))
