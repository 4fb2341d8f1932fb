"""Bundles of three made-up institutions."""

import csv
import io
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pyarrow.parquet

from pro_collector.domain.document import parse_yaml, validate
from pro_collector.domain.research.sharing import ShareFile
from pro_collector.domain.research.tables import ParticipantOfStudy, ResearchRow, TimelineRecord
from pro_collector.research.bundle import BundleForm, BundleSource, write_bundle
from pro_collector.research.share_keys import ShareKeys
from tests.unit.domain.exchange.cdisc_study import event, item
from tests.unit.domain.research.made_up import person, scale_value, visit

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
FILE = """
project: rare-tumours
institution: {institution}
study: s
consent: ["2.0"]
dates: {dates}
smallest_group: 3
left_out_at_most: 0.1
"""
HOUSES = {"north": b"n" * 32, "south": b"s" * 32, "west": b"w" * 32}


def source_of(
    institution: str, size: int = 24, version: str = "1.0.0", scoring: str = "h"
) -> tuple[BundleSource, list[ResearchRow]]:
    """Participants with visits, items, scores and events; the last three did not agree, and one is alone of an age."""
    drawn = random.Random(institution)
    people, rows = [], list[ResearchRow]()
    for n in range(size):
        who = person(
            f"{institution}-{n}", site=institution, arm=drawn.choice("xy"), sex=drawn.choice(["female", "male"]),
            age_at_enrolment=93 if n == 0 else drawn.randrange(50, 60), language="en" if n % 2 else "es",
            enrolled_on=date(2026, 1, 5) + timedelta(days=n), consent_version="1.0" if n >= size - 3 else "2.0",
        )  # fmt: skip
        people.append(who)
        for k in (1, 2, 3):
            planned = visit(who, k, "planned" if k == 3 else "completed", None if k == 3 else "answered")
            rows.append(planned)
            if k < 3:
                rows.append(
                    replace(item(planned, 1, "pain", "answered", drawn.randrange(11)), corrected_by="nurse ann")
                )
                score = scale_value(planned, "diary", "burden", drawn.uniform(0, 100))
                rows.append(replace(score, instrument_version=version, scoring_version=scoring))
        rows.append(_of(who, event("surgery", 8, specimen_id=f"{institution}/T{n}")))
    rows.append(_of(people[1], event("transplant", 9)))
    rows.append(_of(people[2], event("cycle", 9, believed=False)))

    async def rows_of(kind: type[ResearchRow], ids: Sequence[UUID]) -> Sequence[ResearchRow]:
        wanted = set(ids)
        return [row for row in [*people, *rows] if isinstance(row, kind) and row.participant_id in wanted]

    return BundleSource(people, rows_of, []), rows


def _of(who: ParticipantOfStudy, row: TimelineRecord) -> TimelineRecord:
    """An event of somebody else."""
    event_id, record_id = (uuid5(who.participant_id, row.kind + part) for part in ("", "record"))
    on = who.enrolled_on + timedelta(days=row.study_day - 1)
    return replace(
        row, participant_code=who.participant_code, participant_id=who.participant_id, happened_on=on,
        event_id=event_id, record_id=record_id,
    )  # fmt: skip


async def bundle(
    folder: Path, institution: str, *, key: bytes = b"", dates: str = "days", form: BundleForm = "parquet",
    more: str = "", version: str = "1.0.0", scoring: str = "h",
) -> Path:  # fmt: skip
    """Write the bundle of an institution; returns its folder."""
    to = folder / institution
    to.mkdir(parents=True)
    file = validate(parse_yaml(FILE.format(institution=institution, dates=dates) + more, "share.yaml"), ShareFile)
    source, _ = source_of(institution, version=version, scoring=scoring)
    await write_bundle(source, file, ShareKeys(key or HOUSES[institution]), to, form, NOW)
    return to


def trusted(**keys: bytes) -> dict[str, str]:
    """The public keys of all institutions; `keys` replace theirs."""
    return {name: ShareKeys(key).public for name, key in {**HOUSES, **keys}.items()}


def table(folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a Parquet table."""
    return list(pyarrow.parquet.read_table(folder / f"{name}.parquet").to_pylist())


def lines(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))


def manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest of a bundle, or of a pool."""
    (file,) = (each for each in (folder / "manifest.json", folder / "pool.json") if each.exists())
    return dict(json.loads(file.read_text(encoding="utf-8")))


def signed_again(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """The bundle with a changed manifest, signed with the key of its institution: as a faulty program would make it."""
    keys, said = ShareKeys(HOUSES[folder.name]), manifest_of(folder)
    change(said)
    data = json.dumps(said, indent=2).encode()
    (folder / "manifest.json").write_bytes(data)
    (folder / "manifest.sig").write_text(keys.sign(data), encoding="ascii")
    return folder
