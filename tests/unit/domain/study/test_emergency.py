"""Emergency texts: of the site, else of its country, else of the study."""

import re

import pytest

from pro_collector import rendering
from pro_collector.domain.instrument.sms_text import segments
from pro_collector.domain.study.definition import Study, load_study
from pro_collector.domain.study.emergency import Emergency, both, emergency_in
from pro_collector.domain.study.warnings import warnings_of
from pro_collector.errors import BadInput
from pro_collector.resources import SCHEMAS
from tests.shared.places import ROOT
from tests.shared.studies import study, with_changes

SITES = (
    "  here: {label: {en: Here}, country: US, zone: America/New_York}",
    """\
  here: {label: {en: Here}, country: US, zone: America/New_York}
  there: {label: {en: There}, country: ES, zone: Europe/Madrid}
  by-the-sea:
    label: {en: Sea}
    country: ES
    zone: Europe/Madrid
    emergency: {en: Call the lifeguard.}""",
)
DEFAULT = "emergency: {en: Call 911.}"
SPAIN = f"{DEFAULT}\nemergency_in:\n  ES: {{en: {{medical: Call 112., crisis: Call 024.}}}}"


def told(found: Study, site: str | None, language: str = "en") -> str:
    """The reply to an emergency."""
    words = emergency_in(found.emergency_of(site), language)
    assert words is not None
    return words[0].answer


def test_the_text_of_the_site_precedes_that_of_the_country_and_of_the_study() -> None:
    found = study(SITES, (DEFAULT, SPAIN))
    assert [told(found, site) for site in ("by-the-sea", "there", "here", None, "closed-site")] == [
        "Call the lifeguard.", "Call 112. Call 024.", "Call 911.", "Call 911.", "Call 911.",
    ]  # fmt: skip


def test_the_right_number_in_another_language_precedes_a_wrong_number_in_the_own() -> None:
    of_default = {"en": "Call 911.", "es": "Llame al 911."}
    found = study(SITES, (DEFAULT, SPAIN)).model_copy(update={"languages": ("en", "es"), "emergency": of_default})
    assert told(found, "there", "es") == "Call 112. Call 024."
    assert told(found, "here", "es-MX") == "Llame al 911."


def test_the_first_language_of_the_study_replaces_a_missing_one() -> None:
    of_default = {"fr": "Appelez le 15.", "en": "Call 999."}
    found = study().model_copy(update={"languages": ("en", "fr", "de"), "emergency": of_default})
    assert told(found, None, "de") == "Call 999."
    assert emergency_in(found.emergency_of(None), "de") == (both("Call 999."), "en")


def test_a_crisis_is_answered_with_the_crisis_text_first_or_the_only_text() -> None:
    words = Emergency(medical="Call 112.", crisis="Call 024.")
    assert (words.answer, words.answer_to_crisis) == ("Call 112. Call 024.", "Call 024. Call 112.")
    assert both("Call 911.").answer_to_crisis == "Call 911."


def test_texts_common_to_every_site_are_used_if_the_site_is_unknown() -> None:
    assert study().emergency_anywhere == {"en": both("Call 911.")}
    assert study(SITES, (DEFAULT, SPAIN)).emergency_anywhere == {}


def test_the_example_of_the_document_says_what_the_document_says() -> None:
    example, *_ = re.findall(
        r"```yaml\n(.*?)```", (ROOT / "docs" / "emergencies.md").read_text(encoding="utf-8"), re.DOTALL
    )
    found = study((f"{DEFAULT}\n", ""), (f"sites:\n{SITES[0]}\n", example))
    assert [told(found, site).count("112") for site in ("madrid", "seaside", None)] == [1, 1, 0]
    assert "our emergency room" in told(found, "seaside")
    assert warnings_of(found) == []


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("site", ["bethesda", "madrid"])
@pytest.mark.parametrize("name", ["emergency", "crisis"])
def test_the_demo_tells_both_numbers_in_one_text_and_begins_with_no_refusal(
    name: str, site: str, language: str
) -> None:
    found = load_study((SCHEMAS / "studies" / "demo.yaml").read_text(encoding="utf-8"), "demo.yaml")
    words = found.emergency_of(site)[language]
    names = {"emergency": words.answer, "crisis": words.answer_to_crisis}
    body = rendering.sms(language, name, sender=found.sender, **names)
    assert (segments(body).encoding, segments(body).count) == ("GSM-7", 1)
    numbers = ("911", "988") if site == "bethesda" else ("112", "024")
    first, second = (body.index(number) for number in (numbers if name == "emergency" else reversed(numbers)))
    refusal = body.index("Nobody" if language == "en" else "Esto no se lee")
    assert first < min(second, refusal)
    letter = rendering.email(language, name, sender=found.sender, phone="+12025550142", **names)
    assert all(number in letter.text for number in numbers)


