"""Score stored answers again under another definition, beside the old scores; and tell one score in full."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from pro_collector.domain.explain import explain
from pro_collector.domain.instrument import Instrument
from pro_collector.domain.scoring import score
from pro_collector.errors import BadInput, NotFound, Problem
from pro_collector.postgres import answers, scores, studies
from pro_collector.postgres.answers import ScoreRow
from pro_collector.runtime import Runtime

SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Difference:
    """A score that another definition changes."""

    response: UUID
    scale: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Rescored:
    """What scoring again came to."""

    responses: int
    differences: list[Difference]
    stored: int


async def rescore(rt: Runtime, instrument: Instrument, *, store: bool) -> Rescored:
    """Score every stored response to an instrument under this definition; `store` adds the scores beside the old ones.

    Nothing is overwritten: a score keeps the hash of the definition it was made by, and the newest counts.
    """
    now = rt.clock.now()
    differences: list[Difference] = []
    rows: list[ScoreRow] = []
    async with rt.database.transaction() as tx:
        responses = await scores.responses(tx, instrument.id)
        given = await answers.load(tx, [row["occasion_id"] for row in responses])
        before = await scores.current(tx, instrument.id)
        for response in responses:
            results = score(instrument, given.get(response["occasion_id"], {}).get(instrument.id, {}))
            for scale, result in results.items():
                old = before.get((response["id"], scale))
                if _differs(old, result.value):
                    differences.append(Difference(response["id"], scale, old, result.value))
                rows.append(
                    ScoreRow(
                        response["completed_at"], response["id"], response["participant_id"], response["occasion_id"],
                        instrument.id, instrument.version, instrument.hash, scale, result.value, result.answered,
                        result.of, result.reason, result.band, response["reporter"], response["mode"], now,
                    )
                )  # fmt: skip
        if store:
            await studies.keep_instrument(tx, instrument, now)
            await answers.add_scores(tx, rows)
    if store:
        await scores.refresh_weeks(rt.database)
    return Rescored(len(responses), differences, len(rows) if store else 0)


async def explain_score(rt: Runtime, name: str) -> Iterator[str]:
    """One stored score, `RESPONSE/SCALE`, in lines: items, rule, arithmetic; and whether the stored value is that.

    Raises BadInput or NotFound.
    """
    response_id, scale = _named(name)
    async with rt.database.transaction() as tx:
        row = await scores.one(tx, response_id, scale)
        if row is None:
            known = ", ".join(sorted(await scores.scales(tx, response_id))) or "none"
            raise NotFound(f"there is no score {name}; scales of that response: {known}")
        instrument = await studies.instrument_by_hash(tx, row["instrument"], row["scoring_version"])
        given = await answers.load(tx, [row["occasion_id"]])
    own = given.get(row["occasion_id"], {}).get(instrument.id, {})
    value = score(instrument, own)[scale].value
    same = not _differs(row["value"], value)
    agrees = "as stored" if same else f"but {row['value']} is stored: the answers changed since"
    return iter((*explain(instrument, own, scale), f"recomputed from the raw answers: {value}, {agrees}"))


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
    return abs(before - after) > SAME
