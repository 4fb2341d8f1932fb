"""An opt-out as text: there are words for every way, and the text is named by its id."""

from datetime import UTC, datetime
from typing import get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from pro_collector.display.opt_outs import resumed, stopped
from pro_collector.domain.conversation.stop_way import StopWay

NOON, ZONE = datetime(2026, 3, 3, 17, tzinfo=UTC), ZoneInfo("America/New_York")


@pytest.mark.parametrize("how", get_args(StopWay))
def test_every_way_has_its_words(how: str) -> None:
    assert stopped("phone", NOON, ZONE, how, "anna", None).startswith("phone  stopped 2026-03-03 12:00 EST: ")
    assert resumed("email", NOON, ZONE, how, "anna", None).endswith(", by anna")


def test_the_text_is_named_by_the_beginning_of_its_id() -> None:
    line = stopped("phone", NOON, ZONE, "keyword", "participant", UUID(int=0x1234 << 112))
    assert line == "phone  stopped 2026-03-03 12:00 EST: a keyword, by participant (replies show 12340000)"
