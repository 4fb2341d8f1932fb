"""Lives one life after the other on one database, and tells what became of them."""

import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from pro_collector.channels.twilio import reconcile
from pro_collector.commands.apply_study import apply_study
from pro_collector.kafka import consumer
from pro_collector.library import Library, load_library
from pro_collector.postgres.tables.studies import Studies
from pro_collector.settings import Settings
from tests.lives.carrier import ACCOUNT, NUMBER
from tests.lives.faults import FaultyDatabase
from tests.lives.laws import broken_laws
from tests.lives.life import LONG, SHORT, Broken, Life
from tests.shared.places import DATA

Sabotage = Callable[[Life], None]
KEPT = {
    "study", "study_application", "instrument", "instrument_item", "scale_item", "study_instrument", "_yoyo_log",
    "_yoyo_migration", "_yoyo_version",
}  # fmt: skip
"""What stays from life to life."""
PATIENT = {"options": "-c idle_in_transaction_session_timeout=0 -c statement_timeout=0", "tcp_user_timeout": "0"}
"""Without limits in real time: on a busy machine they would change what a seed does."""
CLEANED_EVERY = 100
"""After so many lives the tables are truncated, because deleted rows make them slow."""


@dataclass(frozen=True, slots=True)
class ToldLife:
    """What became of one life."""

    seed: int
    broken: list[Broken]
    days: float
    crossed: int
    faults: Counter[str]
    trace: str
    lines: list[str]
    cpu: float
    """Seconds of this process and of its database server's process."""


@dataclass
class Told:
    """What became of many lives."""

    lives: int = 0
    failed: int = 0
    days: float = 0.0
    crossed: int = 0
    cpu: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)

    def add(self, life: ToldLife) -> None:
        """Count one more life."""
        self.lives += 1
        self.failed += bool(life.broken)
        self.days += life.days
        self.crossed += life.crossed
        self.cpu += life.cpu
        self.faults += life.faults

    def lines(self) -> Iterator[str]:
        """The sums, one a line."""
        years = self.days / 365.25
        yield from (f"  {name:20} {count:9,}" for name, count in sorted(self.faults.items()))
        yield f"{self.lives} lives, {self.crossed:,} boundaries crossed, {self.faults.total():,} faults"
        speed = years / max(self.cpu, 0.001) * 3600
        yield f"{years:.1f} patient-years in {self.cpu:.1f} CPU seconds: {speed:,.0f} in a CPU hour"
        yield f"{self.failed} lives broke a law" if self.failed else "no law was broken"


async def told_lives(
    url: str, seeds: Iterable[int], *, keep_lines: bool = False, sabotage: Sabotage | None = None
) -> AsyncIterator[ToldLife]:
    """Live the lives of these seeds. `sabotage` may break the product in each of them."""
    async with _world(url) as world:
        for n, seed in enumerate(seeds):
            await world.clean(thoroughly=n % CLEANED_EVERY == 0)
            yield await world.live(seed, keep_lines=keep_lines, sabotage=sabotage)


class _World:
    """What the lives share: the database with the study in force."""

    def __init__(self, database: FaultyDatabase, settings: Settings, studies: Studies) -> None:
        self._database, self._settings, self._studies = database, settings, studies
        self._tables: list[str] = []

    async def begin(self) -> None:
        """Apply the study, once."""
        life = Life(0, self._database, self._settings, self._studies)
        text = Path(__file__).with_name("study.yaml").read_text(encoding="utf-8")
        short = text.partition("\n  symptoms:")[0].replace(LONG, SHORT).replace("for: 9d", "for: 6d")
        for study in (text, short):
            await apply_study(life.rt, study, "study.yaml", _library(), "tester")
        rows = await self._database.look(
            "SELECT format('%I.%I', schemaname, tablename) AS name, tablename FROM pg_tables"
            " WHERE schemaname IN ('public', 'vault')"
        )
        self._tables = sorted(row["name"] for row in rows if row["tablename"] not in KEPT)

    async def clean(self, *, thoroughly: bool) -> None:
        """Delete everybody."""
        empty = (
            f"TRUNCATE {', '.join(self._tables)}" if thoroughly else ";".join(f"DELETE FROM {t}" for t in self._tables)
        )
        await self._database.change(f"SET LOCAL session_replication_role = replica; {empty}")

    async def live(self, seed: int, *, keep_lines: bool, sabotage: Sabotage | None) -> ToldLife:
        """One life, from enrolment to rest, and what it broke."""
        began = await self._cpu()
        life = Life(seed, self._database, self._settings, self._studies)
        life.boundaries.keep_lines = keep_lines
        if sabotage is not None:
            sabotage(life)
        await life.live()
        broken = await broken_laws(life)
        here = life.boundaries
        return ToldLife(
            seed, broken, life.days, here.crossed, here.tally, here.trace(), here.lines, await self._cpu() - began
        )

    async def _cpu(self) -> float:
        """CPU seconds that this process and the server's processes for it have used (Linux; elsewhere ours alone)."""
        rows = await self._database.look("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'")
        ticks = 0
        for row in rows:
            with suppress(OSError):
                words = Path(f"/proc/{row['pid']}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
                ticks += int(words[11]) + int(words[12])  # utime and stime
        return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def _world(url: str) -> AsyncIterator[_World]:
    database = await FaultyDatabase(make_conninfo(url, **PATIENT)).open()
    try:
        with _without_real_waits():
            world = _World(database, _settings(url), Studies())
            await world.begin()
            yield world
    finally:
        await database.close()


@contextmanager
def _without_real_waits() -> Iterator[None]:
    """Retries of the product wait in real seconds; here they try again at once."""
    kept = consumer.RETRY_WAITS, reconcile.RETRY_WAITS
    consumer.RETRY_WAITS, reconcile.RETRY_WAITS = (0.0,) * 5, (0.0,) * 2
    try:
        yield
    finally:
        consumer.RETRY_WAITS, reconcile.RETRY_WAITS = kept


def _settings(url: str) -> Settings:
    return Settings(
        database_url=SecretStr(url), kafka_bootstrap="127.0.0.1:1", vault_key=SecretStr("11" * 32),
        link_key=SecretStr("22" * 32), public_url="https://pro.example.org",
        twilio_account_sid=ACCOUNT, twilio_auth_token=SecretStr("token"), twilio_sender=NUMBER,
        smtp_url=SecretStr("smtp://127.0.0.1:1"), email_from="The Story Team <team@example.org>",
    )  # fmt: skip


@cache
def _library() -> Library:
    return load_library(DATA / "conversations" / "instruments")
