"""Export data: responses, scores and specimens as FHIR resources, and the instruments that they refer to."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pro_collector.domain.exchange.fhir_results import ResponseMeta, observations, questionnaire_response
from pro_collector.domain.exchange.fhir_specimen import specimen
from pro_collector.domain.research.tables import TimelineRecord
from pro_collector.domain.scoring.scale_score import ScaleScore
from pro_collector.domain.scoring.score import policy_of
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.database import Database
from pro_collector.postgres.questions import research
from pro_collector.postgres.tables import answers, scores, studies
from pro_collector.postgres.tables.answers import ScoreRow
from pro_collector.postgres.tables.scores import ResponseOfStudy
from pro_collector.postgres.tables.studies import Studies

BATCH_SIZE = 500
"""How many responses are read in one batch."""


class RecordSource(Protocol):
    """What an export reads from: a runtime, or a database alone."""

    @property
    def database(self) -> Database: ...

    @property
    def studies(self) -> Studies: ...


@dataclass(frozen=True)
class DatabaseAlone:
    """A database without keys, channels and Kafka."""

    database: Database
    studies: Studies = field(default_factory=Studies)


async def fhir(rt: RecordSource, study: str | None = None) -> AsyncIterator[dict[str, Any]]:
    """Every response as a QuestionnaireResponse, each followed by its scores as Observations; then every Specimen.

    Subjects are ids.
    """
    async with rt.database.transaction(long=True) as tx:
        async for one in fhir_of(tx, rt, await scores.responses_of_study(tx, study)):
            yield one
        for record in await research.rows(tx, TimelineRecord, study):
            if record.believed and record.specimen_id is not None:
                yield specimen(record)


async def fhir_of(tx: Tx, rt: RecordSource, responses: Sequence[ResponseOfStudy]) -> AsyncIterator[dict[str, Any]]:
    """These responses as `fhir` gives them."""
    for start in range(0, len(responses), BATCH_SIZE):
        batch = responses[start : start + BATCH_SIZE]
        given = await answers.load(tx, [row.occasion_id for row in batch])
        corrected = await answers.corrected(tx, [row.occasion_id for row in batch])
        scored = await scores.of_responses(tx, [row.id for row in batch])
        for row in batch:
            asked_by = await rt.studies.get(tx, row.study, row.study_version)
            instrument = asked_by.instruments[row.instrument]
            amended = (row.occasion_id, row.instrument) in corrected
            whose = ResponseMeta(str(row.id), str(row.participant_id), row.completed_at, row.reporter, amended)
            own = given.get(row.occasion_id, {}).get(instrument.id, {})
            yield questionnaire_response(instrument, own, whose, row.status == "completed")
            for version, results in _by_version(scored.get(row.id, [])).items():
                made_by = instrument
                if not version.startswith(instrument.hash):  # rescored with another definition
                    made_by = await studies.instrument_by_hash(tx, instrument.id, version.partition("+")[0])
                for one in observations(made_by, results, whose, policy_of(version)):
                    yield one


def _by_version(rows: Sequence[ScoreRow]) -> dict[str, dict[str, ScaleScore]]:
    """Scores by scoring version, then by scale."""
    by_version: dict[str, dict[str, ScaleScore]] = {}
    for row in rows:
        score = ScaleScore(row.value, row.answered, row.of, row.reason, row.band)
        by_version.setdefault(row.scoring_version, {})[row.scale] = score
    return by_version
