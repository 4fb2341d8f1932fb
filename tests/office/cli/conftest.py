"""Terminals: one with no settings at all, one at an installation with a migrated database."""

import os
from pathlib import Path

import pytest

from tests.office.cli.terminal import KEYS, Terminal


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
