"""survey.expired: the window closes; what is there is kept and scored, what is not is missed, and it says why."""

from datetime import timedelta

from pro_collector.domain.conversation.survey import Place
from pro_collector.web.form.postgres_store import PostgresFormStore
from tests.shared.clock import START
from tests.shared.office import Office
from tests.shared.scenes import ANSWERS, ASKED, DAY, SOON, first_occasion, history_names, in_conversation

CLOSED = ASKED + 4 * DAY


async def scores(office: Office, occasion: dict[str, object]) -> dict[str, float | None]:
    """The scores of an occasion that count."""
    rows = await office.rows("SELECT scale, value FROM score_current WHERE occasion_id = %s", occasion["id"])
    return {row["scale"]: row["value"] for row in rows}


async def test_without_an_answer_it_is_missed(office: Office) -> None:
    await in_conversation(office)
    await office.run(CLOSED + SOON)
    occasion = await first_occasion(office)
    assert (occasion["state"], occasion["reason"]) == ("missed", "window closed without an answer")
    assert occasion["ended_at"] == CLOSED
    assert await scores(office, occasion) == {}


async def test_with_some_answers_it_is_partial_and_scored(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7", "3")
    await office.run(CLOSED + SOON)
    occasion = await first_occasion(office)
    assert (occasion["state"], occasion["reason"]) == ("partial", "window closed before the last question")
    found = await scores(office, occasion)
    assert (found["pain"], found["tiredness"], found["stomach"], found["symptom_burden"]) == (70, 30, None, None)
    assert await office.one("SELECT status FROM response WHERE occasion_id = %s", occasion["id"]) == "partial"


async def test_answered_on_the_web_and_never_confirmed_it_is_complete(office: Office) -> None:
    await office.enrol()
    await office.run(START + timedelta(hours=5))
    desk, token = PostgresFormStore(office.rt), office.link()
    form = await desk.open(token)
    assert form is not None
    for one in form.survey.instruments:
        for item in one.items:
            await desk.answer(token, Place(one.id, item.id), 0, item.id, "en")
    await office.settle()
    assert (await first_occasion(office, "baseline"))["state"] == "started"
    await office.run(START + 11 * DAY)
    occasion = await first_occasion(office, "baseline")
    assert (occasion["state"], occasion["reason"]) == ("completed", "every question answered, not confirmed")
    modes = await office.rows("SELECT DISTINCT mode FROM response WHERE occasion_id = %s", occasion["id"])
    assert [row["mode"] for row in modes] == ["web"], "how it was answered is part of the measurement"


async def test_what_is_complete_stays_complete(office: Office) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    occasion = await first_occasion(office)
    before = await history_names(office, occasion)
    await office.run(CLOSED + SOON)
    assert (await first_occasion(office))["state"] == "completed"
    assert await history_names(office, occasion) == before


async def test_completed_while_the_event_was_on_its_way_it_stays_complete(office: Office) -> None:
    await in_conversation(office)
    await office.run(CLOSED - SOON)
    await office.reply(*ANSWERS)
    await office.run(CLOSED + SOON)
    occasion = await first_occasion(office)
    await office.redeliver(["survey.expired"])
    assert (await first_occasion(office)) == occasion
