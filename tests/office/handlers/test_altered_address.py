"""Somebody with the database and without the key changes where people are reached: nobody is written to by mistake."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from pro_collector.casework.inbound.altered import NOT_SHOWN, UNREADABLE
from pro_collector.casework.inbound.receiving import receive
from pro_collector.channels.twilio import Inbound
from pro_collector.commands.change_person import move_address
from pro_collector.commands.show_task import show_task
from pro_collector.commands.write_to import write_to
from pro_collector.display.history import sentence
from pro_collector.runtime import open_runtime
from tests.office.handlers.test_alert_raised import TEAM
from tests.shared.office import NURSE, Office
from tests.shared.scenes import ASKED, DAY, SOON, history

SWAP = "UPDATE vault.contact mine SET {} FROM vault.contact other WHERE mine.id <> other.id"
SWAPS = {
    "sealed": [SWAP.format("sealed = other.sealed")],
    "sealed and lookup": [SWAP.format("sealed = other.sealed, lookup = other.lookup")],
    "with the keys": [
        SWAP.format("sealed = other.sealed, lookup = other.lookup"),
        "UPDATE vault.data_key mine SET sealed = other.sealed FROM vault.data_key other"
        " WHERE mine.owner <> other.owner AND length(mine.owner) = 36 AND length(other.owner) = 36",
    ],
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
    for statement in SWAPS[what]:
        await sql(office, statement)


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


async def test_an_address_in_the_place_of_another_channel_is_never_used(office: Office) -> None:
    await office.enrol("RT-1", phone=ONE)
    await office.happened("treatment_start", date(2026, 3, 3), "RT-1")
    before = texted(office), len(office.letters())
    await sql(office, SWAP.format("sealed = other.sealed, lookup = other.lookup"))
    await office.run(ASKED + 4 * DAY)
    assert (texted(office), len(office.letters())) == before
    assert await office.one("SELECT count(*) FROM vault.contact WHERE broken_reason = 'altered'") == 2
    assert (
        await office.one("SELECT count(*) FROM message WHERE state IN ('accepted', 'sent', 'delivered')") == before[0]
    )


async def test_words_of_the_team_that_were_swapped_reach_nobody(office: Office) -> None:
    await two_treated(office)
    for code, words in (("RT-1", "Your scan is on Monday."), ("RT-2", "Your scan is on Tuesday.")):
        sent = await write_to(office.rt, code, words, by=NURSE.by)
        assert sent.waits, "for the end of the quiet hours"
    await sql(office, "UPDATE vault.written mine SET sealed = other.sealed FROM vault.written other"
                      " WHERE mine.message_id <> other.message_id")  # fmt: skip
    await office.run(ASKED)
    assert "scan" not in " ".join(office.texts(ONE) + office.texts(OTHER))
    assert await office.one("SELECT count(*) FROM task WHERE kind = 'altered'") == 2


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


async def test_what_an_earlier_version_sealed_is_not_used_any_more(office: Office) -> None:
    """Whoever has an old copy of the database has such values; `migrate` has sealed all of them again."""
    await two_treated(office)
    vault = office.rt.vault
    old = vault.before.seal(ONE)
    await sql(office, "UPDATE vault.contact SET sealed = %s WHERE lookup = %s", old, vault.lookup(ONE))
    await office.run(ASKED + SOON)
    assert not office.texts(ONE)
    assert len(office.texts(OTHER)) == 2, "their own, and nobody else's"
    assert await office.one("SELECT count(*) FROM task WHERE kind = 'altered'") == 1


@pytest.mark.parametrize("what", ["sealed = other.sealed", "sender_lookup = other.sender_lookup"])
async def test_a_received_text_that_was_changed_by_hand_is_not_read_as_anybodys(office: Office, what: str) -> None:
    await two_treated(office)
    await office.run(ASKED + SOON)
    for phone, words in ((ONE, "7"), (OTHER, "STOP")):
        await receive(office.rt, Inbound(phone, phone, "+12025550100", words, 0, {}))
    await sql(office, f"UPDATE vault.inbound mine SET {what} FROM vault.inbound other WHERE mine.id <> other.id")
    await office.settle()
    assert await office.one("SELECT count(*) FROM answer") == 0
    assert await office.one("SELECT count(*) FROM vault.contact WHERE opted_out_at IS NOT NULL") == 0
    assert {row["outcome"] for row in await office.rows("SELECT outcome FROM vault.inbound")} == {"altered"}
    tasks = await office.rows("SELECT t.id, code, kind, detail FROM task t JOIN participant p ON p.id = participant_id")
    assert sorted((task["code"], task["kind"]) for task in tasks) == [("RT-1", "urgent"), ("RT-2", "urgent")]
    assert {task["detail"]["reason"] for task in tasks} == {UNREADABLE}
    shown = await show_task(office.rt, str(tasks[0]["id"]), NURSE)
    assert [each.words for each in shown.written] == [NOT_SHOWN]
