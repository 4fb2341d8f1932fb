"""treatment.reported: what a hospital's bus hands in is taken once, in any order; what cannot be taken is told."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pro_collector.commands.erase import erase
from pro_collector.commands.take_reported import redrive_reported
from pro_collector.domain.events import TreatmentReported
from pro_collector.handlers.treatment_reported import handle
from pro_collector.kafka.consumer import Consumer
from tests.shared.office import STUDY, Office

START = datetime.fromisoformat("2026-03-01T08:00:00+00:00")


@dataclass
class OnTopic:
    """A record as Kafka delivers it."""

    topic: str
    offset: int
    value: bytes | None
    partition: int = 0
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes | None]] = ()


def reported(record: str, kind: str, on: str | None, version: int = 1, **said: Any) -> dict[str, Any]:
    """What a bus writes about a record of RT-1, or of `code`."""
    at = (START + timedelta(hours=version)).isoformat()
    return {"study": STUDY, "feed": "bus", "code": "RT-1", "record": record, "kind": kind, "on": on,
            "occurred_at": at, **said}  # fmt: skip


async def consume(office: Office, *said: dict[str, Any]) -> None:
    """A worker takes a batch of the topic."""
    rt = await office.of_process("worker")

    async def take(events: Sequence[TreatmentReported]) -> None:
        await handle(events, rt=rt)

    topic = TreatmentReported.type
    consumer = Consumer(rt.database, {topic: (TreatmentReported, take)})
    await consumer.take([OnTopic(topic, n, json.dumps(each).encode()) for n, each in enumerate(said)])
    await office.settle()


async def stands(office: Office) -> set[tuple[str, str]]:
    rows = await office.rows(
        "SELECT kind, happened_on::text AS day FROM treatment_event WHERE superseded_at IS NULL AND NOT retracted"
    )
    return {(row["kind"], row["day"]) for row in rows}


async def aside(office: Office) -> list[str]:
    """Why what was refused is a dead letter that waits."""
    rows = await office.rows("SELECT reason FROM dead_letter WHERE redriven_at IS NULL ORDER BY id")
    return [row["reason"].removeprefix("NotTaken: ") for row in rows]


async def test_records_are_taken_corrected_and_retracted_and_none_twice(office: Office) -> None:
    await office.enrol()
    first = [
        reported("s-1", "surgery", "2026-02-02"),
        reported("c-1", "cycle", "2026-02-10", cycle=1, dose="80 mg"),
        reported("c-2", "cycle", "2026-02-24", cycle=2),
    ]
    await consume(office, *first)
    assert await stands(office) == {("surgery", "2026-02-02"), ("cycle", "2026-02-10"), ("cycle", "2026-02-24")}
    corrected = [reported("s-1", "surgery", "2026-02-03", 2), reported("c-2", "cycle", None, 2, deleted=True)]
    for batch in (corrected, first, corrected[::-1]):
        await consume(office, *batch)
        assert await stands(office) == {("surgery", "2026-02-03"), ("cycle", "2026-02-10")}
    assert await office.one("SELECT count(*) FROM treatment_event") == 5
    assert await office.one("SELECT DISTINCT recorded_by FROM treatment_event") == "feed bus"
    assert await aside(office) == []


async def test_what_cannot_be_taken_is_a_dead_letter_and_the_rest_is_taken(office: Office) -> None:
    who = await office.enrol()
    batch = [
        reported("c-1", "cycle", "2026-02-10"),
        reported("x-1", "cycle", "2026-02-11", code="RT-77"),
        reported("x-2", "sirgery", "2026-02-11"),
        reported("x-3", "surgery", "2026-02-11", study="another"),
        reported("d-1", "death", "2026-02-27"),
        reported("c-2", "cycle", "2026-02-24"),
        {"code": "RT-1"},
    ]
    for _ in range(2):
        await consume(office, *batch)
    assert await stands(office) == {("cycle", "2026-02-10"), ("cycle", "2026-02-24")}
    waiting = await aside(office)
    assert len(waiting) == 5, "each once"
    assert [why for why in waiting if "Field required" not in why] == [
        "nobody takes part under this code",
        "the study has no event 'sirgery'; did you mean `surgery`?",
        f"no study 'another' is applied here; known: {STUDY}",
        "death ends participation: confirm it with pro-collector dead-letters redrive",
    ]
    told = [row["reason"] for row in await office.rows("SELECT detail ->> 'reason' AS reason FROM task ORDER BY 1")]
    assert len(told) == 2
    assert "feed bus: death on 2026-02-27; paused until somebody confirms it" in told[0]
    assert "feed bus: sirgery on 2026-02-11 was not taken: the study has no event" in told[1]
    assert await office.one("SELECT count(*) FROM participant_state WHERE kind = 'paused'") == 1

    await office.enrol("RT-77", phone="+12025550177")
    ids = [row["id"] for row in await office.rows("SELECT id FROM dead_letter ORDER BY id")]
    taken, refused = await redrive_reported(await office.of_process("team"), ids, "garcia")
    assert (taken, len(refused)) == (2, 2), "who was enrolled, and the death that a person has looked at"
    assert ("death", "2026-02-27") in await stands(office)
    assert await office.one("SELECT count(*) FROM treatment_event WHERE reason = 'read by garcia'") == 2
    await office.settle()
    await erase(office.rt, "RT-1", keep_answers=True, by="lead")
    left = await office.rows("SELECT convert_from(value, 'UTF8') AS value FROM dead_letter WHERE event_id IS NOT NULL")
    assert [row for row in left if "RT-1" in row["value"] and STUDY in row["value"]] == []
    assert await office.one("SELECT count(*) FROM feed_record WHERE participant_id = %s", who) == 0
