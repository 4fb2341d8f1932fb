"""The history of opt-outs: from every place that opts out or in, with the words, who did it, and its end."""

import re
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from pro_collector.commands.change_person import move_address
from pro_collector.commands.confirm_stop import confirm_stop
from pro_collector.commands.erase import erase
from pro_collector.commands.list_opt_outs import list_opt_outs
from pro_collector.errors import BadInput, Conflict
from pro_collector.postgres.migrate import migrate
from tests.shared.office import PHONE, Office
from tests.shared.places import ROOT
from tests.shared.scenes import ASKED, DAY, SOON, in_conversation, treated
from tests.shared.web_form import WebForm

OTHER = "+12025550102"


async def history(office: Office, code: str = "RT-1") -> list[tuple[Any, ...]]:
    """The opt-outs of a participant in short: address, how, by whom, how it ended."""
    found = (await list_opt_outs(office.rt, code)).opt_outs
    return [(each.column, each.how, each.stopped_by, each.resumed_how) for each in found]


async def words_of(office: Office, column: str) -> str:
    """The text that the history names."""
    id = await office.one(f"SELECT {column} FROM opt_out")
    return str((await office.opened(id))["body"])


async def as_stored(office: Office) -> None:
    """An address has opted out now if, and only if, its history has an opt-out in force."""
    assert (
        await office.rows(
            "SELECT c.id FROM vault.contact c WHERE (c.opted_out_at IS NOT NULL)"
            " <> EXISTS (SELECT FROM opt_out o WHERE o.contact_id = c.id AND o.resumed_at IS NULL)"
        )
        == []
    )


async def test_a_keyword_and_start_with_their_texts(office: Office) -> None:
    await in_conversation(office)
    await office.reply("STOP")
    assert await history(office) == [("phone", "keyword", "participant", None)]
    assert await words_of(office, "inbound_id") == "STOP"
    stopped_at = office.clock.now()
    await office.run(office.clock.now() + DAY)
    await office.reply("START")
    assert await history(office) == [("phone", "keyword", "participant", "keyword")]
    assert await words_of(office, "resumed_inbound_id") == "START"
    (once,) = (await list_opt_outs(office.rt, "RT-1")).opt_outs
    assert once.stopped_at <= stopped_at < once.resumed_at  # type: ignore[operator]  # it has ended
    await office.reply("no more texts please")
    assert (await history(office))[1:] == [("phone", "words", "participant", None)]
    await as_stored(office)


async def test_a_repeat_adds_nothing(office: Office) -> None:
    await in_conversation(office)
    await office.reply("STOP", "STOP", "no more texts please")
    await office.redeliver()
    assert await history(office) == [("phone", "keyword", "participant", None)]


async def test_leaving_stops_every_address_of_whoever_wrote(office: Office) -> None:
    await in_conversation(office)
    await office.reply("I want to leave the study")
    assert sorted(await history(office)) == [
        ("email", "words", "participant", None),
        ("phone", "words", "participant", None),
    ]
    await as_stored(office)


async def test_on_a_shared_phone_everybody_has_the_opt_out_in_their_history(office: Office) -> None:
    await office.enrol("RT-2")
    await in_conversation(office)
    await office.reply("STOP")
    assert await history(office) == await history(office, "RT-2") == [("phone", "keyword", "participant", None)]
    await office.reply("START")
    assert [each[3] for code in ("RT-1", "RT-2") for each in await history(office, code)] == ["keyword", "keyword"]


async def test_the_present_owner_of_a_number(office: Office) -> None:
    await in_conversation(office)
    await office.reply("wrong number")
    assert await history(office) == [("phone", "wrong number", "participant", None)]


async def test_a_mail_and_the_page_behind_its_link(office: Office) -> None:
    await in_conversation(office)
    await office.run(office.clock.now() + DAY)
    await office.write("Please stop sending me emails")
    assert await history(office) == [("email", "mail", "participant", None)]
    await office.write("START")
    assert await history(office) == [("email", "mail", "participant", "mail")]
    letters = office.world.mailbox.inboxes["rt-1@example.org"]
    link = next(found[0] for each in reversed(letters) if (found := re.search(r"http\S+/r/\w+", each.text)))
    async with WebForm(link) as form:
        await form.stop_mails()
    assert (await history(office))[1:] == [("email", "one-click", "participant", None)]
    await as_stored(office)


async def test_the_carrier_refuses_an_address_that_opted_out_there(office: Office) -> None:
    await treated(office)
    office.carrier.unreachable[PHONE] = 21610
    await office.run(ASKED + SOON)
    assert await history(office) == [("phone", "carrier", "carrier", None)]
    await as_stored(office)


