"""Commands about backups: make one, check one, restore one, and let messages leave again afterwards."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from pro_collector import home
from pro_collector.cli.app import app
from pro_collector.cli.confirm import confirmed
from pro_collector.cli.session import as_columns, whoami, with_runtime
from pro_collector.errors import BadInput, Problem
from pro_collector.settings import Settings

if TYPE_CHECKING:
    from pro_collector.backup_file.frames import TableDigest
    from pro_collector.commands.restore import Restored
    from pro_collector.runtime import Runtime


class _FileFirst(TyperGroup):
    """A group whose first word may be a file: `backup FILE` is short for `backup make FILE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["make", *args]
        return super().parse_args(ctx, args)


group = typer.Typer(
    cls=_FileFirst, help="Make and check backups; `backup FILE` is short for `backup make FILE`.", no_args_is_help=True
)
app.add_typer(group, name="backup")

Embedded = Annotated[
    bool,
    typer.Option("--embedded", help="the database of `up` in PRO_HOME, while `up` is not running"),
]
BackupFile = Annotated[Path, typer.Argument(help="the file of the backup")]
KeyFile = Annotated[
    Path | None, typer.Option("--keys", help="the file of data keys; if not given: data-keys in the same folder")
]


@group.command("make")
def make(file: BackupFile, keys: KeyFile = None, embedded: Embedded = False) -> None:
    """Write the whole database into a new file, and the present data keys in place of the file of data keys.

    It is the state of one moment; the product may go on working. Both files are encrypted with a key derived from
    PRO_VAULT_KEY. Without the data keys nobody can read addresses and texts.
    """
    from pro_collector.clock import SystemClock
    from pro_collector.commands.back_up import back_up
    from pro_collector.postgres.database import Database
    from pro_collector.runtime import vault_of

    async def work() -> "dict[str, TableDigest]":
        async with settings_of(embedded=embedded) as settings:
            database = await Database(settings.database_url.get_secret_value()).open()
            try:
                return await back_up(database, vault_of(settings), file, SystemClock().now(), keys)
            finally:
                await database.close()

    print(f"backup: {file}: {_size(asyncio.run(work()))}, {file.stat().st_size:,} bytes")


@group.command("keys")
def keys(
    file: Annotated[Path, typer.Argument(help="the file of data keys, which is replaced")], embedded: Embedded = False
) -> None:
    """Write the present data keys in place of the file of data keys: after an erasure, and after a new vault key.

    Older backups then no longer open the addresses and texts of those who were erased.
    """
    from pro_collector.clock import SystemClock
    from pro_collector.commands.key_file import DATA_KEY, back_up_keys
    from pro_collector.postgres.database import Database
    from pro_collector.runtime import vault_of

    async def work() -> "dict[str, TableDigest]":
        async with settings_of(embedded=embedded) as settings:
            database = await Database(settings.database_url.get_secret_value()).open()
            try:
                return await back_up_keys(database, vault_of(settings), file, SystemClock().now())
            finally:
                await database.close()

    print(f"data keys: {file}: {asyncio.run(work())[DATA_KEY].rows:,} keys")


@group.command("verify")
def verify(file: BackupFile, keys: KeyFile = None) -> None:
    """Read a backup and its data keys to the end and check every byte, without a database; list its tables.

    Each has its number of rows and its SHA-256. Data keys that are older than the backup, or of another database, are
    refused. A file of data keys can also be checked alone.
    """
    from pro_collector.commands import back_up
    from pro_collector.commands.key_file import DATA_KEY
    from pro_collector.runtime import vault_of

    verified = back_up.verify(file, vault_of(key_settings()), keys)
    reader, head = verified.file, verified.file.head
    for name, digest in reader.digests.items():
        print(f"{name:28} {digest.rows:>10} {digest.sha256}")
    if verified.keys is not None:
        count, at = verified.keys.digests[DATA_KEY].rows, verified.keys.head.made_at
        print(f"data keys: {count:,}, as they were on {at:%Y-%m-%d %H:%M:%S} UTC; they fit this backup")
    made = f"made {head.made_at:%Y-%m-%d %H:%M:%S} UTC by pro-collector {head.release}"
    print(f"whole: {_size(reader.digests)}; {made} on PostgreSQL {head.server}, schema {head.migrations[-1]}")


@app.command()
def restore(
    file: Annotated[Path | None, typer.Argument(help="the file of the backup")] = None,
    keys: KeyFile = None,
    embedded: Embedded = False,
    at: Annotated[
        str,
        typer.Option(
            help="instead of a file: the database was restored by another program, to its state at this moment "
            "(2026-11-30T03:00Z); then --keys is required"
        ),
    ] = "",
    resume: Annotated[
        bool, typer.Option("--resume", help="after a restore: let messages leave again; it shows what waits")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="with --resume: do not ask for confirmation")] = False,
) -> None:
    """Restore a backup into an empty database, with all parts stopped. Then no message leaves until `--resume`.

    It needs the newest file of data keys, and erases again who was erased since the backup. Refused are a damaged file,
    a wrong key, data keys that are older than the backup, the schema of another release, and a database with rows.
    """
    if [file is not None, resume, bool(at)].count(True) != 1 or (at and keys is None):
        raise typer.BadParameter("expected a file, or --at and --keys, or --resume", param_hint="FILE")
    if resume:
        _resume(yes=yes)
    else:
        _restore(file, keys, moment(at) if at else None, embedded=embedded)


def moment(text: str) -> datetime:
    """An instant from the command line. Raises BadInput when it is none, or has no time zone."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise BadInput([Problem("", None, text, "expected an instant with its time zone, such as 2026-11-30T03:00Z")])
    return read.astimezone(UTC)


def _restore(file: Path | None, keys: Path | None, at: datetime | None, *, embedded: bool) -> None:
    from pro_collector.clock import SystemClock
    from pro_collector.commands import restore as restoring
    from pro_collector.runtime import vault_of

    async def work() -> "Restored":
        async with settings_of(embedded=embedded) as settings:
            url, vault = settings.database_url.get_secret_value(), vault_of(settings)
            now = SystemClock().now()
            if file is not None:
                return await restoring.restore(url, vault, file, whoami(), now, keys, roles=settings.database_roles)
            assert keys is not None and at is not None  # noqa: S101, PT018  # checked above
            return await restoring.take_over(url, vault, keys, at, whoami(), now)

    done = asyncio.run(work())
    whole = "; every table is as it was in the backup" if file is not None else ""
    print(f"restored: the state of {done.at:%Y-%m-%d %H:%M:%S} UTC{whole}")
    print(f"erased again: {done.erased} people, who were erased until {done.keys_at:%Y-%m-%d %H:%M:%S} UTC")
    print("start all parts; then record again what is lost, and run: pro-collector restore --resume")


def _resume(*, yes: bool) -> None:
    from pro_collector.commands import restore as restoring

    async def work(rt: "Runtime") -> bool:
        waiting = await restoring.waiting(rt)
        print(_WARNING.format(**as_columns(waiting), backup_at=waiting.restoration.backup_at))
        if not (yes or confirmed("Let messages leave?", "messages would leave")):
            return False
        await restoring.resume(rt, whoami())
        return True

    if with_runtime(work):
        print("resumed: messages leave again")


_WARNING = """\
Everything after {backup_at:%Y-%m-%d %H:%M:%S} UTC is lost, except the texts that people wrote. First record again:
deaths, withdrawals, pauses, stops by mail, link or telephone, treatment, new people, changed addresses.
Then up to {texts} texts to {texted} people and {mails} mails to {mailed} people leave. A text that may have left
before is looked for at the carrier; a mail that may have left before is not sent."""


@asynccontextmanager
async def settings_of(*, embedded: bool) -> AsyncIterator[Settings]:
    """The settings; with `embedded`, PostgreSQL runs on the folder of `up` meanwhile."""
    if not embedded:
        yield Settings.load()
        return
    from pro_collector.embedded.postgres import Postgres

    key_settings()  # before anything is started
    server = Postgres()
    home.make(home.home())
    url = await asyncio.to_thread(server.start, home.home() / "postgres", durable=True)
    try:
        yield Settings.load(**{**_UNUSED, "database_url": url})
    finally:
        await asyncio.to_thread(server.stop)


_UNUSED: "dict[str, object]" = {
    "database_url": "postgresql:///", "kafka_bootstrap": "127.0.0.1:0", "public_url": "http://127.0.0.1",
}  # fmt: skip
"""Settings that must be set, and that nothing here uses."""


def key_settings() -> Settings:
    """The settings of which only the keys are used. Raises Misconfigured when a key is missing."""
    return Settings.load(**_UNUSED)


def _size(digests: "dict[str, TableDigest]") -> str:
    return f"{sum(digest.rows for digest in digests.values()):,} rows in {len(digests)} tables"
