"""A life in a FHIR server, told to whatever server answers: the stand-in, or HAPI FHIR."""

from datetime import timedelta
from typing import Any, Protocol

from pro_collector.commands.run_feed import fetch, take_fetched
from pro_collector.domain.feed.mapping import load_mapping
from tests.shared.fhir import CODES, administration, patient, procedure
from tests.shared.office import STUDY, Office

MAPPING = f"""
feed: porto
study: {STUDY}
schedule: {{every_minutes: 30, requests_per_minute: 600}}
fhir: {{url: "URL", identifier: "{CODES}", bearer: PORTO_TOKEN, time_zone: Europe/Lisbon}}
events:
  surgery: {{resource: Procedure, codes: ["http://snomed.info/sct|174776001"]}}
  cycle:
    resource: MedicationAdministration
    codes: ["http://www.nlm.nih.gov/research/umls/rxnorm|40048"]
    gap_days: 12
  death: {{resource: Patient}}
"""


class FhirServer(Protocol):
    """What a server must let a test do."""

    async def put(self, resource: dict[str, Any]) -> None: ...
    async def delete(self, resource: str, id: str) -> None: ...


async def read(office: Office, url: str, *, whole: bool = False, hours: float = 2) -> dict[str, int]:
    """Read the feed some hours later; what it did, by kind, without what is as it was."""
    await office.run(office.rt.clock.now() + timedelta(hours=hours))
    mapping = load_mapping(MAPPING.replace("URL", url), "porto.yaml")
    worker = await office.of_process("worker")
    result = await take_fetched(worker, await fetch(worker, mapping, by="test", whole=whole))
    await office.settle()
    return {what: n for what, n in result.counts.items() if what != "unchanged"}


async def stands(office: Office) -> list[tuple[str, str]]:
    """What is recorded of the treatment, by date."""
    rows = await office.rows("SELECT kind, happened_on::text AS day FROM treatment_event"
                             " WHERE superseded_at IS NULL AND NOT retracted ORDER BY 2")  # fmt: skip
    return [(row["kind"], row["day"]) for row in rows]


async def live(office: Office, server: FhirServer, url: str) -> None:
    """Everything that happens to resources: made, corrected, cancelled, entered in error, deleted, in pages."""
    await office.enrol("RT-1")
    await server.put(patient("p1", "RT-1"))
    await server.put(patient("p2", "OTHER"))
    await server.put(procedure("s1", "p1", "174776001", "2026-02-02"))
    await server.put(procedure("s2", "p1", "80146002", "2026-01-09"))
    await server.put(procedure("s3", "p2", "174776001", "2026-01-05"))
    for n, day in enumerate(("02-10", "02-17", "02-24", "03-10"), 1):
        await server.put(administration(f"a{n}", "p1", "40048", f"2026-{day}T23:30:00Z"))
    cycles = [("cycle", "2026-02-10"), ("cycle", "2026-03-10")]
    assert await read(office, url) == {"add": 3}
    assert await stands(office) == [("surgery", "2026-02-02"), *cycles]
    assert (await office.rows("SELECT cycle, dose FROM feed_record WHERE kind = 'cycle' ORDER BY cycle")) == [
        {"cycle": 1, "dose": "80 mg"}, {"cycle": 2, "dose": "80 mg"},
    ]  # fmt: skip
    assert await read(office, url, hours=30) == {}, "nothing changed since"

    await server.put(procedure("s1", "p1", "174776001", "2026-02-03"))
    assert await read(office, url, hours=0.1) == {"correct": 1}
    await server.put(administration("a1", "p1", "40048", "2026-02-10T23:30:00Z", "entered-in-error"))
    assert await read(office, url, hours=0.1) == {"retract": 1, "add": 1}, "the next one begins it"
    assert await stands(office) == [("surgery", "2026-02-03"), ("cycle", "2026-02-17"), ("cycle", "2026-03-10")]
    await server.delete("Procedure", "s1")
    assert await read(office, url, hours=30) == {"retract": 1}, "a deletion changes no other resource"
    await server.put(procedure("s1", "p1", "174776001", "2026-02"))
    assert await read(office, url, hours=0.1) == {"unreadable": 1}
    await server.put(procedure("s1", "p1", "174776001", "2026-02-04", "not-done"))
    assert await read(office, url, whole=True) == {}
    assert await stands(office) == [("cycle", "2026-02-17"), ("cycle", "2026-03-10")]