async def test_a_person_confirms_that_words_were_a_stop(office: Office) -> None:
    await in_conversation(office)
    await office.reply("the dog ate my phone bill")
    task = str(await office.one("SELECT id FROM task"))
    before = len(office.texts())
    finished = await confirm_stop(office.rt, task, by="anna")
    await office.run(office.clock.now() + SOON)
    assert (finished.code, finished.stopped) == ("RT-1", "phone")
    assert await history(office) == [("phone", "confirmed", "anna", None)]
    (once,) = (await list_opt_outs(office.rt, "RT-1")).opt_outs
    assert str(once.task_id) == task
    assert await words_of(office, "inbound_id") == "the dog ate my phone bill"
    assert ["no more texts to this number" in text for text in office.texts()[before:]] == [True]
    await office.run(office.clock.now() + 3 * DAY)
    assert len(office.texts()) == before + 1
    with pytest.raises(Conflict, match="done already"):
        await confirm_stop(office.rt, task, by="anna")


async def test_a_task_without_words_is_no_stop_and_a_changed_address_is_told(office: Office) -> None:
    await in_conversation(office)
    await office.reply("the dog ate my phone bill")
    await office.run(office.clock.now() + 3 * DAY + timedelta(hours=1))
    call = str(await office.one("SELECT id FROM task WHERE kind = 'call' LIMIT 1"))
    with pytest.raises(BadInput, match="has no words"):
        await confirm_stop(office.rt, call, by="anna")
    await move_address(office.rt, "RT-1", "phone", OTHER, by="anna")
    review = str(await office.one("SELECT id FROM task WHERE kind = 'review'"))
    with pytest.raises(Conflict, match="participant state RT-1 stopped_texting"):
        await confirm_stop(office.rt, review, by="anna")
    assert await office.one("SELECT done_at FROM task WHERE kind = 'review'") is None
    assert await history(office) == []


async def test_an_opt_out_ends_with_its_address_and_waits_for_whoever_gets_it(office: Office) -> None:
    await in_conversation(office)
    await office.reply("STOP")
    await move_address(office.rt, "RT-1", "phone", OTHER, by="anna", consented=True)
    assert await history(office) == [("phone", "keyword", "participant", "new address")]
    await office.enrol("RT-2", phone=OTHER)
    await office.reply("STOP", number=OTHER)
    await office.enrol("RT-3", phone=OTHER)
    assert await history(office, "RT-3") == [("phone", "known address", "system", None)]
    await as_stored(office)
    await move_address(office.rt, "RT-3", "phone", "", by="anna")
    assert await history(office, "RT-3") == [("phone", "known address", "system", "new address")]
    await as_stored(office)


@pytest.mark.parametrize("keep_answers", [False, True])
async def test_it_goes_with_whoever_is_erased(office: Office, keep_answers: bool) -> None:
    await in_conversation(office)
    await office.reply("STOP")
    await erase(office.rt, "RT-1", keep_answers=keep_answers, by="tester")
    assert await office.rows("SELECT * FROM opt_out") == []


def test_opt_outs_from_before_have_a_history(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "DROP TABLE look, opt_out; DROP FUNCTION IF EXISTS keep_look; ALTER TABLE task DROP COLUMN importance"
        )
        connection.execute("DROP INDEX vault.inbound_of")
        connection.execute("DELETE FROM _yoyo_migration WHERE migration_id LIKE '0013%'")
        connection.execute(
            """
            INSERT INTO study VALUES ('s', '1', '', '', NULL, now(), 'x', true);
            INSERT INTO participant (id, study, study_version, code, zone, language, enrolled_on)
            VALUES ('00000000-0000-0000-0000-000000000001', 's', '1', 'RT-1', 'UTC', 'en', '2026-01-01');
            INSERT INTO vault.contact (id, participant_id, reporter, channel, sealed, lookup, opted_out_at)
            VALUES (gen_random_uuid(), '00000000-0000-0000-0000-000000000001', 'self', 'sms', 'x', 'a', '2026-02-01Z'),
                   (gen_random_uuid(), '00000000-0000-0000-0000-000000000001', 'self', 'email', 'x', 'b', NULL);
            INSERT INTO task (id, participant_id, kind, raised_at, detail)
            SELECT gen_random_uuid(), '00000000-0000-0000-0000-000000000001', kind, now(), detail::jsonb
            FROM (VALUES ('urgent', '{"inbound": "x", "reason": "r"}'), ('call', '{"reason": "r"}'),
                         ('review', '{"inbound": "x", "reason": "asks for a person"}'),
                         ('review', '{"inbound": "x", "reason": "r"}')) AS old (kind, detail)
            """
        )
    assert migrate(database_url) == ["0013.reading-list"]
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT stopped_at::date::text, how, resumed_at FROM opt_out").fetchall()
        assert found == [("2026-02-01", "unknown", None)]
        order = connection.execute("SELECT kind, importance FROM task ORDER BY importance DESC").fetchall()
        assert order == [("urgent", 70), ("review", 30), ("review", 10), ("call", 0)]


def test_the_opt_out_of_an_address_is_written_in_one_place() -> None:
    writing = re.compile(r"SET[^;\"]*?\bopted_out_at = (?!NULL, broken|excluded)")
    found = {
        path.name for path in (ROOT / "pro_collector").rglob("*.py") if writing.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"opt_outs.py"}
