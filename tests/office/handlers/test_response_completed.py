"""response.completed: the scores in the record are those of the instrument's rule, and none is ever overwritten."""

from pathlib import Path

from pro_collector.commands.apply_study import apply_study
from pro_collector.commands.rescore import rescore
from pro_collector.domain.conversation.survey import Place
from pro_collector.domain.exchange.dump import definition_yaml, text_yaml
from pro_collector.domain.scoring.score import score
from pro_collector.library import load_library
from pro_collector.postgres.tables import answers
from pro_collector.web.form.postgres_store import PostgresFormStore
from tests.office.commands.test_rescore import imputing, newer
from tests.shared.clock import START
from tests.shared.office import DEMO, Office, library
from tests.shared.scenes import ANSWERS, ASKED, DAY, SOON, first_occasion, in_conversation


async def stored(office: Office, scale: str) -> list[float | None]:
    """Every score of a scale, in the order they were made."""
    rows = await office.rows("SELECT value FROM score WHERE scale = %s ORDER BY scored_at", scale)
    return [row["value"] for row in rows]


async def test_scores_are_those_of_the_published_rule(office: Office) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    occasion = await first_occasion(office)
    async with office.rt.database.transaction() as tx:
        given = (await answers.load(tx, [occasion["id"]]))[occasion["id"]]["symptom-diary"]
    expected = score(library().get("symptom-diary"), given)
    rows = {row["scale"]: row for row in await office.rows("SELECT * FROM score")}
    assert set(rows) == set(expected)
    for scale, result in expected.items():
        row = rows[scale]
        assert (row["value"], row["answered"], row["of"], row["reason"], row["band"]) == (
            result.value, result.answered, result.of, result.reason, result.band,
        )  # fmt: skip
        assert row["scoring_version"] == library().get("symptom-diary").hash
        assert (row["reporter"], row["mode"], row["completed_at"]) == ("self", "sms", occasion["ended_at"])


async def test_the_event_carries_numbers_and_ids_only(office: Office) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    (row,) = await office.rows("SELECT payload FROM outbox WHERE type = 'score.recorded'")
    assert row["payload"]["scores"]["pain"] == 70.0
    assert row["payload"]["scores"]["vomiting"] is None
    assert row["payload"]["instrument"] == "symptom-diary"
    assert await office.one("SELECT handled_at IS NOT NULL FROM outbox WHERE type = 'score.recorded'")


async def test_a_partial_response_is_scored_as_far_as_the_rule_allows(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7", "3", "0", "1", "2")
    await office.run(ASKED + 4 * DAY + SOON)
    rows = {row["scale"]: row for row in await office.rows("SELECT * FROM score")}
    assert (rows["worry"]["value"], rows["worry"]["answered"], rows["worry"]["of"]) == (None, 0, 1)
    assert rows["symptom_burden"]["value"] == (70 + 30 + 12.5 + 50) / 4
    assert await office.one("SELECT status FROM response") == "partial"


async def test_a_late_answer_is_scored_again_beside_what_was(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7", "3", "0", "1", "2")
    await office.run(ASKED + 4 * DAY + SOON)
    before = await office.rows("SELECT * FROM score ORDER BY scale")
    assert {row["superseded_at"] for row in before} == {None}
    await office.reply("8")
    after = await office.rows("SELECT * FROM score ORDER BY scale, scored_at")
    kept, newer = ([row for row in after if (row["superseded_at"] is None) is stands] for stands in (False, True))
    scored_at = newer[0]["scored_at"]
    assert kept == [{**row, "superseded_at": scored_at} for row in before], "marked, and nothing overwritten"
    assert [row["scale"] for row in newer] == [row["scale"] for row in before]
    assert await stored(office, "worry") == [None, 80.0]
    assert await office.one("SELECT value FROM score_current WHERE scale = 'symptom_burden'") == (
        (70 + 30 + 12.5 + 50 + 80) / 5
    )
    assert await office.one("SELECT status FROM response") == "completed"


async def test_a_late_answer_does_not_bring_back_what_a_rescore_replaced(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7", "3", "0", "1", "2")
    await office.run(ASKED + 4 * DAY + SOON)
    await rescore(office.rt, newer(), store=True)
    await office.run(office.rt.clock.now() + SOON)
    await office.reply("8")
    rows = await office.rows("SELECT scale, value, instrument_version FROM score_current ORDER BY scale")
    assert {row["instrument_version"] for row in rows} == {"2.1.0"}
    assert {row["scale"]: row["value"] for row in rows if row["scale"] in ("pain", "worry")} == {"pain": 7, "worry": 80}


async def test_a_response_counts_once_in_its_week_however_many_late_answers_it_had(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7", "3", "0")
    await office.run(ASKED + 4 * DAY + SOON)
    for answer in ("1", "2", "8"):
        await office.reply(answer)
        await office.run(office.rt.clock.now() + SOON)
    assert await office.one("SELECT count(*) FROM score WHERE scale = 'pain'") == 4
    weeks = await office.rows("SELECT scores, mean FROM score_weekly WHERE scale = 'pain'")
    assert weeks == [{"scores": 1, "mean": 70.0}]


async def test_two_instruments_of_one_occasion_are_two_responses(office: Office) -> None:
    await office.enrol()
    await office.run(START + DAY / 4)
    desk, token = PostgresFormStore(office.rt), office.link()
    form = await desk.open(token)
    assert form is not None
    for one in form.survey.instruments:
        for item in one.items:
            await desk.answer(token, Place(one.id, item.id), 1, item.id, "en")
    await desk.finish(token)
    await office.settle()
    rows = await office.rows("SELECT DISTINCT instrument, mode, language FROM response ORDER BY instrument")
    assert rows == [
        {"instrument": "symptom-diary", "mode": "web", "language": "en"},
        {"instrument": "well-being-diary", "mode": "web", "language": "en"},
    ]


async def test_delivered_again_adds_nothing(office: Office) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    before = await office.rows("SELECT * FROM score ORDER BY scale")
    await office.redeliver(["response.completed"])
    assert await office.rows("SELECT * FROM score ORDER BY scale") == before
    assert await office.one("SELECT count(*) FROM outbox WHERE type = 'score.recorded'") == 1


async def test_skipped_items_count_by_the_policy_of_the_study(office: Office, tmp_path: Path) -> None:
    diary = library().get("symptom-diary")
    graded = imputing().with_texts(*diary.texts.values())
    folder = tmp_path / graded.id
    folder.mkdir()
    (folder / "instrument.yaml").write_text(definition_yaml(graded))
    for text in graded.texts.values():
        (folder / f"text.{text.language}.yaml").write_text(text_yaml(text))
    study = DEMO.replace('version: "1.0"', 'version: "1.1"') + "imputation: {symptom-diary: zero}\n"
    await apply_study(office.rt, study, "study.yaml", load_library(tmp_path), "tester")
    await in_conversation(office)
    await office.reply(*ANSWERS)
    (row,) = await office.rows("SELECT value, answered, of, scoring_version FROM score WHERE scale = 'grade'")
    assert (row["value"], row["answered"], row["of"]) == (0, 1, 2)
    assert row["scoring_version"] == f"{graded.hash}+zero"
