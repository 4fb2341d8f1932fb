"""Says in words what a line of the audit trail is about; the file for a program keeps what is recorded."""

import re
from collections.abc import Mapping

_OF_STUDY = re.compile(r"(?:/team/study|/api/v1/studies)/\{study\}/?")
_FOR_PROGRAMS = "/api/"
LOOKED: Mapping[str, str] = {
    "audit": "the audit trail",
    "audit.csv": "took the audit trail as a file",
    "exports": "the files for research",
    "exports/{export}": "took a file for research",
    "exports/forms": "what can be exported",
    "exports/{export}/file": "took a file for research",
    "people/{code}": "their page",
    "people/{code}/address": "the form for a new address",
    "people/{code}/addresses": "the form to see addresses",
    "people/{code}/ask": "the form to ask them now",
    "calendar/link": "fetched the coming check-ins, by a private link",
    "people/{code}/calendar-link": "fetched their calendar, by a private link",
    "people/{code}/channels": "the form for the order of channels",
    "people/{code}/check-ins": "their check-ins",
    "people/{code}/check-ins/{occasion}": "a check-in with its answers",
    "people/{code}/check-ins/{check_in}": "a check-in with its answers",
    "people/{code}/consents": "their consents",
    "people/{code}/conversation": "their conversation",
    "people/{code}/details": "the form for their details",
    "people/{code}/erase": "the page to erase them",
    "people/{code}/leave": "the form for who withdrew or died",
    "people/{code}/sheet": "their sheet of paper",
    "people/{code}/state": "the form for a state",
    "people/{code}/treatment": "the form for treatment",
    "people/{code}/write": "the form to write to them",
}
"""What somebody looked at, by the page below the study."""
ACTED: Mapping[str, str] = {
    "alerts/backtest": "tried rules on stored answers",
    "alerts/roster": "checked or changed the roster",
    "alerts/{alert}/acknowledge": "took an alert",
    "alerts/{alert}/close": "closed an alert",
    "calendar/link": "made a private link to the calendar",
    "check": "checked a study file",
    "preview": "asked what a study file changes",
    "apply": "asked to put a version in force",
    "exports": "asked for files for research",
    "feeds": "asked for a reading of a feed, or a look at it",
    "feeds/confirm": "confirmed what a feed reported",
    "feeds/{feed}/ask": "asked for a reading of a feed, or a look at it",
    "feeds/{feed}/confirm": "confirmed what a feed reported",
    "jobs/{job}/cancel": "stopped background work",
    "people": "enrolled people",
    "people/find": "searched somebody by an address",
    "people/import": "enrolled people from a file, or checked one",
    "people/new": "enrolled somebody, or checked the form",
    "people/{code}/address": "changed an address",
    "people/{code}/addresses": "was shown their addresses",
    "people/{code}/ask": "asked them how they are",
    "people/{code}/ask-unscheduled": "asked an assessment outside of the schedule",
    "people/{code}/calendar-link": "made a private link to their calendar",
    "people/{code}/channels": "changed the order of their channels",
    "people/{code}/consents": "recorded or withdrew a consent",
    "people/{code}/consents/withdraw": "withdrew a consent",
    "people/{code}/details": "changed their details",
    "people/{code}/erase": "erased them",
    "people/{code}/leave": "recorded that they withdrew or died",
    "people/{code}/leave/retract": "took back that they withdrew or died",
    "people/{code}/messages": "wrote to them, or saw how it would look",
    "people/{code}/state": "recorded or took back a state",
    "people/{code}/states": "recorded a state",
    "people/{code}/states/retract": "took back a state",
    "people/{code}/treatment": "recorded or corrected treatment",
    "people/{code}/treatment/correct": "corrected treatment",
    "people/{code}/treatment/retract": "took back treatment",
    "people/{code}/write": "wrote to them, or saw how it would look",
    "protocol/apply": "asked to put a version in force",
    "protocol/cancel": "stopped background work",
    "protocol/check": "checked a study file",
    "protocol/preview": "asked what a study file changes",
    "protocol/rehearse": "rehearsed a study file",
    "protocol/try": "tried how a reply is understood",
    "rehearse": "rehearsed a study file",
    "roles/give": "gave a role",
    "roles/take": "took a role",
    "today": "acted on several items",
    "webhooks": "made a webhook",
    "webhooks/{webhook}/test": "sent a test to a webhook",
    "webhooks/{webhook}/pause": "paused a webhook",
    "webhooks/{webhook}/resume": "resumed a webhook",
    "webhooks/{webhook}/resend": "sent to a webhook again what it had not taken",
    "webhooks/{webhook}/roll": "gave a webhook a new secret",
    "webhooks/{webhook}/revoke": "ended a webhook",
    **{
        f"people/{{code}}/check-ins/{id}/{verb}": words
        for id in ("{occasion}", "{check_in}")
        for verb, words in {
            "again": "asked a check-in again",
            "now": "asked a check-in early",
            "later": "put a check-in off",
            "apart": "kept a check-in as unscheduled, after a delay",
            "release": "decided on a check-in that waited for the team",
            "interview": "opened a check-in for the telephone",
            "hospital": "opened a check-in at the hospital",
        }.items()
    },
}
"""What somebody did, by the page below the study."""
_ITEM_ACTS: Mapping[str, str] = {
    "claim": "took an item", "release": "gave an item back", "assign": "gave an item to somebody",
    "note": "noted something on an item", "snooze": "put an item off", "wake": "took an item back on the list",
    "done": "closed an item", "close": "closed an item", "write": "wrote back to them", "answer": "recorded an answer",
}  # fmt: skip
"""What somebody did with an item of the worklist, by the last part of the page."""
VIEWS: Mapping[str, str] = {
    "task": "words of an item", "stranger": "words of a stranger", "stranger and address": "words of a stranger",
    "reading list": "the reading list", "transcript": "the conversation", "reply": "a reply",
    "own page": "the copy of their own data", "answers": "answers in free text", "addresses": "addresses",
    "address search": "who is reached at an address",
}  # fmt: skip
"""What showed the words or the address, by the view of a look."""
_ANSWERED: Mapping[str, str] = {
    "403": "refused: the form was too old, or not ours",
    "404": "refused: not there, or not for them",
    "409": "refused: something had changed",
    "422": "refused: something was missing or wrong",
}


