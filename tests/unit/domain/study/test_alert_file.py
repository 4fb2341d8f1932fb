"""Alert rules for a study: each mistake is named with its place and line."""

import json
from functools import cache

import pytest
from jsonschema import Draft202012Validator

from pro_collector.domain.alert.rule import AlertSection
from pro_collector.domain.document import parse_yaml
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.study.alert_file import alert_schema, load_alerts, load_roster
from pro_collector.domain.study.definition import load_study
from pro_collector.errors import BadInput
from pro_collector.library import load_library
from pro_collector.resources import SCHEMAS

DEMO = (SCHEMAS / "studies" / "demo.yaml").read_text(encoding="utf-8")
RULES = """\
alerts:
  watched:
    hours: [{from: 8:00, until: 16:00}]
  told: {en: A nurse reads this in office hours., es: Una enfermera lo lee en horas de oficina.}
  rules:
    severe-pain:
      label: {en: Severe pain, es: Dolor intenso}
      when:
        all_of:
          - {instrument: symptom-diary, item: pain, at_least: 8, in_a_row: 2}
          - {instrument: symptom-diary, scale: pain, rises_by: 20, since: {until: treatment_start}}
          - not: {event: cycle, within: 14d}
          - any_of: [{missed: weekly-symptoms}, {answered: symptom-diary, within: 14d}]
      only: {sites: [madrid], arms: [treated]}
      urgency: today
      steps: [{to: nurse, within: 2h}]
"""


@cache
def included() -> dict[str, Instrument]:
    """The included instruments, by id."""
    return {instrument.id: instrument for instrument in load_library().all()}


def loaded(text: str) -> AlertSection:
    return load_alerts(text, "rules.yaml", load_study(DEMO, "demo.yaml"), included())


def test_rules_are_read_with_unquoted_hours() -> None:
    section = loaded(RULES)
    assert list(section.rules) == ["severe-pain"]
    assert section.watched not in ("never", "always")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("item: pain", "item: pian", "10: alerts.rules.severe-pain.when.all_of.0.item: `symptom-diary` has no item"),
        ("at_least: 8", "at_least: 18", "10: alerts.rules.severe-pain.when.all_of.0.at_least: 18 is outside of what"),
        (
            "symptom-diary, item",
            "diary, item",
            "when.all_of.0.instrument: no assessment asks `diary`; known: symptom-diary,",
        ),
        ("rises_by: 20", "rises_by: 200", "11: alerts.rules.severe-pain.when.all_of.1.rises_by: no value changes by"),
        ("until: treatment_start", "until: start", "when.all_of.1.since.until: unknown event `start`"),
        ("event: cycle", "event: cycel", "12: alerts.rules.severe-pain.when.all_of.2.not.event: unknown event `cycel`"),
        ("missed: weekly", "missed: wekly", "when.all_of.3.any_of.0.missed: unknown assessment `wekly-symptoms`"),
        ("answered: symptom", "answered: symptoms", "when.all_of.3.any_of.1.answered: no assessment asks"),
        ("sites: [madrid]", "sites: [madrit]", "14: alerts.rules.severe-pain.only.sites.0: unknown site `madrit`; did"),
        (", es: Dolor intenso", "", "7: alerts.rules.severe-pain.label: no text in `es`"),
        ("{en: A nurse", "{fr: x, en: A nurse", "4: alerts.told.fr: unknown language `fr`"),
        ("en: Severe pain", "en: ' '", "7: alerts.rules.severe-pain.label.en: there are no words here"),
        (
            "      urgency: today",
            "      advice: {en: 'Call {fone}', es: Llame.}\n      urgency: today",
            "15: alerts.rules.severe-pain.advice.en: the gaps of a text are {phone}, {medical}, {crisis}",
        ),
        ("only: {sites: [madrid], arms: [treated]}", "only: madrid", "14: alerts.rules.severe-pain.only: expected"),
        ("    severe-pain:\n", "    other: soon\n    severe-pain:\n", "6: alerts.rules.other: expected keys"),
        ("within: 2h", "within: 1mo", "16: alerts.rules.severe-pain.steps.0.within: expected days or hours"),
        ("in_a_row: 2", "in_row: 2", "10: alerts.rules.severe-pain.when.all_of.0.in_row: this key is not known"),
        (
            "urgency: today",
            "urgency: tody",
            "15: alerts.rules.severe-pain.urgency: expected 'now', 'today' or",
        ),
        ("not: {event", "nott: {event", "12: alerts.rules.severe-pain.when.all_of.2: a condition has one of the keys"),
        ("severe-pain:", "Severe:", "lower-case letters, digits and hyphens, such as severe-pain"),
        ("alerts:", "alert:", "this is required and is not here"),
    ],
)
def test_each_mistake_is_named_with_its_line(before: str, after: str, expected: str) -> None:
    assert before in RULES
    with pytest.raises(BadInput) as caught:
        loaded(RULES.replace(before, after, 1))
    assert f"rules.yaml:{expected}" in str(caught.value) or expected in str(caught.value)


def test_the_committed_schema_is_the_one_the_models_make() -> None:
    committed = json.loads((SCHEMAS / "alerts.schema.json").read_text(encoding="utf-8"))
    assert committed == alert_schema(), "pro-collector alerts schema > schemas/alerts.schema.json"


@pytest.mark.parametrize(
    ("before", "after"),
    [("at_least: 8", "at_last: 8"), ("urgency: today", "urgency: soon"), ("{to: nurse,", "{"), ("all_of:", "all:")],
)
def test_the_schema_accepts_good_rules_and_refuses_bad_ones(before: str, after: str) -> None:
    Draft202012Validator.check_schema(alert_schema())
    validator = Draft202012Validator(alert_schema())
    quoted = RULES.replace("8:00", '"8:00"').replace("16:00", '"16:00"')
    assert list(validator.iter_errors(parse_yaml(quoted, "rules.yaml").data)) == []
    assert list(validator.iter_errors(parse_yaml(quoted.replace(before, after), "rules.yaml").data)) != []


def test_a_roster_may_have_unquoted_hours() -> None:
    hours = "hours: [{from: 8:00, until: 16:30}]"
    text = f"people: {{ana: {{mail: a@b.example}}}}\nduties: [{{role: nurse, who: [ana], {hours}}}]"
    assert load_roster(text, "roster.yaml").duties[0].hours[0].until.minute == 30


def test_a_roster_names_sites_of_the_study() -> None:
    study = load_study(DEMO, "demo.yaml")
    roster = """
people: {ana: {mail: ana@hospital.example}}
duties:
  - {role: nurse, who: [ana], sites: [madrid]}
  - {role: doctor, who: [ana], sites: [madird]}
"""
    assert load_roster(roster, "roster.yaml").roles == {"nurse", "doctor"}
    with pytest.raises(BadInput, match=r"5: duties.1.sites.0: .*did you mean .*madrid"):
        load_roster(roster, "roster.yaml", study)
