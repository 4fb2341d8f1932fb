"""The study team at work: reading replies, recording what they meant, calling, and being reminded of what is urgent."""

from datetime import date, timedelta
from typing import Any

import pytest

from pro_collector.commands.finish_task import finish_task
from pro_collector.commands.record_state import record_state
from pro_collector.commands.show_task import show_task
from pro_collector.commands.strangers import strangers
from pro_collector.commands.watch_tasks import watch_tasks
from pro_collector.display.history import sentence
from pro_collector.display.task import page
from pro_collector.errors import BadInput, Conflict, NotFound
from tests.office.handlers.test_survey_reminder_due import ONLY_TEXTS
from tests.shared.clock import START
from tests.shared.office import NURSE, PHONE, Office
from tests.shared.scenes import ASKED, DAY, MOTHER, SOON, TREATED, first_occasion, history, in_conversation
from tests.shared.web_form import WebForm

TEAM = "study-team@rare-tumour-story.example.org"
UNCLEAR = ("3 and then 4", "took 2 pills")
URGENT = "I cannot breathe and my chest hurts badly"
HOUR = timedelta(hours=1)
REST = {"tiredness": "3", "nausea": "0", "eating": "1", "sleep": "2", "worry": "0"}


async def task(office: Office, kind: str) -> str:
    """The beginning of the id of the first task of a kind about the weekly symptoms."""
    occasion = (await first_occasion(office))["id"]
    rows = await office.rows("SELECT id FROM task WHERE kind = %s AND occasion_id = %s", kind, occasion)
    return str(rows[0]["id"])[:8]


async def row(office: Office, id: str) -> dict[str, Any]:
    """A task as the record has it."""
    (found,) = await office.rows("SELECT * FROM task WHERE id::text LIKE %s", f"{id}%")
    return found


async def told(office: Office, id: str) -> str:
    """What `tasks show` prints."""
    return "\n".join(page(await show_task(office.rt, id, NURSE), office.clock.now()))


async def to_review(office: Office) -> str:
    """RT-1 has answered the first question twice in words that no program should read; the task."""
    await in_conversation(office)
    await office.reply(*UNCLEAR)
    return await task(office, "review")


async def to_call(office: Office) -> str:
    """Nobody answered the weekly symptoms by text or mail; the task."""
    await in_conversation(office)
    await office.run(ASKED + 3 * DAY + SOON)
    return await task(office, "call")


def form(said: str) -> WebForm:
    """The form behind the link that a task shows."""
    return WebForm(next(line.strip() for line in said.splitlines() if "/r/" in line))


async def fill_in(office: Office, said: str) -> None:
    """Somebody of the team asks every question on the telephone."""
    async with form(said) as interview:
        for item, value in {"pain": "7", **REST}.items():
            await interview.answer(item, value)
        await interview.confirm()
    await office.settle()


# A reply to read


async def test_a_reply_is_shown_with_its_words_its_question_and_the_next_command(office: Office) -> None:
    said = await told(office, await to_review(office))
    assert "RT-1 of rare-tumour-story, site bethesda, language en; for them it is Tuesday 2026-03-03 10:05 EST" in said
    assert "    took 2 pills\n" in said
    assert said.index("    3 and then 4\n") < said.index("    took 2 pills\n")  # both, oldest first
    assert "symptom-diary/pain of Weekly symptoms, still waits:" in said
    assert "how bad was your worst pain" in said
    assert "      0 to 10, 0 is no pain, 10 is as bad as it can be\n      asked-declined  " in said
    assert f"pro-collector tasks done {await task(office, 'review')} --answer CODE" in said
    assert PHONE not in said


