"""What the streams say of scores and treatments is what the research model says, after every correction and erasure."""

import json
from datetime import date
from typing import Any

from pro_collector.commands.change_person import change
from pro_collector.commands.correct_answer import correct_answer
from pro_collector.commands.erase import erase
from pro_collector.commands.record_consent import give_consent, withdraw_consent
from pro_collector.commands.record_state import record_state, retract_state
from pro_collector.commands.record_treatment import correct
from pro_collector.commands.refill_streams import refill_streams
from pro_collector.commands.rescore import rescore
from pro_collector.domain.account.permission import ALL_SITES, Sites
from pro_collector.domain.conversation.survey import Place
from pro_collector.domain.placement import Placed
from pro_collector.postgres.grants import PREFIX, VIEWER
from pro_collector.postgres.questions import published_scores
from pro_collector.postgres.questions.published_scores import MOST
from pro_collector.postgres.questions.session import Scope
from tests.office.commands.test_rescore import newer
from tests.shared.office import STUDY, Office
from tests.shared.scenes import ANSWERS, ASKED, DAY, SOON, TREATED, first_occasion, in_conversation

MODEL = """
    SELECT s.participant_id, s.study, s.visit_id AS occasion_id, s.response_id, s.instrument, s.instrument_version,
           s.reporter, s.mode, s.scoring_version, s.site, s.arm, s.visit, s.assessment, s.visit_n, s.anchor, s.anchor_n,
           s.days_since_anchor, s.on_day, s.study_day, s.cycle, s.cycle_day, t.days_since, s.completed_at,
           jsonb_object_agg(s.scale, s.value) AS scores
    FROM research.scores s JOIN score_on_treatment t ON t.response_id = s.response_id AND t.scale = s.scale
    GROUP BY s.participant_id, s.study, s.visit_id, s.response_id, s.instrument, s.instrument_version, s.reporter,
             s.mode, s.scoring_version, s.site, s.arm, s.visit, s.assessment, s.visit_n, s.anchor, s.anchor_n,
             s.days_since_anchor, s.on_day, s.study_day, s.cycle, s.cycle_day, t.days_since, s.completed_at
"""
BELIEVED = """
    SELECT participant_id, study, event_id, record_id, source, kind, happened_on, ends_on, recorded_at
    FROM research.events WHERE believed
"""


