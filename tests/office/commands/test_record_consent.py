"""Consent of a reporter: given and withdrawn, with what that stops, and what exports leave out."""

import csv
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pro_collector.commands.export import fhir
from pro_collector.commands.export_cdisc import export_odm
from pro_collector.commands.export_tables import export_tables
from pro_collector.commands.record_consent import give_consent, list_consents, withdraw_consent
from pro_collector.domain.research.missingness import completion
from pro_collector.domain.research.tables import ParticipantOfStudy, PlannedVisit
from pro_collector.errors import BadInput, Conflict
from pro_collector.postgres.questions import research
from pro_collector.postgres.tables import scores
from tests.shared.office import STUDY, Office
from tests.shared.scenes import ANSWERS, ASKED, DAY, SOON, TREATED, first_occasion, in_conversation

NURSE = "garcia"


SAID = ("research.items", "research.scores", "research.responses", "answer_current", "score_current",
        "score_on_treatment")  # fmt: skip


async def exported(office: Office, folder: Path) -> dict[str, int]:
    """How many rows of what was said researchers get: in SQL, in files, in datasets of CDISC and as FHIR."""
    folder.mkdir()
    counts = {view: int(await office.one(f"SELECT count(*) FROM {view}")) for view in SAID}
    database, now, files = office.rt.database, office.clock.now(), ["items", "scores", "qs", "adqrs"]
    await export_tables(database, files, folder, "csv", study=STUDY, now=now)
    for name in files:
        counts[name] = sum(row.get("QSTESTCD") != "QSALL" for row in read(folder / f"{name}.csv"))
    await export_odm(database, folder / "odm.xml", study=STUDY, now=now)
    counts["odm"] = (folder / "odm.xml").read_text(encoding="utf-8").count('<ItemData ItemOID="IT.symptom-diary.')
    return {**counts, "fhir": len([each async for each in fhir(office.rt)])}


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


async def answered_visit(office: Office) -> tuple[PlannedVisit, int]:
    """The visit that was answered as researchers see it, and how many visits count as received."""
    async with office.rt.database.snapshot() as tx:
        await research.see(tx, None)
        people, visits = await research.rows(tx, ParticipantOfStudy), await research.rows(tx, PlannedVisit)
    (visit,) = (each for each in visits if each.state == "completed")
    return visit, sum(each.received for each in completion(people, visits))


async def test_withdrawn_consent_stops_what_is_open_and_comes_back_with_a_new_one(
    office: Office, tmp_path: Path
) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    before = await exported(office, tmp_path / "before")
    assert min(before.values()) > 0, before
    visit, received = await answered_visit(office)
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
    assert await exported(office, tmp_path / "after") == dict.fromkeys(before, 0)
    left, still_received = await answered_visit(office)
    assert (visit.data_excluded, visit.items_answered, visit.mode) == (False, len(ANSWERS), "sms")
    assert left == replace(
        visit, items_answered=None, items_declined=None, items_not_asked=None, first_answer_at=None,
        last_answer_at=None, answered_on=None, answered_day=None, late=None, mode=None, language=None,
        data_excluded=True,
    ), "that it took place is still told"  # fmt: skip
    assert (left.state, left.reason, left.instruments_received) == ("completed", "answered", 1)
    assert received == still_received > 0
    who = await office.rows("SELECT participant_code, reporter FROM research.left_out")
    assert who == [{"participant_code": "RT-1", "reporter": "self"}]
    async with office.rt.database.transaction() as tx:
        own = await scores.of_responses(tx, [row["id"] for row in await office.rows("SELECT id FROM response")])
    assert sum(map(len, own.values())) == before["scores"], "care and their own page keep everything"
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
