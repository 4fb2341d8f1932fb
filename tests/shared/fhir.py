"""A stand-in for a FHIR R4 server: searches by patient, code, id and time of change, in pages; it is no FHIR server."""

import base64
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import web

TOKEN = "token-of-a-backend-service"
CODES = "https://study.example.org/codes"
_CODED = {
    ("Procedure", "code"): "code",
    ("MedicationAdministration", "code"): "medicationCodeableConcept",
    ("EpisodeOfCare", "type"): "type",
    ("Specimen", "type"): "type",
}


class StandInFhir:
    """Resources, when each changed, and what was asked."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now, self.page = now, 100
        self.resources: dict[tuple[str, str], dict[str, Any]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answers: list[Callable[[], web.Response]] = []
        """What it answers next instead of what was asked."""
        self._pages: dict[str, list[dict[str, Any]]] = {}

    async def put(self, resource: dict[str, Any]) -> None:
        """Create or change a resource, which has an id."""
        changed = {"meta": {"lastUpdated": self.now().isoformat()}}
        self.resources[resource["resourceType"], resource["id"]] = {**resource, **changed}

    async def delete(self, resource: str, id: str) -> None:
        """Delete a resource."""
        del self.resources[resource, id]

    async def search(self, request: web.Request) -> web.Response:
        """Answer a search."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        kind = request.match_info["resource"]
        self.asked.append((kind, form))
        if self.answers:
            return self.answers.pop(0)()
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"resourceType": "OperationOutcome"}, status=401)
        found = [each for (type, _), each in self.resources.items() if type == kind and self._fits(each, kind, form)]
        return self._answer(request, found)

    async def next_page(self, request: web.Request) -> web.Response:
        """Answer with a further page of a search."""
        return self._answer(request, self._pages.pop(request.query["page"]))

    def _fits(self, resource: dict[str, Any], kind: str, form: dict[str, str]) -> bool:
        wanted = {name: value.split(",") for name, value in form.items() if name not in ("_count", "_elements")}
        return all(self._matches(resource, kind, name, values) for name, values in wanted.items())

    def _matches(self, resource: dict[str, Any], kind: str, name: str, values: list[str]) -> bool:
        if name == "_id":
            return resource["id"] in values
        if name == "_lastUpdated":
            return datetime.fromisoformat(resource["meta"]["lastUpdated"]) >= datetime.fromisoformat(values[0][2:])
        if name == "identifier":
            return any(f"{each['system']}|{each['value']}" in values for each in resource["identifier"])
        if name == "patient":
            about = resource.get("subject") or resource.get("patient")
            some = [about] if about else [each["actor"] for each in resource["participant"]]
            return any(each["reference"].removeprefix("Patient/") in values for each in some)
        said = resource[_CODED[kind, name]]
        concepts = said if isinstance(said, list) else [said]
        return any(f"{each['system']}|{each['code']}" in values for one in concepts for each in one["coding"])

    def _answer(self, request: web.Request, found: list[dict[str, Any]]) -> web.Response:
        bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "link": []}
        bundle["entry"] = [{"resource": each, "search": {"mode": "match"}} for each in found[: self.page]]
        if len(found) > self.page:
            page = base64.b32encode(uuid.uuid4().bytes).decode()
            self._pages[page] = found[self.page :]
            bundle["link"] = [{"relation": "next", "url": f"{request.url.origin()}/fhir?page={page}"}]
        date = format_datetime(self.now(), usegmt=True)
        return web.json_response(bundle, content_type="application/fhir+json", headers={"Date": date})


@asynccontextmanager
async def serving_fhir(fhir: StandInFhir) -> AsyncIterator[str]:
    """The URL at which a stand-in answers on loopback."""
    app = web.Application()
    app.router.add_post("/fhir/{resource}/_search", fhir.search)
    app.router.add_get("/fhir", fhir.next_page)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/fhir"
    finally:
        await runner.cleanup()


def patient(id: str, code: str, **more: Any) -> dict[str, Any]:
    """A Patient with a name, which nothing may ask for."""
    named = {"name": [{"family": "Meier", "given": ["Anna"]}], "birthDate": "1980-01-01"}
    return {"resourceType": "Patient", "id": id, "identifier": [{"system": CODES, "value": code}], **named, **more}


def concept(system: str, code: str) -> dict[str, Any]:
    """A CodeableConcept."""
    return {"coding": [{"system": system, "code": code}]}


def procedure(id: str, who: str, code: str, on: str, status: str = "completed") -> dict[str, Any]:
    """A Procedure."""
    return {"resourceType": "Procedure", "id": id, "status": status, "code": concept("http://snomed.info/sct", code),
            "subject": {"reference": f"Patient/{who}"}, "performedDateTime": on}  # fmt: skip


def administration(id: str, who: str, code: str, on: str, status: str = "completed") -> dict[str, Any]:
    """A MedicationAdministration of 80 mg."""
    return {
        "resourceType": "MedicationAdministration", "id": id, "status": status,
        "medicationCodeableConcept": concept("http://www.nlm.nih.gov/research/umls/rxnorm", code),
        "subject": {"reference": f"Patient/{who}"}, "effectivePeriod": {"start": on},
        "dosage": {"dose": {"value": 80, "unit": "mg"}},
    }  # fmt: skip
