"""The codebook of what is exported: the meaning of each column, each item and each scale."""

from collections.abc import Iterable, Iterator, Mapping

from pro_collector.display.instrument import conditions, meaning, rule
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item
from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.research.consort import CONSORT
from pro_collector.domain.research.missingness import COMPLETION, PATTERNS, REASONS
from pro_collector.domain.research.respondents import RESPONDENTS
from pro_collector.domain.research.tables import TABLES

COLUMNS: Mapping[str, str] = {
    "study": "study, as its file names it",
    "participant_code": "pseudonym",
    "site": "site of the study",
    "arm": "arm of the study; empty: none",
    "instrument": "questionnaire",
    "instrument_version": "version of the questionnaire that was asked",
    "scale": "score; a row of this codebook",
    "value": "value of the score; empty: none, and `reason` says why",
    "answered": "items (or scores) that were answered",
    "of": "items (or scores) that it is made of",
    "reason": "why there is no value",
    "band": "name of the range that the value is in, if the owner has published names",
    "reporter": "who answered: self, proxy, or a caregiver about themselves; do not mix them in one series",
    "mode": "how: sms, web, call, or clinic (a device at the hospital)",
    "completed_at": "when the last answer came (UTC)",
    "study_day": "day of the study on the person's calendar; the day of enrolment is 1, and there is no day 0",
    "cycle": "number of the treatment cycle on that day; empty: before the first",
    "cycle_day": "day of that cycle; its first day is 1",
    "assessment": "assessment of the study that asked",
    "days_since_anchor": "days since the anchor event of the assessment",
    "days_since": "days since the latest of each kind of event, as a JSON object",
    "response_id": "response; `pro-collector explain RESPONSE/SCALE` shows how a score follows from its answers",
}
"""Each column of `export csv`, in its order."""


def codebook(instruments: Iterable[Instrument]) -> Iterator[dict[str, str]]:
    """One row for each column of each table, then one for each item and scale; all rows have the same keys."""
    for name, description in COLUMNS.items():
        yield _row("column", name, table="csv", meaning=description)
    for table in (*TABLES.values(), COMPLETION, REASONS, PATTERNS, RESPONDENTS, CONSORT):
        for column in table.columns:
            yield _row("column", column.name, table=table.name, meaning=column.meaning, range=column.kind)
    for instrument in instruments:
        of = {"instrument": instrument.id, "version": instrument.version}
        for item in instrument.items:
            asked = conditions(item) if item.enable_when else ""
            yield _row("item", item.id, table="items", meaning=item.kind, range=_answers(item), rule=asked, **of)
        for scale in instrument.scales:
            yield _row(
                "scale",
                scale.id,
                table="scores",
                meaning=scale.title,
                range="" if scale.range is None else f"{scale.range[0]} to {scale.range[1]}",
                direction=scale.direction,
                rule=rule(instrument, scale),
                notes=_notes(instrument, scale),
                **of,
            )


def _answers(item: Item) -> str:
    """The codes that an item allows, or its limits."""
    if item.options:
        return " ".join(str(option.code) for option in item.options)
    return "" if item.span is None else f"{item.minimum} to {item.maximum}"


def _row(kind: str, name: str, **fields: str) -> dict[str, str]:
    empty = dict.fromkeys(("table", "instrument", "version", "meaning", "range", "direction", "rule", "notes"), "")
    return {"kind": kind, "name": name, **empty, **fields}


def _notes(instrument: Instrument, scale: Scale) -> str:
    return "; ".join([*meaning(scale), f"source: {instrument.source}"])