@pytest.mark.parametrize("language", rendering.languages())
@pytest.mark.parametrize("name", ["emergency", "crisis"])
def test_every_language_has_words_for_both(name: str, language: str) -> None:
    words = {"emergency": "CALL 1. CALL 2.", "crisis": "CALL 2. CALL 1."}
    assert words[name] in rendering.sms(language, name, sender="Us", **words)
    assert words[name] in rendering.email(language, name, sender="Us", phone="+1", **words).text


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("emergency: {en: {medical: Call 911.}}", "emergency.en.crisis: this is required and is not here"),
        ("emergency: {en: {medical: Call 911., crisis: ' '}}", "emergency.en.crisis: there are no words here"),
        ("emergency: {en: ''}", "emergency.en: there are no words here"),
        (f"{DEFAULT}\nemergency_in: {{ES: {{es: Llame.}}}}", "emergency_in.ES.es: unknown language `es`; known: en"),
        (f"{DEFAULT}\nemergency_in: {{Spain: {{en: Call.}}}}", "expected a country code of two capital letters"),
    ],
)
def test_a_mistake_in_emergency_texts_is_reported(after: str, expected: str) -> None:
    with pytest.raises(BadInput) as error:
        load_study(with_changes((DEFAULT, after)), "study.yaml")
    assert any(expected in str(problem) for problem in error.value.problems), error.value.problems


def test_a_warning_if_people_would_get_the_number_of_another_country() -> None:
    (number, crisis, sea) = warnings_of(study((SITES[0], SITES[1])))
    assert number.endswith("US (here); ES (there); give each country its own below `emergency_in`")
    assert crisis.startswith("emergency: no crisis text in `en`: ")
    assert sea.startswith("sites.by-the-sea.emergency: no crisis text in `en`: ")
    found = study(SITES, (DEFAULT, SPAIN))
    assert not [each for each in warnings_of(found) if "several countries" in each]


def test_a_warning_for_a_missing_language_and_a_missing_site() -> None:
    found = study((DEFAULT, SPAIN.replace("{en: {", "{en: {").replace("ES:", "FR:")))
    assert "emergency_in.FR: no site is in this country" in warnings_of(found)
    spoken = found.model_copy(update={"languages": ("en", "es")})
    assert "emergency_in.FR: no text in `es`: whoever reads that is told the one in `en`" in warnings_of(spoken)


def test_the_demo_study_has_no_warnings() -> None:
    assert warnings_of(load_study((SCHEMAS / "studies" / "demo.yaml").read_text(encoding="utf-8"), "demo.yaml")) == []


def test_a_study_in_force_keeps_its_hash() -> None:
    """An applied study is recognized by its hash: a file with plain texts keeps the hash that it had before."""
    assert study().hash == "ec12c3131517b69aadbc27899b6517933aba97fa55e979892876ff692d367be0"


def test_the_texts_are_in_the_language_of_the_reader_or_in_any() -> None:
    spanish, english = (Emergency(medical=each, crisis=each) for each in ("Llame al 112.", "Call 112."))
    texts = {"es": spanish, "en": english}
    assert emergency_in(texts, "en-GB") == (english, "en")
    assert emergency_in(texts, "fr") == (spanish, "es"), "some number is better than none"
    assert emergency_in({}, "en") is None
