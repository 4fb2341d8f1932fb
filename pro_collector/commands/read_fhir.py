"""Read treatment from a FHIR server: of the participants whose code it has, and of nobody else."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pro_collector.channels.fhir import Fhir, Resources, basic, bearer, several
from pro_collector.commands.source_reading import SourceReading, credential
from pro_collector.domain.feed.fhir_mapping import FhirMapping
from pro_collector.domain.feed.fhir_resources import KINDS, identifiers_of, patient_of, records_of
from pro_collector.domain.feed.record import TreatmentRecord
from pro_collector.errors import Misconfigured

PROBED = 1000
"""Up to so many records each reading looks whether they are still there; beyond that, only those of everything do."""


async def read_fhir(
    mapping: FhirMapping, codes: Sequence[str], standing: Sequence[TreatmentRecord], since: datetime | None, pace: int
) -> SourceReading:
    """Read all resources of those of whom something changed since (None: of everybody), and what is gone.

    A change may concern several resources together (an administration may end to begin a cycle), so all of a person is
    read again; what was read last counts, whatever version a resource has.
    """
    async with Fhir(mapping.fhir.url, _authorization(mapping), pace) as fhir:
        people = await _patients(fhir, mapping, codes)
        if fhir.now is None:
            raise Misconfigured("the answer of the FHIR server has no header Date, so its clock is not known")
        code_of = {str(each["id"]): code for code, theirs in people.items() for each in theirs}
        changed = set(code_of) if since is None else await _changed(fhir, mapping, list(code_of), since)
        missing = await _missing(fhir, standing) if since is not None and len(standing) <= PROBED else []
        changed |= {id for id, code in code_of.items() if any(each.code == code for each in missing)}
        resources = await _all_of(fhir, mapping, sorted(changed))
    read = {code_of[id] for id in changed}
    deaths = [each for theirs in people.values() for each in theirs]
    found = records_of([*resources, *deaths], code_of, mapping, fhir.now)
    have = {each.id for each in found}
    gone = [each for each in standing if each.id not in have and (since is None or each.code in read)]
    lost = [each for each in missing if each.id not in have and each not in gone]
    return SourceReading(fhir.now, found, [*gone, *lost])


async def _patients(fhir: Fhir, mapping: FhirMapping, codes: Sequence[str]) -> dict[str, Resources]:
    """The Patients whose identifier is the code of a participant, by code. Nothing but that and a death is read."""
    system, found = mapping.fhir.identifier, dict[str, Resources]()
    asked = [f"{system}|{code}" for code in sorted(codes)]
    for some in several(asked):
        for patient in await fhir.search("Patient", identifier=some, _elements="identifier,deceased"):
            for code in identifiers_of(patient, system):
                if code in codes:
                    found.setdefault(code, []).append(patient)
    return found


async def _changed(fhir: Fhir, mapping: FhirMapping, patients: Sequence[str], since: datetime) -> set[str]:
    """Those of these patients of whom a resource was made or changed since."""
    after = f"ge{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    found: set[str] = set()
    for resource in mapping.resources:
        for some in several(patients):
            for each in await fhir.search(
                resource, patient=some, _lastUpdated=after, _elements=KINDS[resource].subject
            ):
                found |= set(patient_of(each))
    return found & set(patients)


async def _all_of(fhir: Fhir, mapping: FhirMapping, patients: Sequence[str]) -> Resources:
    """All resources of these patients that the mapping may know: those with its codes."""
    found: Resources = []
    for resource in mapping.resources:
        search = KINDS[resource].search
        coded = {search: ",".join(mapping.codes_of(resource))} if search else {}
        for some in several(patients):
            found += await fhir.search(resource, patient=some, **coded)
    return found


async def _missing(fhir: Fhir, standing: Sequence[TreatmentRecord]) -> list[TreatmentRecord]:
    """The records whose resource cannot be found any more."""
    by_resource: dict[str, dict[str, list[TreatmentRecord]]] = {}
    for record in standing:
        resource, id, _ = record.source_id.split("/")
        if resource != "Patient":
            by_resource.setdefault(resource, {}).setdefault(id, []).append(record)
    return [
        record
        for resource, records in by_resource.items()
        for record in await _missing_of(fhir, resource, records)
    ]  # fmt: skip


async def _missing_of(
    fhir: Fhir, resource: str, records: Mapping[str, Sequence[TreatmentRecord]]
) -> list[TreatmentRecord]:
    there: set[str] = set()
    for some in several(sorted(records), 100):
        there |= {str(each.get("id")) for each in await fhir.search(resource, _id=some, _elements="id")}
    return [record for id, listed in records.items() if id not in there for record in listed]


def _authorization(mapping: FhirMapping) -> str:
    if mapping.fhir.bearer:
        return bearer(credential(mapping.fhir.bearer, "the token of the FHIR server"))
    if mapping.fhir.basic:
        return basic(credential(mapping.fhir.basic, "user:password of the FHIR server"))
    return ""
