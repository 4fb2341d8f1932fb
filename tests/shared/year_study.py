"""The study of the made-up year: the demo study with two arms that are both treated, rules of alerts, and a roster."""

from typing import Any

import yaml

from tests.shared.office import DEMO

YEAR = "rare-tumour-year"
PAIN, VOMITING = "severe-pain", "vomiting-daily"
BOUNDS = {PAIN: ("pain", 9), VOMITING: ("vomiting", 6)}
"""The rules: from which answer on each raises an alert."""
TEAM = ("ana-ruiz", "leo-novak", "mei-tan")
ROSTER = """
people:
  ana-ruiz: {mail: ana@hospital.example, phone: "+12025550161"}
  leo-novak: {mail: leo@hospital.example, phone: "+12025550162"}
  mei-tan: {mail: mei@hospital.example}
duties:
  - {role: nurse, who: [ana-ruiz], sites: [madrid]}
  - {role: nurse, who: [leo-novak], sites: [bethesda, phoenix]}
  - {role: doctor, who: [mei-tan]}
"""


def study_text() -> str:
    """The study file."""
    study: dict[str, Any] = yaml.safe_load(DEMO)
    study["id"] = YEAR
    study["title"] = {"en": "A Year of Rare Tumours", "es": "Un año de tumores raros"}
    study["arms"] = {
        "standard": {"label": {"en": "Standard treatment", "es": "Tratamiento habitual"}},
        "intensive": {"label": {"en": "Intensive treatment", "es": "Tratamiento intensivo"}},
    }
    for kind, resource in (("cycle", "MedicationAdministration"), ("surgery", "Procedure")):
        study["timeline"][kind]["fhir"] = {
            "resource": resource,
            "codes": [{"system": "urn:example:kinds", "code": kind}],
        }
    study["alerts"] = {
        "watched": {"hours": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "until": "18:00"}]},
        "told": {
            "en": "A nurse reads your answers Monday to Friday, 8 to 18. In danger, call for an ambulance at once.",
            "es": "Una enfermera lee sus respuestas de lunes a viernes, de 8 a 18. En peligro, llame ya a emergencias.",
        },
        "rules": {
            PAIN: _rule("Severe pain", "Dolor intenso", *BOUNDS[PAIN], "today"),
            VOMITING: _rule("Throws up most days", "Vomita casi todos los días", *BOUNDS[VOMITING], "now"),
        },
    }
    return yaml.safe_dump(study, sort_keys=False, allow_unicode=True)


def _rule(english: str, spanish: str, item: str, bound: int, urgency: str) -> dict[str, Any]:
    return {
        "label": {"en": english, "es": spanish},
        "when": {"instrument": "symptom-diary", "item": item, "at_least": bound},
        "urgency": urgency,
        "steps": [{"to": "nurse", "within": "2h"}, {"to": "doctor", "within": "4h"}],
        "cool_down": "3d",
        "close_within": "7d",
    }
