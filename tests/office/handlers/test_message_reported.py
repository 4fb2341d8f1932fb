"""message.reported: what a provider says is folded by rank, and a failure takes the next way at once."""

import itertools
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from pro_collector.casework.inbound.reporting import record_reports, report
from pro_collector.channels.twilio import RANKS, Report
from pro_collector.commands.finish_task import finish_task
from pro_collector.commands.record_state import record_state
from pro_collector.commands.record_treatment import record_event
from pro_collector.domain.events import MessageReported
from pro_collector.handlers import message_reported
from pro_collector.postgres.tables import messages, outbox
from pro_collector.postgres.tables.messages import MessageRow
from tests.shared.office import DEMO, PHONE, Office
from tests.shared.scenes import (
    ANSWERS,
    ASKED,
    DAY,
    SOON,
    TREATED,
    first_occasion,
    history,
    history_names,
    in_conversation,
    treated,
)

LIVES = [
    ("queued", "sending", "sent", "delivered"),
    ("queued", "sent", "undelivered", "delivered"),
    ("accepted", "queued", "failed"),
    ("sent", "delivered", "read"),
]
"""What carriers say of one message, in the order in which it happens."""
MAIL_FIRST = DEMO.replace('version: "1.0"', 'version: "1.1"').replace(
    "ladder:\n      - {channel: sms}\n      - {channel: email, after: 1d}\n      - {channel: call, after: 3d}",
    "ladder: [{channel: email}, {channel: sms, after: 2d}]",
)


async def claimed(office: Office, count: int) -> list[UUID]:
    """Messages that belong to no occasion and are on their way."""
    contact = (await office.rows("SELECT * FROM vault.contact WHERE channel = 'sms' LIMIT 1"))[0]
    now = office.clock.now()
    rows = [
        MessageRow(
            uuid4(), contact["participant_id"], None, contact["id"], "sms", "help", 0, "en", None, "words", None, None,
            0, now, now + DAY,
        )
        for _ in range(count)
    ]  # fmt: skip
    async with office.rt.database.transaction() as tx:
        await messages.add(tx, rows)
    await office.rows("UPDATE message SET state = 'accepted', attempts = 9 RETURNING 1")
    return [row.id for row in rows]


async def test_the_order_in_which_reports_come_does_not_matter(office: Office) -> None:
    await office.enrol()
    orders = [(history, order) for history in LIVES for order in itertools.permutations(history)]
    ids = await claimed(office, len(orders))
    for id, (_, order) in zip(ids, orders, strict=True):
        for status in (*order, order[0]):  # and one of them twice
            await report(office.rt, id, said_of(id, status))
    await office.settle()
    rows = {row["id"]: row["state"] for row in await office.rows("SELECT id, state FROM message")}
    for id, (lived, order) in zip(ids, orders, strict=True):
        best = max(lived, key=lambda status: RANKS[status])
        assert rows[id] == {"read": "delivered"}.get(best, best), order


async def test_reports_that_are_stored_together_count_as_those_that_come_one_by_one(office: Office) -> None:
    await office.enrol()
    orders = [order for history in LIVES for order in itertools.permutations(history)]
    ids = await claimed(office, 2 * len(orders))
    alone, together = ids[: len(orders)], ids[len(orders) :]
    for id, order in zip(alone, orders, strict=True):
        for status in (*order, order[0]):
            await report(office.rt, id, said_of(id, status))
    lived = [(id, status) for id, order in zip(together, orders, strict=True) for status in (*order, order[0])]
    batch, nobody = [(id, said_of(id, status)) for id, status in lived], uuid4()
    known = await record_reports(office.rt, [*batch, (nobody, said_of(nobody, "sent"))])
    assert known == [True] * len(batch) + [False]
    await office.settle()
    states = {row["id"]: row["state"] for row in await office.rows("SELECT id, state FROM message")}
    assert [states[id] for id in together] == [states[id] for id in alone]


def said_of(id: UUID, status: str) -> Report:
    """A report of the carrier about a message, with the code of a failure."""
    code = "30007" if status in ("undelivered", "failed") else None
    return Report(f"SM{id.hex}", status, RANKS[status], code, None, 0, {"MessageStatus": status})


async def test_only_a_report_that_has_consequences_is_an_event(office: Office) -> None:
    await in_conversation(office)
    (asked,) = await office.rows("SELECT id, state, provider_id FROM message WHERE item IS NOT NULL")
    assert asked["state"] == "delivered"
    told = [detail for what, detail in await history(office, await first_occasion(office)) if what == "delivered"]
    assert told == [{"channel": "sms", "purpose": "invitation", "code": None}]
    of_reports = "SELECT count(*) FROM outbox WHERE type = 'message.reported'"
    assert await office.one(of_reports) == 0

    ids = await claimed(office, 3)
    await office.rows("UPDATE message SET held_since = now() WHERE id = %s RETURNING 1", ids[0])
    for id, status in zip(ids, ("sent", "undelivered", "queued"), strict=True):
        await report(office.rt, id, Report(f"SM{id.hex}", status, RANKS[status], None, None, 0, {}))
    assert await office.one(of_reports) == 2, "of one whose channel was held, and of a failure"
    await office.settle()


