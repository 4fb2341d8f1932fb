"""The mail that tells the study team of an alert: subject and text. It names codes, and nothing that was said."""

from dataclasses import dataclass
from datetime import datetime

from pro_collector.words import team


@dataclass(frozen=True, slots=True)
class AlertText:
    """What a mail of an alert says."""

    subject: str
    text: str


def of_task(kind: str, code: str, study: str, task: str, raised_at: datetime, days: int) -> AlertText:
    """That a task waits (`task`: the beginning of its id); from the first day on, since when."""
    words = team("alert")
    what = words.say("altered" if kind == "altered" else "wrote", code=code, study=study, kind=kind)
    waits = " " + words.say("waits", moment=f"{raised_at:%Y-%m-%d %H:%M}") if days else ""
    subject = words.say("subject_again" if days else "subject", kind=kind, code=code)
    return AlertText(subject, words.say("task", what=what + waits, task=task))


def of_stranger(kind: str) -> AlertText:
    """That somebody wrote whom the record does not know."""
    return AlertText(team("alert").say("stranger_subject", kind=kind), team("alert").say("stranger"))


def of_hold(kind: str, reason: str) -> AlertText:
    """That no text leaves, and why."""
    return AlertText(team("alert").say("held_subject", kind=kind), team("alert").say("held", reason=reason))
