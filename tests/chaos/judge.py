"""Judges a run from outside: logs of the carrier and the mail catcher against the record. Imports no product code."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Row = Mapping[str, Any]

ITEMS = ("pain", "tiredness", "worry")
"""The questions of a visit in their order; the text of each has its name in it, and no other text has."""


@dataclass(frozen=True, slots=True)
class Record:
    """What the database holds at the end; `tests/chaos/record.py` reads it."""

    inbound: Sequence[Row] = ()
    """provider_id, outcome"""
    answers: Sequence[Row] = ()
    """provider_id of the reply, occasion_id, item, value"""
    form_answers: Sequence[Row] = ()
    """nonce, occasion_id, item, value"""
    messages: Sequence[Row] = ()
    """id, participant_id, occasion_id, contact_id, state, claimed_at"""
    ends: Sequence[Row] = ()
    """participant_id, kind (withdrew, died), ended_at: when it was committed"""
    stops: Sequence[Row] = ()
    """contact_id, provider_id of the reply, stopped_at: when it was committed"""
    visits: Sequence[Row] = ()
    """id, participant_id, assessment, anchor_key, state"""
    responses: Sequence[Row] = ()
    """id, occasion_id"""
    scores: Sequence[Row] = ()
    """response_id, scale, value, standing"""
    unfinished: Mapping[str, int] = field(default_factory=dict)
    """How many rows still wait: `events`, `agenda`, `texts`"""
    dead: int = 0
    """Dead letters that are events of ours"""


def judge(log: Sequence[Row], record: Record) -> list[str]:
    """Everything that is wrong, each as `KIND what`; empty when nothing is."""
    return [wrong for rule in RULES for wrong in rule(log, record)]


def lost_replies(log: Sequence[Row], record: Record) -> Iterator[str]:
    """Each reply is stored once, and was read."""
    stored = Counter(row["provider_id"] for row in record.inbound)
    unread = {row["provider_id"] for row in record.inbound if row["outcome"] is None}
    for reply in _of(log, "wrote"):
        if stored[reply["sid"]] != 1:
            yield f"{'REPLY-TWICE' if stored[reply['sid']] else 'REPLY-LOST'} {reply['sid']}"
        elif reply["sid"] in unread:
            yield f"REPLY-UNREAD {reply['sid']}"


def misread_replies(log: Sequence[Row], record: Record) -> Iterator[str]:
    """An answer belongs to the question and the visit that its writer saw, and has the value that was written."""
    replies = {row["sid"]: row for row in _of(log, "wrote")}
    texts = {row["message"]: row for row in _of(log, "took")}
    visits = {str(row["id"]): row["occasion_id"] for row in record.messages}
    for answer in record.answers:
        reply = replies.get(answer["provider_id"])
        if reply is None or reply["means"] != "answer":
            yield f"ANSWER-OF-NOBODY {answer['provider_id']} {answer['item']}"
            continue
        seen = asked_in(texts[reply["to"]]["body"])
        if answer["item"] != seen or answer["occasion_id"] != visits[reply["to"]]:
            yield f"MISATTRIBUTED {answer['provider_id']} to {answer['item']}, written to {seen}"
        elif answer["value"] != reply["value"]:
            yield f"WRONG-VALUE {answer['provider_id']} {answer['value']}, written {reply['value']}"


def answers_twice(log: Sequence[Row], record: Record) -> Iterator[str]:  # noqa: ARG001
    """One reply is one answer."""
    for sid, times in Counter(row["provider_id"] for row in record.answers).items():
        if times > 1:
            yield f"ANSWER-TWICE {sid}"


def lost_form_answers(log: Sequence[Row], record: Record) -> Iterator[str]:
    """What the form said it had saved is stored once, for the visit of the mail, as it was chosen; and nothing else."""
    posted = {row["nonce"]: row for row in _of(log, "posted")}
    visits = {str(row["id"]): row["occasion_id"] for row in record.messages}
    stored: dict[str, list[Row]] = defaultdict(list)
    for answer in record.form_answers:
        stored[answer["nonce"]].append(answer)
    for nonce, post in posted.items():
        found = stored.pop(nonce, [])
        if len(found) > 1 or (post["saved"] and not found):
            yield f"FORM-ANSWER-{'TWICE' if found else 'LOST'} {nonce} {post['item']}"
        expected = (visits[post["message"]], post["item"], post["value"])
        for answer in found:
            if (answer["occasion_id"], answer["item"], answer["value"]) != expected:
                yield f"FORM-ANSWER-WRONG {nonce} {answer['item']} {answer['value']}, chosen {post['value']}"
    for nonce in stored:
        yield f"ANSWER-OF-NOBODY {nonce}"


def texts_twice(log: Sequence[Row], record: Record) -> Iterator[str]:  # noqa: ARG001
    """The carrier took each message once, and the mail catcher each mail."""
    for what, kind in (("took", "TEXT-TWICE"), ("mailed", "MAIL-TWICE")):
        for message, times in Counter(row["message"] for row in _of(log, what)).items():
            if times > 1:
                yield f"{kind} {message}"


def texts_after_stop(log: Sequence[Row], record: Record) -> Iterator[str]:
    """From the commit of a stop on, no message to that address is claimed for sending; and every stop was heard."""
    stopped = {row["contact_id"]: row["stopped_at"] for row in record.stops}
    for message in record.messages:
        since = stopped.get(message["contact_id"])
        if since and _claimed_after(message, since):
            yield f"TEXT-AFTER-STOP {message['id']}"
    heard = {row["provider_id"] for row in record.stops}
    for reply in _of(log, "wrote"):
        if reply["means"] == "stop" and reply["sid"] not in heard:
            yield f"STOP-NOT-HEARD {reply['sid']}"


def texts_after_the_end(log: Sequence[Row], record: Record) -> Iterator[str]:  # noqa: ARG001
    """From the commit of a withdrawal on, nothing of a visit is claimed for sending; of a death, nothing at all."""
    ends = {row["participant_id"]: row for row in record.ends}
    for message in record.messages:
        end = ends.get(message["participant_id"])
        told = end is not None and (end["kind"] == "died" or message["occasion_id"] is not None)
        if end is not None and told and _claimed_after(message, end["ended_at"]):
            yield f"TEXT-AFTER-{'DEATH' if end['kind'] == 'died' else 'WITHDRAWAL'} {message['id']}"


def questions_out_of_order(log: Sequence[Row], record: Record) -> Iterator[str]:
    """The questions of one visit first reach the phone in the order of the questionnaire."""
    visits = {str(row["id"]): row["occasion_id"] for row in record.messages}
    asked: dict[Any, list[str]] = defaultdict(list)
    for text in _of(log, "took"):
        item, visit = asked_in(text["body"]), visits.get(text["message"])
        if visit and item and item not in asked[visit]:
            asked[visit].append(item)
    for visit, items in asked.items():
        if items != list(ITEMS[: len(items)]):
            yield f"OUT-OF-ORDER {visit} {items}"


def scores_wrong(log: Sequence[Row], record: Record) -> Iterator[str]:  # noqa: ARG001
    """A completed visit has one response, the response one score, and the score is the mean of the answers."""
    given: dict[Any, dict[str, float]] = defaultdict(dict)
    for answer in [*record.answers, *record.form_answers]:
        given[answer["occasion_id"]][answer["item"]] = answer["value"]
    responses: dict[Any, list[Any]] = defaultdict(list)
    for row in record.responses:
        responses[row["occasion_id"]].append(row["id"])
    scores: dict[Any, list[Any]] = defaultdict(list)
    for row in record.scores:
        if row["standing"]:
            scores[row["response_id"]].append(row["value"])
    for visit in record.visits:
        if visit["state"] == "completed":
            yield from _wrong_score(visit["id"], responses[visit["id"]], scores, given[visit["id"]])


def _wrong_score(
    visit: Any, responses: Sequence[Any], scores: Mapping[Any, Sequence[float]], given: Mapping[str, float]
) -> Iterator[str]:
    if len(responses) != 1:
        yield f"RESPONSES-{len(responses)} {visit}"
        return
    values = scores.get(responses[0], ())
    if len(values) != 1:
        yield f"{'SCORED-TWICE' if values else 'NOT-SCORED'} {visit}"
    elif abs(values[0] - sum(given.values()) / len(ITEMS)) > 0.005 or len(given) != len(ITEMS):
        yield f"WRONG-SCORE {visit} {values[0]} of {dict(given)}"


def visits_twice(log: Sequence[Row], record: Record) -> Iterator[str]:  # noqa: ARG001
    """A visit is planned once."""
    names = Counter((row["participant_id"], row["assessment"], row["anchor_key"]) for row in record.visits)
    for (person, assessment, _), times in names.items():
        if times > 1:
            yield f"VISIT-TWICE {person} {assessment}"


def forgotten(log: Sequence[Row], record: Record) -> Iterator[str]:  # noqa: ARG001
    """Nothing waits, and no event of ours is among the dead letters."""
    for what, rows in record.unfinished.items():
        if rows:
            yield f"FORGOTTEN {rows} {what}"
    if record.dead:
        yield f"DEAD-LETTER {record.dead}"


RULES: Sequence[Callable[[Sequence[Row], Record], Iterator[str]]] = (
    lost_replies,
    misread_replies,
    answers_twice,
    lost_form_answers,
    texts_twice,
    texts_after_stop,
    texts_after_the_end,
    questions_out_of_order,
    scores_wrong,
    visits_twice,
    forgotten,
)


def _claimed_after(message: Row, instant: datetime) -> bool:
    """Whether a message was taken for sending after this; one that was suppressed is marked in the same way."""
    return message["state"] != "suppressed" and message["claimed_at"] is not None and message["claimed_at"] > instant


def asked_in(body: str) -> str | None:
    """Which question a text asks; None when it asks none."""
    found = [item for item in ITEMS if f"your {item} " in body]
    return found[0] if len(found) == 1 else None


def instant(seconds: float) -> datetime:
    """A time of the log as one of the record."""
    return datetime.fromtimestamp(seconds, UTC)


def _of(log: Sequence[Row], what: str) -> Iterator[Row]:
    return (row for row in log if row["what"] == what)
