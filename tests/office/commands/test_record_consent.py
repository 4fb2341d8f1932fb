"""Consent of a reporter: given and withdrawn, with what that stops, and what exports leave out."""

from datetime import timedelta

import pytest

from pro_collector.commands.export import fhir
from pro_collector.commands.record_consent import give_consent, list_consents, withdraw_consent
from pro_collector.errors import BadInput, Conflict
from tests.shared.office import Office
from tests.shared.scenes import ANSWERS, ASKED, DAY, SOON, TREATED, first_occasion, in_conversation

NURSE = "garcia"


async def exported(office: Office) -> list[int]:
    """How many items, scores, responses, scores of the older view and resources researchers get."""
    (row,) = await office.rows(
        "SELECT (SELECT count(*) FROM research.items) AS items, (SELECT count(*) FROM research.scores) AS scores,"
        " (SELECT count(*) FROM research.responses) AS responses, (SELECT count(*) FROM score_on_treatment) AS older"
    )
    return [*row.values(), len([each async for each in fhir(office.rt)])]


async def test_withdrawn_consent_stops_what_is_open_and_comes_back_with_a_new_one(office: Office) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    assert min(await exported(office)) > 0
    week = timedelta(days=7)
    await office.run(ASKED + week + SOON)
    texts = len(office.texts())
    shown = await withdraw_consent(office.rt, "RT-1", "self", "participation", None, by=NURSE, dry_run=True)
    assert await list_consents(office.rt, "RT-1") == []
    diff = await withdraw_consent(
        office.rt, "RT-1", "self", "participation", None, by=NURSE, reason="no more", exclude_data=True
    )
    assert diff == shown
    assert {each.reason for each in diff.cancelled} == {"no_consent"}
    assert {each.reason for each in diff.stopped} == {"consent_withdrawn"}
    ended = await office.rows(
        "SELECT state, reason, ended_at FROM occasion WHERE opened_at > %s AND ended_at IS NOT NULL", ASKED + DAY
    )
    assert ended == [{"state": "cancelled", "reason": "consent_withdrawn", "ended_at": office.clock.now()}]
    await office.reply("5")
    await office.run(ASKED + 2 * week + DAY)
    assert "worst pain" not in "".join(office.texts()[texts:]), "nothing more is asked"
    assert await office.one("SELECT count(*) FROM answer WHERE answered_at > %s", ASKED + week) == 0
    assert await exported(office) == [0, 0, 0, 0, 0]
    (row,) = await list_consents(office.rt, "RT-1")
    told = (row.given_on, row.recorded_by, row.withdrawal_recorded_by, row.withdrawal_reason, row.excludes_data)
    assert told == (row.given_on, NURSE, NURSE, "no more", True)
    with pytest.raises(Conflict, match="no consent in force"):
        await withdraw_consent(office.rt, "RT-1", "self", "participation", None, by=NURSE)

    await give_consent(office.rt, "RT-1", "self", "participation", None, by=NURSE)
    await office.run(ASKED + 3 * week + SOON)
    assert "worst pain" in "".join(office.texts()[texts:]), "they are asked again"
    with pytest.raises(Conflict, match="agrees to this already"):
        await give_consent(office.rt, "RT-1", "self", "participation", None, by=NURSE)
    with pytest.raises(BadInput, match="or a day before it"):
        await give_consent(office.rt, "RT-1", "proxy", "bereavement", TREATED + timedelta(days=99), by=NURSE)
    with pytest.raises(BadInput, match="given later"):
        await withdraw_consent(office.rt, "RT-1", "self", "participation", TREATED, by=NURSE)
    assert (await first_occasion(office))["state"] == "completed"
