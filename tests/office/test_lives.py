"""Simulated lives with faults at every boundary keep the laws, and a breach of each law is noticed."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest

from pro_collector.domain import events as e
from pro_collector.runtime import Runtime
from tests.lives.life import Life
from tests.lives.run import Sabotage, ToldLife, told_lives

SEEDS = (*range(1, 35), 37, 40, 42, 46, 47, 54, 56, 59, 60, 64, 69, 71, 72, 77, 85, 90)
"""The lives of every run. Together they meet each kind of fault at each boundary of each process at which the first 85
lives met it (30 November 2026); the life of seed 90 once broke a law. `make simulate-faults` lives more."""
AT_ONCE = 25


async def lives(url: str, seeds: Sequence[int], sabotage: Sabotage | None = None) -> list[ToldLife]:
    return [life async for life in told_lives(url, seeds, sabotage=sabotage)]


@pytest.mark.parametrize("first", range(0, len(SEEDS), AT_ONCE))
async def test_lives_keep_every_law(first: int, database_url: str) -> None:
    told = await lives(database_url, SEEDS[first : first + AT_ONCE])
    assert [(f"make simulate-faults SEED={life.seed}", life.broken) for life in told if life.broken] == []
    assert len({kind for life in told for kind in life.faults}) > 15, "each kind of fault has happened"


async def test_a_seed_always_gives_the_same_life(database_url: str) -> None:
    first, _, again = await lives(database_url, [9, 3, 9])
    assert (first.trace, first.faults, first.crossed) == (again.trace, again.faults, again.crossed)


def after(kind: type[e.Event], change: str) -> Sabotage:
    """Change the database after each batch of an event was handled."""

    def sabotage(life: Life) -> None:
        handle = life.handlers[kind]

        async def changed(events: Sequence[Any], rt: Runtime) -> None:
            await handle(events, rt=rt)
            await life.change(change)

        life.handlers[kind] = changed

    return sabotage


def dropped(kind: type[e.Event]) -> Sabotage:
    """Mark an event handled and do nothing."""

    def sabotage(life: Life) -> None:
        async def drop(events: Sequence[Any], rt: Runtime) -> None:
            async with rt.database.once(events):
                pass

        life.handlers[kind] = drop

    return sabotage


def again(life: Life) -> None:
    """Send each text twice, as after a timeout."""
    send = life.twilio.send

    async def twice(**text: Any) -> Any:
        await send(**text)
        return await send(**text)

    life.twilio.send = twice  # type: ignore[method-assign]


def forgetful(life: Life) -> None:
    """Never publish again what Kafka has lost."""

    async def nothing() -> None: ...

    life.republish = nothing  # type: ignore[method-assign]
    life.kafka.publish = life.kafka.lose  # type: ignore[method-assign]


def backwards(life: Life) -> None:
    """Send the newest question first."""
    accepting = life.accepting

    def before(message: Any) -> None:
        accepting(message)
        life.accepted.insert(0, life.accepted.pop())

    life.accepting = before  # type: ignore[method-assign]


def deaf(life: Life) -> None:
    """Text those who want no more."""
    life.stop_chance, life.stop_luck = 1.0, 0.3
    send = life.twilio.send

    async def anyway(**text: Any) -> Any:
        for number in life.stops:
            life.carrier.opted_out.discard(number)
            await send(**{**text, "to": number, "delivery_id": uuid4()})
        return await send(**text)

    life.twilio.send = anyway  # type: ignore[method-assign]


PLANTED = {
    "A message reaches a person once": again,
    "Every text that somebody wrote is stored once, and read": dropped(e.MessageReceived),
    "An answer belongs to the question that its writer saw": after(
        e.MessageReceived, "UPDATE answer SET item = 'medicine' WHERE item = 'steps'"
    ),
    "A clear answer": after(e.MessageReceived, "DELETE FROM answer"),
    "A completed occasion": after(e.ResponseCompleted, "DELETE FROM outbox WHERE type = 'score.recorded'"),
    "a response has scores": after(e.ResponseCompleted, "DELETE FROM score"),
    "The questions of an occasion": backwards,
    "Nothing waits": forgetful,
    "Reconciliation finds no hole": after(e.ResponseCompleted, "DELETE FROM response"),
    "No address and no words": after(e.MessageReceived, "UPDATE message SET reason = 'not great'"),
    "nothing is sent after a stop": deaf,
}
"""A fault planted in the product or around it, by the beginning of the law that must notice it."""


@pytest.mark.parametrize("law", PLANTED)
async def test_a_breach_of_each_law_is_noticed(law: str, database_url: str) -> None:
    async for life in told_lives(database_url, range(1, 7), sabotage=PLANTED[law]):
        if any(broken.law.startswith(law) for broken in life.broken):
            return
    pytest.fail("six lives, and nothing was noticed")
