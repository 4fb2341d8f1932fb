"""`/metrics`: what waits is counted by who should do it, in the format that Prometheus reads."""

import re
from datetime import timedelta

import aiohttp
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from pro_collector.domain.account.acts import Role
from tests.shared.office import PHONE, Office
from tests.shared.places import ROOT
from tests.shared.scenes import ANSWERS, in_conversation
from tests.shared.team import bearer

RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
PARTS = ("scheduler", "relay", "worker", "sender")


async def told(office: Office) -> dict[tuple[str, ...], float]:
    """Every value by the name of its metric and its labels, in the order of their names."""
    await office.rows("UPDATE api_token SET revoked_at = now() RETURNING 1")
    login = await bearer(office.rt, Role.metrics)
    url = f"{office.rt.settings.public_url}/metrics"
    async with aiohttp.ClientSession() as session, session.get(url, headers={"Authorization": login}) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        text = await answer.text()
    assert PHONE not in text
    families = text_string_to_metric_families(text)
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


async def test_they_are_for_the_team_alone(office: Office) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{office.rt.settings.public_url}/metrics") as refused:
        assert refused.status == 401
        assert "pro_" not in await refused.text()


async def test_the_rules_that_ship_watch_what_is_told(office: Office) -> None:
    await office.rows("INSERT INTO feed (study, name, document, applied_at, applied_by, every_minutes, silent_minutes,"
                      " due_at) VALUES ('s', 'f', '', now(), 'admin', 5, 60, now()) RETURNING 1")  # fmt: skip
    told_of = {name for name, *_ in await told(office)}
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    watched = {name for rule in group["rules"] for name in re.findall(r"pro_\w+", rule["expr"])}
    assert watched
    assert watched <= told_of


async def test_at_rest_nothing_waits_and_every_series_is_there(office: Office) -> None:
    found = await told(office)
    assert set(found.values()) == {0}
    assert {("pro_backlog", part) for part in PARTS} < found.keys()
    assert {("pro_aside", "dead_letter"), ("pro_aside", "message_of_unknown_outcome")} < found.keys()
    assert {("pro_tasks_open", "urgent"), ("pro_tasks_open_oldest_seconds", "urgent")} < found.keys()


async def test_what_waits_is_counted_where_it_waits(office: Office) -> None:
    await office.enrol()
    due = await office.one("SELECT min(due_at) FROM agenda WHERE type = 'survey.due'")
    office.outage(due + timedelta(minutes=10))
    found = await told(office)
    assert found["pro_backlog", "scheduler"] == 1
    assert found["pro_backlog_oldest_seconds", "scheduler"] == 600

    events = await office.published()
    found = await told(office)
    assert (found["pro_backlog", "scheduler"], found["pro_backlog", "worker"]) == (0, 1)
    assert found["pro_backlog_oldest_seconds", "worker"] > 0

    for name, due_events in events.items():
        await office.handle(name, due_events)
    found = await told(office)
    assert (found["pro_backlog", "worker"], found["pro_backlog", "relay"], found["pro_backlog", "sender"]) == (0, 1, 1)


async def test_an_emergency_of_a_stranger_is_counted_for_hours(office: Office) -> None:
    await office.reply("i cant breathe", number="+12025550777")
    await office.run(office.clock.now() + timedelta(minutes=5))
    found = await told(office)
    assert found["pro_aside", "emergency_of_a_stranger"] == 1
    assert 300 <= found["pro_aside_oldest_seconds", "emergency_of_a_stranger"] < 400
    await office.run(office.clock.now() + timedelta(hours=3))
    assert (await told(office))["pro_aside", "emergency_of_a_stranger"] == 0


async def test_a_task_is_counted_until_somebody_has_done_it(office: Office) -> None:
    await in_conversation(office)
    await office.reply("i cant breathe")
    await office.run(office.clock.now() + timedelta(minutes=5))
    found = await told(office)
    assert found["pro_tasks_open", "urgent"] == 1
    assert 300 <= found["pro_tasks_open_oldest_seconds", "urgent"] < 400
    assert found["pro_tasks_open", "call"] == 0


async def test_durations_are_those_of_the_rows_and_each_event_counts_once(office: Office) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    assert (await told(office))["pro_step_seconds_count", "due_to_sent"] == 0, "nothing has settled"
    await office.rows("UPDATE outbox SET recorded_at = now() - interval '2 minutes' RETURNING 1")
    await office.rows("UPDATE outbox SET published = 1, published_at = recorded_at + interval '0.2 s' RETURNING 1")
    await office.rows("UPDATE outbox SET handled_at = recorded_at + interval '4 s' RETURNING 1")
    await office.rows("UPDATE message SET claimed_at = now() - interval '100 s' RETURNING 1")
    await office.rows(
        "UPDATE outbox SET payload = payload || jsonb_build_object('completed_at', now() - interval '128 s')"
        " WHERE type = 'score.recorded' RETURNING 1"
    )
    surveys = await office.one("SELECT count(*) FROM outbox WHERE type = 'survey.due'")
    invited = await office.one("SELECT count(*) FROM message WHERE purpose = 'invitation'")
    for _ in range(2):
        found = await told(office)
        assert found["pro_event_seconds_count", "survey.due", "worker"] == surveys > 0
        assert found["pro_event_seconds_sum", "survey.due", "worker"] == pytest.approx(4 * surveys)
        assert found["pro_event_seconds_sum", "survey.due", "relay"] == pytest.approx(0.2 * surveys)
        assert found["pro_step_seconds_count", "due_to_sent"] == invited > 0
        assert found["pro_step_seconds_count", "reply_to_next_question"] == len(ANSWERS) - 1
        assert found["pro_step_seconds_count", "answer_to_stream"] == 1
        for step, seconds in (("due_to_sent", 20), ("reply_to_next_question", 20), ("answer_to_stream", 8)):
            count = found["pro_step_seconds_count", step]
            assert found["pro_step_seconds_sum", step] == pytest.approx(seconds * count, abs=2 * count)
        assert found["pro_step_seconds_bucket", "10.0", "due_to_sent"] == 0
        assert found["pro_step_seconds_bucket", "30.0", "due_to_sent"] == invited
