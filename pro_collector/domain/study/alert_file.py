"""Files with alert rules to try on a study in force, and roster files: read, and checked against the study."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from pro_collector.domain.alert.roster import Roster, parse_roster
from pro_collector.domain.alert.rule import AlertSection
from pro_collector.domain.document import Document, parse_yaml, problems, with_clock_times
from pro_collector.domain.near import unknown
from pro_collector.domain.study.advice_check import AdvisedInstrument
from pro_collector.domain.study.alert_check import alert_mistakes
from pro_collector.domain.study.definition import Study
from pro_collector.errors import BadInput, Problem
from scheduler.rules import Frozen


class AlertFile(Frozen):
    """A file with the section `alerts`, as it would stand in a study file."""

    alerts: AlertSection


def load_alerts(text: str, file: str, study: Study, instruments: Mapping[str, AdvisedInstrument]) -> AlertSection:
    """Read a file of alert rules for a study. Raises BadInput with every mistake."""
    document = with_clock_times(parse_yaml(text, file), text)
    mistakes: list[Problem] = []
    read: AlertFile | None = None
    try:
        read = AlertFile.model_validate(document.data)
    except ValidationError as error:
        mistakes += problems(document, error)
    found = alert_mistakes({**_names(study), **_mapping(document.data)}, study.instruments, instruments)
    mistakes += [document.problem(path, message) for path, message in found]
    if mistakes or read is None:
        raise BadInput(sorted(set(mistakes), key=lambda each: (each.line or 0, each.where, each.message)))
    return read.alerts


def load_roster(text: str, file: str, study: Study | None = None) -> Roster:
    """Read a roster file. Raises BadInput with every mistake; with the `study`, also sites that it does not have."""
    document = with_clock_times(parse_yaml(text, file), text)
    roster = parse_roster(document)
    if study is not None and (mistakes := list(_strange_sites(document, roster, study))):
        raise BadInput(mistakes)
    return roster


def _strange_sites(document: Document, roster: Roster, study: Study) -> Iterator[Problem]:
    for index, duty in enumerate(roster.duties):
        for place, site in enumerate(duty.sites):
            if site not in study.sites:
                yield document.problem(("duties", index, "sites", place), unknown("site", site, study.sites))


def _names(study: Study) -> dict[str, Any]:
    """What rules may name, in the form of a study file."""
    sections = ("timeline", "arms", "sites", "assessments")
    return {"languages": list(study.languages), **{name: dict.fromkeys(getattr(study, name)) for name in sections}}


def _mapping(data: object) -> dict[str, Any]:
    return {"alerts": data.get("alerts")} if isinstance(data, dict) else {}


def alert_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a file of alert rules, made from the models that read it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:pro-collector:schema:alerts",
        **AlertFile.model_json_schema(by_alias=True),
        "title": "pro-collector alert rules",
    }
