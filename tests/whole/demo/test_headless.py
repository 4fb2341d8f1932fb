"""The demonstration without a page: one JSON object, whose numbers add up."""

import json
import subprocess

import pytest

from tests.shared.product import COMMAND

STATES = ("completed", "partial", "missed", "cancelled", "open")


@pytest.mark.timeout(900)
def test_weeks_pass_in_seconds_and_every_occasion_is_accounted_for() -> None:
    words = ["demo", "--headless", "--participants", "6", "--days", "9", "--json", "--seed", "3"]
    done = subprocess.run([COMMAND, *words], capture_output=True, text=True, timeout=890, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    occasions = told["occasions"]
    assert occasions["planned"] == sum(occasions[state] for state in STATES)
    assert occasions["completed"] > 0
    assert told["messages"]["sms"] > 0
    assert told["messages"]["email"] > 0
    assert told["scores"] >= told["responses"] > 0
    assert told["dead_letters"] == 0
