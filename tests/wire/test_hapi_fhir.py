"""A feed from a real FHIR server, HAPI FHIR, which Maven brings: `make fhir-server` (some minutes; needs a JDK)."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pro_collector.channels.fhir import Fhir
from pro_collector.commands.apply_feed import apply_feed, hint_address
from pro_collector.commands.export_fhir import export_fhir
from pro_collector.commands.read_fhir import read_fhir
from pro_collector.domain.exchange.fhir_export import questionnaire
from pro_collector.domain.exchange.fhir_results import ResponseMeta, observations, questionnaire_response
from pro_collector.domain.feed.fhir_mapping import FhirMapping
from pro_collector.domain.feed.mapping import load_mapping
from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.domain.scoring.score import score
from pro_collector.runtime import open_runtime
from tests.hapi_fhir import HapiFhir, validated
from tests.shared.fhir import CODES, TOKEN, administration, concept, patient, procedure
from tests.shared.fhir_life import MAPPING, live
from tests.shared.instruments import library
from tests.shared.office import STUDY, Office
from tests.shared.team_year import seed_year, settings_for
from tests.shared.year_study import YEAR
from tests.wire.web.team_browser import web_with

pytestmark = [
    pytest.mark.skipif(os.environ.get("PRO_TEST_FHIR") != "hapi", reason="HAPI FHIR: make fhir-server"),
    pytest.mark.timeout(600),
]
SNOMED = "http://snomed.info/sct"
ORDER = (
    "Questionnaire", "ResearchStudy", "Patient", "ResearchSubject", "Procedure", "MedicationAdministration", "Specimen",
    "QuestionnaireResponse", "Observation",
)  # fmt: skip
"""The types of an export, each after those that it refers to."""
BANK = "https://biobank.example.org"
EVERY_KIND = f"""
feed: every-kind
study: {STUDY}
fhir: {{url: "URL", identifier: "{CODES}", bearer: PORTO_TOKEN, time_zone: Europe/Lisbon}}
events:
  surgery: {{resource: Procedure, codes: ["{SNOMED}|174776001"]}}
  cycle: {{resource: MedicationAdministration, codes: ["http://www.nlm.nih.gov/research/umls/rxnorm|40048"]}}
  admission: {{resource: Encounter, codes: ["http://terminology.hl7.org/CodeSystem/v3-ActCode|IMP"]}}
  discharge: {{resource: Encounter, codes: ["http://terminology.hl7.org/CodeSystem/v3-ActCode|IMP"], at: end}}
  programme: {{resource: EpisodeOfCare, codes: ["{SNOMED}|385763009"]}}
  visit: {{resource: Appointment, codes: ["{SNOMED}|270427003"]}}
  biopsy: {{resource: Specimen, codes: ["{SNOMED}|119376003"], specimen: "{BANK}"}}
  death: {{resource: Patient}}
"""


class RealServer:
    """Resources at a FHIR server over HTTP."""

    def __init__(self, client: aiohttp.ClientSession, url: str) -> None:
        self._client, self.url = client, url

    async def put(self, resource: dict[str, Any]) -> None:
        """Create or change a resource, which has an id."""
        await self.send("PUT", f"{resource['resourceType']}/{resource['id']}", resource)

    async def delete(self, resource: str, id: str) -> None:
        """Delete a resource."""
        await self.send("DELETE", f"{resource}/{id}")

    async def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the server answers to a request that it takes."""
        headers = {"Content-Type": "application/fhir+json", "Cache-Control": "no-cache"}
        async with self._client.request(method, f"{self.url}/{path}", json=body, headers=headers) as answer:
            said: dict[str, Any] = await answer.json(content_type=None)
            assert answer.status < 300, (answer.status, said)
            return said


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = HapiFhir()
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
async def hapi(url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RealServer]:
    """The server, without what other tests left there."""
    monkeypatch.setenv("PORTO_TOKEN", TOKEN)
    async with aiohttp.ClientSession() as client:
        server = RealServer(client, url)
        for kind in ("Subscription", "Procedure", "MedicationAdministration", "Patient"):
            while found := (await server.send("GET", f"{kind}?_count=50&_elements=id")).get("entry"):
                for each in found:
                    await server.delete(kind, each["resource"]["id"])
        yield server


