"""What `simulate` counts is what the product sends: one person who never answers, rehearsed and in the office."""

from datetime import UTC, date, datetime, timedelta

from pro_collector.domain.instrument.branching import remaining
from pro_collector.domain.study.definition import load_study
from pro_collector.domain.study.timeline import TreatmentEvent
from pro_collector.simulation.life import live
from pro_collector.simulation.people import MadeUpPerson, News
from pro_collector.simulation.script import Script
from scheduler.person import Person
from tests.shared.clock import START
from tests.shared.office import DEMO, Office, library

WEEKS = timedelta(days=16)
SENT = """
    SELECT o.assessment, m.channel, m.requested_at AS at FROM message m JOIN occasion o ON o.id = m.occasion_id
    WHERE m.purpose IN ('invitation', 'reminder') UNION ALL
    SELECT o.assessment, 'call', t.raised_at FROM task t JOIN occasion o ON o.id = t.occasion_id WHERE t.kind = 'call'
"""


async def test_somebody_who_never_answers_gets_what_the_rehearsal_says(office: Office) -> None:
    began = START.date()
    id = await office.enrol(enrolled_on=began)
    await office.happened("treatment_start", began)
    await office.run(START + WEEKS)
    sent = {(row["assessment"], row["channel"], row["at"]) for row in await office.rows(SENT)}

    instruments = {name: library().get(name) for name in ("symptom-diary", "well-being-diary")}
    study = load_study(DEMO, "demo.yaml", instruments)
    rules = study.rules({name: len(remaining(each, {})) for name, each in instruments.items()})
    person = Person(
        id, "America/New_York", began, birth_date=date(1980, 1, 1), arm="treated", site="bethesda", language="en"
    )
    start = TreatmentEvent(id, id, "treatment_start", began, START)
    who = MadeUpPerson(person, "US", (News(START, start),))
    ends_at = datetime.combine(began + timedelta(days=60), datetime.min.time(), UTC)
    life = live(study, rules, Script(study, instruments), who, ends_at)
    said = {
        (each.occasion.assessment, message.channel, message.at)
        for each in life.asked
        for message in each.unanswered
        if message.at <= START + WEEKS
    }
    assert {channel for _, channel, _ in said} == {"sms", "email", "call"}
    assert sorted(sent) == sorted(said)
