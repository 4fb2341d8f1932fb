"""A study file is read, and every mistake in it is reported with its place."""

import json
from datetime import time

import pytest
from jsonschema import Draft202012Validator

from pro_collector.domain.document import parse_yaml
from pro_collector.domain.study.definition import Study, load_study, stored_study
from pro_collector.domain.study.schema import study_schema
from pro_collector.errors import BadInput
from pro_collector.library import load_library
from pro_collector.resources import SCHEMAS
from scheduler.rulebook import Entry
from tests.shared.gallery import GALLERY
from tests.shared.studies import GOOD, study, with_changes

DEMO = SCHEMAS / "studies" / "demo.yaml"


def mistakes(text: str) -> list[str]:
    with pytest.raises(BadInput) as caught:
        load_study(text, "study.yaml")
    return [str(problem) for problem in caught.value.problems]


def demo() -> Study:
    library = load_library()
    names = ("symptom-diary", "well-being-diary")
    return load_study(DEMO.read_text(encoding="utf-8"), "demo.yaml", {name: library.get(name) for name in names})


def test_the_demo_study_is_without_mistakes() -> None:
    read = demo()
    assert read.cycle == "cycle"
    assert read.ending == {"death"}
    assert read.repeating == {"cycle", "surgery", "progression"}
    assert set(read.languages) == {"en", "es"}
    assert {site.country for site in read.sites.values()} == {"US", "ES"}


def test_every_telephone_and_address_of_the_demo_is_fictional() -> None:
    text = DEMO.read_text(encoding="utf-8")
    assert demo().contact.phone.startswith("+120255501")
    assert all(address.endswith("example.org") for address in text.split() if "@" in address)


def test_a_valid_study_is_read() -> None:
    read = study()
    assert read.assessments["weekly"].reminders[0].days == 1
    assert read.quiet_hours[0].from_time == time(21)
    assert read.instruments == ("diary",)
    assert read.mode("weekly") == "link"
    assert read.rules().entries == (Entry("weekly", read.assessments["weekly"]),)
    assert read.rules({"diary": 7}).questions == {"diary": 7}
    assert read.rules().ending == {"death"}


def test_countries_with_one_way_texts_get_a_link() -> None:
    read = study(("    reminders: [1d]\n", "    reminders: [1d]\n    mode: conversation\n    link_only: [FR]\n"))
    assert (read.mode("weekly", "US"), read.mode("weekly", "FR"), read.mode("weekly")) == (
        "conversation",
        "link",
        "conversation",
    )


def test_a_study_without_cycles_has_none() -> None:
    assert study(("    cycle: true\n", "")).cycle is None


def test_the_hash_depends_on_content_and_not_on_format() -> None:
    assert study().hash == load_study(GOOD + "\n# a remark\n", "other.yaml").hash
    assert study().hash != study(("for: 8w", "for: 9w")).hash


def test_unquoted_times_of_day_are_read_as_times() -> None:
    read = study(('{from: "21:00", until: "08:00"}', "{from: 21:00, until: 8:30}"), ("[1d]\n", "[1d]\n    at: 10:30\n"))
    assert (read.quiet_hours[0].from_time, read.quiet_hours[0].until) == (time(21), time(8, 30))
    assert read.assessments["weekly"].at == time(10, 30)


def test_a_bare_number_is_no_time_of_day() -> None:
    (found,) = mistakes(with_changes(("[1d]\n", "[1d]\n    at: 930\n")))
    assert "study.yaml:34: assessments.weekly.at: expected a time of day" in found


def test_quiet_hours_may_be_several() -> None:
    read = study(
        (
            'quiet_hours: {from: "21:00", until: "08:00"}',
            'quiet_hours: [{from: "21:00", until: "08:00"}, {from: "13:00", until: "14:00"}]',
        )
    )
    assert len(read.quiet_hours) == 2


