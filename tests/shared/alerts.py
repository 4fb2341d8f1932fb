"""A study with one alert rule and a roster, and somebody who raised an alert."""

from typing import Any

from pro_collector.commands.act_on_alert import apply_roster
from tests.shared.office import DEMO, STUDY, Office
from tests.shared.scenes import ANSWERS, in_conversation

NURSE_PHONE = "+12025550140"
RULES = """
alerts:
  watched: always
  told: {en: A nurse reads your answers from 8 to 9., es: Lo lee una enfermera.}
  rules:
    severe:
      label: {en: Severe pain, es: Dolor intenso}
      when: {instrument: symptom-diary, item: pain, at_least: 7}
      advice: {en: "Rest, and take what we gave you for bad days.", es: "Descanse."}
      urgency: today
      steps: [{to: nurse, within: 1h}, {to: doctor, within: 2h}]
"""
ROSTER = """
people:
  ana: {mail: ana@hospital.example, phone: "+12025550140"}
  leo: {mail: leo@hospital.example}
duties: [{role: nurse, who: [ana]}, {role: doctor, who: [leo]}]
"""


def version(number: str, rules: str) -> str:
    """The demo study with alert rules, as this version."""
    return DEMO.replace('version: "1.0"', f'version: "{number}"') + rules


async def answered(office: Office, rules: str = RULES) -> str:
    """RT-1 answers 7 about pain, at five past ten; the alert."""
    await office.apply(version("1.1", rules))
    await apply_roster(await office.of_process("team"), STUDY, ROSTER, "roster.yaml", "lead")
    await in_conversation(office)
    await office.reply(*ANSWERS)
    return str(await office.one("SELECT id FROM alert"))


def mails(office: Office, who: str) -> list[Any]:
    """The mails to somebody of the roster, or to an address."""
    return office.world.mailbox.inboxes[who if "@" in who else f"{who}@hospital.example"]


async def log_of(office: Office) -> list[str]:
    """What happened to all alerts, in order."""
    return [row["what"] for row in await office.rows("SELECT what FROM alert_log ORDER BY id")]
