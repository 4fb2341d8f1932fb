"""A backup of the demo study, restored elsewhere: the record is the same, and nobody is texted twice."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from pro_collector.commands import restore as restoring
from pro_collector.commands.back_up import back_up, verify
from pro_collector.commands.channel_status import channel_status
from pro_collector.errors import Conflict, Damaged, Misconfigured
from pro_collector.postgres.database import Database
from pro_collector.reconciler import Reconciler
from pro_collector.vault import Vault
from tests.shared.databases import CLONE, own_database
from tests.shared.office import PHONE, Office
from tests.shared.scenes import ANSWERS, ASKED, SOON, first_occasion, in_conversation, treated

HOUR = timedelta(hours=1)
VIEWS = ("score_on_treatment", "score_current", "answer_current", "occasion_count", "timeline_event", "score_weekly")


@pytest.fixture
def elsewhere(postgres: str) -> Iterator[str]:
    """Another database, migrated and empty."""
    with own_database(postgres, CLONE) as url:
        yield url


@asynccontextmanager
async def restored(office: Office, url: str, file: Path) -> AsyncIterator[None]:
    """The office goes on with what is restored at `url`; its carrier keeps its log, and reports to nobody."""
    await restoring.restore(url, office.rt.vault, file, "tester", office.clock.now())
    database = await Database(url).open()
    before = office.world
    office.world = replace(before, rt=replace(before.rt, database=database))
    try:
        await office.settle()
        yield
        await office.check_laws()
    finally:
        office.world = before
        await database.close()


async def resumed(office: Office) -> None:
    """Read the carrier's log, resume, and settle what is doubtful."""
    await Reconciler(office.rt).fetch_inbound()
    await office.settle()
    await restoring.resume(office.rt, "tester")
    await office.settle()
    await Reconciler(office.rt).settle(timedelta())
    await office.run(office.clock.now() + HOUR)


async def backed_up(office: Office, folder: Path) -> Path:
    await back_up(office.rt.database, office.rt.vault, folder / "pro.backup", office.clock.now())
    return folder / "pro.backup"


async def copied(office: Office) -> dict[str, bytes]:
    """What researchers read, byte by byte, and the scores."""
    rows = {}
    async with office.rt.database.transaction() as tx:
        for view in (*VIEWS, "score", "answer", "vault.contact"):
            async with (
                tx.cursor() as cursor,
                cursor.copy(f"COPY (SELECT * FROM {view} v ORDER BY v::text) TO STDOUT") as copy,
            ):
                rows[view] = b"".join([bytes(piece) async for piece in copy])
    return rows


