"""Report a study: one HTML page with everything that a reader of its results asks for."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from pro_collector.commands.draw_figures import endpoint_figure
from pro_collector.commands.export_endpoints import ComputedEndpoint, compute_endpoints
from pro_collector.domain.document import Document
from pro_collector.domain.endpoints.definition import choices
from pro_collector.domain.endpoints.survival import kaplan_meier
from pro_collector.domain.research.endpoint_tables import (
    ChangeAtVisit,
    DeteriorationOfParticipant,
    ResponseOfParticipant,
)
from pro_collector.domain.research.numbering import order_of_assessments
from pro_collector.domain.research.tables import ItemAnswer, ParticipantOfStudy, PlannedVisit, ScaleValue
from pro_collector.errors import NotFound
from pro_collector.figures.curves import Measured
from pro_collector.postgres.database import Database
from pro_collector.postgres.questions import research
from pro_collector.research.files import WrittenFile, write_file
from pro_collector.research.report import MEAN_HEADS, Reported, ReportTable, Section, mean_rows, percent, report


async def report_study(
    database: Database, study: str, to: Path, *, document: Document | None = None, as_of: datetime | None = None,
    now: datetime,
) -> WrittenFile:  # fmt: skip
    """Write the report of a study into the file `to`; `document` defines endpoints.

    Raises NotFound, BadInput, NotMigrated, Misconfigured.
    """
    async with database.snapshot() as tx:
        await research.see(tx, as_of)
        versions = await research.studies(tx, study)
        if not versions:
            raise NotFound(f"no study {study!r}")
        found = [] if document is None else await compute_endpoints(tx, document, study)
        reported = Reported(
            study=study,
            title=versions[-1].title,
            versions=[(version.version, version.applied_at.astimezone(UTC)) for version in versions],
            people=await research.rows(tx, ParticipantOfStudy, study),
            visits=await research.rows(tx, PlannedVisit, study),
            items=await research.rows(tx, ItemAnswer, study),
            scores=await research.rows(tx, ScaleValue, study),
            instruments=await research.instruments(tx, study),
            assessments=order_of_assessments(version.assessments for version in versions),
            endpoints=[_endpoint(one) for one in found],
            sites=await research.sites(tx),
        )
    page = report(reported, now, as_of)

    async def fill(stream: BinaryIO) -> int:
        stream.write(page.encode())
        return len(reported.people)

    return await write_file(to, fill)


def _endpoint(one: ComputedEndpoint) -> Section:
    figure = endpoint_figure(one)
    chosen = [("day_0", one.day_0), *choices(one.endpoint)]
    return Section(
        f"endpoint-{one.endpoint.id}", f"Endpoint: {one.endpoint.title or one.endpoint.id}",
        "pro-collector export endpoints, with the same definition file.", [] if figure is None else [figure],
        [*_summary(one), ReportTable("Choices", ["choice", "value"], chosen)],
    )  # fmt: skip


def _summary(one: ComputedEndpoint) -> Sequence[ReportTable]:
    """How many participants of each arm had which result, for an endpoint with one result a participant."""
    results = [
        (row.arm or "no arm", row.status if isinstance(row, DeteriorationOfParticipant) else row.response)
        for row in one.rows if isinstance(row, DeteriorationOfParticipant | ResponseOfParticipant)
    ]  # fmt: skip
    if not results:
        changes = [
            Measured(row.arm or "no arm", row.visit, row.visit_number, row.change)
            for row in one.rows if isinstance(row, ChangeAtVisit) and row.change is not None
        ]  # fmt: skip
        return [ReportTable("Mean change by visit and arm", MEAN_HEADS, list(mean_rows(changes)))] if changes else []
    counts, total = Counter(results), Counter(arm for arm, _ in results)
    rows = [(arm, result, n, percent(n / total[arm])) for (arm, result), n in sorted(counts.items())]
    return [ReportTable("Results by arm", ["arm", "result", "participants", "share"], rows), *_over_time(one)]


def _over_time(one: ComputedEndpoint) -> Sequence[ReportTable]:
    """The numbers of the Kaplan-Meier curve of each arm; time in the unit that the choices name."""
    arms: dict[str, list[tuple[float, bool]]] = {}
    for row in one.rows:
        if isinstance(row, DeteriorationOfParticipant) and row.time is not None and row.event is not None:
            arms.setdefault(row.arm or "no arm", []).append((row.time, row.event == 1))
    heads = ["arm", "time", "at risk", "events", "censored", "without the event", "from", "to"]
    cells = [
        (arm, f"{step.time:.4g}", step.at_risk, step.events, step.censored, *map(percent, step[4:]))
        for arm, times in sorted(arms.items()) for step in kaplan_meier(times)
    ]  # fmt: skip
    return [ReportTable("Share without the event over time, with limits of 95 %", heads, cells)] if cells else []
