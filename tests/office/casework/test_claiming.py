"""What must not leave: every state of a life times everything that is ever said, with the message already queued."""

from typing import get_args

import pytest

from pro_collector.casework.sending.claiming import claim
from pro_collector.casework.speaking.speech import URGENCY
from scheduler.person import Condition
from tests.shared.office import Office
from tests.unit.domain.conversation.test_permission import expected


async def queue_everything(office: Office, channel: str) -> None:
    """One message of each purpose waits, about no survey."""
    await office.rows("DELETE FROM message RETURNING 1")
    await office.rows(
        """
        INSERT INTO message (id, participant_id, contact_id, channel, purpose, language, body, urgency, requested_at,
                             expires_at)
        SELECT gen_random_uuid(), c.participant_id, c.id, c.channel, purpose, 'en', 'words', 0, %s,
               %s + interval '1 day'
        FROM vault.contact c, unnest(%s::text[]) AS purpose WHERE c.channel = %s RETURNING 1
        """,
        office.clock.now(), office.clock.now(), sorted(URGENCY), channel,
    )  # fmt: skip


@pytest.mark.parametrize("kind", get_args(Condition))
async def test_what_is_queued_for_somebody_in_a_state_leaves_or_does_not(office: Office, kind: Condition) -> None:
    await office.enrol()
    person, today = await office.one("SELECT id FROM participant"), office.clock.now().date()
    await office.rows(
        "INSERT INTO participant_state (id, participant_id, kind, starts_on, recorded_at, recorded_by)"
        " VALUES (gen_random_uuid(), %s, %s, %s, now(), 'tester') RETURNING 1",
        person, kind, today,
    )  # fmt: skip
    for channel in ("sms", "email"):
        await queue_everything(office, channel)
        async with office.rt.database.transaction() as tx:
            taken, refused = await claim(tx, office.rt, channel, 100, office.clock.now())
        found: dict[str, str | None] = {each.purpose: None for each in taken}
        found |= {each.purpose: reason for each, reason in refused}
        assert found == {purpose: expected(kind, purpose, channel) for purpose in URGENCY}
    await office.rows("DELETE FROM message RETURNING 1")