async def test_scores_and_views_are_the_same_to_the_byte(office: Office, elsewhere: str, tmp_path: Path) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    before = await copied(office)
    assert before["score_on_treatment"].count(b"\n") == 7
    file = await backed_up(office, tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    assert PHONE.encode() not in file.read_bytes()
    with pytest.raises(Conflict, match="exists"):
        await backed_up(office, tmp_path)
    async with restored(office, elsewhere, file):
        assert await copied(office) == before
        last = await office.one("SELECT max(seq) FROM answer")
        assert await office.one("SELECT nextval(pg_get_serial_sequence('answer', 'seq'))") == last + 1
    with pytest.raises(Conflict, match="not empty"):
        await restoring.restore(elsewhere, office.rt.vault, file, "tester", office.clock.now())


async def asked_after_a_backup(office: Office, folder: Path) -> tuple[Path, list[str]]:
    """The backup of a person in treatment, and the texts that they have got after it was made."""
    await treated(office)
    await office.run(ASKED - HOUR)
    file = await backed_up(office, folder)
    await office.run(ASKED + SOON)
    return file, office.texts()


async def test_a_text_that_left_after_the_backup_is_not_sent_again(
    office: Office, elsewhere: str, tmp_path: Path
) -> None:
    file, sent = await asked_after_a_backup(office, tmp_path)
    async with restored(office, elsewhere, file):
        await office.run(office.clock.now() + HOUR)
        assert office.texts() == sent, "nothing leaves before somebody resumes"
        assert [each.held_for for each in await channel_status(office.rt)] == ["restored", "restored"]
        with pytest.raises(Conflict, match="log of inbound texts"):
            await restoring.waiting(office.rt)
        await resumed(office)
        assert office.texts() == sent
        assert await office.one("SELECT count(*) FROM message WHERE state = 'accepted' AND channel = 'sms'") >= 1
        assert (await first_occasion(office))["state"] == "invited"
        with pytest.raises(Conflict, match="nothing is to be resumed"):
            await restoring.resume(office.rt, "tester")


async def test_a_text_that_waited_in_the_backup_and_left_is_not_sent_again(
    office: Office, elsewhere: str, tmp_path: Path
) -> None:
    await treated(office)
    await office.run(ASKED - SOON)
    office.clock._now = ASKED
    await office.handle_only("survey.due")  # its text is requested, and has not left
    file = await backed_up(office, tmp_path)
    await office.run(ASKED + SOON)
    sent = office.texts()
    async with restored(office, elsewhere, file):
        await resumed(office)
        assert office.texts() == sent


async def test_a_text_that_never_left_leaves_once(office: Office, elsewhere: str, tmp_path: Path) -> None:
    await treated(office)
    await office.run(ASKED - HOUR)
    file = await backed_up(office, tmp_path)
    before = office.texts()
    office.outage(ASKED + SOON)
    async with restored(office, elsewhere, file):
        await resumed(office)
        assert len(office.texts()) == len(before) + 1


async def test_a_stop_after_the_backup_is_read_before_anything_leaves(
    office: Office, elsewhere: str, tmp_path: Path
) -> None:
    await treated(office)
    await office.run(ASKED - HOUR)
    file = await backed_up(office, tmp_path)
    await office.run(ASKED + SOON)
    await office.reply("STOP")
    sent = office.texts()
    async with restored(office, elsewhere, file):
        await resumed(office)
        assert office.texts() == sent
        assert await office.one("SELECT count(*) FROM vault.contact WHERE opted_out_at IS NOT NULL") == 1


async def test_an_emergency_after_the_backup_is_answered_before_anybody_resumes(
    office: Office, elsewhere: str, tmp_path: Path
) -> None:
    file, sent = await asked_after_a_backup(office, tmp_path)
    async with restored(office, elsewhere, file):
        await office.carrier.reply(PHONE, "I cannot breathe")
        await office.run(office.clock.now() + SOON)
        assert office.texts() == sent, "its webhook went to the lost database"
        await Reconciler(office.rt).fetch_inbound()
        await office.settle()
        await Reconciler(office.rt).settle(timedelta())
        await office.run(office.clock.now() + SOON)
        (answer,) = office.texts()[len(sent) :]
        assert "911" in answer


async def test_what_cannot_be_restored_is_refused(office: Office, elsewhere: str, tmp_path: Path) -> None:
    file = await backed_up(office, tmp_path)
    now, vault = office.clock.now(), office.rt.vault
    assert verify(file, vault).digests["public.study"].rows == 1
    with pytest.raises(Misconfigured, match="PRO_VAULT_KEY"):
        await restoring.restore(elsewhere, Vault("ab" * 32, "cd" * 32), file, "tester", now)
    content = bytearray(file.read_bytes())
    content[-100] ^= 1
    damaged = tmp_path / "damaged.backup"
    damaged.write_bytes(content)
    with pytest.raises(Damaged):
        await restoring.restore(elsewhere, vault, damaged, "tester", now)
    await office.rows(
        "UPDATE _yoyo_migration SET migration_id = '9999.later' WHERE migration_id LIKE '0002%%' RETURNING 1"
    )
    later = tmp_path / "later.backup"
    await back_up(office.rt.database, vault, later, now)
    with pytest.raises(Conflict, match="install pro-collector"):
        await restoring.restore(elsewhere, vault, later, "tester", now)
    with psycopg.connect(elsewhere) as connection:
        assert connection.execute("SELECT count(*) FROM study").fetchone() == (0,), "nothing was left behind"
