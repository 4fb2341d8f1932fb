"""Erasing somebody: nothing of them is left in any table, others keep theirs, and nothing more is sent or scored."""

import asyncio
import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from pro_collector.casework.inbound.receiving import receive
from pro_collector.channels.twilio import Inbound
from pro_collector.commands.ask_team import ask_team
from pro_collector.commands.change_person import change
from pro_collector.commands.erase import erase
from pro_collector.commands.reconcile import reconcile
from pro_collector.commands.record_state import record_state
from pro_collector.commands.record_treatment import record_event
from pro_collector.domain.conversation.stranger import stranger_id
from pro_collector.errors import Altered, NotFound
from pro_collector.postgres import score_weekly
from pro_collector.postgres.questions.sealed import SealedRow, reseal_all
from pro_collector.postgres.tables import agenda
from pro_collector.reconciler import Reconciler
from pro_collector.vault import owner_of
from pro_collector.web.form.postgres_store import PostgresFormStore
from tests.shared.clock import START
from tests.shared.office import PHONE, Office
from tests.shared.scenes import in_conversation

OTHER = "+12025550199"
KEPT = {
    "study", "study_application", "study_instrument", "instrument", "instrument_item", "scale_item", "erasure",
    "erased_text", "look", "data_key", "job",
}  # fmt: skip
"""Tables that hold nothing of anybody."""


async def everywhere(office: Office) -> dict[str, list[str]]:
    """Every row of every table, as text; migrations left out."""
    tables = await office.rows(
        "SELECT table_schema AS s, table_name AS t FROM information_schema.tables"
        " WHERE table_schema IN ('public', 'vault') AND table_type = 'BASE TABLE' AND table_name NOT LIKE '%%yoyo%%'"
    )
    found = {}
    for table in tables:
        rows = await office.rows(f'SELECT row_to_json(t)::text AS said FROM {table["s"]}."{table["t"]}" t')
        found[table["t"]] = [row["said"] for row in rows]
    return found


async def sealed_rows(office: Office) -> list[tuple[bytes, str]]:
    """What a backup has of the vault, without the keys: each sealed value with the name of its row."""
    found: list[tuple[bytes, str]] = []

    async def keep(rows: Sequence[SealedRow]) -> dict[UUID, bytes]:
        found.extend((row.sealed, row.row) for row in rows)
        return {}

    async with office.rt.database.transaction() as tx:
        await reseal_all(tx, keep)
    return found


async def opens(office: Office, sealed: bytes, row: str) -> bool:
    """Whether this value can be opened with the keys that there are now."""
    try:
        office.rt.vault.unseal(await office.one("SELECT vault.with_key(%s, %s)", owner_of(row), sealed), row)
    except Altered:
        return False
    return True


async def answered_and_asked_again(office: Office, **fields: Any) -> str:
    """RT-1 has answered one survey and is in the middle of another; the id of the participant."""
    await in_conversation(office, **fields)
    await office.reply("7", "3", "0", "1", "2", "0")
    await office.run(START + timedelta(days=9))
    await office.reply("5")
    return str(await office.one("SELECT id FROM participant WHERE code = 'RT-1'"))


async def test_nothing_is_left_anywhere(office: Office) -> None:
    person = await answered_and_asked_again(office)
    backup = await sealed_rows(office)
    assert {await opens(office, *row) for row in backup} == {True}
    await office.rows(
        "INSERT INTO job (id, study, kind, asked_by, asked_at, input, state, ended_at, result) VALUES (%s, 'story',"
        " 'preview', 'lead', now(), '{}', 'done', now(), %s::jsonb) RETURNING id",
        UUID(int=1), json.dumps({"preview": {"affected": {person: {"moved": 1}}}}),
    )  # fmt: skip
    occasions = [str(row["id"]) for row in await office.rows("SELECT id FROM occasion")]
    assert any(person in row for rows in (await everywhere(office)).values() for row in rows)
    done = await erase(office.rt, "RT-1", keep_answers=False, by="tester", reason="asked for it")
    left = await everywhere(office)
    assert {table: rows for table, rows in left.items() if rows and table not in KEPT | {"outbox"}} == {}
    assert all('"payload":null' in row for row in left["outbox"]), "that the streams delete what they have"
    assert not [row for rows in left.values() for row in rows if person in row or any(o in row for o in occasions)]
    (erasure,) = left["erasure"]
    assert "asked for it" in erasure
    assert "RT-1" not in erasure
    assert done.left_at_carrier == ()
    assert done.forgotten > 10
    words = [message.body for message in office.carrier.log.all() if message.body != ""]
    assert words == [], "the carrier has forgotten what was said"
    assert len(backup) > 5
    assert {await opens(office, *row) for row in backup} == {False}, "their keys are gone, so a backup tells nothing"
    assert await office.one("SELECT owner FROM vault.data_key") == "lookup"


