"""Writes a study as FHIR R4 into a folder, as Bulk Data has it: a file of NDJSON for each type, and a manifest."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TextIO
from uuid import UUID

from pro_collector import __version__
from pro_collector.commands.export import DatabaseAlone, fhir_of
from pro_collector.domain.event import derived_id
from pro_collector.domain.exchange import fhir_study
from pro_collector.domain.exchange.fhir_export import questionnaire
from pro_collector.domain.exchange.fhir_specimen import specimen
from pro_collector.domain.exchange.fhir_terms import Json
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.placement import Placement
from pro_collector.domain.research.tables import ParticipantOfStudy, ScaleValue, TimelineRecord
from pro_collector.domain.study.definition import Study
from pro_collector.domain.study.event_kind import EventKind
from pro_collector.errors import BadInput, Problem
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.database import Database
from pro_collector.postgres.questions import research, streams
from pro_collector.postgres.tables import scores
from pro_collector.postgres.tables.scores import ResponseOfStudy

MANIFEST = "manifest.json"
BATCH_SIZE = 500
"""How many responses are looked at in one batch."""


class Files:
    """The files of a folder, one for each type, with what they have. Types without a resource have no file."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self._open: dict[str, TextIO] = {}
        self.counts: dict[str, int] = {}

    def write(self, resources: Iterable[Json]) -> None:
        """Add resources, each to the file of its type."""
        for resource in resources:
            kind = resource["resourceType"]
            if kind not in self._open:
                file = (self._folder / f"{kind}.ndjson").open("w", encoding="utf-8")
                self._open[kind] = self._stack.enter_context(file)
            self._open[kind].write(json.dumps(resource, ensure_ascii=False, default=str) + "\n")
            self.counts[kind] = self.counts.get(kind, 0) + 1


async def export_fhir(
    database: Database, folder: Path, *, study: str, since: datetime | None, now: datetime
) -> dict[str, int]:
    """Write the study into the folder; return how many resources of each type.

    `since`: only responses and scores that were recorded since, all scores of those whose treatment was recorded or
    corrected since (they have another place), and treatment events that were recorded or retracted since. Patients,
    subjects, study and questionnaires are always whole. Raises BadInput if the folder is not empty.
    """
    if any(folder.iterdir()):
        raise BadInput([Problem(str(folder), None, "--to", "expected an empty folder")])
    source = DatabaseAlone(database)
    async with database.snapshot() as tx:
        await research.see(tx, None)
        version = await source.studies.in_force(tx, study)
        people = await research.rows(tx, ParticipantOfStudy, study)
        sites = await research.sites(tx)
        events = newest(await research.rows(tx, TimelineRecord, study))
        with ExitStack() as stack:
            files = Files(folder, stack)
            files.write([fhir_study.research_study(version.study, study)])
            files.write(_without_wording(each) for each in await research.instruments(tx, study))
            for person in people:
                files.write([fhir_study.patient(person), fhir_study.research_subject(person)])
            files.write(_treatment(version.study, events, since))
            files.write(_specimens(events, since))
            moved = {each.participant_id for each in events if since and _changed(each) >= since}
            here = {person.participant_id for person in people}
            async for resource in _results(tx, source, study, since, moved, here):
                files.write([resource])
    kinds = version.study.timeline
    left = {each.kind for each in events if each.source == "treatment" and not _said(kinds, each.kind)}
    _write_manifest(folder, files.counts, study, since, now, sorted(left), sites)
    return files.counts


def _without_wording(instrument: Instrument) -> Json:
    """A questionnaire as the research model has it: items, codes, scales, and no text to which somebody has rights."""
    made = questionnaire(instrument)
    id = derived_id("fhir", "Questionnaire", instrument.id, instrument.version, instrument.hash)
    return {"resourceType": "Questionnaire", "id": str(id), **made}


