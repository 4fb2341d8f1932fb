"""A schedule in words, as the team reads it."""

import pytest

from pro_collector.display.schedule import how_asked, when_asked
from tests.unit.scheduler.cases import schedule


def test_events_are_called_by_their_titles() -> None:
    weekly = schedule(repeat={"every": "1w", "for": "2y", "until": "surgery"}, anchor="cycle")
    assert when_asked(weekly, {"cycle": "Cycle of treatment", "surgery": "Operation"}) == (
        "Counted from Cycle of treatment: every week for 2 years until Operation, at 10:00."
    )


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"on_days": [1]}, "Counted from cycle: on day 1 of the event, at 10:00."),
        ({"on_days": [1, 8, 15], "cycles": [1, 2, {"from": 4, "every": 3}]},
         "Counted from cycle 1, 2 and every 3. from 4: on days 1, 8 and 15 of the event, at 10:00."),
        ({"offsets": ["6w", "6mo"], "at": ["08:00", "20:00"]},
         "Counted from cycle: 6 weeks after and 6 months after, at 08:00 and 20:00."),
        ({"repeat": [{"every": "1w", "for": "2y", "until": "surgery"}]},
         "Counted from cycle: every week for 2 years until surgery, at 10:00."),
        ({"repeat": [{"every": "3mo", "starting": "3mo", "count": 4}], "move_to": "working_day", "until": "relapse"},
         "Counted from cycle: every 3 months from 3 months after the event 4 times, moved to the next working day,"
         " at 10:00, until relapse."),
        ({"on_days": [1], "at": {"from": "09:00", "until": "21:00", "times": 3, "apart": "2h"}},
         "Counted from cycle: on day 1 of the event, at 3 random times between 09:00 and 21:00."),
    ],
)  # fmt: skip
def test_when(written: dict[str, object], words: str) -> None:
    assert when_asked(schedule(**{"anchor": "cycle", "repeat": [], **written})) == words


def test_how() -> None:
    found = schedule(
        anchor="cycle", on_days=[1], repeat=[], window={"opens": "-1d", "closes": "2d", "late_entry": "12h"},
        reminders=["1d"], ladder=[{"channel": "sms"}, {"channel": "email", "after": "12h"}],
        reporter=[{"below": 8, "by": "proxy"}, {"from": 8, "by": "self"}],
        only={"arms": ["a", "b"], "ages": {"from": 5}},
    )  # fmt: skip
    assert how_asked(found) == [
        "By a text, then a mail after 12 hours without an answer.",
        "Open for 2 days, from 1 day before on; late answers are taken for 12 hours more.",
        "Reminded 1 day later.",
        "Answered by a proxy below 8 years; themselves from 8 years on.",
        "Only for the arm a or b.",
        "Only for people of 5 years or more.",
    ]
