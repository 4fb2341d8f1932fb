"""What can be exported: the one list that the command line, the team's page and the API offer.

A name that is written here is made by one function each: `commands/write_export.py` for the page and the API, and
`cli/export.py`. Nothing else is imported, so that the command line can show its help at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pro_collector.domain.near import unknown
from pro_collector.errors import Problem

OfferedForm = Literal["csv", "parquet", "dataset-json", "xpt", "svg", "xml", "ndjson", "html"]
FORM_TITLES: Mapping[OfferedForm, str] = {
    "csv": "CSV", "parquet": "Parquet", "dataset-json": "CDISC Dataset-JSON", "xpt": "SAS XPT", "svg": "figure (SVG)",
    "xml": "XML", "ndjson": "NDJSON", "html": "HTML",
}  # fmt: skip
"""What a format is called."""
TABLE_FORMS: Sequence[OfferedForm] = ("csv", "parquet", "dataset-json")
CDISC_FORMS: Sequence[OfferedForm] = ("xpt", "dataset-json", "csv", "parquet")
Where = Literal["everywhere", "command line"]
EndpointFile = Literal["none", "may", "must"]
Group = Literal["Tables of the research model", "Participants and missing data", "Analysis", "CDISC", "Other"]


@dataclass(frozen=True, slots=True)
class Offered:
    """One thing that can be exported: its name, what it is for, and its formats, the usual one first.

    `as_of`: it can be had as the record was at an earlier moment. `endpoints`: whether a definition file of endpoints
    goes with it. `where`: what is of the command line alone needs a secret or goes to standard output.
    """

    name: str
    group: Group
    about: str
    formats: Sequence[OfferedForm]
    as_of: bool = True
    endpoints: EndpointFile = "none"
    where: Where = "everywhere"


_TABLES: Group = "Tables of the research model"
_MISSING: Group = "Participants and missing data"
_WITH_FIGURE: Sequence[OfferedForm] = (*TABLE_FORMS, "svg")
_ALL: Sequence[Offered] = (
    Offered("tables", _TABLES, "all seven tables of the model", TABLE_FORMS),
    Offered("participants", _TABLES, "one row for each participant", TABLE_FORMS),
    Offered("visits", _TABLES, "what was asked when, and what became of it", TABLE_FORMS),
    Offered("items", _TABLES, "each answer as a code, or why there is none", TABLE_FORMS),
    Offered("scores", _TABLES, "each scale with its place in the treatment", TABLE_FORMS),
    Offered("events", _TABLES, "treatment and states, with every correction", TABLE_FORMS),
    Offered("messages", _TABLES, "which message was sent when, without its text", TABLE_FORMS),
    Offered("alerts", _TABLES, "alerts of rules, and what became of them", TABLE_FORMS),
    Offered("completion", _MISSING, "how many were expected and received, by visit and arm", _WITH_FIGURE),
    Offered("reasons", _MISSING, "why visits have no answers, counted", TABLE_FORMS),
    Offered("patterns", _MISSING, "who has answers at which visits", TABLE_FORMS),
    Offered("respondents", _MISSING, "who answered: participant, proxy, caregiver", TABLE_FORMS),
    Offered("consort", _MISSING, "the flow of participants, as CONSORT has it", _WITH_FIGURE),
    Offered(
        "endpoints", "Analysis", "the endpoints of a definition file", (*TABLE_FORMS, "svg"), endpoints="must",
    ),
    Offered(
        "report", "Analysis", "one page about the study: flow, completion, scores by arm, endpoints, quality",
        ("html",), endpoints="may",
    ),
    Offered("cdisc", "CDISC", "all datasets of SDTM and ADaM, with Define-XML", CDISC_FORMS),
    Offered("dm", "CDISC", "SDTM: demographics", CDISC_FORMS),
    Offered("sv", "CDISC", "SDTM: visits of subjects", CDISC_FORMS),
    Offered("se", "CDISC", "SDTM: elements of subjects", CDISC_FORMS),
    Offered("be", "CDISC", "SDTM: specimens", CDISC_FORMS),
    Offered("qs", "CDISC", "SDTM: questionnaires", CDISC_FORMS),
    Offered("suppqs", "CDISC", "SDTM: more about questionnaires", CDISC_FORMS),
    Offered("adsl", "CDISC", "ADaM: subjects", CDISC_FORMS),
    Offered("adqrs", "CDISC", "ADaM: scores of questionnaires", CDISC_FORMS),
    Offered("odm", "CDISC", "the study as ODM 1.3.2", ("xml",)),
    Offered("fhir", "Other", "FHIR R4 as Bulk Data: a file for each type, with a manifest", ("ndjson",), as_of=False),
    Offered(
        "share", "Other", "a bundle for other institutions, as a share file says; it needs the key of the institution",
        ("csv", "parquet"), where="command line",
    ),
    Offered("codebook", "Other", "columns, items and scales explained", ("csv",), as_of=False, where="command line"),
    Offered("csv", "Other", "the older view score_on_treatment", ("csv",), as_of=False, where="command line"),
)  # fmt: skip
OFFERED: Mapping[str, Offered] = {each.name: each for each in _ALL}
"""Everything that can be exported, by name."""
HERE: Mapping[str, Offered] = {name: each for name, each in OFFERED.items() if each.where == "everywhere"}
"""What the team's page and the API make."""


def usual_form(dataset: str) -> str:
    """The format of a dataset if nobody says which; empty if there is no such dataset."""
    return OFFERED[dataset].formats[0] if dataset in OFFERED else ""


def problems_of(dataset: str, form: str, *, of_the_past: bool, with_file: bool) -> Iterator[Problem]:
    """What is wrong with what somebody asks the page or the API for. `of_the_past`: as the record was earlier."""
    if (asked := HERE.get(dataset)) is None:
        yield Problem("", None, "dataset", unknown("dataset", dataset, HERE))
        return
    if form not in asked.formats:
        yield Problem("", None, "format", unknown(f"format of {dataset}", form, asked.formats))
    if of_the_past and not asked.as_of:
        yield Problem("", None, "as_of", f"{dataset} can be had as the record is now alone: leave this empty")
    if with_file and asked.endpoints == "none":
        yield Problem("", None, "definition", f"no definition of endpoints goes with {dataset}: leave this empty")
    if not with_file and asked.endpoints == "must":
        yield Problem("", None, "definition", "give the file that defines the endpoints")
