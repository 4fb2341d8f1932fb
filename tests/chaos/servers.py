"""PostgreSQL and a broker of the run's own, on addresses that stay when they are killed and started again."""

import asyncio
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from pro_collector.embedded.kafka import Kafka
from pro_collector.embedded.port import free_port
from pro_collector.embedded.postgres import Postgres
from pro_collector.errors import Unavailable
from tests.apache_kafka import ApacheKafka
from tests.chaos.proxy import Proxy

OPTIONS = ("-c", "max_connections=80", "-c", "track_commit_timestamp=on")
"""The commit of a STOP is what the judge measures against."""
PATIENCE = 60.0
"""Seconds until the processes of a server that was killed have ended."""


class Database:
    """PostgreSQL behind a proxy. `url` is for the parts; `direct` does not pass the proxy."""

    def __init__(self) -> None:
        memory = Path("/dev/shm")
        self._folder = Path(tempfile.mkdtemp(prefix="pro-chaos-", dir=memory if memory.is_dir() else None))
        self._folder.chmod(0o755)
        self.proxy = Proxy()
        self.url = self.direct = ""
        self._server = Postgres(OPTIONS)

    async def start(self) -> None:
        """Start the server and the proxy."""
        port = await self.proxy.start()
        self.url = f"postgresql://pro_collector@127.0.0.1:{port}/pro_collector?sslmode=disable"
        await asyncio.to_thread(self._launch)

    async def stop(self) -> None:
        """End everything, and remove the data."""
        await self.proxy.stop()
        await asyncio.to_thread(self._server.stop)
        shutil.rmtree(self._folder, ignore_errors=True)

    def kill(self) -> None:
        """End the postmaster at once; its children follow."""
        if self._server.pid is not None:
            os.kill(self._server.pid, signal.SIGKILL)
        self._server.stop()

    async def start_again(self) -> None:
        """Start on the same data."""
        await asyncio.to_thread(self._launch)

    def _launch(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            self._server = Postgres(OPTIONS)
            try:
                self.direct = self._server.start(self._folder / "data", durable=True)
                break
            except Unavailable:  # the shared memory of the one before is still in use
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
        (folder,) = parse_qs(urlsplit(self.direct).query)["host"]
        self.proxy.socket = f"{folder}/.s.PGSQL.5432"


class Broker:
    """A broker on one address; the embedded one keeps nothing when it ends, Apache Kafka keeps its log."""

    def __init__(self, *, apache: bool) -> None:
        port = free_port()
        self.apache = apache
        self.address = f"127.0.0.1:{port}"
        self._server: Kafka | ApacheKafka = ApacheKafka(port) if apache else Kafka(port)

    async def start(self) -> None:
        """Start, with nothing in it."""
        await asyncio.to_thread(self._server.start)

    async def stop(self) -> None:
        """End; everything in it is lost."""
        await asyncio.to_thread(self._server.stop)

    async def kill(self) -> None:
        """End at once."""
        await asyncio.to_thread(self._server.kill if isinstance(self._server, ApacheKafka) else self._server.stop)

    async def start_again(self) -> None:
        """Start after `kill`."""
        await asyncio.to_thread(self._server.restart if isinstance(self._server, ApacheKafka) else self._server.start)
