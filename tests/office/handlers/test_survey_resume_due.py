"""survey.resume_due: a question that had to wait for its phone is asked when the phone is free, once."""

from datetime import date, timedelta

from pro_collector.domain.events import OccasionRef, SurveyResumeDue
from tests.shared.office import DEMO, Office
from tests.shared.scenes import (
    ANSWERS,
    ASKED,
    DAY,
    MOTHER,
    SOON,
    first_occasion,
    history_names,
    in_conversation,
    publish,
    treated,
)

ONLY_TEXTS = DEMO.replace('version: "1.0"', 'version: "1.1"').replace(
    "ladder:\n      - {channel: sms}\n      - {channel: email, after: 1d}\n      - {channel: call, after: 3d}",
    "ladder: [{channel: sms}]",
)

HOURS = timedelta(hours=2)


async def asked_both(office: Office) -> None:
    """Two children on their mother's phone; the first was asked, and so was the second, hours later."""
    await office.apply(ONLY_TEXTS)
    for code in ("RT-1", "RT-2"):
        await treated(office, code=code, birth_date=date(2019, 5, 4), proxy_phone=MOTHER)
    await office.run(ASKED + SOON)


async def test_the_second_is_asked_when_the_first_has_answered(office: Office) -> None:
    await asked_both(office)
    assert len([text for text in office.texts(MOTHER) if "short questions" in text]) == 1
    await office.reply(*ANSWERS, number=MOTHER)
    await office.run(office.clock.now() + SOON)
    assert len([text for text in office.texts(MOTHER) if "short questions" in text]) == 2


async def test_a_question_that_was_asked_meanwhile_is_not_asked_again(office: Office) -> None:
    await in_conversation(office)
    occasion, texts = await first_occasion(office), len(office.texts())
    before = await history_names(office, occasion)
    key = OccasionRef(occasion["id"], occasion["participant_id"])
    await publish(office, SurveyResumeDue.of(key, office.clock.now()))
    assert (len(office.texts()), await history_names(office, occasion)) == (texts, before)


async def test_a_question_left_behind_at_a_shared_phone_is_asked_once_more(office: Office) -> None:
    """The reminder of the second comes while the first has its turn: the question of the first is left behind."""
    await asked_both(office)
    await office.run(ASKED + 2 * DAY + HOURS)
    left = await office.rows("SELECT count(*) AS n FROM outbox WHERE type = 'survey.reminder_due'")
    assert left[0]["n"] >= 1
    await office.reply(*ANSWERS, number=MOTHER)
    await office.run(office.clock.now() + SOON)
    resumed = await office.rows("SELECT event_id FROM outbox WHERE type = 'survey.resume_due'")
    assert resumed
    assert "short questions" not in office.texts(MOTHER)[-1]
    assert "how bad was your child's worst pain" in office.texts(MOTHER)[-1]
