"""A birth date is required of those whose age decides who answers, or whether they are asked; of nobody else."""

import pytest

from pro_collector.commands.enrol import read_row
from tests.shared.studies import study

ROW = {
    "code": "A-1",
    "zone": "America/New_York",
    "language": "en",
    "enrolled_on": "2027-03-01",
    "phone": "+12025550101",
}
BANDS = (
    "    reminders: [1d]\n",
    "    reminders: [1d]\n    reporter: [{from: 0, below: 18, by: proxy}, {from: 18, by: self}]\n",
)
ADULTS = ("    reminders: [1d]\n", "    reminders: [1d]\n    only: {arms: [a], ages: {from: 18}}\n")


@pytest.mark.parametrize(
    ("change", "given", "required"),
    [
        (BANDS, {}, True),
        (BANDS, {"birth_date": "2016-02-29"}, False),
        (ADULTS, {"arm": "a"}, True),
        (ADULTS, {"arm": "b"}, False),
        (ADULTS, {"arm": ""}, False),
        (("reminders: [1d]", "reminders: [2d]"), {"arm": "a"}, False),
    ],
)
def test_required_where_the_age_decides(change: tuple[str, str], given: dict[str, str], *, required: bool) -> None:
    person, problems = read_row({"site": "here", **ROW, **given}, "people.csv", 7, study(change))
    assert person is not None
    told = ["people.csv:7: birth_date: required: the age decides who answers, or whether it is asked: Weekly"]
    assert [str(each) for each in problems] == (told if required else [])
