"""survey.retry_due: what has not arrived is said again, on its rung or on the next."""

from pro_collector.commands.change_person import move_address
from pro_collector.domain.events import OccasionRef, SurveyRetryDue
from tests.shared.office import Office
from tests.shared.scenes import ASKED, SOON, first_occasion, in_conversation, publish, treated

NEW = "+12025550177"


async def test_at_a_new_phone_the_open_question_is_asked_again(office: Office) -> None:
    await in_conversation(office)
    before = len(office.texts())
    await move_address(office.rt, "RT-1", "phone", NEW, by="tester")
    await office.run(ASKED + 10 * SOON)
    assert len(office.texts()) == before
    assert any("how bad was your worst pain" in text for text in office.texts(NEW))
    kinds = await office.rows("SELECT type FROM outbox WHERE type LIKE 'survey.%%' ORDER BY id")
    assert "survey.retry_due" in [row["type"] for row in kinds]


async def test_on_the_next_rung_it_goes_by_mail(office: Office) -> None:
    await treated(office)
    await office.run(ASKED + 10 * SOON)
    occasion, mails = await first_occasion(office), len(office.letters())
    key = OccasionRef(occasion["id"], occasion["participant_id"])
    await publish(office, SurveyRetryDue.of(key, office.clock.now(), "test", rung=1))
    assert ((await first_occasion(office))["rung"], len(office.letters())) == (1, mails + 1)