async def test_what_it_meant_is_recorded_as_if_it_had_been_understood(office: Office) -> None:
    id = await to_review(office)
    finished = await finish_task(office.rt, id, by="nurse", note="rang her", code="4")
    await office.run(office.clock.now() + SOON)
    assert (finished.place, finished.answer, finished.asked) == ("symptom-diary/pain", 4, "symptom-diary/tiredness")
    (answer,) = await office.rows("SELECT * FROM answer")
    reply = await office.one("SELECT max(id::text) FROM vault.inbound WHERE outcome = 'read by a person'")
    assert (answer["value"], answer["mode"], answer["reporter"], str(answer["inbound_id"])) == (4, "sms", "self", reply)
    assert (await row(office, id))["detail"]["inbound"] == reply
    assert office.texts()[-1].startswith("2/6 Last 7 days: how tired")
    assert (await row(office, id))["done_by"] == "nurse"
    assert ("read", {"item": "symptom-diary/pain", "by": "nurse"}) in await history(
        office, await first_occasion(office)
    )
    await office.reply("3", "0", "1", "2", "0")
    assert (await first_occasion(office))["state"] == "completed"


async def test_the_last_answer_completes_and_is_scored(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7", "3", "0", "1", "2", *UNCLEAR)
    finished = await finish_task(office.rt, await task(office, "review"), by="nurse", code="0")
    await office.settle()
    assert (finished.state, finished.asked) == ("completed", None)
    assert "thank you" in office.texts()[-1].lower()
    assert await office.one("SELECT count(*) FROM response WHERE instrument = 'symptom-diary'") == 1


async def test_they_would_rather_not_say(office: Office) -> None:
    id = await to_review(office)
    await finish_task(office.rt, id, by="nurse", code="asked-declined")
    assert await office.one("SELECT absent FROM answer") == "asked-declined"


@pytest.mark.parametrize("code", ["11", "-1", "4.5", "a lot", "", "nan", "not-asked", "not-applicable"])
async def test_a_code_that_is_not_allowed_names_what_is_and_changes_nothing(office: Office, code: str) -> None:
    id = await to_review(office)
    with pytest.raises(BadInput, match="symptom-diary/pain takes a whole number from 0 to 10 or asked-declined"):
        await finish_task(office.rt, id, by="nurse", code=code)
    assert (await row(office, id))["done_at"] is None
    assert await office.rows("SELECT * FROM answer") == []


async def test_answered_meanwhile_it_says_so_and_records_nothing(office: Office) -> None:
    id = await to_review(office)
    await office.reply("6")
    with pytest.raises(Conflict, match=r"answered by text on 2026-03-03 10:05 EST: 6\. Nothing was recorded"):
        await finish_task(office.rt, id, by="nurse", code="4")
    assert await office.one("SELECT value FROM answer") == 6
    said = await told(office, id)
    assert "It does not wait any more: answered by text" in said
    assert "--answer" not in said
    await finish_task(office.rt, id, by="nurse", note="seen")
    assert "Done: 2026-03-03 10:05 EST by nurse: seen" in await told(office, id)


async def test_after_the_window_it_is_a_late_answer_and_after_late_entry_none(office: Office) -> None:
    id = await to_review(office)
    await office.run(ASKED + 4 * DAY + SOON)
    assert (await first_occasion(office))["state"] == "missed"
    await finish_task(office.rt, id, by="nurse", code="4")
    assert await office.one("SELECT late FROM answer WHERE absent IS NULL") is True
    assert (await first_occasion(office))["state"] == "partial"


async def test_when_it_takes_no_answers_any_more_it_says_what_became_of_it(office: Office) -> None:
    id = await to_review(office)
    await office.run(ASKED + 5 * DAY + SOON)
    with pytest.raises(Conflict, match="weekly-symptoms is missed: window closed without an answer"):
        await finish_task(office.rt, id, by="nurse", code="4")
    assert await office.rows("SELECT * FROM answer") == []


async def test_read_at_night_the_next_question_waits_for_the_morning(office: Office) -> None:
    id = await to_review(office)
    await office.run(START.replace(hour=3) + 2 * DAY)  # 22:00 there
    before = len(office.texts())
    await finish_task(office.rt, id, by="nurse", code="4")
    await office.run(office.clock.now() + 9 * HOUR)
    assert len(office.texts()) == before
    await office.run(office.clock.now() + 2 * HOUR)
    assert "2/6 Last 7 days: how tired" in office.texts()[before]


async def test_whoever_said_stop_hears_no_next_question(office: Office) -> None:
    id = await to_review(office)
    await office.reply("STOP")
    before = len(office.texts())
    finished = await finish_task(office.rt, id, by="nurse", code="4")
    await office.run(office.clock.now() + HOUR)
    assert (finished.answer, len(office.texts())) == (4, before)


async def test_nothing_is_recorded_of_somebody_who_has_left(office: Office) -> None:
    id = await to_review(office)
    await record_state(office.rt, "RT-1", "withdrew", TREATED, None, by="nurse")
    await office.settle()
    with pytest.raises(Conflict, match="no longer waits for an answer"):
        await finish_task(office.rt, id, by="nurse", code="4")


async def test_done_once_and_found_by_its_beginning_alone(office: Office) -> None:
    id = await to_review(office)
    await finish_task(office.rt, f" {id.upper()} ", by="nurse")
    with pytest.raises(Conflict, match="done already"):
        await finish_task(office.rt, id, by="nurse", code="4")
    for nothing in ("", "zzz", "%", "_", "'"):
        with pytest.raises(NotFound, match="no task begins with"):
            await show_task(office.rt, nothing, NURSE)


async def test_an_answer_belongs_to_a_reply_to_a_question(office: Office) -> None:
    await in_conversation(office)
    await office.reply(URGENT)
    with pytest.raises(BadInput, match="'urgent'"):
        await finish_task(office.rt, await task(office, "urgent"), by="nurse", code="4")


async def test_words_cannot_command_the_terminal(office: Office) -> None:
    await in_conversation(office)
    await office.reply("3 and then 4", "took \x1b[2J 2 pills\u202e 👩\u200d👧")
    said = await told(office, await task(office, "review"))
    assert "took \\x1b[2J 2 pills\\u202e 👩\u200d👧" in said


@pytest.mark.parametrize(
    ("words", "kind", "command"),
    [
        (URGENT, "urgent", 'tasks done {id} --note "what was done"'),
        ("please pause", "pause", "participant state RT-1 paused --until YYYY-MM-DD"),
        ("I want to leave the study", "leave", "participant state RT-1 withdrew"),
        ("delete my data", "erase", "participant erase RT-1"),
        ("wrong number", "wrong_person", "participant change RT-1 phone"),
    ],
)
async def test_every_kind_shows_the_words_and_what_to_do(office: Office, words: str, kind: str, command: str) -> None:
    await in_conversation(office)
    await office.reply(words)
    id = await task(office, kind)
    said = await told(office, id)
    assert f"    {words}\n" in said
    assert f"pro-collector {command.format(id=id)}" in said
    assert words not in str((await row(office, id))["detail"])


# A call


async def test_a_call_says_what_was_asked_before_and_until_when(office: Office) -> None:
    said = await told(office, await to_call(office))
    assert "Weekly symptoms, to be answered by the patient: 0 of 6 answered" in said
    assert "open until Saturday 2026-03-07 10:00 EST, late answers until Sunday 2026-03-08 10:00 EDT" in said
    assert "messages about it so far: 3\n" in said
    assert "Tuesday 2026-03-03 10:00 EST  invitation by text, delivered" in said
    assert "Wednesday 2026-03-04 10:00 EST  reminder by mail" in said
    assert "keeps quiet" not in said


async def test_answers_taken_on_the_telephone_say_so_everywhere(office: Office) -> None:
    id = await to_call(office)
    await fill_in(office, await told(office, id))
    rows = await office.rows("SELECT DISTINCT mode, rung, reporter, late FROM answer")
    assert rows == [{"mode": "call", "rung": 2, "reporter": "self", "late": False}]
    assert await office.one("SELECT mode FROM response WHERE instrument = 'symptom-diary'") == "call"
    assert await office.rows("SELECT DISTINCT mode FROM score_on_treatment") == [{"mode": "call"}]
    occasion = await first_occasion(office)
    assert (occasion["state"], occasion["rung"]) == ("completed", 2)
    told_by_why = [sentence(what, detail) for what, detail in await history(office, occasion)]
    assert "symptom-diary/pain answered by telephone, written down by the team" in told_by_why
    closed = await row(office, id)
    assert (closed["done_by"], closed["note"]) == ("system", "every question is answered")
    assert "It takes no answers any more." in await told(office, id)


async def test_answered_by_text_after_all_the_call_is_spared(office: Office) -> None:
    id = await to_call(office)
    await office.reply("7", "3", "0", "1", "2")
    assert (await row(office, id))["done_at"] is None
    await office.reply("0")
    assert (await row(office, id))["done_by"] == "system"


async def test_half_by_text_half_on_the_telephone(office: Office) -> None:
    id = await to_call(office)
    await office.reply("7", "3")
    said = await told(office, id)
    assert "2 of 6 answered" in said
    async with form(said) as interview:
        assert await interview.next_item() == "nausea"
        for item in ("nausea", "eating", "sleep", "worry"):
            await interview.answer(item, "0")
        await interview.confirm()
    rows = await office.rows("SELECT mode FROM answer WHERE absent IS NULL ORDER BY seq")
    assert [each["mode"] for each in rows] == ["sms"] * 2 + ["call"] * 4


async def test_a_call_is_no_text(office: Office) -> None:
    id = await to_call(office)
    await office.reply("STOP")
    await fill_in(office, await told(office, id))
    assert (await first_occasion(office))["state"] == "completed"


async def test_late_answers_are_taken_on_the_telephone_too(office: Office) -> None:
    id = await to_call(office)
    await office.run(ASKED + 4 * DAY + SOON)
    assert (await row(office, id))["done_at"] is None
    async with form(await told(office, id)) as interview:
        for item, value in {"pain": "7", **REST}.items():
            await interview.answer(item, value)
    await office.settle()
    assert await office.rows("SELECT DISTINCT mode, late FROM answer WHERE absent IS NULL") == [
        {"mode": "call", "late": True}
    ]
    assert (await first_occasion(office))["state"] == "partial"
    assert (await row(office, id))["done_by"] == "system"


async def test_too_late_a_call_is_closed_by_the_nightly_look(office: Office) -> None:
    id = await to_call(office)
    await office.run(ASKED + 5 * DAY + SOON)
    said = await told(office, id)
    assert "It takes no answers any more." in said
    assert "/r/" not in said
    await watch_tasks(office.rt)
    assert (await row(office, id))["note"] == "it takes no answers any more"


@pytest.mark.parametrize("how", ["withdrew", "died", "death"])
@pytest.mark.parametrize("closed", [False, True])
async def test_nobody_calls_who_has_left_or_died(office: Office, how: str, closed: bool) -> None:
    id = await to_call(office)
    said = await told(office, id)
    if closed:  # in late entry
        await office.run(ASKED + 4 * DAY + SOON)
    day = office.clock.now().date()
    if how == "death":
        await office.happened("death", day)
    else:
        await record_state(office.rt, "RT-1", how, day, None, by="nurse")
        await office.settle()
    done = await row(office, id)
    assert (done["done_by"], done["note"]) == ("system", "participation ended")
    async with form(said) as interview:
        assert await interview.heading() == "This check-in has ended"
    assert "/r/" not in await told(office, id)


async def test_at_night_the_call_waits(office: Office) -> None:
    id = await to_call(office)
    await office.run(START.replace(hour=4) + 5 * DAY)
    assert "keeps quiet there now: call after Saturday 2026-03-07 08:00 EST" in await told(office, id)


async def test_no_channel_left_the_answers_can_be_taken_on_the_telephone(office: Office) -> None:
    await office.apply(ONLY_TEXTS)
    await in_conversation(office)
    await office.reply("STOP")
    await office.run(ASKED + 2 * DAY + SOON)
    id = await task(office, "contact")
    said = await told(office, id)
    assert "no channel of its ladder reaches them" in said
    assert "pro-collector participant change RT-1 phone" in said
    await fill_in(office, said)
    assert (await first_occasion(office))["state"] == "completed"
    assert await office.rows("SELECT DISTINCT mode, rung FROM answer") == [{"mode": "call", "rung": 0}]
    assert (await row(office, id))["done_at"] is None  # the next survey finds no way either


async def test_the_link_of_a_call_stops_no_mail(office: Office) -> None:
    said = await told(office, await to_call(office))
    async with form(said) as interview:
        await interview.stop_mails()
    assert await office.rows("SELECT * FROM vault.contact WHERE opted_out_at IS NOT NULL") == []


# What is urgent


async def test_an_urgent_task_is_told_of_again_every_day_until_it_is_done(office: Office) -> None:
    await in_conversation(office)
    await office.reply(URGENT)
    letters = office.world.mailbox.inboxes[TEAM]
    id = await task(office, "urgent")
    assert f"pro-collector tasks show {id}" in letters[0].text
    assert await watch_tasks(office.rt) == 0
    await office.run(office.clock.now() + 25 * HOUR)
    for _ in range(2):  # two schedulers look
        assert await watch_tasks(office.rt) == 1
        await office.settle()
    assert [letter.subject for letter in letters] == ["urgent: RT-1", "urgent, still waiting: RT-1"]
    assert "Nobody has marked it done since 2026-03-03 15:05 UTC." in letters[1].text
    await office.run(office.clock.now() + DAY)
    await watch_tasks(office.rt)
    await office.settle()
    assert len(letters) == 3
    assert len({letter.headers["Message-ID"] for letter in letters}) == 3
    await finish_task(office.rt, id, by="nurse", note="sent an ambulance")
    await office.run(office.clock.now() + DAY)
    assert await watch_tasks(office.rt) == 0
    await office.settle()
    assert len(letters) == 3


async def test_a_mail_that_a_person_must_read_is_shown_with_its_words(office: Office) -> None:
    await in_conversation(office)
    await office.run(ASKED + DAY + SOON)
    await office.write("I would say my pain was a 7, and the new tablets make me dizzy.")
    (review,) = await office.rows("SELECT id FROM task WHERE kind = 'review'")
    assert "the new tablets make me dizzy" in await told(office, str(review["id"])[:8])


async def test_what_strangers_write_is_there_for_a_person(office: Office) -> None:
    await in_conversation(office)
    await office.reply("this is Maria from my sister's phone, the pain is bad", number="+12025550166")
    await office.run(ASKED + 2 * DAY)
    found = await strangers(office.rt, 7 * DAY, NURSE)
    assert [(each.provider, each.words) for each in found] == [
        ("twilio", "this is Maria from my sister's phone, the pain is bad")
    ]
    assert await strangers(office.rt, DAY, NURSE) == [], "as far back as one asks"
    assert office.texts("+12025550166") == []


async def test_a_wrong_number_of_a_parent_is_put_right_as_the_parents(office: Office) -> None:
    await in_conversation(office, birth_date=date(2021, 5, 1), phone=None, email=None, proxy_phone=MOTHER)
    await office.reply("who is this? wrong number", number=MOTHER)
    (found,) = await office.rows("SELECT id FROM task WHERE kind = 'wrong_person'")
    said = await told(office, str(found["id"])[:8])
    assert "    pro-collector participant change RT-1 proxy_phone\n" in said
    assert "The parent or carer wrote, " in said
