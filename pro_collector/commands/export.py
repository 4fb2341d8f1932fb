"""Hand data on: responses and scores as FHIR resources, or scores beside treatment as rows."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from pro_collector.domain.fhir_results import Given, observations, questionnaire_response
from pro_collector.domain.scale_score import ScaleScore
from pro_collector.postgres import answers, scores
from pro_collector.runtime import Runtime

TOGETHER = 500
"""Responses read at a time."""


async def fhir(rt: Runtime, study: str | None = None) -> AsyncIterator[dict[str, Any]]:
    """Every response as a QuestionnaireResponse, each followed by its scores as Observations; subjects are ids."""
    async with rt.database.transaction() as tx:
        found = await scores.exported(tx, study)
        for start in range(0, len(found), TOGETHER):
            batch = found[start : start + TOGETHER]
            given = await answers.load(tx, [row["occasion_id"] for row in batch])
            scored = await scores.of_responses(tx, [row["id"] for row in batch])
            for row in batch:
                force = await rt.studies.get(tx, row["study"], row["study_version"])
                instrument = force.instruments[row["instrument"]]
                whose = Given(
                    str(row["id"]), str(row["participant_id"]), row["completed_at"], row["reporter"] == "proxy"
                )
                own = given.get(row["occasion_id"], {}).get(instrument.id, {})
                yield questionnaire_response(instrument, own, whose, row["status"] == "completed")
                for one in observations(instrument, dict(_results(scored.get(row["id"], []))), whose):
                    yield one


def _results(rows: list[dict[str, Any]]) -> Iterator[tuple[str, ScaleScore]]:
    for row in rows:
        yield row["scale"], ScaleScore(row["value"], row["answered"], row["of"], row["reason"], row["band"])
