"""The product and its servers for a measurement, in one process or a process for each part, and what they compute."""

import asyncio
import csv
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import yaml

from pro_collector import home
from pro_collector.embedded.postgres import Postgres
from tests.chaos.brokers import Broker
from tests.chaos.carrier import ACCOUNT, NUMBER, TOKEN

CHAOS = Path(__file__).parents[1] / "chaos"
PARTS = ("scheduler", "relay", "worker", "sender", "web")
PATIENCE = 120.0
TICKS = os.sysconf("SC_CLK_TCK")
OWN, ENDED = slice(11, 13), slice(13, 15)
"""In /proc/PID/stat, after the name: the ticks of a process, and those of its children that have ended."""
RUN = "import sys; sys.path.insert(0, {source!r}); from pro_collector.cli import main; sys.exit(main())"
Computed = Mapping[str, float]
"""Seconds of a processor by part; `postgres` and `kafka` are the servers, `people` the carrier and everybody else."""


class Plant:
    """`kafka`: embedded or apache, with each part in its own process; or none, all in one process as `up` runs them.

    `source`: the folder of the product that is measured. The database is on the disk, and each commit waits for it.
    """

    def __init__(self, kafka: str, source: Path) -> None:
        self.kafka, self._source = kafka, source
        self._stack = AsyncExitStack()
        self._running: dict[str, int] = {}
        self._enrolled = 0
        self.url = ""

    async def start(self, carrier_url: str, public_port: int) -> None:
        """Start everything and put the study in force."""
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="pro-turns-", dir="/var/tmp")))
        self._folder.chmod(0o755)
        self._env = {**_inherited(), **_settings(carrier_url, public_port, self._folder / "home")}
        if self.kafka == "none":
            self._env |= {"PRO_WEB_PORT": str(public_port)}
            self._spawn("up", ["up"])
            await self._until_up()
            self._running["postgres"] = int(self._data("home/postgres/postmaster.pid").read_text().split()[0])
        else:
            await self._start_apart()
        await self.command("study", "apply", str(self._study()), "--instruments", str(CHAOS / "instruments"))

    async def _start_apart(self) -> None:
        postgres, broker = Postgres(), Broker(self.kafka)
        self._stack.push_async_callback(asyncio.to_thread, postgres.stop)
        self._stack.push_async_callback(broker.stop)
        self.url = await asyncio.to_thread(postgres.start, self._folder / "postgres", durable=True)
        await broker.start()
        assert postgres.pid is not None
        self._running |= {"postgres": postgres.pid, "kafka": broker.pid}
        self._env |= {
            "PRO_DATABASE_URL": self.url, "PRO_KAFKA_BOOTSTRAP": broker.address,
            "PRO_KAFKA_IDEMPOTENT": str(broker.idempotent).lower(), **{
                f"PRO_{name}_KEY": secrets.token_hex(32) for name in ("VAULT", "LINK", "AUDIT")},
        }  # fmt: skip
        await self.command("migrate")
        for part in PARTS:
            self._spawn(part, ["run", part])

    async def stop(self) -> None:
        """End everything that was started."""
        await self._stack.aclose()

    async def command(self, *words: str) -> None:
        """Run a command of the product; raises when it fails."""
        process = await asyncio.create_subprocess_exec(
            *self._command(*words), env=self._env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        printed, _ = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"{' '.join(words[:2])}: {printed.decode()[-500:]}")

    async def enrol(self, phones: Sequence[str]) -> None:
        """Enrol somebody with each phone; two conversations of three questions are due at once."""
        file, now = self._folder / f"people-{self._enrolled}.csv", datetime.now(UTC)
        zone = f"Etc/GMT{now.hour - 12:+}"  # where it is about noon; the sign says how far UTC is ahead
        with file.open("w", newline="") as opened:
            writer = csv.writer(opened)
            writer.writerow(["code", "zone", "language", "enrolled_on", "birth_date", "phone"])
            for phone in phones:
                self._enrolled += 1
                writer.writerow([f"P-{self._enrolled}", zone, "en", now.date(), "1970-05-04", phone])
        await self.command("participant", "import", "--yes", str(file))

    def computed(self) -> Computed:
        """Seconds of a processor that each part has had so far."""
        return {**{name: self._seconds(pid) for name, pid in self._running.items()}, "people": time.process_time()}

    def memory(self) -> Mapping[str, float]:
        """Megabytes of each part, where those that several processes share count in proportion (PSS)."""
        return {name: sum(map(_pss, self._family(pid))) for name, pid in self._running.items()}

    def _seconds(self, pid: int) -> float:
        """Of a process, its children, and those of them that have ended."""
        return (_ticks(pid, ENDED) + sum(_ticks(each, OWN) for each in self._family(pid))) / TICKS

    def _family(self, pid: int) -> list[int]:
        """A process and its children, without those that are a part by themselves."""
        files = Path(f"/proc/{pid}/task").glob("*/children")
        children = {int(child) for file in files for child in file.read_text().split()} - set(self._running.values())
        return [pid, *(each for child in sorted(children) for each in self._family(child))]

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-c", RUN.format(source=str(self._source)), *words]

    def _spawn(self, name: str, words: Sequence[str]) -> None:
        output = self._stack.enter_context((self._folder / f"{name}.log").open("ab"))
        process = subprocess.Popen(self._command(*words), env=self._env, stdout=output, stderr=output)
        self._running[name] = process.pid
        self._stack.push_async_callback(asyncio.to_thread, _end, process)

    async def _until_up(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while b"up: http" not in self._data("up.log").read_bytes():
            if time.monotonic() > deadline:
                raise TimeoutError(self._data("up.log").read_text())
            await asyncio.sleep(0.2)
        self.url = home.read_settings(self._data("home"))["PRO_DATABASE_URL"]

    def _data(self, name: str) -> Path:
        return self._folder / name

    def _study(self) -> Path:
        """The study of the chaos runs without its letter: two conversations."""
        study = yaml.safe_load((CHAOS / "study.yaml").read_text())
        del study["assessments"]["letter"]
        file = self._folder / "study.yaml"
        file.write_text(yaml.safe_dump(study, allow_unicode=True))
        return file

    def commits(self) -> int:
        """How many transactions the database has committed."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SELECT sum(xact_commit) FROM pg_stat_database").fetchone()
        return int(row[0]) if row else 0


def _settings(carrier_url: str, port: int, folder: Path) -> dict[str, str]:
    return {
        "PRO_HOME": str(folder), "PRO_PUBLIC_URL": f"http://127.0.0.1:{port}", "PRO_WEB_PORT": str(port),
        "PRO_TWILIO_URL": carrier_url, "PRO_TWILIO_ACCOUNT_SID": ACCOUNT, "PRO_TWILIO_AUTH_TOKEN": TOKEN,
        "PRO_TWILIO_SENDER": NUMBER, "PRO_SMS_SEGMENTS_PER_SECOND": "100000",
    }  # fmt: skip


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PRO_")}


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _ticks(pid: int, which: slice) -> int:
    """Of a process that may have ended meanwhile."""
    try:
        found = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(value) for value in found[which])


def _pss(pid: int) -> float:
    """0 of a process that has ended meanwhile."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
