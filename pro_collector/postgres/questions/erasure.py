"""Erases a participant from every table, in the order of the foreign keys; the table `erasure` records that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import data_keys
from pro_collector.sealing import FORMAT

_ADDRESSES: LiteralString = """
    SELECT lookup FROM vault.contact c WHERE participant_id = %(id)s AND NOT EXISTS
        (SELECT FROM vault.contact o WHERE o.lookup = c.lookup AND o.participant_id <> c.participant_id)
"""
"""The addresses of the participant that nobody else has."""
_TEXTS: LiteralString = f"""
    FROM vault.inbound WHERE (occasion_id IN (SELECT id FROM occasion WHERE participant_id = %(id)s)
        OR (occasion_id IS NULL AND sender_lookup IN ({_ADDRESSES}))
        OR (provider = 'page' AND starts_with(provider_id, %(id)s::text)))
"""  # noqa: S608  # no value in it

_PROVIDER_IDS: LiteralString = f"""
    SELECT provider_id FROM message WHERE participant_id = %(id)s AND channel = 'sms' AND provider_id IS NOT NULL
    UNION SELECT r.provider_id FROM report r JOIN message m ON m.id = r.message_id
          WHERE m.participant_id = %(id)s AND m.channel = 'sms'
    UNION (SELECT provider_id {_TEXTS} AND provider = 'twilio') ORDER BY 1
"""  # noqa: S608  # no value in it

_UNREAD_OF_OTHERS: LiteralString = """
    UPDATE outbox e SET participant_id = theirs.participant_id, published_at = NULL,
           payload = e.payload || jsonb_build_object('participant_id', theirs.participant_id)
    FROM vault.inbound i, vault.contact theirs
    WHERE e.participant_id = %(id)s AND e.type = 'message.received' AND e.handled_at IS NULL
      AND i.id = (e.payload ->> 'inbound_id')::uuid
      AND theirs.id = (SELECT min(c.id::text)::uuid FROM vault.contact c
                       WHERE c.lookup = i.sender_lookup AND c.participant_id <> %(id)s)
"""
"""The event of a text from a shared phone has the id of one of its people. If that one is erased, another gets it."""

WORDS_AND_ADDRESSES: Sequence[LiteralString] = (
    # The order of locks is that of the handlers: event, addresses, participant. After the addresses are locked, a text
    # that was being received is stored with its event. After the agenda is deleted, an event that the scheduler was
    # moving is in the outbox; therefore the outbox is deleted twice.
    _UNREAD_OF_OTHERS,
    "DELETE FROM outbox WHERE participant_id = ANY(%(ids)s)",
    "SELECT FROM vault.contact WHERE participant_id = %(id)s ORDER BY id FOR UPDATE",
    "SELECT FROM participant WHERE id = %(id)s FOR UPDATE",
    "DELETE FROM agenda WHERE participant_id = ANY(%(ids)s)",
    "DELETE FROM outbox WHERE participant_id = ANY(%(ids)s)",
    "DELETE FROM dead_letter WHERE participant_id = ANY(%(ids)s)",
    "DELETE FROM webhook_delivery WHERE participant_id = ANY(%(ids)s)",
    # what a source reported and nobody took: it has the code
    "DELETE FROM dead_letter d USING participant p WHERE p.id = %(id)s AND CASE WHEN d.topic = 'treatment.reported'"
    " AND d.event_id IS NOT NULL THEN convert_from(d.value, 'UTF8')::jsonb @> jsonb_build_object('study', p.study,"
    " 'code', p.code) ELSE false END",
    "DELETE FROM api_request r USING participant p WHERE p.id = %(id)s AND r.study = p.study",  # an answer has codes
    "DELETE FROM calendar_link WHERE participant_id = %(id)s",
    "DELETE FROM own_page_session WHERE participant_id = %(id)s",
    "DELETE FROM own_page_visit WHERE participant_id = %(id)s",
    "DELETE FROM own_page_code WHERE participant_id = %(id)s",
    "DELETE FROM link l USING occasion o WHERE o.id = l.occasion_id AND o.participant_id = %(id)s",
    "DELETE FROM link l USING message m WHERE m.id = l.message_id AND m.participant_id = %(id)s",
    "SELECT erase_traces(%(id)s)",  # reports, opt-outs, and at whom somebody looked
    "SELECT erase_team_acts(%(id)s)",  # whose page somebody of the team was at
    "DELETE FROM work_log WHERE participant_id = %(id)s",
    "DELETE FROM work WHERE participant_id = %(id)s",
    "DELETE FROM task WHERE participant_id = %(id)s",
    "DELETE FROM feed_record WHERE participant_id = %(id)s",
    "DELETE FROM feed_look WHERE participant_id = %(id)s",
    "DELETE FROM alert_log l USING alert a WHERE a.id = l.alert_id AND a.participant_id = %(id)s",
    "DELETE FROM alert_occasion WHERE participant_id = %(id)s",
    "DELETE FROM alert WHERE participant_id = %(id)s",
    "DELETE FROM vault.written WHERE participant_id = %(id)s",
    "DELETE FROM message WHERE participant_id = %(id)s",
    f"INSERT INTO vault.erased_text (id) SELECT id {_TEXTS} ON CONFLICT DO NOTHING",
    f"DELETE {_TEXTS}",
    "DELETE FROM vault.contact WHERE participant_id = %(id)s",
    "DELETE FROM vault.nickname WHERE participant_id = %(id)s",
)
"""Removes the identity of a participant, the messages to them and the texts from them."""

ALL_ELSE: Sequence[LiteralString] = (
    "SELECT erase_measurements(%(id)s)",  # answers, scores, log and treatment
    "UPDATE job SET result = result #- ARRAY['preview', 'affected', %(id)s::text]"
    " WHERE jsonb_exists(result #> '{preview,affected}', %(id)s::text)",
    "DELETE FROM triggered WHERE participant_id = %(id)s",
    "DELETE FROM response WHERE participant_id = %(id)s",
    "DELETE FROM occasion WHERE participant_id = %(id)s",
    "DELETE FROM consent WHERE participant_id = %(id)s",
    "DELETE FROM participant_state WHERE participant_id = %(id)s",
    "DELETE FROM participant_change WHERE participant_id = %(id)s",
    "DELETE FROM participant WHERE id = %(id)s",
)
"""Removes the rest, which is stored under the pseudonym."""

_COARSEN: Sequence[LiteralString] = (
    "UPDATE participant SET birth_date = date_trunc('year', birth_date)::date, caregiver_goes_on = NULL"
    " WHERE id = %(id)s",
    "UPDATE participant_change SET was = NULL, became = NULL WHERE participant_id = %(id)s AND field = 'birth_date'",
    # A reason is free text of the team and may name somebody.
    "UPDATE participant_change SET reason = '' WHERE participant_id = %(id)s",
    "UPDATE consent SET reason = '', withdrawal_reason = NULL WHERE participant_id = %(id)s",
    "UPDATE participant_state SET reason = '', retracted_reason = NULL WHERE participant_id = %(id)s",
)


@dataclass(frozen=True, slots=True)
class ErasureRow:
    """The record of an erasure, without who was erased."""

    id: UUID
    study: str
    kept_answers: bool
    erased_at: datetime
    erased_by: str
    reason: str


async def provider_ids(tx: Tx, participant: UUID) -> list[str]:
    """The carrier's ids of the texts to a participant and from them."""
    rows = await tx.execute(_PROVIDER_IDS, {"id": participant})
    return [row["provider_id"] for row in await rows.fetchall()]


