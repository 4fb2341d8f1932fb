"""Describes recent events in plain words for the demo page; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pro_collector.postgres.questions.recent_log import RecentLogRow

YOU = "YOU"
"""The code of the participant whose phone is on the page."""

_CHANNELS = {"sms": "text", "email": "mail"}
_STATES = {
    "open": "being sent",
    "invited": "waiting for you",
    "started": "waiting for you",
    "completed": "answered",
    "partial": "partly answered",
    "missed": "not answered",
    "cancelled": "cancelled",
    "planned": "coming",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line about a recent event. `kind` is due, sent, answered, scored or ended; it selects the colour."""

    at: datetime
    kind: str
    words: str
    yours: bool


def line(row: RecentLogRow, titles: Mapping[str, str]) -> Line | None:
    """A row of `recent_log.since` in words; None if the demo page does not show it."""
    description = _describe(row.what, row.detail, titles.get(row.assessment, row.assessment).lower(), row.code)
    if description is None:
        return None
    kind, words = description
    return Line(row.at, kind, f"{who(row.code, row.reporter)} {words}", row.code == YOU)


def scored(code: str, reporter: str, at: datetime, title: str, value: float) -> Line:
    """The line about a score that was written to the time series."""
    return Line(at, "scored", f"{who(code, reporter)} scored {value:.0f} of 100 on {title.lower()}", code == YOU)


def who(code: str, reporter: str) -> str:
    """The person that a line is about."""
    if code == YOU:
        return "You"
    return f"{code}'s parent" if reporter == "proxy" else code


def state(name: str) -> str:
    """The state of one of the reader's own check-ins, in words."""
    return _STATES[name]


def _describe(what: str, detail: Mapping[str, Any], title: str, code: str) -> tuple[str, str] | None:
    have, are = ("have", "are") if code == YOU else ("has", "is")
    if what == "due":
        return "due", f"{are} due for {title}"
    if what == "sent":
        return _sent(detail)
    if what == "answered":
        return "answered", f"answered a question {_HOW.get(str(detail.get('mode')), 'by text')}"
    if what == "heard":
        return "answered", _REPLIES.get(str(detail.get("outcome")), "wrote back")
    if what == "call":
        return "ended", f"{have} not answered: the team is asked to call"
    ended = {"completed": "finished", "partial": "left unfinished", "missed": "did not answer"}.get(what)
    return ("ended", f"{ended} {title}") if ended else None


_HOW = {"web": "on the web", "call": "on the telephone", "clinic": "at the hospital"}
_REPLIES = {
    "unclear": "wrote something unclear, and was asked again",
    "opt_out": "wrote STOP: no more texts",
    "help": "asked for help or for a person",
    "death": "reported a death: nothing more is asked until the team has checked it",
    "bereaved": "reported a death: a person of the team reads it",
    "media": "sent a picture: a person of the team looks at it",
    "urgent": "wrote something urgent: the study team is alerted",
}


def _sent(detail: Mapping[str, Any]) -> tuple[str, str] | None:
    """Only invitations and reminders are shown, because the many questions of a conversation would hide the rest.

    A row with a `code` is a later report by the provider on the same message.
    """
    if "code" in detail or detail.get("purpose") not in ("invitation", "reminder"):
        return None
    return "sent", f"got a {_CHANNELS.get(str(detail.get('channel')), 'message')}: {_PURPOSES[detail['purpose']]}"


_PURPOSES = {"invitation": "a check-in is ready", "reminder": "a reminder"}
