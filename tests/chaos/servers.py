"""PostgreSQL of the run's own: two places behind fixed addresses, of which one holds the server that records."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from pro_collector.embedded import account as accounts
from pro_collector.embedded.child import run
from pro_collector.embedded.postgres import INSTALL_VARIABLE, Postgres, _install
from pro_collector.errors import Unavailable
from tests.chaos.clocks import Clocks
from tests.chaos.proxy import Proxy
from tests.chaos.record import connect

SETTINGS = {
    "max_connections": "80",
    "track_commit_timestamp": "on",  # the commit of a STOP is what the judge measures against
    "max_wal_size": "256MB",
}
PATIENCE = 60.0
"""Seconds until the processes of a server that was killed have ended, and until a standby has caught up."""
ROOM = 1024
"""Megabytes of the file system that a fault fills."""
_HBA = "local all all trust\nlocal replication all trust\n"
"""Others cannot reach the folder of the socket. (After a restart the map of `peer` has another name for the server.)"""


class Database:
    """`url` is for the parts, and names both places; `direct` leads to the server that records, past the proxies."""

    def __init__(self, *, room: bool = False, clocks: Clocks | None = None) -> None:
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix="pro-chaos-", dir=memory if memory.is_dir() else None))
        self.folder.chmod(0o755)
        self.url = self.direct = ""
        self._room, self._clocks = room, clocks
        self._proxies, self._active, self._data = (Proxy(), Proxy()), 0, 0
        self._server = Postgres()

    @property
    def proxy(self) -> Proxy:
        """What stands before the server that records."""
        return self._proxies[self._active]

    async def start(self) -> None:
        """Start the server and the proxies."""
        if self._room:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}m,mode=755", "tmpfs", self.folder], check=True)
        (self.folder / "hba.conf").write_text(_HBA)
        if self._clocks is not None:
            os.environ[INSTALL_VARIABLE] = str(self._clocks.shifted_server(self.folder, _reachable()))
        hosts = ",".join([f"127.0.0.1:{await proxy.start()}" for proxy in self._proxies])
        self.url = f"postgresql://pro_collector@{hosts}/pro_collector?sslmode=disable"
        await asyncio.to_thread(self._launch)

    async def stop(self) -> None:
        """End everything, and remove the data."""
        for proxy in self._proxies:
            await proxy.stop()
        await asyncio.to_thread(self._server.stop)
        if self._clocks is not None:
            os.environ.pop(INSTALL_VARIABLE, None)
        if self._room:
            subprocess.run(["umount", "--lazy", self.folder], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """End the postmaster at once; its children follow."""
        if self._server.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self._server.pid, signal.SIGKILL)
        self._server.stop()

    async def start_again(self) -> None:
        """Start on the same data."""
        await asyncio.to_thread(self._launch)

    async def start_if_ended(self) -> bool:
        """Start again a server that ended by itself; whether it had."""
        try:
            self._server.check()
        except Unavailable:
            await asyncio.to_thread(self._server.stop)
            await self.start_again()
            return True
        return False

    async def add_standby(self) -> "Standby":
        """Copy the server that runs, and let the copy follow it: from then on a commit waits for the standby."""
        self._data += 1
        standby = Standby(_postgres(self.folder), self._data_folder())
        await asyncio.to_thread(_copy, _socket_folder(self.direct), standby.data)
        standby.url = await asyncio.to_thread(standby.server.start, standby.data, durable=True)
        self._proxies[1 - self._active].socket = _socket(standby.url)
        self.execute(b"ALTER SYSTEM SET synchronous_standby_names = '*'", b"SELECT pg_reload_conf()")
        await self._until_in_step()
        return standby

    def promote(self, standby: "Standby") -> None:
        """Let the standby record; the other one is gone."""
        self._proxies[self._active].socket = ""
        self._server, self._active, self.direct = standby.server, 1 - self._active, standby.url
        self.execute(b"SELECT pg_promote()")

    def execute(self, *statements: bytes) -> None:
        """Run statements past the proxy, each by itself."""
        with connect(self.direct) as connection:
            for statement in statements:
                connection.execute(statement)

    def _data_folder(self) -> Path:
        return self.folder / f"data-{self._data}"

    async def _until_in_step(self) -> None:
        deadline = time.monotonic() + PATIENCE
        with connect(self.direct) as connection:
            while not connection.execute(b"SELECT FROM pg_stat_replication WHERE sync_state = 'sync'").rowcount:
                if time.monotonic() > deadline:
                    raise Unavailable("the standby does not follow")
                await asyncio.sleep(0.2)

    def _launch(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            self._server = _postgres(self.folder)
            try:
                self.direct = self._server.start(self._data_folder(), durable=True)
                break
            except Unavailable:  # the shared memory of the one before is still in use
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
        self.proxy.socket = _socket(self.direct)


@dataclass
class Standby:
    """A server that follows another one until it is promoted."""

    server: Postgres
    data: Path
    url: str = ""


def _postgres(folder: Path) -> Postgres:
    settings = {**SETTINGS, "hba_file": f"{folder}/hba.conf"}
    return Postgres([part for name, value in settings.items() for part in ("-c", f"{name}={value}")])


def _reachable() -> Path:
    of_wheel = not os.environ.get(INSTALL_VARIABLE)
    return accounts.reachable_install(_install(), accounts.server_account(), of_wheel=of_wheel)


def _copy(socket: str, data: Path) -> None:
    """A copy of the server that listens in the folder `socket`, which will follow it."""
    account = accounts.server_account()
    accounts.make_private(data, account)
    program = _reachable() / "bin" / "pg_basebackup"
    command: list[str | Path] = [program, "--host", socket, "--username", "pro_collector", "--pgdata", data]
    command += ["--write-recovery-conf", "--checkpoint", "fast"]
    done = run(command, account)
    if done.returncode != 0:
        raise Unavailable(f"no copy of the server: {done.stderr.strip()[-600:]}")


def _socket_folder(url: str) -> str:
    (folder,) = parse_qs(urlsplit(url).query)["host"]
    return folder


def _socket(url: str) -> str:
    return f"{_socket_folder(url)}/.s.PGSQL.5432"
