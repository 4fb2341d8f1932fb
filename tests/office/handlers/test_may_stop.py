"""After a text that may be a wish to stop nothing is sent unasked, by any channel, until a person has read it."""

from datetime import timedelta

from pro_collector.casework.sending.claiming import claim
from pro_collector.commands.finish_task import finish_task
from pro_collector.commands.show_task import show_task
from pro_collector.display.task import page
from pro_collector.domain.conversation.permission import Refusal
from pro_collector.domain.conversation.reading_list import MAY_STOP
from tests.shared.office import DEMO, NURSE, Office
from tests.shared.scenes import ASKED, DAY, SOON, first_occasion, history, in_conversation, treated

MAYBE = "I did not sign up for these texts"
ONLY_TEXTS = DEMO.replace('version: "1.0"', 'version: "1.1"').replace(
    "ladder:\n      - {channel: sms}\n      - {channel: email, after: 1d}\n      - {channel: call, after: 3d}",
    "ladder: [{channel: sms}]",
)
BEFORE_INVITED = ASKED - timedelta(hours=2)


async def open_task(office: Office, ends: str = MAY_STOP) -> str:
    """The beginning of the id of the one open task, which asks a person to read whether it is a stop."""
    (task,) = await office.rows("SELECT id, kind, detail FROM task WHERE done_at IS NULL")
    assert task["kind"] == "review"
    assert task["detail"]["reason"].endswith(ends)
    return str(task["id"])[:8]


async def test_a_reminder_that_waits_already_is_refused_by_the_sender(office: Office) -> None:
    await in_conversation(office)
    await office.reply(MAYBE)
    await open_task(office)
    waiting = await office.rows(
        """
        INSERT INTO message (id, participant_id, contact_id, channel, purpose, language, body, urgency, requested_at,
                             expires_at)
        SELECT gen_random_uuid(), c.participant_id, c.id, 'sms', purpose, 'en', 'words', 0, %s, %s
        FROM vault.contact c, unnest('{reminder,invitation,again}'::text[]) AS purpose
        WHERE c.channel = 'sms' RETURNING purpose
        """,
        office.clock.now(), office.clock.now() + DAY,
    )  # fmt: skip
    assert len(waiting) == 3
    async with office.rt.database.transaction() as tx:
        taken, refused = await claim(tx, office.rt, "sms", 100, office.clock.now())
    assert {each.purpose: reason for each, reason in refused} == dict.fromkeys(
        ("reminder", "invitation"), Refusal.MAY_STOP
    )
    assert [each.purpose for each in taken] == ["again"], "who writes is answered"
    await office.rows("DELETE FROM message WHERE body = 'words' RETURNING 1")


async def test_the_next_reminder_goes_after_a_person_has_read_it(office: Office) -> None:
    await office.apply(ONLY_TEXTS)
    await in_conversation(office)
    await office.reply(MAYBE)
    said = len(office.texts())
    await office.run(ASKED + DAY + SOON)
    assert len(office.texts()) == said
    await finish_task(office.rt, await open_task(office), by="nurse", note="she goes on")
    await office.run(ASKED + 2 * DAY + SOON)
    assert [text for text in office.texts()[said:] if "when you have a moment" in text]


async def test_unread_it_brings_no_mail_and_no_call_either(office: Office) -> None:
    await in_conversation(office)
    await office.reply(MAYBE)
    texts, mails = len(office.texts()), len(office.letters())
    await office.run(ASKED + 3 * DAY + timedelta(hours=22))
    assert len(office.texts()) == texts
    occasion = await first_occasion(office)
    assert occasion["rung"] == 0
    assert await office.one("SELECT count(*) FROM task WHERE kind IN ('call', 'contact')") == 0
    held = [detail for name, detail in await history(office, occasion) if name == "suppressed"]
    assert held
    assert {each["reason"] for each in held} == {Refusal.MAY_STOP}
    assert len(office.letters()) == mails


async def test_an_invitation_that_becomes_due_is_held_back_quietly_and_climbs_no_ladder(office: Office) -> None:
    await treated(office)
    await office.run(BEFORE_INVITED)
    await office.reply(MAYBE)
    texts, mails = len(office.texts()), len(office.letters())
    await office.run(ASKED + 3 * DAY + timedelta(hours=22))
    assert (len(office.texts()), len(office.letters())) == (texts, mails)
    occasion = await first_occasion(office)
    assert (occasion["state"], occasion["rung"]) == ("open", 0)
    assert await office.one("SELECT count(*) FROM task WHERE kind IN ('call', 'contact')") == 0
    assert ("suppressed", {"reason": Refusal.MAY_STOP, "of": "invitation"}) in await history(office, occasion)


async def test_an_invitation_held_back_is_made_good_by_the_reminder_once_it_was_read(office: Office) -> None:
    await office.apply(ONLY_TEXTS)
    await treated(office)
    await office.run(BEFORE_INVITED)
    await office.reply(MAYBE)
    await office.run(ASKED + DAY)
    assert (await first_occasion(office))["state"] == "open"
    await finish_task(office.rt, await open_task(office), by="nurse")
    await office.run(ASKED + 2 * DAY + SOON)
    told = await history(office, await first_occasion(office))
    assert ("sent", {"channel": "sms", "purpose": "reminder"}) in told


async def test_read_as_an_answer_the_next_question_follows(office: Office) -> None:
    await in_conversation(office)
    await office.reply(MAYBE)
    await finish_task(office.rt, await open_task(office), by="nurse", code="4")
    await office.run(office.clock.now() + SOON)
    assert office.texts()[-1].startswith("2/6")


async def test_the_team_sees_what_spoke_for_a_stop_and_it_is_stored_nowhere(office: Office) -> None:
    await in_conversation(office)
    await office.reply("hmm who knows", "3 and then 4", MAYBE)
    id = await open_task(office, f"; {MAY_STOP}")
    shown = await show_task(office.rt, id, NURSE)
    assert [written.spoke is not None for written in shown.written] == [*[False] * (len(shown.written) - 1), True]
    spoke = shown.written[-1].spoke
    assert spoke
    said = "\n".join(page(shown, office.clock.now()))
    assert f'The second reader marked it, because of: "{spoke[0]}"' in said
    assert set(await office.one("SELECT detail FROM task")) <= {"reason", "inbound", "earlier", "stops", "item"}


async def test_what_our_reader_does_not_mark_was_marked_elsewhere(office: Office) -> None:
    await in_conversation(office)
    await office.reply("the daffodils are late this year")
    await office.rows(
        "UPDATE task SET detail = detail || jsonb_build_object('stops', jsonb_build_array(detail->'inbound'))"
        " RETURNING 1"
    )
    (id,) = [str(row["id"]) for row in await office.rows("SELECT id FROM task")]
    assert "A reader of the site's own marked it" in "\n".join(
        page(await show_task(office.rt, id, NURSE), office.clock.now())
    )


async def test_the_team_sees_that_it_may_be_an_emergency(office: Office) -> None:
    await in_conversation(office)
    await office.reply("I have the pills lined up")
    (id,) = [str(row["id"]) for row in await office.rows("SELECT id FROM task")]
    said = "\n".join(page(await show_task(office.rt, id, NURSE), office.clock.now()))
    assert "They wrote something that may be an emergency, and were told at once what to do." in said
    assert "The second reader marked it, because of: " in said
