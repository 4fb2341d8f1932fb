"""The judge of `make chaos` passes a clean run, and names each kind of harm that is planted in it."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.chaos.judge import ITEMS, Record, judge

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
Log = list[dict[str, Any]]
Plant = Callable[[Log, Record], Record | None]


def clean() -> tuple[Log, Record]:
    """One visit, answered question by question with 2, 4 and 6, then a stop; and one answer on a form."""
    log: Log = []
    for n, item in enumerate(ITEMS):
        log.append({"what": "took", "message": f"m{n}", "body": f"How bad is your {item} now?"})
        log.append({"what": "wrote", "sid": f"r{n}", "to": f"m{n}", "means": "answer", "value": 2 * n + 2})
    log.append({"what": "mailed", "message": "m4"})
    log.append({"what": "posted", "message": "m4", "item": "pain", "value": 7, "nonce": "n", "saved": True})
    log.append({"what": "wrote", "sid": "r3", "to": "m2", "means": "stop", "value": None})
    answers = [
        {"provider_id": f"r{n}", "occasion_id": "v", "item": item, "value": 2.0 * n + 2} for n, item in enumerate(ITEMS)
    ]
    messages = [message(f"m{n}", "v", "c") for n in range(3)]
    messages.append({**message("m4", "form", "d"), "participant_id": "q"})
    return log, Record(
        inbound=[{"provider_id": f"r{n}", "outcome": "understood"} for n in range(4)],
        answers=answers,
        form_answers=[{"nonce": "n", "occasion_id": "form", "item": "pain", "value": 7.0}],
        messages=messages,
        stops=[{"contact_id": "c", "provider_id": "r3", "stopped_at": NOON + timedelta(minutes=1)}],
        visits=[visit("v")],
        responses=[{"id": "a", "occasion_id": "v"}],
        scores=[score()],
        unfinished={"events": 0, "agenda": 0, "texts": 0},
    )


def message(id: str, visit: str, contact: str) -> dict[str, Any]:
    return {
        "id": id, "participant_id": "p", "occasion_id": visit, "contact_id": contact, "state": "sent",
        "claimed_at": NOON,
    }  # fmt: skip


def visit(id: str) -> dict[str, Any]:
    return {"id": id, "participant_id": "p", "assessment": "round-1", "anchor_key": "k", "state": "completed"}


def score(value: float = 4.0) -> dict[str, Any]:
    return {"response_id": "a", "scale": "load", "value": value, "standing": True}


def changed(rows: Any, n: int, **values: Any) -> list[dict[str, Any]]:
    """The rows, the nth with other values."""
    return [{**row, **values} if place == n else dict(row) for place, row in enumerate(rows)]


def reorder(log: Log, record: Record) -> None:  # noqa: ARG001
    log[0]["body"], log[2]["body"] = log[2]["body"], log[0]["body"]
    log[1]["to"], log[3]["to"] = "m1", "m0"


def repeat_text(log: Log, record: Record) -> None:  # noqa: ARG001
    log.append(log[0])


def repeat_mail(log: Log, record: Record) -> None:  # noqa: ARG001
    log.append({"what": "mailed", "message": "m4"})


def claim_after_stop(log: Log, record: Record) -> Record:  # noqa: ARG001
    return replace(record, messages=changed(record.messages, 2, claimed_at=NOON + timedelta(minutes=2)))


def end(kind: str, visit: str | None = "v") -> Plant:
    """Somebody withdrew or died, and a message of a visit, or another one, is claimed afterwards."""

    def plant(_: Log, record: Record) -> Record:
        ends = [{"participant_id": "p", "kind": kind, "ended_at": NOON + timedelta(minutes=1)}]
        return replace(record, ends=ends, messages=[*record.messages, {**message("m5", "v", "e"), **after}])

    after = {"occasion_id": visit, "claimed_at": NOON + timedelta(minutes=2)}
    return plant


PLANTS: dict[str, tuple[str, Plant]] = {
    "a lost reply": ("REPLY-LOST", lambda _, r: replace(r, inbound=r.inbound[1:])),
    "a reply stored twice": ("REPLY-TWICE", lambda _, r: replace(r, inbound=[*r.inbound, r.inbound[0]])),
    "a reply that nobody read": ("REPLY-UNREAD", lambda _, r: replace(r, inbound=changed(r.inbound, 0, outcome=None))),
    "an answer to another question": (
        "MISATTRIBUTED",
        lambda _, r: replace(r, answers=changed(r.answers, 0, item="worry")),
    ),
    "an answer to another visit": (
        "MISATTRIBUTED",
        lambda _, r: replace(r, answers=changed(r.answers, 0, occasion_id="w")),
    ),
    "another value": ("WRONG-VALUE", lambda _, r: replace(r, answers=changed(r.answers, 0, value=3.0))),
    "an answer that nobody gave": (
        "ANSWER-OF-NOBODY",
        lambda _, r: replace(r, answers=changed(r.answers, 0, provider_id="r9")),
    ),
    "a stop read as an answer": (
        "ANSWER-OF-NOBODY",
        lambda _, r: replace(r, answers=changed(r.answers, 0, provider_id="r3")),
    ),
    "an answer stored twice": ("ANSWER-TWICE", lambda _, r: replace(r, answers=[*r.answers, r.answers[0]])),
    "an answer on the form lost": ("FORM-ANSWER-LOST", lambda _, r: replace(r, form_answers=[])),
    "an answer on the form stored twice": (
        "FORM-ANSWER-TWICE",
        lambda _, r: replace(r, form_answers=[*r.form_answers, *r.form_answers]),
    ),
    "another value on the form": (
        "FORM-ANSWER-WRONG",
        lambda _, r: replace(r, form_answers=changed(r.form_answers, 0, value=1.0)),
    ),
    "an answer on the form of another visit": (
        "FORM-ANSWER-WRONG",
        lambda _, r: replace(r, form_answers=changed(r.form_answers, 0, occasion_id="v")),
    ),
    "an answer that nobody chose": (
        "ANSWER-OF-NOBODY",
        lambda _, r: replace(r, form_answers=[*r.form_answers, {**r.form_answers[0], "nonce": "m"}]),
    ),
    "a text sent twice": ("TEXT-TWICE", repeat_text),
    "a mail sent twice": ("MAIL-TWICE", repeat_mail),
    "a text after the stop": ("TEXT-AFTER-STOP", claim_after_stop),
    "a question after the withdrawal": ("TEXT-AFTER-WITHDRAWAL", end("withdrew")),
    "a text after the death": ("TEXT-AFTER-DEATH", end("died", visit=None)),
    "a stop that was not heard": ("STOP-NOT-HEARD", lambda _, r: replace(r, stops=[])),
    "questions out of order": ("OUT-OF-ORDER", reorder),
    "a response too many": ("RESPONSES-2", lambda _, r: replace(r, responses=[*r.responses, r.responses[0]])),
    "no response": ("RESPONSES-0", lambda _, r: replace(r, responses=[])),
    "two scores": ("SCORED-TWICE", lambda _, r: replace(r, scores=[*r.scores, score()])),
    "no score": ("NOT-SCORED", lambda _, r: replace(r, scores=[])),
    "a wrong score": ("WRONG-SCORE", lambda _, r: replace(r, scores=[score(4.5)])),
    "a visit planned twice": ("VISIT-TWICE", lambda _, r: replace(r, visits=[*r.visits, visit("v")])),
    "an event that waits": ("FORGOTTEN", lambda _, r: replace(r, unfinished={"events": 1})),
    "an event in the dead letters": ("DEAD-LETTER", lambda _, r: replace(r, dead=1)),
}


def test_the_judge_finds_nothing_in_a_clean_run() -> None:
    log, record = clean()
    assert judge(log, record) == []


@pytest.mark.parametrize("plant", PLANTS)
def test_the_judge_names_what_is_planted(plant: str) -> None:
    kind, harm = PLANTS[plant]
    log, record = deepcopy(clean())
    wrong = judge(log, harm(log, record) or record)
    assert [each.split()[0] for each in wrong if each.startswith(kind)], wrong


def test_a_withdrawal_may_be_confirmed() -> None:
    log, record = clean()
    assert judge(log, end("withdrew", visit=None)(log, record) or record) == []