def newest(events: Sequence[TimelineRecord]) -> list[TimelineRecord]:
    """The last statement about each treatment event and state, in the order in which they happened."""
    last: dict[UUID, TimelineRecord] = {}
    for event in sorted(events, key=lambda each: (each.recorded_at, each.superseded_at is None)):
        last[event.event_id] = event
    return sorted(last.values(), key=lambda each: (each.participant_code, each.happened_on, str(each.event_id)))


def _treatment(study: Study, events: Iterable[TimelineRecord], since: datetime | None) -> Iterable[Json]:
    for event in events:
        kind = study.timeline.get(event.kind)
        if event.source == "treatment" and kind and kind.fhir and (since is None or _changed(event) >= since):
            label = kind.label.get("en") or event.kind
            yield fhir_study.treatment(event, kind.fhir, label)


def _specimens(events: Iterable[TimelineRecord], since: datetime | None) -> Iterable[Json]:
    """The specimens; that of a retracted event is `entered-in-error`."""
    for event in events:
        if event.specimen_id is not None and (since is None or _changed(event) >= since):
            made = specimen(event)
            yield {**made, "status": "entered-in-error"} if event.retracted else made


def _said(kinds: Mapping[str, EventKind], kind: str) -> bool:
    return kind in kinds and kinds[kind].fhir is not None


def _changed(event: TimelineRecord) -> datetime:
    return max(event.recorded_at, event.superseded_at or event.recorded_at)


async def _results(
    tx: Tx, source: DatabaseAlone, study: str, since: datetime | None, moved: set[UUID], here: set[UUID]
) -> AsyncIterator[Json]:
    """Responses and scores of the people `here`, with the place of each score and the reason of each missing one."""
    values: dict[UUID, dict[str, ScaleValue]] = {}
    for one in await research.rows(tx, ScaleValue, study):
        values.setdefault(one.response_id, {})[_slug(one.scale)] = one
    responses = [
        row for row in await scores.responses_of_study(tx, study)
        if row.participant_id in here
        and (since is None or row.participant_id in moved or _recorded(row, values.get(row.id, {}).values()) >= since)
    ]  # fmt: skip
    for start in range(0, len(responses), BATCH_SIZE):
        batch = responses[start : start + BATCH_SIZE]
        places = await streams.placements(tx, {row.id: row.participant_id for row in batch})
        async for resource in fhir_of(tx, source, batch):
            yield _with_context(resource, values, places)


def _with_context(
    resource: Json, values: Mapping[UUID, Mapping[str, ScaleValue]], places: Mapping[UUID, Placement]
) -> Json:
    if resource["resourceType"] != "Observation":
        return resource
    response = UUID(resource["derivedFrom"][0]["reference"].removeprefix("QuestionnaireResponse/"))
    value = values[response][resource["id"].removeprefix(f"{response}-")]
    return fhir_study.placed(resource, places[response], value.status, value.scored_at)


def _slug(scale: str) -> str:
    """The scale as it stands in the id of an Observation."""
    return scale.lower().replace("_", "-")


def _recorded(row: ResponseOfStudy, values: Iterable[ScaleValue]) -> datetime:
    return max([row.completed_at, *(value.scored_at for value in values)])


def _write_manifest(
    folder: Path, counts: Mapping[str, int], study: str, since: datetime | None, now: datetime, left: Sequence[str],
    sites: Sequence[str] | None,
) -> None:  # fmt: skip
    asked = f"export fhir --study {study}" + (f" --since {since.isoformat()}" if since else "")
    manifest = {
        "transactionTime": now.isoformat(),
        "request": asked,
        "requiresAccessToken": False,
        "output": [
            {"type": kind, "url": f"{kind}.ndjson", "count": count} for kind, count in sorted(counts.items())
        ],
        "error": [],
        "extension": {
            "product": f"pro-collector {__version__}", "fhir": "4.0.1", "events_left_out": list(left), "sites": sites,
        },
    }  # fmt: skip
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
