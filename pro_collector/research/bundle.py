"""Writes a bundle: the de-identified tables of one study, a data dictionary, a manifest, and its signature."""

import csv
import io
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Literal
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pro_collector import __version__
from pro_collector.display.codebook import codebook
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.research.anonymity import Anonymised, CoarsenessTried, anonymise, masked
from pro_collector.domain.research.bundle_manifest import FORMAT
from pro_collector.domain.research.deidentify import Deidentifier, shared_columns
from pro_collector.domain.research.sharing import ShareFile
from pro_collector.domain.research.tables import (
    TABLES,
    ItemAnswer,
    ParticipantOfStudy,
    ResearchRow,
    ScaleValue,
    TimelineRecord,
)
from pro_collector.errors import BadInput, Problem
from pro_collector.research.files import ENDINGS, WrittenFile, cell, write_file, write_parquet
from pro_collector.research.share_keys import ShareKeys
from pro_collector.resources import TEMPLATES

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
BATCH = 20
"""Of how many participants rows are in memory at once."""
BundleForm = Literal["csv", "parquet"]
RowsOf = Callable[[type[ResearchRow], Sequence[UUID]], Awaitable[Sequence[ResearchRow]]]
"""Reads the rows of one kind of these participants."""


@dataclass(frozen=True, slots=True)
class BundleSource:
    """What a bundle is made from: everybody in the study, how their rows are read, the definitions that they use."""

    people: Sequence[ParticipantOfStudy]
    rows_of: RowsOf
    instruments: Sequence[Instrument]
    as_of: datetime | None = None


@dataclass(slots=True)
class Used:
    """Which versions the rows of a bundle were asked and scored with."""

    instruments: set[tuple[str, str]] = field(default_factory=set)
    scorings: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, row: ResearchRow) -> None:
        """Take a row of the bundle into account."""
        if isinstance(row, ItemAnswer | ScaleValue):
            self.instruments.add((row.instrument, row.instrument_version))
        if isinstance(row, ScaleValue):
            self.scorings[row.instrument, row.scoring_version] += 1


