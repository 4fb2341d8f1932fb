"""Score stored answers again with another definition and keep the old scores; explain one score in full."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pro_collector.casework.streaming import announce_again
from pro_collector.display.explain import explain
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.scoring.score import NO_IMPUTATION, ScaleScore, policy_of, score, scoring_version
from pro_collector.errors import BadInput, NotFound, Problem
from pro_collector.postgres import score_weekly
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import answers, participants, scores, studies
from pro_collector.postgres.tables.answers import ResponseRow, ScoreRow
from pro_collector.runtime import Runtime

TOLERANCE = 1e-9
BATCH_SIZE = 50
"""How many participants are locked while their new scores are stored and published."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A score that another definition changes: its values before and after."""

    response: UUID
    scale: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Rescored:
    """The result of a rescore."""

    responses: int
    differences: list[Difference]
    stored: int
    left_out: int
    """Responses to a version of the instrument whose items have other answers: they keep their scores."""


async def rescore(rt: Runtime, instrument: Instrument, *, store: bool, imputation: str | None = None) -> Rescored:
    """Score every stored response to an instrument with this definition; `store` adds the new scores to the old ones.

    Skipped items count by the policy `imputation`; without one, by the policy of each response's last scores. Nothing
    is overwritten: a score keeps its scoring version, and the newest counts. Responses to a version whose items have
    other answers are left out, because an answer means only what was asked. Raises Conflict when its
    version was published with other content, NotFound for an unknown policy.
    """
    now = rt.clock.now()
    differences: list[Difference] = []
    rows: list[ScoreRow] = []
    async with rt.database.transaction(long=True) as tx:
        responses, left_out = await _comparable(tx, instrument)
        given = await answers.load(tx, [row.occasion_id for row in responses])
        current = await scores.current(tx, instrument.id)
        for response in responses:
            before = current.get(response.id, {})
            policy = imputation or next((policy_of(row.scoring_version) for row in before.values()), NO_IMPUTATION)
            own = given.get(response.occasion_id, {}).get(instrument.id, {})
            results = score(instrument, own, policy)
            differences += _differences(response.id, before, results)
            rows += _rows(instrument, policy, response, results, now)
    stored = await _store(rt, instrument, rows, now) if store else 0
    return Rescored(len(responses), differences, stored, left_out)


async def _store(rt: Runtime, instrument: Instrument, rows: Sequence[ScoreRow], now: datetime) -> int:
    """Store and publish new scores; return how many are new. Some participants at a time, because their replies wait.

    Each transaction publishes what it stores. If the process ends in between, a second run does the rest.
    """
    async with rt.database.transaction() as tx:
        await studies.store_instrument(tx, instrument, now)
    people, stored = sorted({row.participant_id for row in rows}), 0
    for start in range(0, len(people), BATCH_SIZE):
        batch = set(people[start : start + BATCH_SIZE])
        async with rt.database.transaction() as tx:
            await participants.lock(tx, list(batch))
            new = await answers.add_scores(tx, [row for row in rows if row.participant_id in batch])
            if new:
                await announce_again(tx, sorted(batch), instrument.id, now)
        stored += new
    await score_weekly.refresh(rt.database)
    return stored


async def _comparable(tx: Tx, instrument: Instrument) -> tuple[list[ResponseRow], int]:
    """The stored responses whose answers this definition can read, and how many there are that it cannot."""
    responses = await scores.responses(tx, instrument.id)
    hashes = {row.instrument_hash for row in responses}
    asked = {hash: await studies.instrument_by_hash(tx, instrument.id, hash) for hash in hashes}
    readable = {hash for hash, definition in asked.items() if instrument.can_score(definition)}
    kept = [row for row in responses if row.instrument_hash in readable]
    return kept, len(responses) - len(kept)


def _differences(
    response: UUID, before: Mapping[str, ScoreRow], results: Mapping[str, ScaleScore]
) -> Iterator[Difference]:
    for scale in dict.fromkeys([*results, *before]):
        old = before[scale].value if scale in before else None
        new = results[scale].value if scale in results else None
        if _differs(old, new):
            yield Difference(response, scale, old, new)


def _rows(
    instrument: Instrument, policy: str, response: ResponseRow, results: Mapping[str, ScaleScore], now: datetime
) -> Iterator[ScoreRow]:
    version = scoring_version(instrument, policy)
    for scale, result in results.items():
        yield ScoreRow(
            response.completed_at, response.id, response.participant_id, response.occasion_id,
            instrument.id, instrument.version, version, scale, result.value, result.answered,
            result.of, result.reason, result.band, response.reporter, response.mode, now,
        )  # fmt: skip


async def explain_score(rt: Runtime, name: str) -> Iterator[str]:
    """Explain a stored score, `RESPONSE/SCALE`, in lines: items, rule, arithmetic; and whether the stored value agrees.

    Raises BadInput or NotFound.
    """
    response_id, scale = _named(name)
    async with rt.database.transaction() as tx:
        row = await scores.find(tx, response_id, scale)
        if row is None:
            known = ", ".join(sorted(await scores.scales(tx, response_id))) or "none"
            raise NotFound(f"there is no score {name}; scales of that response: {known}")
        definition = row.scoring_version.partition("+")[0]
        instrument = await studies.instrument_by_hash(tx, row.instrument, definition)
        given = await answers.load(tx, [row.occasion_id])
    own = given.get(row.occasion_id, {}).get(instrument.id, {})
    policy = policy_of(row.scoring_version)
    value = score(instrument, own, policy)[scale].value
    same = not _differs(row.value, value)
    agrees = "as stored" if same else f"but {row.value} is stored: the answers changed since"
    return iter((*explain(instrument, own, scale, policy), f"recomputed from the raw answers: {value}, {agrees}"))


def _named(name: str) -> tuple[UUID, str]:
    response, _, scale = name.partition("/")
    try:
        return UUID(response), scale
    except ValueError:
        expected = "expected RESPONSE/SCALE, as in score_on_treatment.response_id"
        raise BadInput([Problem("", None, name, expected)]) from None


def _differs(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(before - after) > TOLERANCE
