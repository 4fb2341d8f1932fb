"""Site means site in the database too: of a person at another site, the viewer finds nothing in any table."""

from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest

from pro_collector.casework.inbound.written import show_words
from pro_collector.commands import audit
from pro_collector.commands.erase import erase
from pro_collector.domain.account.permission import Sites
from pro_collector.postgres.database import Database
from pro_collector.postgres.grants import PREFIX, VIEWER
from pro_collector.postgres.questions.session import Scope
from pro_collector.postgres.questions.transcript import written_by
from pro_collector.postgres.tables import looks, participants
from pro_collector.postgres.tables.looks import Look
from tests.shared.office import NURSE, PHONE, STUDY, Office
from tests.shared.scenes import ANSWERS, ASKED, SOON, TREATED

OTHER = "+12025550188"
EVER = datetime(2000, 1, 1, tzinfo=UTC)
READABLE = """
SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('public', 'vault', 'seen', 'research') AND c.relkind IN ('r', 'v') AND c.relname !~ 'yoyo'
  AND has_table_privilege(%s, c.oid, 'SELECT')
"""
# What no scene here brings about: a row each, of one person.
ROWS = """
INSERT INTO alert (id, participant_id, study, study_version, rule, reporter, state, raised_at, last_at, due_at)
SELECT %(alert)s, id, study, study_version, 'pain', 'self', 'raised', now(), now(), now() FROM participant
WHERE id = %(id)s;
INSERT INTO alert_log (alert_id, at, what) VALUES (%(alert)s, now(), 'raised');
INSERT INTO alert_occasion SELECT participant_id, 'pain', 'self', id, %(alert)s, now() FROM occasion
WHERE participant_id = %(id)s LIMIT 1;
INSERT INTO feed_record (id, study, feed, changed_at, deleted, standing, taken_at, participant_id)
SELECT gen_random_uuid(), study, 'f', now(), false, 'same', now(), id FROM participant WHERE id = %(id)s;
INSERT INTO consent (id, participant_id, reporter, covers, given_on, recorded_at, recorded_by, withdrawn_on,
                     withdrawal_recorded_at, excludes_data)
VALUES (gen_random_uuid(), %(id)s, 'proxy', 'bereavement', '2026-03-01', now(), 'nurse', '2026-03-02', now(), true);
WITH run AS (INSERT INTO feed_run (id, study, feed, began_at, ended_at, run_by, kind)
    SELECT gen_random_uuid(), study, 'f', now(), now(), 'garcia', 'look' FROM participant WHERE id = %(id)s
    RETURNING id)
INSERT INTO feed_look (run_id, participant_id, changes) SELECT id, %(id)s, '{}' FROM run;
INSERT INTO own_page_visit (participant_id, reporter, at, what) VALUES (%(id)s, 'self', now(), 'read');
INSERT INTO opt_out (participant_id, contact_id, stopped_at, how, stopped_by)
SELECT participant_id, id, now(), 'keyword', 'sender' FROM vault.contact WHERE participant_id = %(id)s LIMIT 1;
INSERT INTO participant_change (id, participant_id, field, recorded_at, recorded_by)
VALUES (gen_random_uuid(), %(id)s, 'site', now(), 'nurse');
INSERT INTO participant_state (id, participant_id, kind, starts_on, recorded_at, recorded_by)
VALUES (gen_random_uuid(), %(id)s, 'admitted', '2026-03-01', now(), 'nurse');
INSERT INTO task (id, participant_id, kind, raised_at) VALUES (gen_random_uuid(), %(id)s, 'review', now());
INSERT INTO vault.nickname VALUES (%(id)s, 'x');
INSERT INTO vault.written SELECT id, participant_id, NULL, 'x', now(), 'nurse' FROM message
WHERE participant_id = %(id)s LIMIT 1;
INSERT INTO team_act (at, by_whom, client, what, page, study, participant_id)
SELECT now(), 'garcia', '', 'looked', '/', study, id FROM participant WHERE id = %(id)s;
INSERT INTO triggered (participant_id, assessment, reporter, occasion_id, at, recorded_at, study_version)
SELECT participant_id, 'pain', 'self', id, now(), now(), study_version FROM occasion
WHERE participant_id = %(id)s LIMIT 1;
WITH made AS (INSERT INTO webhook (id, study, name, url, events, made_at, made_by)
    SELECT gen_random_uuid(), study, code, 'https://example.org', '{score.recorded}', now(), 'lead' FROM participant
    WHERE id = %(id)s RETURNING id)
INSERT INTO webhook_delivery (webhook_id, event_id, type, participant_id, occurred_at, data, due_at)
SELECT id, gen_random_uuid(), 'score.recorded', %(id)s, now(), '{}', now() FROM made;
INSERT INTO work (item, participant_id, version) VALUES (%(alert)s, %(id)s, 1);
INSERT INTO work_log (item, participant_id, at, what, who) VALUES (%(alert)s, %(id)s, now(), 'claimed', 'garcia')
"""
OWN = """
SELECT id::text FROM participant WHERE id = %(id)s
UNION SELECT id::text FROM occasion WHERE participant_id = %(id)s AND state <> 'planned'
UNION SELECT id::text FROM message WHERE participant_id = %(id)s
UNION SELECT id::text FROM alert WHERE participant_id = %(id)s
UNION SELECT id::text FROM vault.contact WHERE participant_id = %(id)s
UNION SELECT encode(lookup, 'hex') FROM vault.contact WHERE participant_id = %(id)s
"""