async def test_weekly_means_are_without_them_at_once(office: Office) -> None:
    await answered_and_asked_again(office)
    await score_weekly.refresh(office.rt.database)
    assert await office.one("SELECT sum(scores) FROM score_weekly") > 0
    await erase(office.rt, "RT-1", keep_answers=False, by="tester")
    assert await office.rows("SELECT * FROM score_weekly") == []


async def test_nothing_more_is_sent_and_what_was_under_way_does_no_harm(office: Office) -> None:
    await answered_and_asked_again(office)
    before = len(office.texts())
    await office.carrier.reply(PHONE, "3")
    await erase(office.rt, "RT-1", keep_answers=False, by="tester")
    await office.redeliver()
    await office.run(START + timedelta(days=60))
    assert len(office.texts()) == before
    assert (await reconcile(office.rt)).holes == []
    with pytest.raises(NotFound):
        await erase(office.rt, "RT-1", keep_answers=False, by="tester")


async def test_answers_may_stay_under_the_pseudonym(office: Office) -> None:
    await answered_and_asked_again(office, birth_date=date(1980, 7, 9))
    scores = await office.rows("SELECT scale, value, study_day FROM score_on_treatment ORDER BY scale")
    await record_event(office.rt, "RT-1", "surgery", date(2026, 3, 4), by="tester", reason="Maria's husband rang")
    await change(office.rt, "RT-1", "sex", "female", by="tester", reason="Maria said so")
    await record_state(office.rt, "RT-1", "holiday", date(2026, 5, 1), None, by="tester", reason="Maria is away")
    await office.settle()
    await erase(office.rt, "RT-1", keep_answers=True, by="tester")
    await office.run(START + timedelta(days=60))
    kept = await office.rows("SELECT scale, value, study_day FROM score_on_treatment ORDER BY scale, study_day")
    assert [row for row in kept if row["study_day"] == scores[0]["study_day"]] == scores
    for table in ("vault.contact", "vault.inbound", "message", "link", "task", "report"):
        assert await office.one(f"SELECT count(*) FROM {table}") == 0
    assert await office.one("SELECT birth_date FROM participant") == date(1980, 1, 1)
    assert "Maria" not in repr(await everywhere(office))
    states = {row["state"] for row in await office.rows("SELECT state FROM occasion")}
    assert states <= {"completed", "partial", "missed", "cancelled"}
    assert (await reconcile(office.rt)).holes == []


async def test_whoever_shares_a_phone_keeps_theirs(office: Office) -> None:
    await office.enrol("RT-2")
    await answered_and_asked_again(office)
    others = await office.one("SELECT count(*) FROM occasion o JOIN participant p ON p.id = o.participant_id"
                              " WHERE p.code = 'RT-2'")  # fmt: skip
    await erase(office.rt, "RT-1", keep_answers=False, by="tester")
    left = await office.rows("SELECT DISTINCT code FROM participant")
    assert left == [{"code": "RT-2"}]
    assert await office.one("SELECT count(*) FROM vault.contact WHERE lookup = %s", office.rt.vault.lookup(PHONE)) == 1
    assert await office.one("SELECT count(*) FROM occasion") == others
    assert {await opens(office, *row) for row in await sealed_rows(office)} == {True}
    assert await office.one("SELECT count(*) FROM vault.data_key") == 3, "theirs, that of the phone, that of lookups"


async def test_a_question_from_an_own_page_goes_with_them_also_at_a_shared_phone(office: Office) -> None:
    first, second = await office.enrol("RT-1"), await office.enrol("RT-2")
    await ask_team(office.rt, first, "self", "May I swim?", "one")
    await ask_team(office.rt, second, "self", "May I run?", "one")
    await erase(office.rt, "RT-1", keep_answers=False, by="tester", reason="asked for it")
    left = await office.one("SELECT id FROM vault.inbound")
    assert await office.opened(left) == {"body": "May I run?"}


