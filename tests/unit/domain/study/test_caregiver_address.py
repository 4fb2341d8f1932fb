"""A caregiver has an address of their own, in a study that asks caregivers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.commands.enrol import ADDRESSES, Enrolment, caregiver_consent, participant_row, read_row
from pro_collector.domain.study.caregiver_address import NOT_ASKED, both_use, why_refused
from pro_collector.postgres.tables.contacts import column_of
from scheduler.values import REPORTERS, Reporter
from tests.shared.clock import START
from tests.shared.studies import study
from tests.unit.domain.study.test_birth_date import ROW

CARING = study(("    reminders: [1d]\n", "    reminders: [1d]\n    asks: caregiver\n"))
OWN = {"caregiver_phone": "+12025550199", "caregiver_email": "bo@example.org", "caregiver_language": "en",
       "caregiver_consented_on": "2027-03-01"}  # fmt: skip
USERS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(REPORTERS)))


@given(USERS)
def test_an_address_is_refused_where_a_caregiver_and_somebody_else_use_it(users: list[tuple[int, Reporter]]) -> None:
    refused = both_use(users)
    for address, _ in users:
        reporters = {reporter for one, reporter in users if one == address}
        assert (address in refused) == ("caregiver" in reporters and len(reporters) > 1)


def test_every_column_with_an_address_has_the_name_that_its_contact_has() -> None:
    assert {column: column_of(*whose) for column, whose in ADDRESSES.items()} == {each: each for each in ADDRESSES}
    assert {reporter for reporter, _ in ADDRESSES.values()} == set(REPORTERS)


def read(changed: dict[str, Any], asked: Any = CARING) -> tuple[Enrolment | None, list[str]]:
    person, problems = read_row({"site": "here", **ROW, **changed}, "people.csv", 7, asked)
    return person, [str(each) for each in problems]


def test_a_caregiver_is_enrolled_with_the_patient_and_asked_with_a_consent_of_their_own() -> None:
    person, problems = read(OWN)
    assert person is not None
    assert not problems
    row = participant_row("s", "1", person, START)
    assert row.caregiver_language == "en"
    agreed = caregiver_consent(row.id, person, "anna", START)
    assert agreed is not None
    assert (agreed.reporter, agreed.covers, str(agreed.given_on)) == ("caregiver", "participation", "2027-03-01")
    assert caregiver_consent(row.id, person.model_copy(update={"caregiver_consented_on": None}), "anna", START) is None


@pytest.mark.parametrize(
    ("changed", "columns"),
    [
        ({"caregiver_phone": ROW["phone"]}, ("phone", "caregiver_phone")),
        ({"proxy_email": "Bo@example.org"}, ("proxy_email", "caregiver_email")),
    ],
)
def test_an_address_of_both_is_refused_and_the_mistake_says_why(
    changed: dict[str, str], columns: tuple[str, ...]
) -> None:
    _, problems = read({**OWN, **changed})
    assert problems == [f"people.csv:7: {each}: {why_refused(ADDRESSES[each][0])}" for each in columns]
    assert all("a STOP counts for everybody at an address" in each for each in problems)


def test_a_study_that_asks_no_caregiver_stores_nothing_of_one() -> None:
    _, problems = read(OWN, study())
    assert problems == [f"people.csv:7: {column}: {NOT_ASKED}" for column in OWN]
    assert any("'xx' is not in the study" in each for each in read({**OWN, "caregiver_language": "xx"})[1])