async def test_a_batch_of_reports_is_the_same_as_one_after_the_other(office: Office) -> None:
    await office.enrol()
    (id,) = await claimed(office, 1)
    person = await office.one("SELECT participant_id FROM message WHERE id = %s", id)
    batch = [
        MessageReported(
            id=uuid4(), participant_id=person, occurred_at=office.clock.now(), message_id=id, status=status,
            error_code=None,
        )
        for status in ("delivered", "queued", "sent", "nobody-knows-this-word")
    ]  # fmt: skip
    async with office.rt.database.transaction() as tx:
        await outbox.add(tx, batch)
        await outbox.mark_published(tx, [row.id for row in await outbox.unpublished(tx, 10)], [])
    await message_reported.handle(batch, rt=office.rt)
    assert await office.one("SELECT state FROM message WHERE id = %s", id) == "delivered"


@pytest.mark.parametrize(
    ("code", "broken", "opted_out", "task"),
    [
        (30005, True, False, None),
        (30006, True, False, None),
        (30007, False, False, "sms 30007"),
        (12345, False, False, "sms 12345"),
    ],
    ids=["number-gone", "landline", "filtered", "never-heard-of"],
)
async def test_an_undelivered_invitation_goes_by_mail_at_once(
    office: Office, code: int, broken: bool, opted_out: bool, task: str | None
) -> None:
    office.carrier.unreachable[PHONE] = code
    await in_conversation(office)
    occasion = await first_occasion(office)
    assert occasion["rung"] == 1
    assert "The Story Team: your check-in is ready: Weekly symptoms" in office.letters()
    contact = (await office.rows("SELECT * FROM vault.contact WHERE channel = 'sms'"))[0]
    assert (contact["broken_at"] is not None, contact["opted_out_at"] is not None) == (broken, opted_out)
    told = await office.rows("SELECT detail ->> 'reason' AS why FROM task WHERE kind = 'delivery'")
    assert [row["why"] for row in told] == ([task] if task else [])


async def test_what_only_we_can_mend_is_one_task_for_everybody_it_concerns(office: Office) -> None:
    numbers = ["+12025550102", "+12025550103"]
    for n, number in enumerate(numbers, start=2):
        office.carrier.unreachable[number] = 30007
        await office.enrol(f"RT-{n}", phone=number)
        await office.happened("treatment_start", TREATED, f"RT-{n}")
    office.carrier.unreachable[PHONE] = 30007
    await in_conversation(office)
    told = "SELECT id, detail ->> 'reason' AS why FROM task WHERE kind = 'delivery' AND done_at IS NULL"
    (task,) = await office.rows(told)
    assert task["why"] == "sms 30007"
    await finish_task(office.rt, str(task["id"]), by="operator")
    await office.run(ASKED + timedelta(days=7, hours=1))
    assert len(await office.rows(told)) == 1, "it was not mended: it is told again"


async def test_handset_off_is_tried_once_more_hours_later_then_by_mail(office: Office) -> None:
    office.carrier.unreachable[PHONE] = 30003
    await in_conversation(office)
    assert (await first_occasion(office))["rung"] == 0
    await office.run(ASKED + timedelta(hours=3, minutes=59))
    assert await office.one("SELECT count(*) FROM message WHERE item IS NOT NULL") == 1
    await office.run(ASKED + timedelta(hours=5))
    tried = await office.rows("SELECT state, attempts FROM message WHERE item IS NOT NULL AND channel = 'sms'")
    assert tried == [{"state": "failed", "attempts": 1}] * 2
    assert (await first_occasion(office))["rung"] == 1


async def test_handset_off_and_on_again_it_is_asked_by_text(office: Office) -> None:
    office.carrier.unreachable[PHONE] = 30003
    await in_conversation(office)
    office.carrier.unreachable.clear()
    await office.run(ASKED + timedelta(hours=5))
    assert len([text for text in office.texts() if "worst pain" in text]) == 1
    assert (await office.reply(*ANSWERS)).startswith("Thank you")


async def test_sent_reported_after_undelivered_does_not_swallow_the_second_try(office: Office) -> None:
    office.carrier.unreachable[PHONE] = 30003
    await in_conversation(office)
    office.carrier.unreachable.clear()
    (row,) = await office.rows("SELECT m.id, r.provider_id FROM message m JOIN report r ON r.message_id = m.id "
                               "WHERE m.item IS NOT NULL AND r.status = 'undelivered'")  # fmt: skip
    await office.by_force("DELETE FROM report WHERE status = 'sent' RETURNING 1")  # as if it had not come in its time
    await office.rows("DELETE FROM outbox WHERE payload ->> 'status' = 'sent' RETURNING 1")
    await report(office.rt, row["id"], Report(row["provider_id"], "sent", RANKS["sent"], None, None, 0, {}))
    await office.run(ASKED + timedelta(hours=5))
    assert len([text for text in office.texts() if "worst pain" in text]) == 1


