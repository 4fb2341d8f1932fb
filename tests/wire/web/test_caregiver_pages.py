"""What a caregiver sees and changes on their own page, and that the team answers the one who wrote."""

import re
from datetime import date

from pro_collector.casework.inbound.written import Viewer
from pro_collector.commands.reading_list import load_reading_list
from pro_collector.commands.transcript import transcript
from pro_collector.commands.write_to import write_to
from tests.office.casework.test_caregiver import BO, NOON, NURSE, caring
from tests.shared.office import FIVE_SECONDS, PHONE, Office
from tests.shared.scenes import ANSWERS, DAY, SOON
from tests.wire.web.own_page_reader import browsing

OF_THE_PATIENT = ("/hour", "/quiet", "/pause", "/now", "/consent")


async def test_a_caregiver_sees_and_changes_what_is_theirs_and_the_team_answers_who_wrote(office: Office) -> None:
    await caring(office)
    await office.run(NOON + SOON)
    await office.reply(*ANSWERS, "AYUDA", number=BO)
    door = re.search(r"http\S+/m/\w+", office.texts(BO)[-1])
    assert door, office.texts(BO)
    async with browsing(office, door[0]) as reader:
        own = await reader.sign_in(BO)
        status, page, _ = await reader.get(own)
        assert (status, page.heading) == (200, "Su espacio personal"), "in the caregiver's language"
        before = await office.rows("SELECT * FROM participant_change")
        for path in OF_THE_PATIENT:
            assert (await reader.get(own + path))[2] == own, path
        for path in OF_THE_PATIENT[:-1]:
            assert (await reader.post(own + path, {"choice": "2026-03-20"}))[2] == own, path
        assert await office.rows("SELECT * FROM participant_change") == before
        assert await office.rows("SELECT * FROM participant_state WHERE kind = 'paused'") == []

        await reader.post(f"{own}/language", {"choice": "en"})
        (spoken,) = await office.rows("SELECT language, caregiver_language FROM participant")
        assert spoken == {"language": "en", "caregiver_language": "en"}
        await reader.post(f"{own}/question", {"words": "Who helps me to carry on?", "nonce": "a"})
        await office.reply("I have a question")
        tasks = await office.rows(
            "SELECT id, detail FROM task WHERE kind = 'question' ORDER BY detail ? 'caregiver' DESC"
        )
        assert [row["detail"].get("caregiver") for row in tasks] == [True, None], "one for each"
        for row, whom, number in zip(tasks, ("caregiver", "self"), (BO, PHONE), strict=True):
            got = len(office.texts(number))
            sent = await write_to(office.rt, "RT-1", "We will call you.", by=NURSE, task=str(row["id"])[:8])
            await office.run(office.clock.now() + FIVE_SECONDS)
            assert (sent.reporter, office.texts(number)[got:]) == (whom, [sent.text])

        shown = (await transcript(office.rt, "RT-1", DAY * 9, viewer=Viewer(NURSE, "cli"))).lines
        asked = {line.words: line.reporter for line in shown if line.theirs and line.channel != "sms"}
        assert asked == {"Who helps me to carry on?": "caregiver"}
        assert {line.reporter for line in shown if line.what.startswith("invitation")} == {"caregiver", "self"}
        assert {line.reporter for line in shown if line.words == "I have a question"} == {"self"}
        entries = await load_reading_list(office.rt)
        assert {each.caregiver for each in entries} == {False, True}

        await reader.post(f"{own}/leave/sure")
    assert await office.rows("SELECT reporter, withdrawn_on FROM consent") == [
        {"reporter": "caregiver", "withdrawn_on": date(2026, 3, 3)}
    ]
    assert await office.rows("SELECT * FROM task WHERE kind = 'leave'") == []
    assert await office.rows("SELECT * FROM participant_state WHERE kind = 'paused'") == []
    assert (await write_to(office.rt, "RT-1", "All is well.", by=NURSE, dry_run=True)).reporter == "self"
