"""SDTM SUPPQS: what is known of a record of QS and has no variable there. Pure.

Source: SDTM Implementation Guide 3.4, supplemental qualifiers. The names of the qualifiers (QNAM) are our own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pro_collector.domain.exchange.cdisc_qs import QsRecord, StudyData, numbered
from pro_collector.domain.research.tables import ItemAnswer, ResearchTable, ScaleValue


@dataclass(frozen=True, slots=True)
class SuppqsRecord:
    """One record of SUPPQS."""

    STUDYID: Annotated[str, "Study Identifier"]
    RDOMAIN: Annotated[str, "Related Domain Abbreviation"]
    USUBJID: Annotated[str, "Unique Subject Identifier"]
    IDVAR: Annotated[str, "Identifying Variable"]
    IDVARVAL: Annotated[str, "Identifying Variable Value"]
    QNAM: Annotated[str, "Qualifier Variable Name"]
    QLABEL: Annotated[str, "Qualifier Variable Label"]
    QVAL: Annotated[str, "Data Value"]
    QORIG: Annotated[str, "Origin"]
    QEVAL: Annotated[str | None, "Evaluator"]


SUPPQS = ResearchTable("suppqs", SuppqsRecord, label="Supplemental Qualifiers for QS")
QUALIFIERS: Mapping[str, tuple[str, str]] = {
    "QSVERS": ("Version of the Questionnaire", "Assigned"),
    "QSLANG": ("Language of the Questionnaire", "Collected"),
    "QSLATE": ("Answered After the Window Closed", "Derived"),
    "QSCORR": ("Answer Corrected by the Team", "Collected"),
    "QSSCORE": ("Version of the Scoring", "Assigned"),
}
"""Label and origin of each qualifier, by its name."""


def records(data: StudyData) -> Iterator[SuppqsRecord]:
    """The qualifiers of each record of QS, in its order."""
    for record, source in numbered(data):
        if source is not None:
            for name, value in _qualifiers(source).items():
                yield _record(record, name, value)


def _qualifiers(source: ItemAnswer | ScaleValue) -> dict[str, str]:
    """The values by name, without those that are not known."""
    if isinstance(source, ScaleValue):
        return {"QSVERS": source.instrument_version, "QSSCORE": source.scoring_version}
    found = {
        "QSVERS": source.instrument_version,
        "QSLANG": source.language,
        "QSLATE": "Y" if source.late else None,
        "QSCORR": "Y" if source.corrected_by else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _record(of: QsRecord, name: str, value: str) -> SuppqsRecord:
    label, origin = QUALIFIERS[name]
    return SuppqsRecord(
        STUDYID=of.STUDYID, RDOMAIN="QS", USUBJID=of.USUBJID, IDVAR="QSSEQ", IDVARVAL=str(of.QSSEQ), QNAM=name,
        QLABEL=label, QVAL=value, QORIG=origin, QEVAL=None,
    )  # fmt: skip
