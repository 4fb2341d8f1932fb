"""What a patient reads when a rule has raised an alert."""

import pytest

from pro_collector.domain.alert.rule import AlertSection
from pro_collector.domain.study.emergency import Emergency
from pro_collector.domain.study.rule_advice import words_for_patient

EMERGENCY = Emergency(medical="In danger call 112.", crisis="Call 024.")
PLAIN, WITH_NUMBER = {"en": "Rest. Call {phone}."}, {"en": "Rest. {medical}", "es": "Descanse."}


@pytest.mark.parametrize(
    ("advice", "language", "watched", "expected"),
    [
        (PLAIN, "en", True, "Rest. Call +34600000100."),
        (PLAIN, "en", False, "Rest. Call +34600000100. A nurse reads this from 8 to 16. In danger call 112."),
        (WITH_NUMBER, "en", False, "Rest. In danger call 112. A nurse reads this from 8 to 16."),
        (WITH_NUMBER, "es-MX", True, "Descanse."),
        ({}, "en", True, ""),
        ({}, "en", False, "A nurse reads this from 8 to 16. In danger call 112."),
    ],
)
def test_advice_and_out_of_hours_when_answers_are_read(
    advice: dict[str, str], language: str, watched: bool, expected: str
) -> None:
    rule = {
        "label": {"en": "Severe"}, "when": {"answered": "diary"}, "urgency": "now", "advice": advice,
        "steps": [{"to": "nurse", "within": "1h"}],
    }  # fmt: skip
    section = AlertSection.model_validate(
        {"watched": "always", "told": {"en": "A nurse reads this from 8 to 16."}, "rules": {"severe": rule}}
    )
    words = words_for_patient(section.rules["severe"], section, language, "+34600000100", EMERGENCY, watched=watched)
    assert words == expected