async def until(found: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    """Wait for what the server does in its own time."""
    async with asyncio.timeout(seconds):
        while not await found():
            await asyncio.sleep(0.2)


async def everything(mapping: FhirMapping) -> dict[str, tuple[str, str]]:
    """The kind and the day of all that a mapping reads of one participant, by type and id of the resource."""
    reading = await read_fhir(mapping, ["RT-1"], [], None, 600)
    return {each.source_id: (each.kind, "-" if each.deleted else str(each.on)) for each in reading.found}


async def test_a_life(office: Office, hapi: RealServer) -> None:
    await live(office, hapi, hapi.url)


async def test_every_kind_of_resource(hapi: RealServer) -> None:
    of = {"subject": {"reference": "Patient/k1"}}
    mapping = load_mapping(EVERY_KIND.replace("URL", hapi.url), "every-kind.yaml")
    assert isinstance(mapping, FhirMapping)
    ward = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}
    stay = {"start": "2026-02-01T22:30:00Z", "end": "2026-02-05T23:30:00-02:00"}
    visit = {"start": "2026-02-20T09:00:00Z", "end": "2026-02-20T09:30:00Z"}
    taken = {"collection": {"collectedDateTime": "2026-02-02"}, "status": "available"}
    for resource in (
        patient("k1", "RT-1", deceasedDateTime="2026-03-30T23:30:00Z"),
        procedure("k1", "k1", "174776001", "2026-02-02"),
        administration("k1", "k1", "40048", "2026-02-10T23:30:00+00:00"),
        {"resourceType": "Encounter", "id": "k1", "status": "finished", "class": ward, **of, "period": stay},
        {"resourceType": "EpisodeOfCare", "id": "k1", "status": "active", "patient": of["subject"],
         "type": [concept(SNOMED, "385763009")], "period": {"start": "2026-01-15"}},
        {"resourceType": "Appointment", "id": "k1", "status": "fulfilled", **visit,
         "serviceType": [concept(SNOMED, "270427003")],
         "participant": [{"actor": of["subject"], "status": "accepted"}]},
        {"resourceType": "Specimen", "id": "k1", "type": concept(SNOMED, "119376003"), **of, **taken,
         "identifier": [{"system": BANK, "value": "B-17"}]},
    ):  # fmt: skip
        await hapi.put(resource)
    assert await everything(mapping) == {
        "Patient/k1/death": ("death", "2026-03-31"),
        "Procedure/k1/surgery": ("surgery", "2026-02-02"),
        "MedicationAdministration/k1/cycle": ("cycle", "2026-02-10"),
        "Encounter/k1/admission": ("admission", "2026-02-01"),
        "Encounter/k1/discharge": ("discharge", "2026-02-06"),
        "EpisodeOfCare/k1/programme": ("programme", "2026-01-15"),
        "Appointment/k1/visit": ("visit", "2026-02-20"),
        "Specimen/k1/biopsy": ("biopsy", "2026-02-02"),
    }
    for kind in ("Encounter", "EpisodeOfCare", "Appointment", "Specimen"):
        await hapi.delete(kind, "k1")
    assert len(await everything(mapping)) == 3


