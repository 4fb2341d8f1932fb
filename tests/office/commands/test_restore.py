"""A backup of the demo study, restored elsewhere: the record is the same, and nobody is texted twice."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from pro_collector.commands import restore as restoring
from pro_collector.commands.back_up import back_up, verify
from pro_collector.commands.channel_status import channel_status
from pro_collector.commands.erase import erase
from pro_collector.commands.key_file import back_up_keys
from pro_collector.errors import BadInput, Conflict, Damaged, Misconfigured
from pro_collector.postgres.database import Database
from pro_collector.postgres.questions.retention import forget_strangers
from pro_collector.reconciler import Reconciler
from pro_collector.vault import Vault
from tests.office.commands.test_erase import everywhere, opens, sealed_rows
from tests.shared.databases import CLONE, own_database
from tests.shared.office import PHONE, Office
from tests.shared.scenes import ANSWERS, ASKED, SOON, TREATED, first_occasion, in_conversation, treated

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
    async with moved(office, url):
        yield


@asynccontextmanager
async def moved(office: Office, url: str) -> AsyncIterator[None]:
    """The office goes on with the database at `url`."""
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
    assert verify(file, vault).file.digests["public.study"].rows == 1
    with pytest.raises(Misconfigured, match="PRO_VAULT_KEY"):
        await restoring.restore(elsewhere, Vault("ab" * 32, "cd" * 32), file, "tester", now)
    with pytest.raises(Misconfigured, match="PRO_VAULT_KEY"):
        await back_up(office.rt.database, Vault("ab" * 32, "cd" * 32), tmp_path / "other.backup", now)
    for keys, refused in ((file, "expected the data keys"), (tmp_path / "none", "cannot be read")):
        with pytest.raises((Conflict, BadInput), match=refused):
            await restoring.restore(elsewhere, vault, file, "tester", now, keys)
    with pytest.raises(Conflict, match="not the file of data keys of this database"):
        await back_up_keys(office.rt.database, vault, file, now)
    early = tmp_path / "early-keys"
    await back_up_keys(office.rt.database, vault, early, now - HOUR)
    with pytest.raises(Conflict, match="older than the backup"):
        verify(file, vault, early)
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


OTHER = "+12025550199"
RECORD = (
    "participant",
    "participant_state",
    "answer",
    "score",
    "occasion",
    "vault.contact",
    "vault.inbound",
    "erasure",
)


async def two_answered(office: Office) -> UUID:
    """RT-1 has answered a survey, and so has RT-2, and a stranger has written; the id of RT-1."""
    await office.enrol("RT-2", phone=OTHER, email="")
    await office.happened("treatment_start", TREATED, "RT-2")
    await in_conversation(office)
    await office.reply(*ANSWERS)
    await office.reply(*ANSWERS, number=OTHER)
    await office.reply("hello?", number="+12025550177")
    return UUID(str(await office.one("SELECT id FROM participant WHERE code = 'RT-1'")))


async def rows_of(office: Office) -> dict[str, bytes]:
    """The record of everybody, byte by byte."""
    found = {}
    async with office.rt.database.transaction() as tx:
        for table in RECORD:
            query = f"COPY (SELECT * FROM {table} t ORDER BY t::text) TO STDOUT"
            async with tx.cursor() as cursor, cursor.copy(query) as copy:
                found[table] = b"".join([bytes(piece) async for piece in copy])
    return found


@pytest.mark.parametrize("keep_answers", [False, True])
async def test_who_was_erased_since_the_backup_is_erased_again_and_cannot_be_read_in_it(
    office: Office, elsewhere: str, postgres: str, tmp_path: Path, keep_answers: bool
) -> None:
    person = await two_answered(office)
    file = await backed_up(office, tmp_path)
    then = office.clock.now()
    old_keys = (tmp_path / "data-keys").rename(tmp_path / "old-keys")
    sealed = await sealed_rows(office)
    assert {await opens(office, *row) for row in sealed} == {True}
    office.clock._now += SOON
    await erase(office.rt, "RT-1", keep_answers=keep_answers, by="tester")
    async with office.rt.database.transaction() as tx:
        await forget_strangers(tx, office.clock.now())
    await back_up_keys(office.rt.database, office.rt.vault, tmp_path / "data-keys", office.clock.now())
    left = await rows_of(office)
    assert left["score"].count(b"\n") == 7 * (1 + keep_answers)
    sent = office.texts(), office.texts(OTHER)
    async with restored(office, elsewhere, file):
        assert await rows_of(office) == left, "as it was before the disaster: the others to the byte"
        readable = {row for value, row in sealed if await opens(office, value, row)}
        assert not [row for row in readable if row.startswith((str(person), office.rt.vault.lookup(PHONE).hex()))]
        assert readable == {row for _, row in await sealed_rows(office)}, "all that is left can be read"
        if not keep_answers:
            assert str(person) not in repr(await everywhere(office))
        await office.reply("HELP", number=OTHER)  # its webhook went to the lost database
        await resumed(office)
        assert office.texts() == sent[0], "nobody writes to them"
        assert len(office.texts(OTHER)) > len(sent[1]), "the others are known"
    if keep_answers:
        return
    with own_database(postgres, CLONE) as url:  # as another program would bring back the database, with its keys
        await restoring.restore(url, office.rt.vault, file, "tester", then, old_keys)
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT FROM participant WHERE id = %s", [person]).rowcount == 1
        name = conninfo_to_dict(url)["dbname"]
        while await office.one(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'", name
        ):
            await asyncio.sleep(0.05)
        done = await restoring.take_over(
            url, office.rt.vault, tmp_path / "data-keys", then, "tester", office.clock.now()
        )
        assert (done.at, done.erased) == (then, 1)
        async with moved(office, url):
            assert {**await rows_of(office), "occasion": b""} == {**left, "occasion": b""}, "but what is due by now"
            assert (await channel_status(office.rt))[0].held_for == "restored"
