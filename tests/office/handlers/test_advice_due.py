"""advice.due: whoever answered hears what the rule advises; out of hours before the team does."""

from datetime import timedelta

from tests.shared.alerts import NURSE_PHONE, RULES, answered, mails
from tests.shared.office import STUDY, Office


async def later(office: Office, **time: float) -> None:
    await office.run(office.clock.now() + timedelta(**time))


async def test_out_of_hours_the_patient_hears_first_and_the_team_when_hours_begin(office: Office) -> None:
    hours = 'watched: {hours: [{from: "08:00", until: "09:00"}]}'
    alert = await answered(office, RULES.replace("watched: always", hours))
    said = office.texts()[-1]
    assert "Rest, and take what we gave you for bad days. A nurse reads your answers from 8 to 9." in said
    assert "911" in said
    await office.redeliver(["response.completed", "advice.due", "alert.due"])
    assert office.texts()[-1] == said
    assert sum("for bad days" in text for text in office.texts()) == 1
    await later(office, hours=21)
    assert (mails(office, "ana"), office.texts(NURSE_PHONE)) == ([], [])
    await later(office, hours=1)
    (letter,), (text,) = mails(office, "ana"), office.texts(NURSE_PHONE)
    link = f"{office.rt.settings.public_url}/team/study/{STUDY}/alerts/{alert}"
    assert link in letter.text
    assert link in text
    for private in ("pain", "severe", "Rest"):
        assert private not in f"{letter.headers} {letter.text} {text}"
    assert "RT-1" not in text
    assert office.texts()[-1] == said, "the patient's conversation knows nothing of it"
