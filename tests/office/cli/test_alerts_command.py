"""`pro-collector alerts check`: rules against a study file, without a database."""

from pathlib import Path

from pro_collector.resources import SCHEMAS
from tests.office.cli.terminal import Terminal

DEMO = str(SCHEMAS / "studies" / "demo.yaml")
RULES = """\
alerts:
  watched: always
  told: {en: Somebody always reads this., es: Siempre lo lee alguien.}
  rules:
    worse:
      label: {en: Worse, es: Peor}
      when: {instrument: symptom-diary, item: pain, rises_by: 3, since: last}
      urgency: today
      steps: [{to: nurse, within: 2h}, {to: doctor, within: 4h}]
    severe:
      label: {en: Severe, es: Intenso}
      when: {instrument: symptom-diary, item: pain, at_least: 8}
      urgency: now
      steps: [{to: nurse, within: 30min}]
"""


def test_rules_are_checked_against_a_study(bare: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(RULES, encoding="utf-8")
    told = bare.run("alerts", "check", DEMO, str(file)).out
    assert told == "severe: now; nurse within 30min\nworse: today; nurse within 2h, then doctor within 4h\n"
    file.write_text(RULES.replace("urgency: now", "urgency: at-once"), encoding="utf-8")
    assert (
        f"{file}:13: alerts.rules.severe.urgency: expected" in bare.run("alerts", "check", DEMO, str(file), code=2).err
    )
