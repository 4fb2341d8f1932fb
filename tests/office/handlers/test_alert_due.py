"""alert.due: an alert of a rule goes from one step of the roster to the next until somebody takes care of it."""

from datetime import date, timedelta

import pytest

from pro_collector.commands.act_on_alert import acknowledge_alert, apply_roster, close_alert
from pro_collector.errors import BadInput, Conflict
from tests.shared.clock import START
from tests.shared.office import DEMO, STUDY, Office

RULES = """
alerts:
  watched: always
  told: {en: A nurse reads this., es: Lo lee una enfermera.}
  rules:
    severe:
      label: {en: Severe pain, es: Dolor intenso}
      when: {instrument: symptom-diary, item: pain, at_least: 7}
      urgency: today
      steps: [{to: nurse, within: 1h}, {to: lead, within: 1h}, {to: doctor, within: 2h}]
      close_within: 2d
"""
ROSTER = """
people: {ana: {mail: ana@hospital.example}, leo: {mail: leo@hospital.example}}
duties: [{role: nurse, who: [ana]}, {role: doctor, who: [leo]}]
"""


async def raised(office: Office) -> str:
    """RT-1 answers 7 about pain; the alert of the rule."""
    await office.apply(DEMO.replace('version: "1.0"', 'version: "1.1"') + RULES)
    team = await office.of_process("team")
    assert await apply_roster(team, STUDY, ROSTER, "roster.yaml", "lead") == ("lead",)
    await office.enrol()
    await office.happened("treatment_start", date(2026, 3, 3))
    await office.run(START + timedelta(days=1, hours=4))
    await office.reply("7", "3", "0", "1", "2", "0")
    return str(await office.one("SELECT id FROM alert"))


def mails(office: Office, who: str) -> int:
    return len(office.world.mailbox.inboxes[f"{who}@hospital.example"])


async def test_it_is_told_step_by_step_acknowledged_once_comes_back_and_is_closed(office: Office) -> None:
    alert = await raised(office)
    team = await office.of_process("team")
    assert (mails(office, "ana"), mails(office, "leo")) == (1, 0)
    letter = office.world.mailbox.inboxes["ana@hospital.example"][0]
    assert "pain" not in str(letter).lower()
    await office.run(office.clock.now() + timedelta(minutes=70))
    assert (mails(office, "ana"), mails(office, "leo")) == (1, 1), "nobody is lead: this step is skipped"
    await acknowledge_alert(team, alert, "leo")
    with pytest.raises(Conflict, match="leo has acknowledged it already"):
        await acknowledge_alert(team, alert, "ana")
    await office.run(office.clock.now() + timedelta(hours=47))
    assert (mails(office, "ana"), mails(office, "leo")) == (1, 1)
    await office.run(office.clock.now() + timedelta(hours=1, minutes=1))
    assert (mails(office, "ana"), mails(office, "leo")) == (2, 1), "it was forgotten"
    with pytest.raises(BadInput, match="no way to close an alert 'phone'; did you mean 'phoned'"):
        await close_alert(team, alert, "ana", "phone")
    await close_alert(team, alert, "ana", "phoned")
    await office.redeliver(["alert.due", "alert.raised", "response.completed"])
    await office.run(office.clock.now() + timedelta(days=1))
    assert (mails(office, "ana"), mails(office, "leo")) == (2, 1)
    log = await office.rows("SELECT what FROM alert_log ORDER BY id")
    assert [row["what"] for row in log] == [
        "raised", "told", "nobody", "told", "acknowledged", "came_back", "told", "closed",
    ]  # fmt: skip
    published = await office.rows("SELECT payload FROM outbox WHERE type = 'alert.changed' ORDER BY id")
    changes = [(row["payload"]["change"], row["payload"]["done"]) for row in published]
    assert changes == [
        ("raised", None), ("escalated", None), ("acknowledged", None), ("came_back", None), ("closed", "phoned")
    ]  # fmt: skip