def page_in_words(kind: str, page: str, item: str = "") -> str | None:
    """What somebody looked at (kind "page") or did (kind "act"); None if there are no words for that page.

    `item`: what else the path named; of an item of the worklist its id, and the act.
    """
    of_study = _OF_STUDY.match(page)
    if of_study is None:
        return None
    tail = page[of_study.end() :]
    words = _looked(tail) if kind == "page" else ACTED.get(tail) or _of_item(tail, item)
    return f"{words} (by program)" if words and page.startswith(_FOR_PROGRAMS) else words


def _looked(tail: str) -> str | None:
    folder, _, name = tail.rpartition("/")
    if folder == "research" or name.endswith((".csv", ".svg")):
        return LOOKED.get(tail) or f"took data out: {name}"
    return LOOKED.get(tail)


def _of_item(tail: str, item: str) -> str | None:
    parts = tail.split("/")
    if parts[0] not in ("today", "worklist") or len(parts) != 3:
        return None
    verb = item.rpartition(" ")[2] if parts[2] == "{act}" else parts[2]
    return _ITEM_ACTS.get(verb, f"acted on an item: {verb}")


def answered_in_words(http_status: str | None) -> str:
    """How a request was answered, in words; empty if it was done."""
    if http_status is None:
        return "not answered"
    done = http_status.startswith(("2", "3"))
    return "" if done else _ANSWERED.get(http_status, f"not done ({http_status})")