async def addresses(tx: Tx, participant: UUID) -> list[bytes]:
    """The keyed hashes of the addresses of a participant that nobody else has."""
    rows = await tx.execute(_ADDRESSES, {"id": participant})
    return [row["lookup"] for row in await rows.fetchall()]


async def words_and_addresses(tx: Tx, participant: UUID, before: Sequence[UUID]) -> None:
    """Remove addresses, texts, messages, tasks and pending events, and the keys of what nobody else has a part in.

    `before`: the ids that their addresses had as strangers, before the enrolment.
    """
    for statement in WORDS_AND_ADDRESSES:
        await tx.execute(statement, {"id": participant, "ids": [participant, *before]})
    await data_keys.destroy(tx, [participant])


async def all_else(tx: Tx, participant: UUID) -> None:
    """Remove the pseudonym with everything that is stored under it."""
    for statement in ALL_ELSE:
        await tx.execute(statement, {"id": participant})


async def coarsen(tx: Tx, participant: UUID, wordy: Sequence[tuple[str, str]]) -> None:
    """Keep what research needs: reduce the birth date to its year, and remove free-text answers and the team's reasons.

    `wordy`: the free-text items, as (instrument, item).
    """
    for statement in _COARSEN:
        await tx.execute(statement, {"id": participant})
    await tx.execute(
        "SELECT erase_words(%s, %s::text[], %s::text[])",
        (participant, [instrument for instrument, _ in wordy], [item for _, item in wordy]),
    )


async def recorded(tx: Tx) -> list[ErasureRow]:
    """All erasures that are recorded, oldest first."""
    async with tx.cursor(row_factory=class_row(ErasureRow)) as cursor:
        await cursor.execute(
            "SELECT id, study, kept_answers, erased_at, erased_by, reason FROM erasure ORDER BY erased_at, id"
        )
        return await cursor.fetchall()


async def texts_without_key(tx: Tx) -> int:
    """Remove received texts and mails whose key was destroyed, as it was done then; return how many.

    What an older version sealed, and `migrate` could not seal again, stays.
    """
    rows = await tx.execute(
        """
        WITH gone AS (
            DELETE FROM vault.inbound i WHERE get_byte(i.sealed, 0) = %s
            AND NOT EXISTS (SELECT FROM vault.data_key k WHERE k.owner = encode(i.sender_lookup, 'hex'))
            RETURNING id),
        unread AS (
            DELETE FROM outbox e USING gone WHERE e.type IN ('message.received', 'message.urgent')
            AND e.payload ->> 'inbound_id' = gone.id::text),
        for_good AS (INSERT INTO vault.erased_text (id) SELECT id FROM gone ON CONFLICT DO NOTHING)
        SELECT count(*) AS texts FROM gone
        """,
        (FORMAT,),
    )
    row = await rows.fetchone()
    return int(row["texts"]) if row else 0


async def values_without_key(tx: Tx) -> int:
    """How many addresses and nicknames nobody can read, because there is no key for them."""
    rows = await tx.execute(
        """
        SELECT count(*) AS values FROM (SELECT participant_id AS id FROM vault.contact
                                        UNION ALL SELECT participant_id FROM vault.nickname) sealed
        WHERE NOT EXISTS (SELECT FROM vault.data_key k WHERE k.owner = sealed.id::text)
        """
    )
    row = await rows.fetchone()
    return int(row["values"]) if row else 0


async def record(tx: Tx, row: ErasureRow) -> None:
    """Record that an erasure was done, at the end of its transaction, and how many entries of the chain it emptied."""
    await tx.execute(
        """
        INSERT INTO erasure (id, study, kept_answers, erased_at, erased_by, reason, recorded_at, entries)
        SELECT %s, %s, %s, %s, %s, %s, now(), count(*) FROM audit_entry WHERE erased_at = now()
        """,
        (row.id, row.study, row.kept_answers, row.erased_at, row.erased_by, row.reason),
    )
