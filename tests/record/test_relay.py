"""The relay: when one half of it cannot go on, it ends and is started again, and never works on with half of itself."""

import asyncio

import pytest

from pro_collector import relay
from pro_collector.errors import NotMigrated
from pro_collector.kafka.producer import Producer
from pro_collector.postgres.database import Database
from pro_collector.postgres.notifications import Listener
from pro_collector.postgres.tables import outbox
from pro_collector.relay import Relay
from pro_collector.settings import Settings


async def test_what_ends_publishing_again_ends_the_relay(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "REPUBLISH_EVERY", 0.05)
    settings = Settings.load(
        database_url=database_url, kafka_bootstrap="127.0.0.1:1", vault_key="0" * 64, link_key="0" * 64,
        public_url="http://127.0.0.1",
    )  # fmt: skip
    database, listener = await Database(database_url).open(), Listener(database_url, (outbox.CHANNEL,))
    listener.start(outbox.CHANNEL)
    try:
        async with database.transaction() as tx:
            await tx.execute("DROP TABLE dead_letter")  # which only publishing again looks at
        with pytest.raises(ExceptionGroup) as ended:
            await asyncio.wait_for(Relay(database, Producer(settings), listener, frozenset()).run(), 60)
        assert ended.group_contains(NotMigrated)
    finally:
        await listener.stop()
        await database.close()
