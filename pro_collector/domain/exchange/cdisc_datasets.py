"""The CDISC datasets that can be exported, with what a Define-XML document says of each. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pro_collector.domain.exchange import (
    cdisc_adqrs,
    cdisc_adsl,
    cdisc_be,
    cdisc_dm,
    cdisc_qs,
    cdisc_suppqs,
    cdisc_visits,
)
from pro_collector.domain.exchange.cdisc_qs import StudyData
from pro_collector.domain.research.tables import ResearchTable

Standard = Literal["sdtm", "adam"]


@dataclass(frozen=True, slots=True)
class CdiscDataset:
    """One dataset: what makes its records, and how they are described.

    `kind` is the class of the dataset as Define-XML names it; `keys` are the variables that make a record unique.
    """

    table: ResearchTable
    records: Callable[[StudyData], Iterator[object]]
    standard: Standard
    kind: str
    structure: str
    keys: Sequence[str]
    repeating: bool = True

    @property
    def name(self) -> str:
        """The name of the dataset, such as DM."""
        return self.table.name.upper()


_ALL: Sequence[CdiscDataset] = (
    CdiscDataset(
        cdisc_dm.DM, cdisc_dm.records, "sdtm", "SPECIAL PURPOSE", "One record per subject",
        ("STUDYID", "USUBJID"), repeating=False,
    ),
    CdiscDataset(
        cdisc_visits.SV, cdisc_visits.visit_records, "sdtm", "SPECIAL PURPOSE",
        "One record per subject per planned visit", ("STUDYID", "USUBJID", "VISITNUM"),
    ),
    CdiscDataset(
        cdisc_visits.SE, cdisc_visits.element_records, "sdtm", "SPECIAL PURPOSE",
        "One record per subject per element", ("STUDYID", "USUBJID", "SESTDTC", "ETCD", "SESEQ"),
    ),
    CdiscDataset(
        cdisc_be.BE, cdisc_be.records, "sdtm", "EVENTS", "One record per subject per specimen",
        ("STUDYID", "USUBJID", "BESEQ"),
    ),
    CdiscDataset(
        cdisc_qs.QS, cdisc_qs.records, "sdtm", "FINDINGS",
        "One record per questionnaire per question per visit per evaluator per subject",
        ("STUDYID", "USUBJID", "QSSEQ"),
    ),
    CdiscDataset(
        cdisc_suppqs.SUPPQS, cdisc_suppqs.records, "sdtm", "RELATIONSHIP",
        "One record per supplemental qualifier per related record", ("STUDYID", "USUBJID", "IDVAR", "IDVARVAL", "QNAM"),
    ),
    CdiscDataset(
        cdisc_adsl.ADSL, cdisc_adsl.records, "adam", "SUBJECT LEVEL ANALYSIS DATASET", "One record per subject",
        ("STUDYID", "USUBJID"), repeating=False,
    ),
    CdiscDataset(
        cdisc_adqrs.ADQRS, cdisc_adqrs.records, "adam",
        "BASIC DATA STRUCTURE", "One record per subject per parameter per reporter per analysis visit",
        ("STUDYID", "USUBJID", "PARAMCD", "PARQUAL", "ADT", "SRCSPID"),
    ),
)  # fmt: skip
CDISC: Mapping[str, CdiscDataset] = {each.table.name: each for each in _ALL}
"""The datasets by name, in the order of a submission."""