async def test_pages_the_time_of_a_change_and_history(hapi: RealServer) -> None:
    await hapi.put(patient("m1", "RT-1"))
    several = [procedure(f"m{n}", "m1", "174776001", "2026-02-02") for n in range(120)]
    entries = [{"resource": one, "request": {"method": "PUT", "url": f"Procedure/{one['id']}"}} for one in several]
    await hapi.send("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    async with Fhir(hapi.url, "", 600) as fhir:
        found = await fhir.search("Procedure", patient="m1", code=f"{SNOMED}|174776001")
        assert len({each["id"] for each in found}) == len(found) == 120, "it gives 50 in a page"
        made = max(datetime.fromisoformat(each["meta"]["lastUpdated"]) for each in found)
        assert fhir.now is not None
        assert abs(fhir.now - made) < timedelta(minutes=2), "one clock"
        await asyncio.sleep(1.1)
        await hapi.put(procedure("m7", "m1", "174776001", "2026-02-03"))
        after = made.replace(microsecond=0) + timedelta(seconds=1)
        since = f"ge{after:%Y-%m-%dT%H:%M:%SZ}"
        changed = await fhir.search("Procedure", patient="m1", _lastUpdated=since, _elements="subject")
        assert [each["id"] for each in changed] == ["m7"]
        mapping = load_mapping(EVERY_KIND.replace("URL", hapi.url), "every-kind.yaml")
        assert isinstance(mapping, FhirMapping)
        for moment, records in ((after, 120), (after + timedelta(minutes=5), 0)):
            assert len((await read_fhir(mapping, ["RT-1"], [], moment, 600)).found) == records
        await hapi.delete("Procedure", "m7")
        assert await fhir.search("Procedure", patient="m1", _lastUpdated=since, _elements="subject") == []
        assert await fhir.search("Procedure", _id="m7,m8", _elements="id") != []
        history = await hapi.send("GET", "Procedure/m7/_history")
        assert [each["request"]["method"] for each in history["entry"]] == ["DELETE", "PUT", "POST"]


async def test_a_subscription_has_the_feed_read_soon(office: Office, hapi: RealServer) -> None:
    await hapi.put(patient("p1", "RT-1"))
    async with web_with(office.rt) as web:
        await apply_feed(web, MAPPING.replace("URL", hapi.url), "porto.yaml", "admin")
        soon = web.clock.now() + timedelta(minutes=1)
        await office.rows("UPDATE feed SET due_at = %s RETURNING 1", web.clock.now() + timedelta(minutes=30))
        channel = {"type": "rest-hook", "endpoint": await hint_address(web, STUDY, "porto")}
        await hapi.put({"resourceType": "Subscription", "id": "hint", "status": "requested", "reason": "treatment",
                        "criteria": "Procedure?", "channel": channel})  # fmt: skip

        async def active() -> bool:
            return bool((await hapi.send("GET", "Subscription/hint"))["status"] == "active")

        async def hastened() -> bool:
            return bool(await office.one("SELECT due_at FROM feed") == soon)

        await until(active)
        assert not await hastened()
        await hapi.put(procedure("s1", "p1", "174776001", "2026-02-02"))
        await until(hastened)


async def test_it_takes_the_export_of_a_study_and_the_validator_finds_no_error(
    hapi: RealServer, database_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    async with open_runtime(settings_for(database_url)) as rt:
        await seed_year(rt, people=4, days=90)
        await export_fhir(rt.database, folder, study=YEAR, since=None, now=rt.clock.now())
    written = {each.stem: each.read_text().splitlines() for each in folder.glob("*.ndjson")}
    assert written.keys() <= set(ORDER)
    resources = [json.loads(line) for kind in ORDER for line in written.get(kind, ())]
    for start in range(0, len(resources), 200):
        entries = [
            {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
            for one in resources[start : start + 200]
        ]
        await hapi.send("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    shipped = [{**questionnaire(each), "id": each.id} for each in library().all()]
    phq = library().get("phq-9")
    caring = ResponseMeta("caring", "p1", datetime(2026, 3, 1, tzinfo=UTC), reporter="caregiver")
    answers: dict[str, Answer] = {"q1": 3, "q2": 0, "q3": Absent.ASKED_DECLINED}
    others = [questionnaire_response(phq, answers, caring), *observations(phq, score(phq, answers), caring)]
    wrong = questionnaire_response(phq, {"q1": 3}, replace(caring, response="wrong"))
    wrong["item"][0]["answer"][0]["valueCoding"]["code"] = "LA0"
    checked = [*shipped, *resources, *others, wrong]
    print(f"{len(shipped)} questionnaires as they ship; {dict(Counter(one['resourceType'] for one in resources))}")
    issues, count = await asyncio.to_thread(validated, checked, tmp_path / "all.ndjson")
    print("\n".join(issues))
    assert count == len(checked)
    errors = [each for each in issues if each.split("\t")[1] in ("error", "fatal")]
    assert len(errors) == 1, errors
    assert "LA0" in errors[0], "only the response that was made wrong"