def test_each_of_five_mistakes_is_reported_with_its_line() -> None:
    found = mistakes(
        with_changes(
            ('version: "1"', "version: 1.0"),
            ("zone: America/New_York", "zone: America/New_Yrok"),
            ("anchor: surgery", "anchor: surgry"),
            ("closes: 3d", "closes: 3 days"),
            ("reminders: [1d]", "reminder: [1d]"),
        )
    )
    assert found == [
        'study.yaml:2: version: put it in quotes ("1.0"): without them it is a number, and 1.10 would become 1.1',
        "study.yaml:24: sites.here.zone: expected an IANA time zone such as Europe/Madrid; "
        "did you mean `America/New_York`?, not 'America/New_Yrok'",
        "study.yaml:30: assessments.weekly.anchor: unknown anchor `surgry`; did you mean `surgery`?",
        "study.yaml:32: assessments.weekly.window.closes: `days` is not a unit; use min, h, d, w, mo or y, "
        "not '3 days'",
        "study.yaml:33: assessments.weekly.reminder: this key is not known here; did you mean `reminders`?",
    ]


def test_a_mistake_in_one_key_hides_none_in_another() -> None:
    found = mistakes(
        with_changes(("every: 1w", "every: 1 week"), ("[1d]", "[9d]"), ("surgery\n    rep", "srgry\n    rep"))
    )
    assert [line.split(": ")[1] for line in found] == [
        "assessments.weekly.anchor",
        "assessments.weekly.repeat.every",
        "assessments.weekly.reminders.0",
    ]


def test_an_unknown_key_similar_to_no_other_has_no_suggestion() -> None:
    (found,) = mistakes(with_changes(("sender:", "zzz: 1\nsender:")))
    assert found == "study.yaml:4: zzz: this key is not known here"


@pytest.mark.parametrize("text", ["", "[]", "just words", "assessments: 3", "assessments: {a: 3}\ntimeline: []"])
def test_a_file_that_is_no_study_is_refused(text: str) -> None:
    assert mistakes(text)


def test_invalid_yaml_is_refused_with_its_line() -> None:
    (found,) = mistakes("id: [1\ntitle: x: y")
    assert found.startswith("study.yaml:2: not readable as YAML")


def test_a_study_in_force_is_read_without_the_present_checks() -> None:
    text = with_changes(
        ("closes: 3d}", "opens: 2d, closes: 1d}"), ("[1d]", "[1d]\n    only: {arms: []}\n    at: 10:30")
    )
    with pytest.raises(BadInput):
        load_study(text, "study.yaml")
    read = stored_study(text, "small-study 1")
    assert (read.assessments["weekly"].at, str(read.assessments["weekly"].window.opens)) == (time(10, 30), "2d")


def test_an_assessment_says_when_it_is_asked() -> None:
    (found,) = mistakes(with_changes(("    repeat: {every: 1w, for: 8w}\n", "")))
    assert "say when, with on_days, offsets or repeat" in found


def test_the_committed_schema_is_the_one_the_models_make() -> None:
    committed = json.loads((SCHEMAS / "study.schema.json").read_text(encoding="utf-8"))
    assert committed == study_schema(), "pro-collector study schema > schemas/study.schema.json"


def test_the_schema_accepts_good_studies_and_refuses_bad_ones() -> None:
    Draft202012Validator.check_schema(study_schema())
    validator = Draft202012Validator(study_schema())
    for text in (GOOD, *(file.read_text(encoding="utf-8") for file in (DEMO, *GALLERY.glob("*.yaml")))):
        assert list(validator.iter_errors(parse_yaml(text, "study.yaml").data)) == []
    for before, after in (("closes: 3d", "closes: soon"), ("anchor:", "ankor:"), ("country: US", "country: USA")):
        bad = parse_yaml(with_changes((before, after)), "study.yaml").data
        assert list(validator.iter_errors(bad)), after


def test_a_participant_calls_the_team_of_their_hospital_if_it_has_a_contact() -> None:
    own = study(
        ("zone: America/New_York}", "zone: America/New_York, contact: {phone: '+12025550199', email: h@x.org}}")
    )
    assert own.team("here").phone == "+12025550199"
    assert study().team("here") == study().team("elsewhere") == study().team(None) == study().contact
