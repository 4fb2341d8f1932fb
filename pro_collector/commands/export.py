"""Export data: responses and scores as FHIR resources, and the instruments that they refer to."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from pro_collector.domain.exchange.fhir_results import ResponseMeta, observations, questionnaire_response
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.scoring.scale_score import ScaleScore
from pro_collector.domain.scoring.score import policy_of
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import answers, scores, studies
from pro_collector.postgres.tables.answers import ScoreRow
from pro_collector.postgres.tables.scores import ResponseOfStudy
from pro_collector.runtime import Runtime

BATCH_SIZE = 500
"""How many responses are read in one batch."""


async def fhir(rt: Runtime, study: str | None = None) -> AsyncIterator[dict[str, Any]]:
    """Every response as a QuestionnaireResponse, each followed by its scores as Observations. Subjects are ids."""
    async with rt.database.transaction(long=True) as tx:
        async for one in fhir_of(tx, rt, await scores.responses_of_study(tx, study)):
            yield one


async def fhir_of(tx: Tx, rt: Runtime, responses: Sequence[ResponseOfStudy]) -> AsyncIterator[dict[str, Any]]:
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
            proxy = row.reporter == "proxy"
            whose = ResponseMeta(str(row.id), str(row.participant_id), row.completed_at, proxy, amended)
            own = given.get(row.occasion_id, {}).get(instrument.id, {})
            yield questionnaire_response(instrument, own, whose, row.status == "completed")
            for version, results in _by_version(scored.get(row.id, [])).items():
                made_by = instrument
                if not version.startswith(instrument.hash):  # rescored with another definition
                    made_by = await studies.instrument_by_hash(tx, instrument.id, version.partition("+")[0])
                for one in observations(made_by, results, whose, policy_of(version)):
                    yield one


async def instruments(rt: Runtime, study: str | None = None) -> list[Instrument]:
    """Every instrument version of a study (without one: of all studies), each once, sorted by id and version."""
    versions: dict[tuple[str, str], Instrument] = {}
    async with rt.database.transaction() as tx:
        for row in await studies.all_in_force(tx):
            if study in (None, row.id):
                for applied in await rt.studies.history(tx, row.id):
                    version = await rt.studies.get(tx, row.id, applied.study.version)
                    versions |= {(one.id, one.version): one for one in version.instruments.values()}
    return [versions[key] for key in sorted(versions)]


def _by_version(rows: Sequence[ScoreRow]) -> dict[str, dict[str, ScaleScore]]:
    """Scores by scoring version, then by scale."""
    by_version: dict[str, dict[str, ScaleScore]] = {}
    for row in rows:
        score = ScaleScore(row.value, row.answered, row.of, row.reason, row.band)
        by_version.setdefault(row.scoring_version, {})[row.scale] = score
    return by_version
