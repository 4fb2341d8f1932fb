"""Terminals: without settings, at a migrated database, and of a team that has something to read."""

import asyncio
import os
from datetime import datetime
from pathlib import Path

import pytest

from pro_collector.clock import SystemClock
from tests.office.cli.terminal import KEYS, Terminal
from tests.shared.clock import START
from tests.shared.office import opened_office
from tests.shared.scenes import in_conversation


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Terminal:
    """A terminal where nothing is configured."""
    for name in [name for name in os.environ if name.startswith("PRO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PRO_HOME", str(tmp_path / "home"))
    return Terminal(monkeypatch, capsys)


@pytest.fixture
def terminal(bare: Terminal, database_url: str) -> Terminal:
    """A terminal at a migrated database; no Kafka."""
    bare.set(
        **KEYS, PRO_DATABASE_URL=database_url, PRO_KAFKA_BOOTSTRAP="127.0.0.1:1", PRO_KAFKA_IDEMPOTENT="false",
        PRO_PUBLIC_URL="http://127.0.0.1",
    )  # fmt: skip
    return bare


@pytest.fixture
def team(terminal: Terminal, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal of a team a moment after RT-1 wrote something that a person must read."""

    async def story() -> datetime:
        async with opened_office(database_url, START) as office:
            await in_conversation(office)
            await office.reply("3 and then 4", "took 2 pills")
            await office.reply("who is this?\x1b[2J", number="+12025550166")
            settings = office.rt.settings
            terminal.set(
                PRO_VAULT_KEY=settings.vault_key.get_secret_value(), PRO_LINK_KEY=settings.link_key.get_secret_value()
            )
            return office.clock.now()

    now = asyncio.run(story())
    monkeypatch.setattr(SystemClock, "now", lambda _: now)
    return terminal