async def topic(office: Office, name: str) -> dict[str, dict[str, Any]]:
    """What a topic of states holds after compaction, by key."""
    await office.settle()
    rows = await office.rows("SELECT compaction_key AS key, payload FROM outbox WHERE type = %s ORDER BY id", name)
    newest = {row["key"]: row["payload"] for row in rows}
    return {key: payload for key, payload in newest.items() if payload is not None}


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row as an event says it: ids, dates and instants as texts."""
    texts = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
    return {name: value.replace("+00:00", "Z") if isinstance(value, str) else value for name, value in
            json.loads(json.dumps(texts, default=str)).items()}  # fmt: skip


async def check_against_the_model(office: Office) -> None:
    """Every cell of the topics of states is that of the research model, and neither has anything more."""
    told = await topic(office, "scores.latest")
    model = {str(row["response_id"]): plain(row) for row in await office.rows(MODEL)}
    assert {key: {name: state[name] for name in model.get(key, {})} for key, state in told.items()} == model
    facts = {str(row["event_id"]): plain(row) for row in await office.rows(BELIEVED)}
    told = await topic(office, "timeline.latest")
    assert {key: {name: state[name] for name in facts.get(key, {})} for key, state in told.items()} == facts


async def newest(office: Office, name: str) -> dict[str, Any]:
    rows = await office.rows("SELECT payload FROM outbox WHERE type = %s ORDER BY id DESC LIMIT 1", name)
    return dict(rows[0]["payload"])


async def test_the_streams_say_what_the_research_model_says(office: Office) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    await office.happened("cycle", date(2026, 3, 5))
    await office.run(ASKED + 7 * DAY + SOON)
    await office.reply("6", "skip")
    await office.run(ASKED + 12 * DAY)
    await check_against_the_model(office)
    first = await office.rows("SELECT payload FROM outbox WHERE type = 'score.recorded' ORDER BY id LIMIT 1")
    assert {name: first[0]["payload"][name] for name in Placed.model_fields} == {
        "site": "bethesda", "arm": "treated", "visit": "weekly-symptoms 0d",
        "assessment": "weekly-symptoms", "visit_n": 1, "anchor": "treatment_start", "anchor_n": 1,
        "days_since_anchor": 0, "on_day": "2026-03-03", "study_day": 2, "cycle": None, "cycle_day": None,
        "days_since": {"treatment_start": 0},
    }  # fmt: skip
    assert (first[0]["payload"]["mode"], first[0]["payload"]["reporter"]) == ("sms", "self")
    assert await office.one("SELECT count(*) FROM outbox WHERE type = 'score.relinked'") == 0

    await correct(office.rt, "RT-1", "cycle", date(2026, 3, 5), date(2026, 3, 1), by="tester", reason="typo")
    await check_against_the_model(office)
    said = await newest(office, "timeline.changed")
    assert (said["cause"], said["source"], said["before"], said["after"]) == (
        "cycle", "treatment", "2026-03-05", "2026-03-01",
    )  # fmt: skip
    relinked = await office.rows("SELECT payload FROM outbox WHERE type = 'score.relinked' ORDER BY id")
    assert len(relinked) == 2
    moved = relinked[0]["payload"]
    assert (moved["cause"], moved["changed"]) == ("cycle", ["cycle", "cycle_day", "days_since"])
    places = [(place["cycle"], place["cycle_day"]) for place in (moved["before"], moved["after"])]
    assert places == [(None, None), (1, 3)]
    assert moved["after"]["days_since"] == {"treatment_start": 0, "cycle": 2}

    await change(office.rt, "RT-1", "site", "madrid", by="tester")
    await record_state(office.rt, "RT-1", "crossed_over", date(2026, 3, 9), None, by="tester", arm="observed")
    await check_against_the_model(office)
    arms = {state["on_day"]: state["arm"] for state in (await topic(office, "scores.latest")).values()}
    assert arms["2026-03-03"] == "treated"
    assert {arm for day, arm in arms.items() if day > "2026-03-09"} == {"observed"}
    await retract_state(office.rt, "RT-1", "crossed_over", None, by="tester")
    await check_against_the_model(office)
    assert (await newest(office, "timeline.changed"))["after"] is None
    await rescore(office.rt, newer(), store=True)
    await check_against_the_model(office)
    assert (await newest(office, "score.recorded"))["instrument_version"] == "2.1.0"

    assert await missed(office, Sites(frozenset({"madrid"}))) == ["symptom-diary"]
    assert await missed(office, Sites(frozenset({"bethesda"}))) == []
    assert await missed(office, ALL_SITES, after=-MOST) is None


async def missed(office: Office, sites: Sites, after: int = 0) -> list[str] | None:
    """What a browser has missed since a point in the outbox, as its page finds it."""
    database = office.rt.database.limited(Scope(PREFIX + VIEWER, STUDY, sites))
    async with database.transaction() as tx:
        return await published_scores.missed(tx, STUDY, sites, after)


async def test_who_is_erased_leaves_the_streams_and_a_lost_kafka_is_filled_again(office: Office) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    await office.settle()
    await office.rows("DELETE FROM outbox WHERE type IN ('scores.latest', 'timeline.latest') RETURNING id")
    assert await refill_streams(office.rt) == 1
    await check_against_the_model(office)
    assert len(await topic(office, "scores.latest")) == len(await topic(office, "timeline.latest")) == 1

    (person,) = await office.rows("SELECT id FROM participant")
    await erase(office.rt, "RT-1", keep_answers=True, by="tester")
    await check_against_the_model(office)
    await office.run(office.clock.now() + SOON)
    await erase(office.rt, "RT-1", keep_answers=False, by="tester")
    deleted = await office.rows("SELECT participant_id, compaction_key, payload FROM outbox WHERE payload = 'null'")
    assert len(deleted) == 3, "the scores, the treatment, and the state of who withdrew"
    assert person["id"] not in {row["participant_id"] for row in deleted}
    assert await topic(office, "scores.latest") == await topic(office, "timeline.latest") == {}
    assert await office.one("SELECT count(*) FROM stream_state") == 0


async def test_who_withdraws_consent_to_the_use_of_their_data_leaves_the_streams(office: Office) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    assert len(await topic(office, "scores.latest")) == 1
    await withdraw_consent(office.rt, "RT-1", "self", "participation", None, by="tester", exclude_data=True)
    await check_against_the_model(office)
    assert await topic(office, "scores.latest") == {}
    assert await office.one("SELECT count(*) FROM stream_state WHERE topic = 'scores.latest'") == 0
    assert len(await topic(office, "timeline.latest")) > 0, "what happened to them is not theirs to have said"

    of_scores = "SELECT count(*) FROM outbox WHERE type LIKE 'score%%'"
    told = await office.one(of_scores)
    await rescore(office.rt, newer(), store=True)
    await correct(office.rt, "RT-1", "treatment_start", TREATED, TREATED - DAY, by="tester", reason="typo")
    asked = await first_occasion(office)
    await correct_answer(office.rt, asked["participant_id"], "self", asked["id"], Place("symptom-diary", "pain"), 3)
    await office.settle()
    await refill_streams(office.rt)
    await check_against_the_model(office)
    assert await office.one(of_scores) == told, "neither new scores nor new places of them are told"


async def test_who_leaves_the_streams_stays_away_and_others_stay_in_them(office: Office) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    await withdraw_consent(office.rt, "RT-1", "proxy", "participation", None, by="tester", exclude_data=True)
    assert len(await topic(office, "scores.latest")) == 1, "another reporter withdrew"
    await withdraw_consent(office.rt, "RT-1", "self", "participation", None, by="tester", exclude_data=True)
    assert await topic(office, "scores.latest") == {}
    await office.run(ASKED + DAY)
    await give_consent(office.rt, "RT-1", "self", "participation", None, by="tester")
    assert await topic(office, "scores.latest") == {}, "as in every export, what was withdrawn stays so"
    await check_against_the_model(office)
