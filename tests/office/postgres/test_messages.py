"""Messages: the most urgent is found by an index, however long the queue."""

import psycopg

from pro_collector.casework.sending.claiming import claim
from pro_collector.postgres.tables import messages
from tests.shared.clock import START
from tests.shared.office import Office

QUEUE = """
    INSERT INTO message (id, participant_id, contact_id, channel, purpose, language, body, urgency, requested_at,
                         expires_at)
    SELECT gen_random_uuid(), c.participant_id, c.id, 'sms', 'invitation', 'en', 'words', 2,
           %s + (20000 - n) * interval '1 second', %s + interval '9 days'
    FROM vault.contact c, generate_series(1, 20000) n WHERE c.channel = 'sms'
"""


async def test_the_claim_goes_by_the_index_and_the_most_urgent_comes_first(office: Office) -> None:
    await office.enrol()
    url = office.rt.settings.database_url.get_secret_value()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(QUEUE.encode(), (START, START))
        connection.execute("ANALYZE message")
        now = {"channel": "sms", "limit": 25, "now": START, "only": None}
        rows = connection.execute(f"EXPLAIN {messages.WAITING}".encode(), now).fetchall()
    plan = "\n".join(row[0] for row in rows)
    assert "message_waiting" in plan, plan
    assert "Seq Scan on message" not in plan, plan
    async with office.rt.database.transaction() as tx:
        await tx.execute("SET LOCAL enable_nestloop = off")  # the order must not be that of a join
        taken, _ = await claim(tx, office.rt, "sms", 25, START)
    assert len(taken) == 25
    claimed = await office.rows("SELECT id FROM message WHERE state = 'claimed' ORDER BY urgency, requested_at, id")
    assert [message.id for message in taken] == [row["id"] for row in claimed]
    await office.rows("DELETE FROM message RETURNING 1")
