"""Reads the mapping file of a feed, of whatever source, and checks it against the study."""

from pro_collector.domain.document import Document, parse_yaml, validate
from pro_collector.domain.feed.fhir_mapping import FhirMapping
from pro_collector.domain.feed.redcap_mapping import RedcapMapping
from pro_collector.domain.near import did_you_mean
from pro_collector.domain.study.definition import Study
from pro_collector.errors import BadInput


def load_mapping(text: str, file: str) -> RedcapMapping | FhirMapping:
    """Read a mapping file. Raises BadInput with every mistake and its line."""
    return _read(parse_yaml(text, file))


def check_mapping(text: str, file: str, study: Study) -> None:
    """Check the events of a mapping file against the study. Raises BadInput."""
    document = parse_yaml(text, file)
    problems = [
        document.problem(("events", kind), f"the study has no event `{kind}`{did_you_mean(kind, study.timeline)}")
        for kind in _read(document).events
        if kind not in study.timeline
    ]
    if problems:
        raise BadInput(problems)


def _read(document: Document) -> RedcapMapping | FhirMapping:
    fhir = isinstance(document.data, dict) and "fhir" in document.data
    return validate(document, FhirMapping) if fhir else validate(document, RedcapMapping)
