"""How the pages about a person tell instants and mistakes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pro_collector.errors import BadInput, Conflict, Problem
from pro_collector.web.team.person.acting import day_of_field, mistakes_of
from pro_collector.web.team.person.moments import Moments

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_instants_are_told_where_they_live_and_how_long_ago() -> None:
    times = Moments(ZoneInfo("America/New_York"), NOW)
    assert times.at(NOW) == "2026-03-02 07:00 EST"
    told = [timedelta(minutes=5), timedelta(hours=3), timedelta(days=2), timedelta(days=61), -timedelta(hours=47)]
    assert [times.ago(NOW - each) for each in told] == ["5 min ago", "3 h ago", "2 days ago", "2 months ago", "in 47 h"]


def test_a_mistake_belongs_to_its_field_or_to_the_form() -> None:
    wrong = BadInput([Problem("--text", None, "", "it has a link"), Problem("", None, "--since", "choose one")])
    assert mistakes_of(wrong) == {"text": "It has a link", "since": "Choose one"}
    assert mistakes_of(BadInput([Problem("", None, "", "no")])) == {"form": "No"}
    assert mistakes_of(Conflict("it happens once")) == {"form": "It happens once."}


def test_a_day_is_a_day_of_somebody_s_life() -> None:
    assert day_of_field({"on": " 2026-03-02 "}, "on") == date(2026, 3, 2)
    assert day_of_field({}, "on") is None
    for wrong in ("soon", "2026-02-30", "0001-01-01", "9999-12-31"):
        with pytest.raises(BadInput):
            day_of_field({"on": wrong}, "on")
