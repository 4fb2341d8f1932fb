"""Public holidays of each site: their dates, a study that uses them, and places that are not known."""

from datetime import date

import pytest

from pro_collector.domain.study.definition import load_study
from pro_collector.domain.study.public_holidays import days_off, unknown_place
from pro_collector.errors import BadInput
from tests.shared.studies import study, with_changes

SITES = """\
sites:
  here: {label: {en: Here}, country: US, zone: America/New_York}
  madrid: {label: {en: Madrid}, country: ES, region: MD, zone: Europe/Madrid}
  cairo: {label: {en: Cairo}, country: EG, zone: Africa/Cairo}
"""
ONE_SITE = "sites:\n  here: {label: {en: Here}, country: US, zone: America/New_York}\n"
SILENT = ("quiet_hours:", "blackout: [public_holidays]\nquiet_hours:")


@pytest.mark.parametrize(
    ("country", "region", "on", "off"),
    [
        ("US", None, "2027-11-25", True),  # Thanksgiving, the fourth Thursday of November
        ("US", None, "2027-11-24", False),
        ("ES", "MD", "2027-01-06", True),  # Epiphany
        ("ES", "MD", "2027-03-26", True),  # Good Friday, two days before Easter on 28 March
        ("ES", "MD", "2027-05-02", True),  # the day of the Community of Madrid, and a Sunday
        ("ES", "MD", "2027-05-03", True),  # kept on the Monday after it
        ("GB", "SCT", "2027-11-30", True),  # Saint Andrew
        ("GB", "ENG", "2027-11-30", False),
        ("EG", None, "2027-01-08", True),  # a Friday
        ("EG", None, "2027-01-10", False),  # a Sunday
    ],
)
def test_the_days_off_of_a_place(country: str, region: str | None, on: str, off: bool) -> None:
    assert days_off(country, region).covers(date.fromisoformat(on)) is off


def test_an_unknown_place_has_its_weekend_only() -> None:
    nowhere = days_off("QQ", None)
    assert nowhere.covers(date(2027, 1, 2))
    assert not nowhere.covers(date(2027, 1, 1))
    assert unknown_place("QQ", None) == "the public holidays of `QQ` are not known"
    assert unknown_place("ES", "MD") is None


def test_a_study_knows_the_days_off_of_its_sites_if_it_uses_them() -> None:
    rules = study((ONE_SITE, SITES), SILENT).rules()
    assert rules.silent_holidays
    assert rules.off("madrid").covers(date(2027, 1, 6))
    assert not rules.off("here").covers(date(2027, 1, 6))
    assert rules.silence_of(None, "madrid").holidays is rules.off("madrid").dates
    assert study((ONE_SITE, SITES)).rules().days_off == {}
    working = study((ONE_SITE, SITES), ("[1d]", "[1d]\n    move_to: working_day")).rules()
    assert not working.silent_holidays
    assert working.off("cairo").weekend == frozenset({4, 5})


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("region: MD", "region: MX", "sites.madrid.region: `ES` has no region `MX`"),
        ("country: EG", "country: QQ", "sites.cairo.country: the public holidays of `QQ` are not known"),
    ],
)
def test_a_place_without_holidays_is_a_mistake_where_they_count(before: str, after: str, expected: str) -> None:
    wrong = SITES.replace(before, after)
    with pytest.raises(BadInput) as caught:
        load_study(with_changes((ONE_SITE, wrong), SILENT), "study.yaml")
    assert expected in str(caught.value)
    load_study(with_changes((ONE_SITE, wrong)), "study.yaml")


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([(ONE_SITE, ""), SILENT], "blackout: `public_holidays` are those of a site, and this study has no sites"),
        (
            [("quiet_hours:", "blackout: [saturday]\nquiet_hours:")],
            "blackout.0: expected a date such as 2027-12-25, or public_holidays; days of the week: `weekdays`",
        ),
        (
            [("[1d]", "[1d]\n    quiet_hours: {from: '08:00', until: '08:00'}")],
            "assessments.weekly.quiet_hours: these quiet hours cover the whole day",
        ),
    ],
)
def test_holidays_and_own_quiet_hours_that_cannot_be_meant(pairs: list[tuple[str, str]], expected: str) -> None:
    with pytest.raises(BadInput) as caught:
        load_study(with_changes(*pairs), "study.yaml")
    assert expected in str(caught.value)


def test_an_hour_at_night_is_right_if_the_assessment_has_its_own_quiet_hours() -> None:
    text = with_changes(("[1d]", "[1d]\n    at: '21:30'\n    quiet_hours: {from: '23:00', until: '07:00'}"))
    assert load_study(text, "study.yaml").assessments["weekly"].quiet_hours is not None


def test_a_site_whose_country_cannot_be_read_is_no_unknown_place() -> None:
    wrong = SITES.replace("country: EG", "country: 7")
    with pytest.raises(BadInput) as caught:
        load_study(with_changes((ONE_SITE, wrong), SILENT), "study.yaml")
    assert "public holidays" not in str(caught.value)
