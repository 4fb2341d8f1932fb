"""survey.rung_due: the next way is taken when nobody answered, and never gone back."""

from pro_collector.commands.record_state import record_state
from pro_collector.domain.events import OccasionRef, SurveyRungDue
from tests.shared.office import Office
from tests.shared.scenes import (
    ASKED,
    DAY,
    SOON,
    first_occasion,
    history,
    history_names,
    in_conversation,
    publish,
    treated,
)


async def test_climbs_from_text_to_mail_to_a_call_by_a_person(office: Office) -> None:
    await in_conversation(office)
    mails = len(office.letters())
    await office.run(ASKED + DAY + SOON)
    assert len(office.letters()) == mails + 2  # this one, and the baseline's own second rung an hour later
    assert (await first_occasion(office))["rung"] == 1
    await office.run(ASKED + 3 * DAY + SOON)
    occasion = await first_occasion(office)
    assert occasion["rung"] == 2
    assert await office.one("SELECT count(*) FROM task WHERE kind = 'call' AND occasion_id = %s", occasion["id"]) == 1
    told = [
        (name, detail.get("channel")) for name, detail in await history(office, occasion) if name in ("rung", "call")
    ]
    assert told == [("rung", "sms"), ("rung", "email"), ("rung", "email"), ("call", None)]


async def test_no_texts_after_stopped_texting_but_mail(office: Office) -> None:
    await treated(office)
    await record_state(office.rt, "RT-1", "stopped_texting", office.clock.now().date(), None, by="tester")
    await office.run(ASKED + SOON)
    assert office.texts() == []
    assert (await first_occasion(office))["rung"] == 1
    assert len(office.letters()) == 2


async def test_a_rung_that_was_reached_before_is_not_gone_back_to(office: Office) -> None:
    await in_conversation(office)
    await office.run(ASKED + DAY + SOON)
    occasion = await first_occasion(office)
    assert occasion["rung"] == 1
    before, mails = await history_names(office, occasion), len(office.letters())
    key = OccasionRef(occasion["id"], occasion["participant_id"])
    await publish(office, SurveyRungDue.of(key, office.clock.now(), 1, office.clock.now()))
    assert (await history_names(office, occasion), len(office.letters())) == (before, mails)
