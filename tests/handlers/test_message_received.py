"""message.received: replies land on the question that waits, stop stops, and nothing is lost or taken twice."""

from datetime import date, timedelta

from tests.conftest import START
from tests.office import Office


async def in_conversation(office: Office) -> None:
    """RT-1 has just been asked the first question of the weekly symptoms."""
    await office.enrol()
    await office.happened("treatment_start", date(2026, 3, 3))
    await office.run(START + timedelta(days=1, hours=4))


async def test_a_conversation_goes_question_by_question_to_its_scores(office: Office) -> None:
    await in_conversation(office)
    assert "6 short questions" in office.texts()[-1]
    assert (await office.reply("7ish")).startswith("2/6")
    assert (await office.reply("three")).startswith("3/6")
    assert (await office.reply("not at all")).startswith("4/6 Last 7 days: how much trouble did you have eating")
    assert (await office.reply("1", "2", "0")).startswith("Thank you")
    scores = await office.rows("SELECT scale, value, study_day FROM score_on_treatment")
    assert {row["scale"]: row["value"] for row in scores} == {
        "pain": 70.0, "tiredness": 30.0, "stomach": 12.5, "sleep": 50.0, "worry": 0.0, "vomiting": None,
        "symptom_burden": (70 + 30 + 12.5 + 50 + 0) / 5,
    }  # fmt: skip
    assert {row["study_day"] for row in scores} == {2}
    assert await office.one("SELECT absent FROM answer_current WHERE item = 'vomiting'") == "not-asked"


async def test_a_reply_that_cannot_be_read_is_asked_once_more_then_read_by_a_person(office: Office) -> None:
    await in_conversation(office)
    assert (await office.reply("3 and then 4")).startswith("Sorry, I could not read that.")
    assert "A person of the team" in await office.reply("hmm who knows")
    said = len(office.texts())
    await office.reply("blah blah")
    assert len(office.texts()) == said, "two machines must not talk to each other for ever"
    assert await office.one("SELECT count(*) FROM task WHERE kind = 'review'") == 2
    assert (await office.reply("3")).startswith("2/6")


async def test_stop_silences_every_queue(office: Office) -> None:
    await in_conversation(office)
    await office.reply("please stop texting me")
    said = len(office.texts())
    await office.run(START + timedelta(days=30))
    assert len(office.texts()) == said
    letters = office.world.mailbox.inboxes["rt-1@example.org"]
    assert letters, "email is another channel, and was not stopped"


async def test_delivered_twice_is_taken_once(office: Office) -> None:
    await in_conversation(office)
    await office.reply("4", "5")
    before = await office.rows("SELECT seq, item, value FROM answer ORDER BY seq")
    texts = office.texts()
    await office.redeliver()
    await office.settle()
    assert await office.rows("SELECT seq, item, value FROM answer ORDER BY seq") == before
    assert office.texts() == texts


async def test_a_late_answer_is_kept_and_marked(office: Office) -> None:
    await in_conversation(office)
    await office.run(START + timedelta(days=5, hours=6))
    assert await office.one("SELECT state FROM occasion WHERE assessment = 'weekly-symptoms' AND due_at < %s",
                            START + timedelta(days=2)) == "missed"  # fmt: skip
