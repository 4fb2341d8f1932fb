"""A small study on one machine: what was recorded is there after a restart, and it goes on."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from pro_collector.embedded.port import free_port
from tests.shared.product import command, process
from tests.whole.acceptance.test_whole_way import STUDY

pytestmark = pytest.mark.timeout(900)

PEOPLE = "code,zone,language,enrolled_on,phone\nP-1,Europe/Madrid,en,2026-01-05,+12025550101\n"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users may pass through: run as root, PostgreSQL serves as another."""
    with tempfile.TemporaryDirectory(prefix="pro-up-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


async def test_up_continues_where_it_stopped(folder: Path) -> None:
    home, start = folder / "home", ("up", "--port", str(free_port()))
    (folder / "people.csv").write_text(PEOPLE)
    env = {**{k: v for k, v in os.environ.items() if not k.startswith("PRO_")}, "PRO_HOME": str(home)}
    async with process(env, *start, until="up: "):
        await command(env, "study", "apply", str(STUDY))
        assert "enrolled 1" in await command(env, "participant", "import", "--yes", str(folder / "people.csv"))
    keys = (home / "settings.env").read_text().splitlines()[1:4]
    port = free_port()
    async with process({**env, "PRO_WEB_PORT": str(port)}, "up", until=f"up: http://127.0.0.1:{port} "):
        assert f"PRO_PUBLIC_URL=http://127.0.0.1:{port}\n" in (home / "settings.env").read_text()
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/healthz") as answer:
            assert answer.status == 200, "it listens where it says"
        assert '"code": "P-1"' in await command(env, "participant", "list")
        assert "is in force already" in await command(env, "study", "apply", str(STUDY))
        assert "nothing is missing" in await command(env, "reconcile")
    assert (home / "settings.env").read_text().splitlines()[1:4] == keys, "keys are made once"
    assert (home / "settings.env").stat().st_mode & 0o077 == 0, "only the owner reads the keys"
