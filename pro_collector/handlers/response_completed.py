"""response.completed: score the answers of a response and store the scores."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pro_collector.casework.alerting import raise_alerts
from pro_collector.casework.streaming import announce_scores
from pro_collector.casework.triggering import plan_triggered
from pro_collector.domain.events import ResponseCompleted, ScoreRecorded, derived_id
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.scoring.score import NO_IMPUTATION, policy_of, score, scoring_version
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import answers, occasions, participants, scores, studies
from pro_collector.postgres.tables.answers import ScoreRow
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.runtime import Runtime


async def handle(events: Sequence[ResponseCompleted], rt: Runtime) -> None:
    """Score each response with the definition of its latest scores; at first, the one it was answered with."""
    async with rt.database.once(events) as (tx, fresh):
        people = await participants.lock(tx, [event.participant_id for event in fresh])
        rows = {row.id: row for row in await occasions.load(tx, [event.occasion_id for event in fresh])}
        since = answers.since(rows.values())
        given = await answers.load(tx, list(rows), since=since)
        responses = await answers.load_responses(tx, [event.response_id for event in fresh])
        versions = await scores.versions(tx, list(responses), since=since)
        scored: list[ScoreRow] = []
        recorded: list[ScoreRecorded] = []
        for event in fresh:
            row, response = rows[event.occasion_id], responses[event.response_id]
            instrument, policy = await _rule(tx, rt, row, event.instrument, versions.get(event.response_id))
            results = score(instrument, given.get(row.id, {}).get(instrument.id, {}), policy)
            scored += [
                ScoreRow(
                    response.completed_at, event.response_id, row.participant_id, row.id, instrument.id,
                    instrument.version, scoring_version(instrument, policy), scale, result.value, result.answered,
                    result.of, result.reason, result.band, row.reporter, response.mode, rt.clock.now(),
                )
                for scale, result in results.items()
            ]  # fmt: skip
            recorded.append(
                ScoreRecorded(
                    id=derived_id("score.recorded", event.id),
                    participant_id=event.participant_id,
                    occurred_at=rt.clock.now(),
                    study=people[event.participant_id].study,
                    occasion_id=row.id,
                    response_id=event.response_id,
                    instrument=instrument.id,
                    instrument_version=instrument.version,
                    reporter=row.reporter,
                    completed_at=response.completed_at,
                    scores={scale: result.value for scale, result in results.items()},
                    mode=response.mode,
                    scoring_version=scoring_version(instrument, policy),
                )
            )
        await answers.add_scores(tx, scored, since=since)
        await announce_scores(tx, recorded)
        await raise_alerts(tx, rt, people, _by_person(fresh))
        await plan_triggered(tx, rt, people, _by_person(fresh))


def _by_person(events: Sequence[ResponseCompleted]) -> dict[UUID, dict[UUID, datetime]]:
    """The occasions of each participant, with the instant of the first of these events about it."""
    changed: dict[UUID, dict[UUID, datetime]] = {}
    for event in events:
        of_person = changed.setdefault(event.participant_id, {})
        of_person[event.occasion_id] = min(event.occurred_at, of_person.get(event.occasion_id, event.occurred_at))
    return changed


async def _rule(tx: Tx, rt: Runtime, row: OccasionRow, name: str, scored_by: str | None) -> tuple[Instrument, str]:
    """The instrument definition and the policy for skipped items with which to score.

    Those of the latest scores, so that a late answer does not bring back what a rescore replaced; for the first scores,
    those of the study.
    """
    version = await rt.studies.get(tx, row.study, row.study_version)
    asked = version.instruments[name]
    if scored_by is None:
        return asked, version.study.imputation.get(name, NO_IMPUTATION)
    hash, policy = scored_by.partition("+")[0], policy_of(scored_by)
    return asked if asked.hash == hash else await studies.instrument_by_hash(tx, name, hash), policy
