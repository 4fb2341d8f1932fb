"""The reading list of a team: whose words wait to be read, by study and site, until somebody marks them as read."""

from pro_collector.commands.finish_task import finish_task
from pro_collector.commands.reading_list import ReadingEntry, load_reading_list
from pro_collector.domain.conversation.reading_list import Importance
from tests.shared.office import NURSE, PHONE, Office
from tests.shared.scenes import DAY, SOON, TREATED, in_conversation

OTHER = "+12025550102"


async def two_people(office: Office) -> None:
    """RT-1 of Bethesda and RT-2 of Madrid are asked the first question."""
    await office.enrol("RT-2", phone=OTHER, site="madrid", zone="America/New_York")
    await office.happened("treatment_start", TREATED, "RT-2")
    await in_conversation(office)


def words(entry: ReadingEntry) -> list[str | None]:
    return [text.words for text in entry.texts]


async def test_every_text_of_a_survey_is_one_entry_whose_importance_only_rises(office: Office) -> None:
    await in_conversation(office)
    seen = []
    for text in (
        "it was nice weather",
        "my leg is swollen",
        "more nice weather",
        "can you call me",
        "my leg is swollen",
    ):
        await office.reply(text)
        (entry,) = await load_reading_list(office.rt)
        seen.append(entry.importance)
    assert seen == [Importance.WORDS, Importance.CONCERN, *[Importance.CONCERN] * 1, *[Importance.REQUEST] * 2]
    assert len(entry.texts) == 5
    assert words(entry) == [None] * 5
    assert await office.rows("SELECT * FROM look") == []


async def test_the_words_come_with_the_record_of_who_looked(office: Office) -> None:
    await two_people(office)
    await office.reply("7. My leg is swollen", "it hurts a lot")
    await office.reply("I cannot breathe", number=OTHER)
    urgent, concern = await load_reading_list(office.rt, viewer=NURSE)
    assert (urgent.code, words(urgent)) == ("RT-2", ["I cannot breathe"])
    assert (concern.code, words(concern)) == ("RT-1", ["7. My leg is swollen", "it hurts a lot"])
    looks = await office.rows(
        "SELECT p.code, l.view, cardinality(l.inbound_ids) AS n FROM look l JOIN participant p"
        " ON p.id = l.participant_id ORDER BY l.id"
    )
    assert [tuple(look.values()) for look in looks] == [("RT-2", "reading list", 1), ("RT-1", "reading list", 2)]


async def test_of_one_study_and_one_site(office: Office) -> None:
    await two_people(office)
    await office.reply("some words")
    await office.reply("some words", number=OTHER)
    assert [entry.code for entry in await load_reading_list(office.rt)] == ["RT-1", "RT-2"]
    assert [entry.code for entry in await load_reading_list(office.rt, site="madrid")] == ["RT-2"]
    assert [entry.code for entry in await load_reading_list(office.rt, study="rare-tumour-story")] == ["RT-1", "RT-2"]
    assert await load_reading_list(office.rt, study="another") == []


async def test_what_is_marked_as_read_leaves_the_list_and_later_words_come_back_to_it(office: Office) -> None:
    await in_conversation(office)
    await office.reply("my leg is swollen")
    (entry,) = await load_reading_list(office.rt)
    await finish_task(office.rt, str(entry.tasks[0][1]), by="nurse")
    assert await load_reading_list(office.rt) == []
    await office.reply("some words")
    (entry,) = await load_reading_list(office.rt)
    assert (entry.importance, len(entry.texts)) == (Importance.WORDS, 1)


async def test_a_task_without_words_is_not_on_it(office: Office) -> None:
    await in_conversation(office)
    await office.run(office.clock.now() + 3 * DAY + SOON)
    assert await office.one("SELECT count(*) FROM task WHERE kind = 'call'") > 0
    assert await load_reading_list(office.rt) == []


async def test_a_mail_and_words_without_a_survey_are_on_it(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7", "3", "0", "1", "2", "0")
    await office.reply("sorry the first one should be 9 not 7")
    await office.run(office.clock.now() + DAY)
    await office.write("My leg is swollen since Monday.")
    entries = await load_reading_list(office.rt, viewer=NURSE)
    assert next(text for entry in entries for text in words(entry)) == "sorry the first one should be 9 not 7"
    assert any("My leg is swollen since Monday." in str(text) for entry in entries for text in words(entry))
    assert all(PHONE not in str(text) for entry in entries for text in words(entry))
