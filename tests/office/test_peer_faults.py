"""Faults read in other systems' delivery and conversation, each shown not to be here; those of schedules are in
tests/unit/scheduler/test_peer_faults.py."""

from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest

from tests.shared.clock import START
from tests.shared.office import Office

DUE = START + timedelta(days=1, hours=3)
"""10:00 in New York on Tuesday 3 March 2026: the weekly symptoms."""


async def asked_on_tuesday(office: Office) -> None:
    await office.enrol()
    await office.happened("treatment_start", date(2026, 3, 3))


async def test_f6_a_provider_that_is_away_is_tried_again(office: Office) -> None:
    await asked_on_tuesday(office)
    await office.run(DUE - timedelta(minutes=1))
    before = len(office.texts())
    port = urlsplit(office.rt.settings.twilio_url).port or 0
    await office.carrier.stop()
    await office.run(DUE + timedelta(seconds=10))
    waiting = await office.rows("SELECT state, attempts FROM message WHERE state NOT IN ('delivered', 'accepted')")
    assert [row["state"] for row in waiting] == ["requested"]
    await office.carrier.start(port)
    await office.run(DUE + timedelta(minutes=5))
    assert len(office.texts()) == before + 1


@pytest.mark.parametrize(
    "words", ["STOP", "Stop.", "please stop texting me", "no more messages", "ya no me manden mensajes", "arrêtez svp"]
)
async def test_f8_stop_is_heard_in_any_words(office: Office, words: str) -> None:
    await asked_on_tuesday(office)
    await office.run(DUE + timedelta(minutes=1))
    await office.reply(words)
    said = len(office.texts())
    await office.run(DUE + timedelta(days=9))
    assert len(office.texts()) == said
    assert await office.one("SELECT count(*) FROM answer") == 0, "a wish to stop is no answer"


async def test_f11_who_cannot_be_reached_is_a_task_for_the_team_and_not_silence(office: Office) -> None:
    await asked_on_tuesday(office)
    async with office.rt.database.transaction() as tx:
        await tx.execute(b"DELETE FROM vault.contact")
    await office.run(DUE + timedelta(minutes=1))
    tasks = await office.rows("SELECT kind, occasion_id FROM task")
    (occasion,) = await office.rows(
        "SELECT id FROM occasion WHERE assessment = 'weekly-symptoms' AND opened_at IS NOT NULL"
    )
    assert [(row["kind"], row["occasion_id"]) for row in tasks if row["occasion_id"] == occasion["id"]] == [
        ("call", occasion["id"])
    ]
    told = await office.rows("SELECT what FROM occasion_log WHERE what = 'rung_skipped'")
    assert told, "why says which way was closed"
