"""What the rehearsal carrier stores: the texts on each phone, and a message log like Twilio's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Literal
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Text:
    """One text on a phone: `in` was received, `out` was written there. `automatic`: the carrier itself wrote it."""

    sid: str
    direction: Literal["in", "out"]
    phone: str
    number: str
    """Our number, the other end of the conversation."""
    body: str
    at: datetime
    automatic: bool = False


@dataclass(slots=True)
class Message:
    """One message in the carrier's log."""

    sid: str
    direction: Literal["inbound", "outbound-api"]
    sender: str
    to: str
    body: str
    status: str
    created: datetime
    segments: int
    callback: str = ""
    service: str | None = None
    validity: int = 36000
    sent: datetime | None = None
    updated: datetime | None = None
    error: int | None = None
    pictures: int = 0

    def as_json(self, account: str) -> dict[str, Any]:
        """The message as in Twilio's API; times in RFC 2822, UTC, whole seconds.

        While a message is `accepted`, the messaging service has not chosen its sender yet.
        """
        has_sender = self.status != "accepted"
        uri = f"/2010-04-01/Accounts/{account}/Messages/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": account,
            "api_version": "2010-04-01",
            "messaging_service_sid": self.service,
            "from": self.sender if has_sender else None,
            "to": self.to,
            "body": self.body,
            "status": self.status,
            "direction": self.direction,
            "num_segments": str(self.segments if has_sender else 0),
            "num_media": str(self.pictures),
            "price": None,
            "price_unit": "USD",
            "error_code": self.error,
            "error_message": None if self.error is None else f"error {self.error}",
            "date_created": format_datetime(self.created),
            "date_sent": None if self.sent is None else format_datetime(self.sent),
            "date_updated": format_datetime(self.updated or self.created),
            "uri": f"{uri}.json",
            "subresource_uris": {"media": f"{uri}/Media.json", "feedback": f"{uri}/Feedback.json"},
        }

    def report(self, status: str, account: str, now: datetime) -> dict[str, str]:
        """The fields of a delivery report."""
        fields = {
            "AccountSid": account,
            "ApiVersion": "2010-04-01",
            "From": self.sender,
            "To": self.to,
            "MessageSid": self.sid,
            "MessageStatus": status,
            "SmsSid": self.sid,
            "SmsStatus": status,
        }
        if self.service:
            fields["MessagingServiceSid"] = self.service
        if self.error:
            fields["ErrorCode"] = str(self.error)
        if status == "delivered":
            fields["RawDlrDoneDate"] = now.strftime("%y%m%d%H%M")
        return fields


class MessageLog:
    """All messages of the account, in memory, in the order of their creation."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Message] = {}
        self._by_to: dict[str, list[Message]] = {}

    def add(self, message: Message) -> None:
        """Store a new message."""
        self._by_sid[message.sid] = message
        self._by_to.setdefault(message.to, []).append(message)

    def get(self, sid: str) -> Message | None:
        """The message with this sid."""
        return self._by_sid.get(sid)

    def remove(self, sid: str) -> None:
        """Delete a message."""
        message = self._by_sid.pop(sid)
        self._by_to[message.to].remove(message)

    def all(self) -> list[Message]:
        """Every message, oldest first."""
        return list(self._by_sid.values())

    def page(self, query: Mapping[str, str], account: str) -> dict[str, Any]:
        """One page of Twilio's list of messages: newest first, with the filters `To`, `From` and `DateSent`.

        The page token names the last message of the page before, so that new messages do not shift the pages.
        Raises ValueError when a filter cannot be parsed.
        """
        size = max(1, min(1000, int(query.get("PageSize", "50"))))
        number = int(query.get("Page", "0"))
        matching = [message for message in self._candidates(query) if _matches(message, query)]
        matching.reverse()
        start = _after(matching, query.get("PageToken", ""))
        messages = matching[start : start + size]
        path = f"/2010-04-01/Accounts/{account}/Messages.json"
        more = start + size < len(matching)
        return {
            "messages": [message.as_json(account) for message in messages],
            "page": number,
            "page_size": size,
            "start": start,
            "end": start + max(0, len(messages) - 1),
            "uri": _uri(path, query, number, query.get("PageToken")),
            "first_page_uri": _uri(path, query, 0, None),
            "previous_page_uri": None,
            "next_page_uri": _uri(path, query, number + 1, f"PA{messages[-1].sid}") if more else None,
        }

    def _candidates(self, query: Mapping[str, str]) -> list[Message]:
        return self._by_to.get(query["To"], []) if query.get("To") else self.all()


def _matches(message: Message, query: Mapping[str, str]) -> bool:
    if query.get("From") and message.sender != query["From"]:
        return False
    dates = [(name, query[name]) for name in ("DateSent", "DateSent<", "DateSent>") if query.get(name)]
    return all(_date_matches(message.sent, name, value) for name, value in dates)


def _date_matches(sent: datetime | None, name: str, value: str) -> bool:
    """Whether `sent` matches a filter. A date is a whole day in UTC; `<` and `>` include their value."""
    if sent is None:
        return False
    if len(value) == len("2026-01-31"):
        day, limit = sent.date(), date.fromisoformat(value)
        return day == limit if name == "DateSent" else (day <= limit if name == "DateSent<" else day >= limit)
    moment, at = sent.replace(microsecond=0), datetime.fromisoformat(value)
    if name == "DateSent":
        return at <= moment < at + timedelta(days=1)
    return moment <= at if name == "DateSent<" else moment >= at


def _after(messages: list[Message], token: str) -> int:
    sids = [f"PA{message.sid}" for message in messages]
    return sids.index(token) + 1 if token in sids else 0


def _uri(path: str, query: Mapping[str, str], page: int, token: str | None) -> str:
    parameters = {name: value for name, value in query.items() if name not in ("Page", "PageToken")}
    return f"{path}?{urlencode({**parameters, 'Page': page, **({'PageToken': token} if token else {})})}"
