"""Making an installation ready: the key that seals addresses and texts is checked, and can be replaced."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from pro_collector.casework.inbound.altered import NOT_SHOWN
from pro_collector.casework.inbound.receiving import receive, receive_mail
from pro_collector.casework.inbound.written import show_strangers
from pro_collector.casework.speaking.filling import open_nickname
from pro_collector.channels.twilio import Inbound
from pro_collector.commands.ask_team import ask_team
from pro_collector.commands.change_person import change_nickname
from pro_collector.embedded.servers import Servers
from pro_collector.errors import Altered, Conflict, Misconfigured, NotMigrated
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions.sealed import Resealed, SealedRow, reseal_all
from pro_collector.postgres.tables import contacts, data_keys, inbound, nicknames
from pro_collector.prepare import prepare
from pro_collector.runtime import Runtime, open_runtime
from pro_collector.settings import Settings
from pro_collector.vault import Vault, owner_of, row_name
from tests.shared.clock import START
from tests.shared.office import NURSE, PHONE, opened_office

pytestmark = pytest.mark.kafka

NEW = secrets.token_hex(32)
MAIL = b"From: Ann <rt-1@example.org>\r\nTo: clinic@example.org\r\nMessage-ID: <%s@example.org>\r\n\r\nGood morning\r\n"


@dataclass
class Study:
    """A study with one patient who has texted and written, at rest: no process is connected."""

    settings: Settings

    def with_key(self, key: str) -> Settings:
        return self.settings.model_copy(update={"vault_key": SecretStr(key)})

    @property
    def old(self) -> str:
        return self.settings.vault_key.get_secret_value()


@pytest.fixture
async def study(servers: Servers, prefix: str) -> Study:
    async with opened_office(servers.database_url, START) as office:
        await office.enrol()
        await change_nickname(office.rt, "RT-1", "Lea", by=NURSE.by)
        await office.reply("hello from the old days")
        await receive_mail(office.rt, MAIL % b"1")
        await office.settle()
        there = {"kafka_bootstrap": servers.kafka_bootstrap, "kafka_idempotent": servers.kafka_idempotent}
        return Study(office.rt.settings.model_copy(update={**there, "kafka_prefix": prefix}))


async def test_the_key_is_replaced_and_everybody_is_still_known(study: Study) -> None:
    done = await prepare(study.with_key(f"{NEW},{study.old}"))
    assert (done.migrations, done.resealed) == ([], 4), "the keys of a person, their phone, their mailbox, and lookups"
    assert (await prepare(study.with_key(f"{NEW}, {study.old}"))).resealed == 0
    async with open_runtime(study.with_key(NEW)) as rt:
        assert await read(rt) == {"hello from the old days", "Good morning"}
        await receive(rt, Inbound("SM1", PHONE, "+12025550100", "9", 0, {"Body": "9"}))
        assert await receive_mail(rt, MAIL % b"2") == "mail"
        assert not await strangers(rt)


async def test_another_key_is_refused_before_anybody_becomes_a_stranger(study: Study) -> None:
    with pytest.raises(Misconfigured, match="PRO_VAULT_KEY is not the key this database was sealed with"):
        async with open_runtime(study.with_key(NEW)):
            pass
    with pytest.raises(Misconfigured, match="run pro-collector migrate"):
        async with open_runtime(study.with_key(f"{NEW},{study.old}")):
            pass
    with pytest.raises(Misconfigured, match="PRO_VAULT_KEY is not the key"):
        await prepare(study.with_key(f"{NEW},{secrets.token_hex(32)}"))
    async with open_runtime(study.settings) as rt:
        assert "hello from the old days" in await read(rt)


async def test_a_key_that_was_given_to_somebody_else_is_named_and_nothing_is_sealed_again(study: Study) -> None:
    async with open_runtime(study.settings) as rt, rt.database.transaction() as tx:
        await data_keys.one(tx, "somebody else", rt.vault.new_key)
        await tx.execute(
            "UPDATE vault.data_key SET sealed = (SELECT sealed FROM vault.data_key WHERE owner = 'lookup')"
            " WHERE owner = 'somebody else'"
        )
    with pytest.raises(Conflict, match=r"nothing was sealed again.*somebody else"):
        await prepare(study.with_key(f"{NEW},{study.old}"))
    async with open_runtime(study.settings) as rt:
        assert await read(rt) == {"hello from the old days", "Good morning"}


@pytest.mark.parametrize("key", ["the same key", "a new key"])
async def test_what_an_earlier_version_sealed_is_sealed_again_for_its_row(study: Study, key: str) -> None:
    """The mail address was sealed without its row, as the first versions did; one text was put under another sender."""
    async with open_runtime(study.settings) as rt, rt.database.transaction() as tx:
        await ask_team(rt, await person(tx), "self", "May I swim?", "once")
        await seal_as_before(tx, rt.vault)
        await tx.execute("UPDATE vault.inbound SET sender_lookup = %s WHERE provider = 'mail'", (rt.vault.lookup("x"),))
    with pytest.raises(NotMigrated, match="run pro-collector migrate"):
        async with open_runtime(study.settings):
            pass
    now = study.settings if key == "the same key" else study.with_key(f"{NEW},{study.old}")
    assert [(await prepare(now)).resealed for _ in range(2)] == [5, 0], "all but the text of another sender"
    async with open_runtime(now) as rt:
        assert await read(rt) == {"hello from the old days", "May I swim?", NOT_SHOWN}
        assert await receive_mail(rt, MAIL % b"2") == "mail"
        await receive(rt, Inbound("SM1", PHONE, "+12025550100", "9", 0, {"Body": "9"}))
        assert not await strangers(rt)
        async with rt.database.transaction() as tx:
            (name,) = (await nicknames.of_participants(tx, [await person(tx)])).values()
            assert open_nickname(rt, name, await person(tx)) == "Lea"


async def test_a_swapped_address_is_named_when_the_key_is_replaced_and_stays_refused(study: Study) -> None:
    """The number of a phone in the place of the mailbox, and the other way round, each with its lookup."""
    async with open_runtime(study.settings) as rt, rt.database.transaction() as tx:
        await tx.execute(
            "UPDATE vault.contact mine SET sealed = other.sealed, lookup = other.lookup FROM vault.contact other"
            " WHERE mine.channel <> other.channel"
        )
    with capture_logs() as logs:
        assert (await prepare(study.with_key(f"{NEW},{study.old}"))).resealed == 4
    told = [line for line in logs if line["event"].startswith("a value is not the one that was recorded")]
    async with open_runtime(study.with_key(NEW)) as rt, rt.database.transaction() as tx:
        (found,) = (await contacts.of_participants(tx, [await person(tx)])).values()
        assert {str(contact.id) for contact in found} == {line["id"] for line in told}
        for contact in found:
            row = row_name(contact.participant_id, contact.reporter, contact.channel)
            with pytest.raises(Altered):
                rt.vault.open_address(contact.sealed, row, contact.lookup)
        assert await read(rt) == {"hello from the old days", "Good morning"}, "what was not touched is read"


async def test_not_while_a_part_works_with_the_old_key(study: Study) -> None:
    async with open_runtime(study.settings):
        with pytest.raises(Conflict, match="stop every part"):
            await prepare(study.with_key(f"{NEW},{study.old}"))
    assert (await prepare(study.with_key(f"{NEW},{study.old}"))).resealed == 4


async def person(tx: Tx) -> UUID:
    """The only participant."""
    row = await (await tx.execute("SELECT id FROM participant")).fetchone()
    assert row is not None
    return UUID(str(row["id"]))


async def seal_as_before(tx: Tx, vault: Vault) -> None:
    """Seal every value as earlier versions did, which had no data keys."""

    async def before(rows: Sequence[SealedRow]) -> Resealed:
        keys = await data_keys.of(tx, [owner_of(row.row) for row in rows], vault.new_key)
        texts = {row: vault.unseal(keys[owner_of(row.row)] + row.sealed, row.row) for row in rows}
        bound = [row for row in rows if row.table == "nickname" or row.row.endswith("sms")]
        return {
            row.id: vault.before.seal(f"{row.row}\n{text}" if row in bound else text) for row, text in texts.items()
        }

    await reseal_all(tx, before)
    await tx.execute("DELETE FROM vault.data_key")


async def read(rt: Runtime) -> set[str]:
    """Everything that came in, in words."""
    async with rt.database.transaction() as tx:
        ids = [row["id"] async for row in await tx.execute("SELECT id FROM vault.inbound")]
        rows = list((await inbound.load(tx, ids)).values())
        return {words for words, _ in await show_strangers(tx, rt, NURSE, rows, address=False)}


async def strangers(rt: Runtime) -> list[inbound.InboundRow]:
    """What came from addresses that nobody has."""
    async with rt.database.transaction() as tx:
        return await inbound.of_strangers(tx, START.replace(year=2000))
