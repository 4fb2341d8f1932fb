"""Both embedded servers together: whoever uses them does not go on without them."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pro_collector.embedded.servers import embedded_servers
from pro_collector.errors import Unavailable


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that any user can get to: as root the server runs as another."""
    room = Path(tempfile.mkdtemp(prefix="pro-test-", dir="/tmp"))
    room.chmod(0o755)
    yield room / "postgres"
    shutil.rmtree(room)


async def test_a_server_that_ends_by_itself_ends_its_users(data: Path) -> None:
    async def use() -> None:
        async with embedded_servers(data):
            os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
            await asyncio.sleep(30)

    with pytest.raises(Unavailable, match="PostgreSQL has ended"):
        await use()


async def test_to_stop_from_outside_is_no_end_of_a_server() -> None:
    async def use() -> None:
        async with embedded_servers():
            await asyncio.sleep(30)

    using = asyncio.create_task(use())
    await asyncio.sleep(3)
    using.cancel()
    with pytest.raises(asyncio.CancelledError):
        await using
