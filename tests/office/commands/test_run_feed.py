"""A REDCap project as a feed: first everything, then what changed; corrections, deletions, conflicts, failures."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from aiohttp import web

from pro_collector.commands.apply_feed import silent_feeds
from pro_collector.commands.record_treatment import record_event
from pro_collector.commands.run_feed import fetch, take_fetched
from pro_collector.domain.feed.fhir_mapping import FhirMapping
from pro_collector.domain.feed.mapping import load_mapping
from pro_collector.domain.feed.redcap_mapping import RedcapMapping
from pro_collector.errors import Misconfigured, Unavailable
from tests.shared.office import STUDY, Office
from tests.shared.redcap import TOKEN, StandInRedcap, serving

MAPPING = f"""
feed: lisbon
study: {STUDY}
redcap: {{url: "URL", token: REDCAP_TOKEN_LISBON, time_zone: Europe/Lisbon, code: code}}
events:
  surgery: {{date: surgery_date}}
  cycle: {{date: given_on, number: instance, dose: mg}}
"""


@pytest.fixture
async def redcap(office: Office) -> StandInRedcap:
    """A project with two records: one of a participant, one of somebody who is not in the study."""
    await office.apply()
    await office.enrol("RT-1")
    project = StandInRedcap(lambda: office.rt.clock.now().replace(microsecond=0))
    project.put("7", code="RT-1", surgery_date="2026-02-02")
    project.put("7", "1", given_on="2026-02-20", mg="80")
    project.put("8", code="OTHER", surgery_date="2026-01-05")
    return project


@pytest.fixture
async def mapping(redcap: StandInRedcap, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RedcapMapping | FhirMapping]:
    monkeypatch.setenv("REDCAP_TOKEN_LISBON", TOKEN)
    async with serving(redcap) as url:
        yield load_mapping(MAPPING.replace("URL", url), "lisbon.yaml")


async def read(
    office: Office, mapping: RedcapMapping | FhirMapping, *, whole: bool = False, hours: int = 2
) -> dict[str, int]:
    """Read the feed some hours later; what it did, by kind."""
    await office.run(office.rt.clock.now() + timedelta(hours=hours))
    result = await take_fetched(office.rt, await fetch(office.rt, mapping, by="cron", whole=whole))
    await office.settle()
    return result.counts


async def stands(office: Office) -> list[tuple[str, str]]:
    rows = await office.rows("SELECT kind, happened_on::text AS day FROM treatment_event"
                             " WHERE superseded_at IS NULL AND NOT retracted ORDER BY 2")  # fmt: skip
    return [(row["kind"], row["day"]) for row in rows]


async def test_a_life_in_redcap(office: Office, redcap: StandInRedcap, mapping: RedcapMapping | FhirMapping) -> None:
    assert await read(office, mapping) == {"add": 2, "unknown": 1}
    assert await stands(office) == [("surgery", "2026-02-02"), ("cycle", "2026-02-20")]
    assert (await office.rows("SELECT cycle, dose FROM feed_record WHERE kind = 'cycle'"))[0] == {
        "cycle": 1,
        "dose": "80",
    }
    assert await office.rows("SELECT source_id FROM feed_record WHERE participant_id IS NULL") == [{"source_id": None}]

    redcap.put("7", "2", given_on="2026-03-13")
    redcap.put("7", surgery_date="2026-02-03")
    assert await read(office, mapping, hours=1) == {"correct": 1, "add": 1, "unchanged": 1}
    assert await read(office, mapping, hours=1) == {"unchanged": 3}, "polls overlap"
    assert await read(office, mapping) == {}

    redcap.delete("7", instance="2")
    assert await read(office, mapping) == {"retract": 1, "unchanged": 2}
    redcap.put("7", surgery_date="")
    redcap.put("7", "1", given_on="-99")
    assert await read(office, mapping) == {"retract": 1, "unreadable": 1}
    assert await stands(office) == [("cycle", "2026-02-20")]
    redcap.delete("7")
    assert await read(office, mapping) == {"retract": 1}
    assert await stands(office) == []
    redcap.put("7", code="RT-1", surgery_date="2026-02-03")
    assert await read(office, mapping) == {"add": 1}
    assert await read(office, mapping, whole=True) == {"unchanged": 1, "unknown": 1}
    assert await stands(office) == [("surgery", "2026-02-03")]
    assert len(await office.rows("SELECT root_id FROM treatment_event WHERE kind = 'surgery' GROUP BY 1")) == 1


async def test_nobody_is_overruled_and_who_enrols_later_is_taken_then(
    office: Office, redcap: StandInRedcap, mapping: RedcapMapping | FhirMapping
) -> None:
    await record_event(office.rt, "RT-1", "surgery", date(2026, 2, 4), by="nurse")
    assert await read(office, mapping) == {"conflict": 1, "add": 1, "unknown": 1}
    assert await read(office, mapping, whole=True) == {"conflict": 1, "unchanged": 1, "unknown": 1}
    assert len(await office.rows("SELECT FROM task WHERE kind = 'treatment' AND done_at IS NULL")) == 1
    await office.enrol("OTHER", phone="+12025550133")
    assert await read(office, mapping, whole=True) == {"conflict": 1, "unchanged": 1, "add": 1}
    assert all(asked["token"] == TOKEN for asked in redcap.asked)


async def test_what_cannot_be_read_changes_nothing_and_is_listed(
    office: Office, redcap: StandInRedcap, mapping: RedcapMapping | FhirMapping
) -> None:
    await read(office, mapping)
    redcap.withheld = {"surgery_date"}
    with pytest.raises(Misconfigured, match="REDCap does not export surgery_date"):
        await read(office, mapping, whole=True)
    redcap.answers = [
        lambda: web.Response(text='<br>Allowed memory size exhausted{"error":""}', content_type="text/html")
    ]
    with pytest.raises(Unavailable, match="no list of rows"):
        await read(office, mapping)
    redcap.answers = [lambda: web.Response(status=503)]
    with pytest.raises(Unavailable, match="HTTP 503"):
        await read(office, mapping)
    redcap.withheld, redcap.rows = set(), []
    await office.run(office.rt.clock.now() + timedelta(hours=1))
    gone = await fetch(office.rt, mapping, by="cron", whole=True)
    assert [record.deleted for record in gone.records] == [True, True]
    assert not gone.doubtful, "so few may be gone"
    assert len(await stands(office)) == 2
    failures = await office.rows("SELECT failure FROM feed_run WHERE failure <> '' ORDER BY ended_at")
    assert len(failures) == 3
    assert TOKEN not in str(failures)
    nightly = await office.of_process("nightly")
    assert await silent_feeds(nightly) == []
    await office.run(office.rt.clock.now() + timedelta(hours=20))
    assert [each.feed for each in await silent_feeds(nightly)] == ["lisbon"], "failures do not count as read"