async def test_who_said_stop_to_the_carrier_has_said_it_to_us(office: Office) -> None:
    await treated(office)
    office.carrier.opted_out.add(PHONE)
    await office.run(ASKED + SOON)
    contact = (await office.rows("SELECT * FROM vault.contact WHERE channel = 'sms'"))[0]
    assert contact["opted_out_at"] is not None
    assert (await first_occasion(office))["rung"] == 1
    asked = len(office.carrier.log.all())
    await office.run(ASKED + 8 * DAY)
    assert len(office.carrier.log.all()) == asked, "the carrier is not asked again"


async def test_a_failure_of_a_way_left_long_ago_takes_no_further_one(office: Office) -> None:
    await in_conversation(office)
    await office.run(ASKED + DAY + SOON)
    assert (await first_occasion(office))["rung"] == 1
    await office.rows("UPDATE message SET state = 'sent', ended_at = NULL WHERE channel = 'sms' RETURNING 1")
    (row,) = await office.rows("SELECT id, provider_id FROM message WHERE channel = 'sms' AND item IS NOT NULL")
    await report(office.rt, row["id"], Report(row["provider_id"], "undelivered", 50, "30005", None, 0, {}))
    await office.settle()
    occasion = await first_occasion(office)
    assert occasion["rung"] == 1
    assert "call" not in await history_names(office, occasion)


async def test_nobody_is_woken_by_a_failure_in_the_night(office: Office) -> None:
    await office.apply(MAIL_FIRST)
    await in_conversation(office)
    (row,) = await office.rows(
        "SELECT m.id FROM message m JOIN occasion o ON o.id = m.occasion_id WHERE m.channel = 'email'"
        " AND o.assessment = 'weekly-symptoms'"
    )
    night = ASKED + timedelta(hours=13)
    await office.run(night)
    person = await office.one("SELECT id FROM participant")
    bounce = MessageReported(
        id=uuid4(), participant_id=person, occurred_at=night, message_id=row["id"], status="failed", error_code="5.1.1"
    )
    before = len(office.texts())
    async with office.rt.database.transaction() as tx:
        await outbox.add(tx, [bounce])
    await office.run(night + timedelta(hours=8))
    assert len(office.texts()) == before
    await office.run(night + timedelta(hours=9) + SOON)
    assert len(office.texts()) == before + 1
    assert "1/6 Last 7 days: how bad was your worst pain" in office.texts()[-1]


async def test_a_failed_word_of_thanks_changes_nothing(office: Office) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS[:5])
    office.carrier.unreachable[PHONE] = 30005
    await office.reply(ANSWERS[5])
    occasion = await first_occasion(office)
    assert (occasion["state"], occasion["rung"]) == ("completed", 0)


async def test_a_report_of_what_was_never_ours_is_no_poison(office: Office) -> None:
    await office.enrol()
    stray = MessageReported(
        id=uuid4(), participant_id=await office.one("SELECT id FROM participant"), occurred_at=office.clock.now(),
        message_id=uuid4(), status="delivered",
    )  # fmt: skip
    async with office.rt.database.transaction() as tx:
        await outbox.add(tx, [stray])
    await office.settle()
    assert await office.one("SELECT count(*) FROM dead_letter") == 0


async def test_several_failures_at_once_ask_for_one_call(office: Office) -> None:
    office.carrier.unreachable[PHONE] = 30005
    await office.enrol(email=None)
    await record_event(office.rt, "RT-1", "treatment_start", TREATED, by="tester")
    await office.run(ASKED + SOON)
    occasion = await first_occasion(office)
    assert await office.one("SELECT count(*) FROM task WHERE kind = 'call' AND occasion_id = %s", occasion["id"]) == 1


async def test_nobody_calls_somebody_who_is_away_because_a_text_failed(office: Office) -> None:
    await in_conversation(office, email=None)
    await record_state(office.rt, "RT-1", "holiday", office.clock.now().date(), None, by="tester")
    await office.rows("UPDATE message SET state = 'sent', ended_at = NULL WHERE item IS NOT NULL RETURNING 1")
    await office.by_force("DELETE FROM report WHERE status = 'delivered' RETURNING 1")
    (row,) = await office.rows("SELECT id, provider_id FROM message WHERE item IS NOT NULL")
    await report(office.rt, row["id"], Report(row["provider_id"], "undelivered", 50, "30005", None, 0, {}))
    await office.settle()
    assert await office.rows("SELECT kind FROM task") == []
    occasion = await first_occasion(office)
    assert (occasion["rung"], (await history(office, occasion))[-1]) == (
        0, ("suppressed", {"reason": "holiday", "of": "invitation"})
    )  # fmt: skip
