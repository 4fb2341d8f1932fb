"""The laws of a life: each compares the database with what the carrier, the mail relay and the people know."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from pro_collector.commands.reconcile import reconcile
from tests.hostile.people import Question
from tests.lives.life import Broken, Life
from tests.shared.office import LAWS, PUBLIC

ORDER = {item: n for n, item in enumerate(("pain", "tiredness", "nausea", "vomiting", "eating", "sleep", "worry"))}
ORDER |= {"medicine": 0, "steps": 1}
"""The place of each question in its instrument."""

UNREPORTED = "a text was taken by the provider, and no report ever came"
"""A hole that is true when the carrier loses all reports about a text."""

Check = Callable[[Life], AsyncIterator[str]]


async def broken_laws(life: Life) -> list[Broken]:
    """Every breach of every law, after a life has come to rest."""
    found = list(life.broken)
    for check in CHECKS:
        found += [Broken((check.__doc__ or "").rstrip("."), detail) async for detail in check(life)]
    for law, breaches in LAWS.items():
        found += [Broken(law, str(list(row.values()))) for row in await life.look(breaches)]
    return found


async def _each_once(life: Life) -> AsyncIterator[str]:
    """A message reaches a person once."""
    reached = Counter(
        message.callback for message in life.carrier.log.all() if message.callback and message.status == "delivered"
    )
    for id, times in reached.items():
        if times > 1:
            yield f"text {id} came {times} times"
    ours = {row["id"] for row in await life.look("SELECT id FROM message WHERE channel = 'email'")}
    for mail, times in Counter(sent.delivery_id for sent in life.mail.sent).items():
        if times > 1 and mail in ours:
            yield f"mail {mail} came {times} times"


async def _every_reply_stored(life: Life) -> AsyncIterator[str]:
    """Every text that somebody wrote is stored once, and read."""
    rows = await life.look("SELECT provider_id, outcome FROM vault.inbound WHERE provider = 'twilio'")
    stored = Counter(row["provider_id"] for row in rows)
    for sid, meant in life.people.meant.items():
        if stored[sid] != 1:
            yield f"{meant} is stored {stored[sid]} times"
    for row in rows:
        if row["outcome"] is None:
            yield f"nobody read {life.people.meant.get(row['provider_id'])}"


async def _attributed(life: Life) -> AsyncIterator[str]:
    """An answer belongs to the question that its writer saw."""
    rows = await life.look(
        """
        SELECT i.provider_id, a.item, a.code AS value, p.code, a.occasion_id::text AS occasion FROM vault.inbound i
        JOIN answer a ON a.inbound_id = i.id JOIN participant p ON p.id = a.participant_id
        """
    )
    asked = {row["id"]: row["occasion"] for row in await life.look(_ASKED)}
    for row in rows:
        meant = life.people.meant[row["provider_id"]]
        seen = life.carrier.log.get(meant.asked_by)
        if meant.kind != "answer" or meant.question != Question(row["code"], row["item"]):
            yield f"{meant} is stored as {row['code']} {row['item']}"
        elif row["value"] != str(meant.value):
            yield f"{meant} is stored as {row['value']}"
        elif seen is None or asked.get(seen.callback) != row["occasion"]:
            yield f"{meant} is stored for another occasion"
    for sid, times in Counter(row["provider_id"] for row in rows).items():
        if times > 1:
            yield f"{life.people.meant[sid]} is stored as {times} answers"


_ASKED = "SELECT id::text AS id, occasion_id::text AS occasion FROM message"


async def _timely_answers_count(life: Life) -> AsyncIterator[str]:
    """A clear answer that came before the question was closed, answered or followed is stored as one."""
    rows = await life.look(
        """
        SELECT i.provider_id, i.outcome FROM vault.inbound i
        WHERE i.outcome IN ('answer', 'answered') AND NOT EXISTS (SELECT FROM answer a WHERE a.inbound_id = i.id)
        """
    )
    for row in rows:
        yield f"{life.people.meant[row['provider_id']]} was read as an answer, and none is stored"


async def _scored_once(life: Life) -> AsyncIterator[str]:
    """A completed occasion has one response to each instrument, and each is scored once."""
    for row in await life.look("SELECT occasion_id, instrument FROM response GROUP BY 1, 2 HAVING count(*) > 1"):
        yield f"two responses: {row}"
    for row in await life.look(_SCORES + " WHERE superseded_at IS NULL GROUP BY 1, 2, 3 HAVING count(*) > 1"):
        yield f"two scores: {row}"
    for row in await life.look(_TOLD):
        yield f"scored {row['scored']} times, completed {row['completed']} times"


_SCORES = "SELECT response_id, scale, scoring_version FROM score"
_TOLD = """
    SELECT count(*) FILTER (WHERE type = 'score.recorded') AS scored,
           count(*) FILTER (WHERE type = 'response.completed') AS completed
    FROM outbox WHERE type IN ('score.recorded', 'response.completed')
    GROUP BY payload ->> 'response_id'
    HAVING count(*) FILTER (WHERE type = 'score.recorded') <> count(*) FILTER (WHERE type = 'response.completed')
"""
"""A late answer completes a response again, and its scores are told again."""


async def _order_kept(life: Life) -> AsyncIterator[str]:
    """The questions of an occasion are asked in the order of the instrument."""
    rows = await life.look(
        "SELECT id::text AS id, occasion_id, item FROM message WHERE item IS NOT NULL AND channel = 'sms'"
    )
    items = {row["id"]: (row["occasion_id"], row["item"]) for row in rows}
    asked: dict[Any, list[str]] = defaultdict(list)
    for message in life.accepted:
        occasion, item = items.get(message.callback, (None, ""))
        if item and item.rpartition("/")[2] not in asked[occasion]:
            asked[occasion].append(item.rpartition("/")[2])
    for occasion, order in asked.items():
        if [ORDER[item] for item in order] != sorted(ORDER[item] for item in order):
            yield f"{occasion}: {order}"


async def _at_rest(life: Life) -> AsyncIterator[str]:
    """Nothing waits: outbox, agenda, messages, dead letters; every occasion has ended."""
    for what, query in _WAITING.items():
        for row in await life.look(query):
            yield f"{what}: {list(row.values())}"


_WAITING = {
    "event": "SELECT type, id FROM outbox WHERE handled_at IS NULL OR published_at IS NULL",
    "agenda": "SELECT type, due_at FROM agenda WHERE type NOT IN ('timeline.changed', 'alert.raised')",
    "message": "SELECT state, channel, purpose, reason, attempts FROM message"
    " WHERE state IN ('requested', 'claimed', 'unknown')",
    "dead letter": "SELECT topic, reason FROM dead_letter",
    "occasion": "SELECT assessment, point, state FROM occasion WHERE ended_at IS NULL",
}


async def _reconciled(life: Life) -> AsyncIterator[str]:
    """Reconciliation finds no hole, except for texts of which the carrier never told us more."""
    for hole in (await reconcile(life.rt)).holes:
        if hole.kind != UNREPORTED:
            yield f"{hole.kind}: {hole.detail}"


async def _nothing_private(life: Life) -> AsyncIterator[str]:
    """No address and no words leave the vault."""
    said = "\n".join(row["said"] or "" for row in await life.look(PUBLIC))
    for private in [*life.people.phones, "@example.org", "ask my husband", "not great"]:
        if private in said:
            yield private


CHECKS: Sequence[Check] = (
    _each_once, _every_reply_stored, _attributed, _timely_answers_count, _scored_once, _order_kept, _at_rest,
    _reconciled, _nothing_private,
)  # fmt: skip
