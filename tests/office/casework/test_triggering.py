"""Answers that trigger an assessment, on the record: planned at once, corrected, ended by recovery, told in `why`."""

from datetime import time
from typing import Any
from uuid import UUID

from pro_collector.commands.correct_answer import correct_answer
from pro_collector.commands.record_treatment import correct, record_event
from pro_collector.display.history import reason, sentence
from pro_collector.domain.conversation.survey import Place
from tests.shared.office import DEMO, Office
from tests.shared.scenes import ASKED, DAY, SOON, TREATED, first_occasion, history, treated

ROOMY = DEMO.replace('version: "1.0"', 'version: "1.1"').replace(
    "surveys: 3, questions: 40", "surveys: 5, questions: 60"
)
FOLLOWING = ROOMY.replace(
    "  weekly-symptoms:\n",
    """\
  after-pain:
    title: {en: Your pain again, es: Otra vez el dolor}
    instruments: [symptom-diary]
    trigger:
      when: {instrument: symptom-diary, item: pain, at_least: 7}
      stop_when: {instrument: symptom-diary, item: pain, at_most: 2}
      at_most: 2
      in_all: 5
    repeat: {every: 1d, starting: 1d, count: 2}
    window: {closes: 12h}
    mode: conversation

  pain-after-surgery:
    title: {en: After surgery, es: Tras la cirugía}
    instruments: [symptom-diary]
    anchor: surgery
    offsets: [30h]
    window: {closes: 4h}

  weekly-symptoms:
""",
    1,
)
PAIN = Place("symptom-diary", "pain")


async def following(office: Office) -> list[tuple[str, str | None]]:
    rows = await office.rows("SELECT state, reason FROM occasion WHERE assessment = 'after-pain' ORDER BY due_at")
    return [(row["state"], row["reason"]) for row in rows]


async def corrected(office: Office, occasion: dict[str, Any], value: int) -> None:
    await correct_answer(office.rt, occasion["participant_id"], "self", UUID(str(occasion["id"])), PAIN, value)
    await office.settle()


async def test_hours_after_an_event_follow_its_time_of_day(office: Office) -> None:
    await office.apply(FOLLOWING)
    await treated(office)
    day, later = TREATED + 10 * DAY, TREATED + 12 * DAY

    async def local() -> tuple[str, str | None]:
        row = await first_occasion(office, "pain-after-surgery")
        return f"{row['due_local']:%m-%d %H:%M}", row["reason"]

    await record_event(office.rt, "RT-1", "surgery", day, by="nurse")
    assert (await local())[1] == "time_unknown"
    await correct(office.rt, "RT-1", "surgery", day, day, at=time(8, 15), by="nurse", reason="from the report")
    assert await local() == ("03-14 14:15", None)
    await correct(office.rt, "RT-1", "surgery", day, later, by="nurse", reason="a slip")
    assert await local() == ("03-16 14:15", None), "the time of day stays"


async def test_severe_pain_is_asked_about_again_until_it_is_better(office: Office) -> None:
    await office.apply(FOLLOWING)
    await treated(office)
    await office.run(ASKED + SOON)
    assert await following(office) == []
    await office.reply("7", "3", "0", "1", "2", "0")
    assert await following(office) == [("planned", None)] * 2
    weekly = await first_occasion(office)
    after = await first_occasion(office, "after-pain")
    assert (after["anchor"], after["anchor_key"], after["due_at"]) == ("trigger", str(weekly["id"]), ASKED + DAY)
    ((what, detail),) = await history(office, after)
    assert "after the answers that triggered it on 2026-03-03" in sentence(what, detail)
    assert await office.one("SELECT count(*) FROM triggered WHERE at = recorded_at") == 1

    await corrected(office, weekly, 5)
    assert await following(office) == [("cancelled", "answer_corrected")] * 2
    assert reason("answer_corrected") == "an answer was corrected, and does not trigger it any more"
    await office.run(office.clock.now() + SOON)
    await corrected(office, weekly, 9)
    assert await following(office) == [("planned", None)] * 2

    await office.run(ASKED + DAY + SOON)
    await office.reply("2", "3", "0", "1", "2", "0")
    assert await following(office) == [("completed", "every question answered"), ("cancelled", "recovered")]
    await office.run(ASKED + 3 * DAY)
    assert await following(office) == [("completed", "every question answered"), ("cancelled", "recovered")]
