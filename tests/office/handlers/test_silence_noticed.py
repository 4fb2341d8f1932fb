"""silence.noticed: somebody who answers nothing for as long as a rule waits raises one alert."""

from datetime import timedelta

from pro_collector.commands.act_on_alert import apply_roster
from pro_collector.commands.watch_alerts import watch_alerts
from tests.shared.alerts import ROSTER, RULES, log_of, mails, version
from tests.shared.office import STUDY, Office
from tests.shared.scenes import treated


async def later(office: Office, **time: float) -> None:
    await office.run(office.clock.now() + timedelta(**time))


async def test_silence_raises_one_and_a_moment_that_was_lost_comes_back(office: Office) -> None:
    silent = RULES.replace("{instrument: symptom-diary, item: pain, at_least: 7}", "{silent_for: 3d}")
    await office.apply(version("1.1", silent))
    await apply_roster(await office.of_process("team"), STUDY, ROSTER, "roster.yaml", "lead")
    await treated(office)
    nightly = await office.of_process("nightly")
    for _ in range(9):
        await later(office, days=1)
        assert await watch_alerts(nightly) == 0
        await office.settle()
    assert await office.one("SELECT count(*) FROM alert") == 1
    assert (await log_of(office)).count("raised") == 1
    assert "advised" not in await log_of(office), "nobody answered"
    told = len(mails(office, "ana"))
    await office.rows("DELETE FROM agenda WHERE type = 'alert.due' RETURNING 1")
    assert await watch_alerts(nightly) == 1
    await later(office, hours=2)
    assert len(mails(office, "leo")) + len(mails(office, "ana")) > told
