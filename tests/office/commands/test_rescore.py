"""Rescoring adds beside, shows the difference first, and any stored score can be told from the raw answers."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from pro_collector.casework.streaming import announce_again
from pro_collector.commands import rescore as module
from pro_collector.commands.rescore import explain_score, rescore
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.errors import BadInput, Conflict, NotFound
from pro_collector.library import load_library
from pro_collector.postgres import score_weekly
from pro_collector.postgres.connection import Tx
from tests.shared.clock import START
from tests.shared.office import PHONE, Office


def newer() -> Instrument:
    """The symptom diary with pain scored from 0 to 10 instead of 0 to 100."""
    diary = load_library().get("symptom-diary")
    scales = [s.model_copy(update={"rescale": None}) if s.id == "pain" else s for s in diary.scales]
    return Instrument.model_validate({**diary.model_dump(), "version": "2.1.0", "scales": scales})


async def answered(office: Office) -> str:
    """RT-1 has answered the weekly symptoms: burden (70 + 30 + 12.5 + 50 + 0) / 5 = 32.5; the id of the response."""
    await office.enrol()
    await office.happened("treatment_start", date(2026, 3, 3))
    await office.run(START + timedelta(days=1, hours=4))
    await office.reply("7", "3", "0", "1", "2", "0")
    return str(await office.one("SELECT id FROM response"))


async def test_new_scores_stand_beside_the_old_ones(office: Office) -> None:
    response = await answered(office)
    before = await office.rows("SELECT * FROM score ORDER BY scale")
    looked = await rescore(office.rt, newer(), store=False)
    assert [(str(d.response), d.scale, d.before, d.after) for d in looked.differences] == [
        (response, "pain", 70.0, 7.0),
        (response, "symptom_burden", 32.5, 19.9),
    ]
    assert await office.rows("SELECT * FROM score ORDER BY scale") == before
    done = await rescore(office.rt, newer(), store=True)
    assert done.stored == len(before)
    assert await office.one("SELECT count(*) FROM score") == 2 * len(before)
    assert await office.one("SELECT value FROM score_on_treatment WHERE scale = 'pain'") == 7.0
    again = await rescore(office.rt, newer(), store=True)
    assert (again.differences, again.stored) == ([], 0)
    assert await office.one("SELECT count(*) FROM score") == 2 * len(before), "twice changes nothing"


async def test_answers_are_not_scored_as_answers_to_another_question(office: Office) -> None:
    """In 1.0.0, a 4 for vomiting means every day; in 2.0.0 it means four days."""
    await answered(office)
    before = await office.rows("SELECT * FROM score ORDER BY scale")
    done = await rescore(office.rt, load_library().get("symptom-diary", "1.0.0"), store=True)
    assert (done.responses, done.left_out, done.stored, done.differences) == (0, 1, 0, [])
    assert await office.rows("SELECT * FROM score ORDER BY scale") == before


async def test_weeks_that_are_over_count_the_new_scores_at_once(office: Office) -> None:
    await answered(office)
    stale = "SELECT count(*) FROM score_day_stale"
    assert await office.one(stale) > 0
    await score_weekly.refresh((await office.of_process("nightly")).database)
    assert await office.one(stale) == 0, "the nightly check may do it"
    await rescore(office.rt, newer(), store=True)
    assert await office.one(stale) == 0
    weeks = await office.rows("SELECT week, scores, mean FROM score_weekly WHERE scale = 'pain' ORDER BY mean")
    assert weeks == [{"week": datetime(2026, 3, 2, tzinfo=UTC), "scores": 1, "mean": mean} for mean in (7.0, 70.0)]


def imputing() -> Instrument:
    """The symptom diary with a grade of nausea and vomiting, which is asked only after nausea: PRO-CTCAE in small."""
    diary = load_library().get("symptom-diary").model_dump()
    grade = {"id": "grade", "title": "Grade", "items": ["nausea", "vomiting"], "method": "table", "table": "grades"}
    return Instrument.model_validate(
        {
            **diary,
            "version": "2.2.0",
            "scales": [*diary["scales"], grade],
            "tables": {"grades": {"source": "made up", "grid": [0, 1, 2, 3, 3]}},
            "imputations": {"zero": {"when_first": 0, "rest": 0}},
        }
    )


async def test_skipped_items_count_by_the_policy_that_is_named_then_as_before(office: Office) -> None:
    response = await answered(office)  # no nausea, so vomiting was not asked
    graded = imputing()
    assert not (await rescore(office.rt, graded, store=False)).differences
    named = await rescore(office.rt, graded, store=True, imputation="zero")
    assert [(each.scale, each.before, each.after) for each in named.differences] == [("grade", None, 0.0)]
    assert await office.one("SELECT scoring_version FROM score WHERE scale = 'grade'") == f"{graded.hash}+zero"
    assert not (await rescore(office.rt, graded, store=False)).differences
    lines = list(await explain_score(office.rt, f"{response}/grade"))
    assert "  policy zero: the first answer is 0, so a missing one counts as 0" in lines
    assert lines[-1] == "recomputed from the raw answers: 0.0, as stored"
    with pytest.raises(NotFound, match="no imputation policy 'worst'"):
        await rescore(office.rt, graded, store=False, imputation="worst")


async def test_a_scale_that_is_no_more_is_a_difference(office: Office) -> None:
    response = await answered(office)
    without = newer().model_dump()
    without["scales"] = [scale for scale in without["scales"] if scale["id"] == "worry"]
    found = await rescore(office.rt, Instrument.model_validate(without), store=False)
    assert ("pain", 70.0, None) in [(each.scale, each.before, each.after) for each in found.differences]
    assert {str(each.response) for each in found.differences} == {response}


async def test_a_scale_with_another_end_leaves_the_answers_alone(office: Office) -> None:
    await answered(office)
    longer = newer().model_dump()
    for item in longer["items"]:
        item |= {"maximum": 100} if item["id"] == "pain" else {}
    done = await rescore(office.rt, Instrument.model_validate(longer), store=True)
    assert (done.responses, done.left_out, done.stored) == (0, 1, 0)


async def test_a_published_version_cannot_come_to_mean_something_else(office: Office) -> None:
    await answered(office)
    published = load_library().get("symptom-diary").version
    other = Instrument.model_validate({**newer().model_dump(), "version": published})
    with pytest.raises(Conflict, match=f"symptom-diary {published} was published with other items or scoring"):
        await rescore(office.rt, other, store=True)
    assert await office.one("SELECT count(DISTINCT scoring_version) FROM score") == 1


async def test_a_score_is_told_from_the_raw_answers(office: Office) -> None:
    response = await answered(office)
    lines = list(await explain_score(office.rt, f"{response}/symptom_burden"))
    assert lines[-1] == "recomputed from the raw answers: 32.5, as stored"
    assert any("pain" in line and "70" in line for line in lines)
    with pytest.raises(NotFound, match="scales of that response: pain, sleep, stomach"):
        await explain_score(office.rt, f"{response}/joy")
    with pytest.raises(BadInput, match="RESPONSE/SCALE"):
        await explain_score(office.rt, "pain")


async def test_a_rescore_that_is_ended_in_the_middle_is_done_by_the_next_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    phones = {"RT-1": PHONE, "RT-2": "+12025550199"}
    for code, phone in phones.items():
        await office.enrol(code, phone=phone)
        await office.happened("treatment_start", date(2026, 3, 3), code)
    await office.run(START + timedelta(days=1, hours=4))
    for phone in phones.values():
        await office.reply("7", "3", "0", "1", "2", "0", number=phone)
    announced: list[Sequence[UUID]] = []

    async def ends(tx: Tx, people: Sequence[UUID], instrument: str, now: datetime) -> None:
        announced.append(people)
        await announce_again(tx, people, instrument, now)
        if len(announced) == 2:
            raise ConnectionError("the process ends before its second commit")

    monkeypatch.setattr(module, "BATCH_SIZE", 1)
    monkeypatch.setattr(module, "announce_again", ends)
    with pytest.raises(ConnectionError):
        await rescore(office.rt, newer(), store=True)
    told = "SELECT count(*) FROM outbox WHERE type = 'score.recorded' AND payload->>'instrument_version' = '2.1.0'"
    scored = "SELECT count(DISTINCT participant_id) FROM score WHERE instrument_version = '2.1.0'"
    assert (await office.one(told), await office.one(scored)) == (1, 1)
    await rescore(office.rt, newer(), store=True)
    assert (await office.one(told), await office.one(scored)) == (2, 2), "each was told once"
