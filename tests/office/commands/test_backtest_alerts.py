"""Alert rules tried on stored answers: with what was known then, and with nothing changed."""

from datetime import date, timedelta

import pytest

from pro_collector.cli.alerts import report
from pro_collector.commands.backtest_alerts import Backtested, RuleFile, backtest
from pro_collector.commands.record_state import record_state
from pro_collector.domain.alert.backtest import Overlap, Share
from pro_collector.errors import BadInput, NotFound
from tests.shared.clock import START
from tests.shared.office import STUDY, Office

RULES = """\
alerts:
  watched: {hours: [{from: 8:00, until: 16:00}]}
  told: {en: A nurse reads this., es: Lo lee una enfermera.}
  rules:
    severe:
      label: {en: Severe pain, es: Dolor intenso}
      when: {instrument: symptom-diary, item: pain, at_least: 7}
      urgency: today
      steps: [{to: nurse, within: 2h}]
    score:
      label: {en: Burden rises, es: Sube la carga}
      when:
        all_of:
          - {instrument: symptom-diary, scale: symptom_burden, rises_by: 10, since: last}
          - {event: treatment_start, within: 14d}
      urgency: now
      steps: [{to: nurse, within: 2h}]
    treated:
      label: {en: Severe pain in this arm, es: Dolor intenso en este brazo}
      only: {arms: [treated]}
      when: {instrument: symptom-diary, item: pain, at_least: 7}
      urgency: today
      steps: [{to: nurse, within: 2h}]
    silent:
      label: {en: Silent, es: Silencio}
      when: {missed: weekly-symptoms}
      urgency: this_week
      steps: [{to: nurse, within: 2h}]
"""


async def tried(office: Office, text: str = RULES, **how: object) -> Backtested:
    rt = await office.of_process("team")
    return await backtest(rt, STUDY, RuleFile(text, "rules.yaml"), **how)  # type: ignore[arg-type]


async def test_rules_are_tried_on_answers_scores_treatment_and_silence(office: Office) -> None:
    await office.enrol()
    await office.happened("treatment_start", date(2026, 3, 3))
    await office.run(START + timedelta(days=1, hours=4))
    await office.reply("7", "3", "0", "1", "2", "0")
    await record_state(office.rt, "RT-1", "crossed_over", date(2026, 3, 9), None, by="tester", arm="observed")
    await office.run(START + timedelta(days=8, hours=4))
    await office.reply("9", "9", "0", "1", "2", "0")
    await office.run(START + timedelta(days=20))
    await office.happened("surgery", date(2026, 3, 12))
    before = await office.one("SELECT count(*) FROM answer")
    found = await tried(
        office, event="surgery", days=3, old=RuleFile(RULES.replace("at_least: 7", "at_least: 9"), "old")
    )
    alerts = {name: one.alerts for name, one in found.rules.items()}
    assert alerts == {"severe": 2, "score": 1, "silent": 1, "treated": 1}, "the second answer came after the crossover"
    assert found.rules["severe"].surveys == Share(2, 2)
    assert found.rules["severe"].before_event == Share(2, 1)
    assert found.together.events_announced == Share(1, 1)
    assert found.overlap == Overlap(2, 0, 1)
    assert found.by_code == {"RT-1": 5}
    assert "severe: 2 alerts and 0 repeats; 1.0 a nurse and week" in report(found, "surgery", 3, 2)
    assert await office.one("SELECT count(*) FROM answer") == before
    with pytest.raises(BadInput, match=r"rules.yaml:7: .*`symptom-diary` has no item `pian`"):
        await tried(office, RULES.replace("item: pain", "item: pian"))
    with pytest.raises(NotFound, match="did you mean 'surgery'"):
        await tried(office, event="surgeri")
    with pytest.raises(NotFound, match="no study 'other'"):
        await backtest(office.rt, "other", RuleFile(RULES, "rules.yaml"))
