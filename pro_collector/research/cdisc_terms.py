"""Reads the published codes of CDISC's controlled terminology from `schemas/cdisc/terms.yaml`."""

from functools import cache

import yaml

from pro_collector.domain.exchange.cdisc_terms import InstrumentTerms, Terms
from pro_collector.resources import SCHEMAS


@cache
def load_terms() -> Terms:
    """The codes by questionnaire."""
    data = yaml.safe_load((SCHEMAS / "cdisc" / "terms.yaml").read_text(encoding="utf-8"))
    return {instrument: InstrumentTerms(**terms) for instrument, terms in data.items()}