async def test_a_text_that_nobody_has_read_yet_is_read_for_whoever_shares_the_phone(office: Office) -> None:
    await office.enrol("RT-2")
    await in_conversation(office)
    await receive(office.rt, Inbound("SM1", PHONE, "+12025550100", "please stop texting me", 0, {}, office.clock.now()))
    travels_under = await office.one(
        "SELECT code FROM participant JOIN outbox e ON e.participant_id = participant.id"
        " WHERE e.type = 'message.received' AND e.handled_at IS NULL"
    )
    await erase(office.rt, travels_under, keep_answers=False, by="tester")
    await office.settle()
    (contact,) = await office.rows("SELECT opted_out_at FROM vault.contact WHERE channel = 'sms'")
    assert contact["opted_out_at"] is not None, "whoever is left has said stop"
    assert (await reconcile(office.rt)).holes == []


async def test_in_the_evening_they_have_left_that_evening(office: Office) -> None:
    await in_conversation(office)
    await office.run(datetime(2026, 3, 4, 0, 30, tzinfo=UTC))  # half past seven in New York, the day before
    await erase(office.rt, "RT-1", keep_answers=True, by="tester")
    assert await office.one("SELECT starts_on FROM participant_state") == date(2026, 3, 3)
    assert await office.rows("SELECT id FROM occasion WHERE ended_at IS NULL") == []


async def test_a_code_that_is_given_again_is_somebody_else(office: Office) -> None:
    """Enrolled with a stranger's number, erased, enrolled with the right one: the stranger's links open nothing."""
    await in_conversation(office, phone=None)
    old = [found[1] for letter in office.world.mailbox.inboxes["rt-1@example.org"]
           if (found := re.search(r"/r/(\w+)", letter.text))]  # fmt: skip
    await erase(office.rt, "RT-1", keep_answers=False, by="tester")
    await in_conversation(office, phone=None, email="right@example.org")
    assert old
    assert office.world.mailbox.inboxes["right@example.org"], "the other was sent links too"
    assert [await PostgresFormStore(office.rt).open(token) for token in old] == [None] * len(old)


async def test_what_the_carrier_still_has_is_not_taken_in_again(office: Office) -> None:
    await answered_and_asked_again(office)
    await erase(office.rt, "RT-1", keep_answers=False, by="tester")
    assert await Reconciler(office.rt).fetch_inbound() == 0
    assert await office.one("SELECT count(*) FROM vault.inbound") == 0
    await office.carrier.reply(PHONE, "I wrote later", to=office.rt.settings.twilio_sender)
    await office.run(office.clock.now() + timedelta(seconds=5))
    assert await office.one("SELECT outcome FROM vault.inbound") == "unknown sender"


async def test_what_becomes_due_at_that_very_moment_is_erased_too(office: Office) -> None:
    await answered_and_asked_again(office)
    async with office.rt.database.transaction() as tx:
        assert await agenda.fire(tx, office.clock.now() + timedelta(days=30), 1000) > 0
        erasing = asyncio.ensure_future(erase(office.rt, "RT-1", keep_answers=False, by="tester"))
        await asyncio.wait({erasing}, timeout=0.5)
    await erasing
    assert await office.rows("SELECT type FROM outbox WHERE payload <> 'null'") == []


async def test_what_they_wrote_before_anybody_knew_whose_number_it_was_goes_too(office: Office) -> None:
    await office.reply("I can't breathe")
    await office.reply("I can't breathe", number=OTHER)
    await answered_and_asked_again(office)
    await erase(office.rt, "RT-1", keep_answers=False, by="tester")
    left = await everywhere(office)
    assert {table for table, rows in left.items() if rows and table not in KEPT} == {"inbound", "outbox"}
    assert len(left["inbound"]) == 1
    theirs = stranger_id(office.rt.vault.lookup(OTHER))
    rows = await office.rows("SELECT type, participant_id FROM outbox WHERE payload <> 'null' ORDER BY id")
    assert [(row["type"], row["participant_id"]) for row in rows] == [
        ("message.urgent", theirs),
        ("message.received", theirs),
        ("alert.raised", theirs),
    ]
