"""What is too old is deleted at night, and nothing that belongs to a participant or that somebody must still see."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from pro_collector.commands.forget_old import forget_old
from pro_collector.reconciler import Reconciler
from pro_collector.runtime import Runtime
from tests.shared.office import Office
from tests.shared.scenes import in_conversation

STRANGER = "+12025550166"
LETTER = """
INSERT INTO dead_letter (event_id, topic, value, reason, {column}) VALUES (%s, 'pro.x', '', 'x', %s) RETURNING id
"""


def keeping(office: Office, **days: int) -> Runtime:
    """The runtime of an office with other settings."""
    return replace(office.rt, settings=office.rt.settings.model_copy(update=days))


async def letters(office: Office) -> list[str]:
    return [row["topic"] for row in await office.rows("SELECT topic FROM dead_letter ORDER BY id")]


async def test_texts_of_strangers_are_deleted_and_do_not_come_back(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7")
    await office.carrier.reply(STRANGER, "who is this", to=office.rt.settings.twilio_sender)
    await office.carrier.reply("+12025550167", "my new phone", to=office.rt.settings.twilio_sender)
    await office.run(office.clock.now() + timedelta(days=1))
    rt = keeping(office, keep_strangers_days=2)
    assert "texts of strangers" not in await forget_old(rt)
    await office.enrol("RT-2", phone="+12025550167")
    await office.run(office.clock.now() + timedelta(days=2))
    assert (await forget_old(rt))["texts of strangers"] == 1
    assert await office.one("SELECT count(*) FROM vault.inbound WHERE outcome = 'unknown sender'") == 1, "now known"
    assert await office.one("SELECT count(*) FROM vault.inbound WHERE outcome = 'answer'") == 1
    await Reconciler(office.rt).fetch_inbound()
    assert await office.one("SELECT count(*) FROM vault.inbound") == 2
    assert await forget_old(rt) == {}


async def test_a_dead_letter_stays_until_it_is_settled_and_its_event_handled(office: Office) -> None:
    await in_conversation(office)
    old = office.clock.now() - timedelta(days=91)
    handled = await office.one("SELECT event_id FROM outbox WHERE handled_at IS NOT NULL LIMIT 1")
    open_event = await office.one(
        "UPDATE outbox SET handled_at = NULL WHERE id = (SELECT max(id) FROM outbox) RETURNING event_id"
    )
    dismissed = "dismissed_by, dismissed_because, dismissed_at"
    for column, event, at in (("redriven_at", handled, old), ("redriven_at", handled, old + timedelta(days=2)),
                              ("died_at", UUID(int=1), old)):  # fmt: skip
        await office.rows(LETTER.format(column=column), event, at)
    await office.rows(LETTER.format(column=dismissed).replace("%s) R", "'n', 'n', %s) R"), open_event, old)
    assert await forget_old(office.rt) == {"settled dead letters": 1}
    assert len(await letters(office)) == 3
    await office.rows("UPDATE outbox SET handled_at = now() WHERE event_id = %s RETURNING id", open_event)
    assert await forget_old(office.rt) == {"settled dead letters": 1}
    await office.rows("DELETE FROM dead_letter RETURNING id")


async def test_a_study_may_keep_everything(office: Office) -> None:
    await office.carrier.reply(STRANGER, "who is this", to=office.rt.settings.twilio_sender)
    await office.run(office.clock.now() + timedelta(days=1_000))
    assert await forget_old(keeping(office, keep_strangers_days=0)) == {}
    assert await forget_old(office.rt) == {"texts of strangers": 1}
