"""The clock of the database was an hour ahead and is set right: what was noted meanwhile keeps nobody waiting."""

from datetime import UTC, datetime, timedelta

from pro_collector.postgres.tables import outbox, polls
from pro_collector.postgres.tables.polls import InboundLog
from pro_collector.reconciler import FIRST_POLL_BACK, LEASE, SETTLE_AFTER, Reconciler
from pro_collector.relay import REPUBLISH_AFTER
from tests.shared.office import Office
from tests.shared.scenes import in_conversation

LOG = InboundLog("twilio", "+12025550100")


async def test_an_event_and_a_text_are_looked_after_at_once(office: Office) -> None:
    await in_conversation(office)
    await office.rows(
        "UPDATE outbox SET handled_at = NULL, published_at = now() + interval '1 hour'"
        " WHERE id = (SELECT max(id) FROM outbox) RETURNING 1"
    )
    await office.rows(
        "UPDATE message SET state = 'unknown', provider_id = NULL, ended_at = NULL,"
        " requested_at = now() + interval '1 hour', claimed_at = now() + interval '1 hour' RETURNING 1"
    )
    async with office.rt.database.transaction() as tx:  # no report came, which would say that a text has left
        await tx.execute("SELECT set_config('pro_collector.erasing', 'yes', true)")
        await tx.execute("DELETE FROM report")
        assert await outbox.republish(tx, REPUBLISH_AFTER) == 1
    texts = len(office.carrier.log.all())
    for text in office.carrier.log.all():
        text.created = datetime.now(UTC)  # by the clock of the database, as a carrier's is
    assert await Reconciler(office.rt).settle(SETTLE_AFTER) > 0
    await office.settle()
    assert len(office.carrier.log.all()) == texts, "each is found in the log of a day, and not sent again"


async def test_missed_texts_are_fetched_in_the_usual_time(office: Office) -> None:
    """A STOP may be among them."""
    now = office.rt.clock.now()
    async with office.rt.database.transaction() as tx:
        assert not await polls.claim(tx, LOG, LEASE, at_once=True)
        await tx.execute(
            "UPDATE poll SET claimed_until = now() + interval '1 hour', next_at = now() + interval '1 hour'"
        )
    async with office.rt.database.transaction() as tx:
        assert not await polls.claim(tx, LOG, LEASE, at_once=False)
        reconciler = Reconciler(office.rt)
        await polls.note_read(tx, reconciler.inbound_log, now + timedelta(hours=1))
    assert await reconciler._poll_from(now) == now - FIRST_POLL_BACK, "how far the log was read is not known"