async def write_bundle(
    source: BundleSource, file: ShareFile, keys: ShareKeys, to: Path, form: BundleForm, now: datetime
) -> list[WrittenFile]:  # fmt: skip
    """Write a bundle into an empty folder; the manifest is the last but one of its files, its signature the last.

    Raises BadInput if the folder is not empty, or if nobody may be in the bundle; Misconfigured without a package.
    """
    if not to.is_dir() or any(to.iterdir()):
        raise BadInput([Problem(str(to), None, "--to", "expected an empty folder")])
    agreed = [person for person in source.people if file.agreed(person.consent_version)]
    found = anonymise(agreed, file.smallest_group, file.left_out_at_most)
    ids = keys.ids(file.project)
    people = sorted(
        (person for person in agreed if person.participant_id not in found.left_out),
        key=lambda person: ids.pseudonym(person.participant_id),
    )
    if not people:
        what = f"no group of {file.smallest_group} participants has the same traits, or nobody agreed"
        raise BadInput([Problem(str(to), None, "smallest_group", what)])
    rare = await _rare_events(source, people, file.smallest_group)
    hidden, used = Deidentifier(file, found.level, ids, people, rare), Used()
    written = [await _table(name, source, people, file, hidden, used, to, form) for name in file.tables]
    written.append(await write_file(to / "dictionary.csv", partial(_dictionary, file, source.instruments)))
    without = len(source.people) - len(agreed)
    said = _manifest(file, found, len(people), without, used, source, keys, written, now)
    written.append(await write_file(to / "about.md", partial(_about, said)))
    said["files"] = [_listed(each) for each in written]
    data = (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode()
    written.append(await write_file(to / MANIFEST, partial(_bytes, data)))
    written.append(await write_file(to / SIGNATURE, partial(_bytes, keys.sign(data).encode() + b"\n")))
    return written


async def _rare_events(source: BundleSource, people: Sequence[ParticipantOfStudy], k: int) -> set[str]:
    """The kinds of treatment event that happened to fewer than `k` participants of the bundle."""
    whom: dict[str, set[UUID]] = {}
    for batch in _batches(people):
        for row in await source.rows_of(TimelineRecord, batch):
            if isinstance(row, TimelineRecord) and row.believed and row.source == "treatment":
                whom.setdefault(row.kind, set()).add(row.participant_id)
    return {kind for kind, persons in whom.items() if len(persons) < k}


async def _table(
    name: str, source: BundleSource, people: Sequence[ParticipantOfStudy], file: ShareFile, hidden: Deidentifier,
    used: Used, to: Path, form: BundleForm,
) -> WrittenFile:  # fmt: skip
    columns = shared_columns(name, file)

    async def fill(stream: BinaryIO) -> int:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        writer, count = csv.writer(text, lineterminator="\n"), 0
        writer.writerow([column.name for column in columns])
        for batch in _batches(people):
            place = {id: n for n, id in enumerate(batch)}
            rows = await source.rows_of(TABLES[name].row, batch)
            for row in sorted(filter(hidden.holds, rows), key=lambda row: place[row.participant_id]):
                writer.writerow([cell(value) for value in hidden.cells(name, row)])
                used.count(row)
                count += 1
        text.detach()
        return count

    path = to / f"{name}{ENDINGS[form]}"
    return await write_file(path, fill) if form == "csv" else await write_parquet(columns, fill, path)


def _batches(people: Sequence[ParticipantOfStudy]) -> Iterable[list[UUID]]:
    ids = [person.participant_id for person in people]
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def _manifest(
    file: ShareFile, found: Anonymised, shared: int, without: int, used: Used, source: BundleSource, keys: ShareKeys,
    written: Sequence[WrittenFile], now: datetime,
) -> dict[str, Any]:  # fmt: skip
    k = file.smallest_group
    hashes = {(each.id, each.version): each.hash for each in source.instruments}
    return {
        "format": FORMAT,
        "institution": file.institution,
        "project": file.project,
        "study": file.study,
        "made_on": now.date().isoformat(),
        "as_of": None if source.as_of is None else source.as_of.isoformat(),
        "product": f"pro-collector {__version__}",
        "choices": file.model_dump(mode="json"),
        "participants": shared,
        "without_consent": masked(without, k),
        "anonymity": {
            "k": k,
            "smallest_group": found.smallest,
            "left_out": masked(len(found.left_out), k),
            **_level(found.level.band, found.level.kept),
            "levels": [_tried(each, k) for each in found.tried],
        },
        "instruments": [
            {"id": id, "version": version, "hash": hashes.get((id, version), "")}
            for id, version in sorted(used.instruments)
        ],
        "scoring": [
            {"instrument": id, "scoring_version": version, "scores": count}
            for (id, version), count in sorted(used.scorings.items())
        ],
        "tables": [
            {
                "table": name,
                "file": each.file.name,
                "rows": each.rows,
                "columns": [asdict(column) for column in shared_columns(name, file)],
            }
            for name, each in zip(file.tables, written, strict=False)
        ],
        "public_key": keys.public,
    }


def _level(band: int | None, kept: Iterable[str]) -> dict[str, object]:
    return {"age_band_years": band, "traits": sorted(kept)}


def _tried(each: CoarsenessTried, k: int) -> dict[str, object]:
    """What a level would have meant, without telling of fewer than `k` participants."""
    counts = {"smallest_group": masked(each.smallest, k), "in_small_groups": masked(each.below, k)}
    return {**_level(each.level.band, each.level.kept), **counts, "groups": each.groups}


def _listed(each: WrittenFile) -> dict[str, object]:
    return {"file": each.file.name, "rows": each.rows, "bytes": each.size, "sha256": each.sha256}


async def _dictionary(file: ShareFile, instruments: Sequence[Instrument], stream: BinaryIO) -> int:
    """Every column of the bundle, and every item and scale that rows may name."""
    book = [row for row in codebook(instruments) if row["kind"] != "column"]
    rows = [
        {"kind": "column", "table": name, "name": column.name, "meaning": column.meaning, "range": column.kind}
        for name in file.tables
        for column in shared_columns(name, file)
    ]
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    writer = csv.DictWriter(text, ["kind", *(name for name in book[0] if name != "kind")] if book else list(rows[0]))
    writer.writeheader()
    writer.writerows([*rows, *book])
    text.detach()
    return len(rows) + len(book)


async def _about(said: Mapping[str, object], stream: BinaryIO) -> int:
    environment = Environment(  # Markdown, for people to read; no browser runs it
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        autoescape=False,  # noqa: S701
    )
    stream.write(environment.get_template("research/bundle.md").render(said).encode())
    return 0


async def _bytes(data: bytes, stream: BinaryIO) -> int:
    stream.write(data)
    return 0
