"""Somebody with the database and without the key changes where people are reached: nobody is written to by mistake."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from pro_collector.commands.change_person import move_address
from pro_collector.display.history import sentence
from pro_collector.prepare import bind_addresses
from pro_collector.runtime import open_runtime
from pro_collector.vault import Vault
from tests.office.handlers.test_alert_raised import TEAM
from tests.shared.office import Office
from tests.shared.scenes import ASKED, DAY, SOON, history

SWAPS = {
    "sealed": "sealed = other.sealed",
    "sealed and lookup": "sealed = other.sealed, lookup = other.lookup",
}
ONE, OTHER = "+12025550101", "+12025550102"


async def two_treated(office: Office) -> None:
    """RT-1 and RT-2 start treatment; each has a phone, and no mailbox."""
    for code, phone in (("RT-1", ONE), ("RT-2", OTHER)):
        await office.enrol(code, phone=phone, email="")
        await office.happened("treatment_start", date(2026, 3, 3), code)


async def sql(office: Office, statement: str, *values: Any) -> None:
    """What somebody types who has the database and no key."""
    async with office.rt.database.transaction() as tx:
        await tx.execute(statement.encode(), values)


async def swap(office: Office, what: str) -> None:
    await sql(
        office,
        f"UPDATE vault.contact mine SET {SWAPS[what]} FROM vault.contact other "  # a constant
        "WHERE mine.id <> other.id AND mine.channel = 'sms' AND other.channel = 'sms'",
    )


def texted(office: Office) -> int:
    """How many texts have reached the two phones."""
    return len(office.texts(ONE)) + len(office.texts(OTHER))


@pytest.mark.parametrize("what", list(SWAPS))
async def test_addresses_that_were_swapped_are_never_used(office: Office, what: str) -> None:
    await two_treated(office)
    before = texted(office)
    await swap(office, what)
    with capture_logs() as logs:
        await office.run(ASKED + SOON)
    assert texted(office) == before, "nobody gets what is another's"
    asked = await office.rows("SELECT code FROM task t JOIN participant p ON p.id = participant_id"
                              " WHERE kind = 'altered' ORDER BY 1")  # fmt: skip
    assert [row["code"] for row in asked] == ["RT-1", "RT-2"]
    assert {row["state"] for row in await office.rows("SELECT state FROM message")} == {"failed"}
    occasion, *_ = await office.rows("SELECT o.* FROM occasion o JOIN message m ON m.occasion_id = o.id")
    told_by_why = [sentence(what, detail) for what, detail in await history(office, occasion)]
    assert any("the address in the database is not the one that was recorded" in line for line in told_by_why)
    told = [line for line in logs if line["event"] == "an address is not the one that was recorded: nothing is sent"]
    assert sorted(str(line["contact"]) for line in told) == sorted(
        str(row["id"]) for row in await office.rows("SELECT id FROM vault.contact")
    )
    for private in (ONE, OTHER):
        assert private not in str(logs)


async def test_the_team_is_alerted_and_puts_it_right(office: Office) -> None:
    await two_treated(office)
    await swap(office, "sealed")
    await office.run(ASKED + SOON)
    letters = office.world.mailbox.inboxes[TEAM]
    assert sorted(letter.subject for letter in letters) == ["altered: RT-1", "altered: RT-2"]
    assert "wrote" not in letters[0].text
    assert "address" in letters[0].text
    assert texted(office) == 0
    await move_address(office.rt, "RT-1", "phone", ONE, by="tester")
    await office.run(ASKED + 8 * DAY)
    assert office.texts(ONE)
    assert not office.texts(OTHER), "nothing more goes there until it is recorded anew"


async def test_a_message_that_was_given_to_somebody_else_is_not_sent(office: Office) -> None:
    await two_treated(office)
    before, port = texted(office), urlsplit(office.rt.settings.twilio_url).port or 0
    await office.carrier.stop()
    await office.run(ASKED + timedelta(seconds=10))
    await sql(office, "UPDATE message m SET contact_id = c.id FROM vault.contact c"
                      " WHERE c.participant_id <> m.participant_id AND m.state = 'requested'")  # fmt: skip
    await office.carrier.start(port)
    await office.run(ASKED + timedelta(minutes=30))  # one after the other: the channel was held while nobody answered
    assert texted(office) == before
    assert await office.one("SELECT count(*) FROM task WHERE kind = 'altered'") == 2


async def test_what_is_no_sealed_address_at_all_stops_no_sender(office: Office) -> None:
    await two_treated(office)
    await sql(office, "UPDATE vault.contact SET sealed = 'rubbish' WHERE lookup = %s", office.rt.vault.lookup(ONE))
    async with open_runtime(office.rt.settings):
        pass  # whoever is started now knows its key all the same
    await office.run(ASKED + SOON)
    assert office.texts(OTHER)
    assert not office.texts(ONE)
    assert await office.one("SELECT count(*) FROM task WHERE kind = 'altered'") == 1


async def test_addresses_of_before_are_known_and_are_bound_when_the_database_is_made_ready(office: Office) -> None:
    """What was sealed without its row opens while its lookup agrees; from then on it opens for its row alone."""
    await two_treated(office)
    vault: Vault = office.rt.vault
    for address in (ONE, OTHER):
        await sql(
            office, "UPDATE vault.contact SET sealed = %s WHERE lookup = %s", vault.seal(address), vault.lookup(address)
        )
    async with office.rt.database.transaction() as tx:
        assert await bind_addresses(tx, vault) == 2
        assert await bind_addresses(tx, vault) == 0
    await swap(office, "sealed and lookup")
    before = texted(office)
    await office.run(ASKED + SOON)
    assert texted(office) == before


@pytest.mark.parametrize("agrees", [True, False])
async def test_an_address_of_before_is_used_while_its_lookup_agrees(office: Office, agrees: bool) -> None:
    await two_treated(office)
    vault: Vault = office.rt.vault
    sealed = vault.seal(ONE if agrees else OTHER)
    await sql(office, "UPDATE vault.contact SET sealed = %s WHERE lookup = %s", sealed, vault.lookup(ONE))
    await office.run(ASKED + SOON)
    assert bool(office.texts(ONE)) is agrees
    assert len(office.texts(OTHER)) == 2, "their own, and nobody else's"
    assert await office.one("SELECT count(*) FROM task WHERE kind = 'altered'") == (not agrees)
