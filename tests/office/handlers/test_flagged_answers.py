"""An answer that its instrument flags alerts the team at once, however it is given, and again until somebody acted."""

from pathlib import Path

from pro_collector.commands.apply_study import apply_study
from pro_collector.commands.watch_tasks import watch_tasks
from pro_collector.domain.conversation.survey import Place
from pro_collector.domain.exchange.dump import definition_yaml, text_yaml
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.library import load_library
from pro_collector.web.form.postgres_store import PostgresFormStore
from tests.office.handlers.test_alert_raised import TEAM
from tests.shared.office import DEMO, Office, library
from tests.shared.scenes import DAY, in_conversation

LINKED = DEMO.replace('version: "1.0"', 'version: "1.1"')


async def flagging(office: Office, folder: Path) -> None:
    """The demo study with a diary in which the worst pain but one needs a person's attention."""
    diary = library().get("symptom-diary")
    flag = {"item": "pain", "minimum": 9, "meaning": "pain that nobody should bear until tomorrow"}
    flagged = Instrument.model_validate({**diary.model_dump(), "version": "2.3.0", "flags": [flag]})
    (folder / flagged.id).mkdir()
    (folder / flagged.id / "instrument.yaml").write_text(definition_yaml(flagged))
    for text in flagged.texts.values():
        (folder / flagged.id / f"text.{text.language}.yaml").write_text(text_yaml(text))
    await apply_study(office.rt, LINKED, "study.yaml", load_library(folder), "tester")


def alerts(office: Office) -> list[str]:
    """The subjects of the mails that the team got."""
    return [letter.subject for letter in office.world.mailbox.inboxes[TEAM]]


async def test_by_text_the_team_is_alerted_at_once_and_the_survey_goes_on(office: Office, tmp_path: Path) -> None:
    await flagging(office, tmp_path)
    await in_conversation(office)
    assert (await office.reply("9")).startswith("2/6")
    assert office.texts()[-2].startswith("The Story Team: In danger or very unwell? Call 911 now.")
    assert alerts(office) == ["flagged: RT-1"]
    (task,) = await office.rows("SELECT kind, detail FROM task")
    assert (task["kind"], task["detail"]["reason"]) == (
        "flagged", "symptom-diary/pain: pain that nobody should bear until tomorrow",
    )  # fmt: skip


async def test_below_the_flag_nobody_is_alerted(office: Office, tmp_path: Path) -> None:
    await flagging(office, tmp_path)
    await in_conversation(office)
    await office.reply("8")
    assert await office.rows("SELECT kind FROM task") == []


async def test_on_the_web_once_for_each_answer(office: Office, tmp_path: Path) -> None:
    await flagging(office, tmp_path)
    await in_conversation(office, phone=None)
    letter = office.world.mailbox.inboxes["rt-1@example.org"][-1]
    desk, token = PostgresFormStore(office.rt), letter.text.partition("/r/")[2][:22]
    for nonce, value in (("one", 9), ("two", 2), ("three", 9), ("four", 10)):
        await desk.answer(token, Place("symptom-diary", "pain"), value, nonce, "en")
    await office.settle()
    assert alerts(office) == ["flagged: RT-1"] * 2, "nine, and ten; nine again is the same news"


async def test_it_is_alerted_of_again_until_somebody_acted(office: Office, tmp_path: Path) -> None:
    await flagging(office, tmp_path)
    await in_conversation(office)
    await office.reply("10")
    await office.run(office.clock.now() + 1.5 * DAY)
    assert await watch_tasks(office.rt) == 1
    await office.settle()
    assert alerts(office) == ["flagged: RT-1", "flagged, still waiting: RT-1"]