NOT_OF_PEOPLE = {
    "public.study", "public.study_application", "public.study_instrument", "public.instrument",
    "public.instrument_item", "public.scale_item", "public.restoration", "public.channel_hold", "public.account",
    "public.account_grant", "public.account_event", "public.audit_checkpoint", "public.audit_verification",
    "public.roster", "public.feed", "public.feed_run", "public.job", "public.webhook", "public.export_piece",
    "public.erasure",
    "research.studies",
    "research.study_instruments",
    "research.instruments", "research.item_definitions", "research.scale_definitions",
}  # fmt: skip


async def marks(office: Office, code: str) -> str:
    """Give a participant a row in each table; a pattern that finds each of their ids."""
    values = {"id": await office.one("SELECT id FROM participant WHERE code = %s", code), "alert": uuid4()}
    async with office.rt.database.transaction() as tx:
        for statement in ROWS.split(";"):
            await tx.execute(statement.encode(), values)
        rows = await (await tx.execute(OWN.encode(), values)).fetchall()
    return "|".join(value for row in rows for value in row.values())


async def found(database: Database, table: str, pattern: str) -> int:
    """How many rows of a table have an id of this pattern."""
    async with database.transaction() as tx:
        rows = await tx.execute(
            f"SELECT count(*) AS n FROM {table} t WHERE to_jsonb(t)::text ~ %s".encode(), (pattern,)
        )
        row = await rows.fetchone()
    return int(row["n"]) if row else 0


async def test_of_somebody_at_another_site_no_table_shows_anything(office: Office) -> None:
    for code, phone, site in (("RT-1", PHONE, "bethesda"), ("RT-2", OTHER, "madrid")):
        await office.enrol(code=code, phone=phone, site=site)
        await office.happened("treatment_start", TREATED, code)
    await office.run(ASKED + SOON)
    for phone in (PHONE, OTHER):
        await office.reply(*ANSWERS, "Can I take paracetamol with it?", number=phone)
    own, theirs = await marks(office, "RT-1"), await marks(office, "RT-2")
    rt = office.rt
    for code in ("RT-1", "RT-2"):
        async with rt.database.transaction() as tx:
            (who,) = await participants.by_code(tx, STUDY, code)
            await show_words(tx, rt, NURSE, "transcript", await written_by(tx, who.id, EVER), participant=who.id)

    whole = rt.database
    seen = whole.limited(Scope(PREFIX + VIEWER, STUDY, Sites(frozenset({"bethesda"}))))
    tables = {row["name"] for row in await office.rows(READABLE, PREFIX + VIEWER)}
    covered = set()
    for table in sorted(tables):
        behind = "public.participant" if table == "seen.person" else table.replace("seen.", "public.")
        assert await found(seen, table, theirs) == 0, f"{table} shows somebody of another site"
        assert await found(seen, table, own) == await found(whole, behind, own), f"{table} does not show all of its own"
        covered |= {table} if await found(whole, behind, theirs) else set()
    assert tables - covered == NOT_OF_PEOPLE, "each table has a row of the other site, or can have none"

    async with seen.transaction() as tx:
        texts = await written_by(tx, who.id, EVER)
        (mine,) = await participants.by_code(tx, STUDY, "RT-1")
        words = await show_words(tx, rt, NURSE, "transcript", await written_by(tx, mine.id, EVER), participant=mine.id)
    assert texts == []
    assert "Can I take paracetamol with it?" in words.values(), "the keys of one's own site can be read"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with seen.transaction() as tx:
            await looks.add(tx, Look(office.clock.now(), "nurse", "web", "transcript", who.id, None, []))

    await audit.close_chain(rt)
    await erase(rt, "RT-2", keep_answers=False, by="lead")
    assert await office.rows("SELECT by_whom, participant_id FROM team_act ORDER BY id") == [
        {"by_whom": "garcia", "participant_id": mine.id}, {"by_whom": "garcia", "participant_id": None}
    ]  # fmt: skip
    assert (await audit.verify_chain(rt)).findings == ()
