"""message.urgent: a stop, an emergency and news of a death do not wait behind the texts of other people."""

import asyncio
from datetime import timedelta

from tests.shared.office import PHONE, Office
from tests.shared.scenes import MOTHER, TREATED, in_conversation

STRANGER = "+12025550191"


async def unread(office: Office, *texts: tuple[str, str]) -> None:
    """Two people are asked a question; then these texts come in, and nobody reads them."""
    await office.enrol("RT-2", phone=MOTHER)
    await office.happened("treatment_start", TREATED, "RT-2")
    await in_conversation(office)
    for number, words in texts:
        await office.carrier.reply(number, words)
        while not office.carrier.idle():
            await asyncio.sleep(0.01)


async def outcomes(office: Office) -> list[str | None]:
    return [row["outcome"] for row in await office.rows("SELECT outcome FROM vault.inbound ORDER BY received_at, id")]


async def test_a_stop_overtakes_other_people_and_not_what_the_same_phone_wrote_before(office: Office) -> None:
    await unread(office, (MOTHER, "5"), (PHONE, "7"), (PHONE, "please stop texting me"))
    await office.handle_only("message.urgent")
    assert sorted(map(str, await outcomes(office))) == ["None", "answer", "opt_out"]
    assert await office.one("SELECT count(*) FROM vault.contact WHERE opted_out_at IS NOT NULL") == 1
    await office.settle()
    assert sorted(map(str, await outcomes(office))) == ["answer", "answer", "opt_out"]
    assert await office.one("SELECT count(*) FROM answer") == 2, "each text is read once"
    assert not any("2/6" in text for text in office.texts()), "nothing is asked after the stop"


async def test_an_emergency_is_answered_while_others_wait(office: Office) -> None:
    await unread(office, (MOTHER, "5"), (PHONE, "I have chest pain"))
    await office.handle_only("message.urgent")
    assert await office.one("SELECT count(*) FROM task WHERE kind = 'urgent'") == 1
    assert await office.one("SELECT count(*) FROM vault.inbound WHERE outcome IS NULL") == 1
    await office.settle()
    assert await office.one("SELECT count(*) FROM task WHERE kind = 'urgent'") == 1


async def test_an_emergency_from_an_unknown_number_is_told_while_others_wait(office: Office) -> None:
    await unread(office, (MOTHER, "5"), (STRANGER, "I cannot breathe"))
    await office.handle_only("message.urgent")
    assert await office.one("SELECT count(*) FROM outbox WHERE type = 'alert.raised'") == 1
    await office.settle()
    assert await office.one("SELECT count(*) FROM outbox WHERE type = 'alert.raised'") == 1


async def test_a_mail_that_stops_is_urgent_and_an_answer_is_not(office: Office) -> None:
    await unread(office, (PHONE, "7"), (MOTHER, "3, but my back hurts"))
    assert await office.one("SELECT count(*) FROM outbox WHERE type = 'message.urgent'") == 0
    await office.run(office.clock.now() + timedelta(days=5))  # until a link has come by mail
    await office.write("Please stop writing to me")
    assert await office.one("SELECT count(*) FROM outbox WHERE type = 'message.urgent'") == 1
