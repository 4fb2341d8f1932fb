"""What the research views have to know of a questionnaire and of a study file, as JSON; read back from it."""

from collections.abc import Mapping
from typing import Any

from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.study.definition import Study

_OF_STUDY = {"title", "languages", "timeline", "arms", "sites", "assessments"}


def of_instrument(instrument: Instrument) -> dict[str, Any]:
    """The instrument without wording."""
    return instrument.model_dump(mode="json", exclude={"texts"}, exclude_defaults=True)


def read_instrument(definition: Mapping[str, Any]) -> Instrument:
    """The instrument, without texts, from what `of_instrument` returned."""
    return Instrument.model_validate(definition)


def of_study(study: Study) -> dict[str, Any]:
    """Arms, sites, timeline and assessments, without whom to call."""
    data = study.model_dump(mode="json", by_alias=True, include=_OF_STUDY, exclude_none=True)
    without = ("contact", "emergency")
    sites = {
        code: {name: value for name, value in site.items() if name not in without}
        for code, site in data["sites"].items()
    }
    # a JSON object of PostgreSQL forgets the order of its keys
    return {**data, "sites": sites, "assessment_order": list(study.assessments)}
