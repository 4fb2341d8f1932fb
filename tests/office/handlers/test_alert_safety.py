"""Alerts where they could hurt: nobody telephones a bereaved family, and no alert is lost."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from pro_collector.commands.act_on_alert import acknowledge_alert, apply_roster
from pro_collector.commands.correct_answer import correct_answer
from pro_collector.commands.record_state import record_state, retract_state
from pro_collector.domain.conversation.survey import Place
from pro_collector.postgres.tables import alerts
from pro_collector.rehearsal.mailbox import Trouble
from tests.shared.alerts import NURSE_PHONE, ROSTER, RULES, answered, log_of, mails, version
from tests.shared.office import STUDY, Office
from tests.shared.scenes import ANSWERS, DAY, first_occasion

TEAM = "study-team@rare-tumour-story.example.org"


async def later(office: Office, **time: float) -> None:
    await office.run(office.clock.now() + timedelta(**time))


async def test_of_somebody_who_has_died_nobody_is_told_and_a_mistake_is_taken_back(office: Office) -> None:
    await answered(office)
    team = await office.of_process("team")
    await record_state(team, "RT-1", "died", None, None, by="ana")
    await later(office, days=2)
    assert len(mails(office, "ana")) == 1
    assert mails(office, "leo") == []
    (row,) = await office.rows("SELECT state, done, closed_by FROM alert")
    assert row == {"state": "closed", "done": "died", "closed_by": "pro-collector"}
    await retract_state(team, "RT-1", "died", None, by="ana", reason="another patient")
    await later(office, minutes=1)
    assert len(mails(office, "ana")) == 2
    assert await log_of(office) == ["raised", "advised", "told", "closed", "came_back", "told"]


async def test_before_a_death_is_confirmed_whoever_is_told_is_warned(office: Office) -> None:
    await answered(office)
    await office.reply("This is her son. My mother died this morning")
    await later(office, hours=1, minutes=5)
    assert "Read that first, and do not telephone before" in mails(office, "leo")[0].text


async def test_who_withdrew_is_told_of_with_a_word_and_what_does_not_arrive_goes_to_the_contact(office: Office) -> None:
    office.carrier.opted_out.add(NURSE_PHONE)
    await answered(office)
    await record_state(await office.of_process("team"), "RT-1", "withdrew", None, None, by="ana")
    office.world.mailbox.trouble("leo@hospital.example", Trouble("550 5.1.1 no such user"))
    await later(office, hours=1, minutes=5)
    assert "has left the study since" in mails(office, TEAM)[0].text
    found = await office.rows("SELECT who, detail ->> 'means' AS means FROM alert_log WHERE what = 'not_delivered'")
    assert [(row["who"], row["means"]) for row in found] == [("ana", "sms"), ("leo", "email")]
    assert await office.one("SELECT state FROM alert") == "raised"


async def test_it_outlives_a_correction_a_new_roster_and_its_rule(office: Office) -> None:
    await answered(office)
    occasion = await first_occasion(office)
    team, web = await office.of_process("team"), await office.of_process("web")
    place = Place("symptom-diary", "pain")
    await correct_answer(web, occasion["participant_id"], "self", occasion["id"], place, 2)
    await office.settle()
    assert await log_of(office) == ["raised", "advised", "told", "no_longer_holds"]
    await apply_roster(team, STUDY, ROSTER.replace("leo", "eva"), "roster.yaml", "lead")
    await office.apply(version("1.2", RULES[: RULES.index("  rules:")]))
    await later(office, hours=1, minutes=5)
    assert mails(office, "leo") == []
    assert "the rule no longer holds" in mails(office, "eva")[0].text
    await correct_answer(web, occasion["participant_id"], "self", occasion["id"], place, 8)
    await office.settle()
    assert (await log_of(office))[-1] == "holds_again"


async def test_an_acknowledgement_in_the_moment_of_a_repeat_is_not_lost(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = await answered(office)
    team, save = await office.of_process("team"), alerts.save
    acknowledging: list[asyncio.Task[Any]] = []

    async def save_late(*given: Any) -> None:
        monkeypatch.undo()
        acknowledging.append(asyncio.create_task(acknowledge_alert(team, alert, "leo")))
        await asyncio.wait(acknowledging, timeout=0.3)
        await save(*given)

    await office.run(office.clock.now() + 7 * DAY - timedelta(minutes=5))
    monkeypatch.setattr(alerts, "save", save_late)
    await office.reply(*ANSWERS)
    await asyncio.gather(*acknowledging)
    (row,) = await office.rows("SELECT state, acknowledged_by, repeats, due_at FROM alert")
    assert (row["state"], row["acknowledged_by"], row["repeats"]) == ("acknowledged", "leo", 1)
    assert await office.one("SELECT due_at FROM agenda WHERE type = 'alert.due'") == row["due_at"]
