"""Reads bundles of several institutions, refuses what does not fit together, writes them as one model in Parquet."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pro_collector import __version__
from pro_collector.domain.document import parse_yaml, validate
from pro_collector.domain.research.bundle_manifest import FORMAT, BundleManifest, BundleTable
from pro_collector.domain.research.tables import TABLES, Column
from pro_collector.errors import BadInput, Problem
from pro_collector.research.bundle import MANIFEST, SIGNATURE
from pro_collector.research.files import WrittenFile, pyarrow, read_csv, schema_of, write_file
from pro_collector.research.share_keys import verifies

INSTITUTION = Column("institution", "text", False, "institution whose data these are")
POOLED_MANIFEST = "pool.json"
VIEWS = "duckdb.sql"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose signature and files were verified.

    `said`: its manifest as it was read, with keys that this version does not know. `sha256`: of the manifest, which has
    the sums of its files.
    """

    folder: Path
    manifest: BundleManifest
    said: Mapping[str, Any]
    sha256: str

    @property
    def institution(self) -> str:
        """Whose data they are."""
        return self.manifest.institution

    @property
    def tables(self) -> Mapping[str, BundleTable]:
        """What the manifest says of each table, by name."""
        return {table.table: table for table in self.manifest.tables}

    def columns(self, table: str) -> tuple[Column, ...]:
        """The columns of a table."""
        return tuple(Column(**each.model_dump()) for each in self.tables[table].columns)

    def batches(self, arrow: Any, table: str) -> Iterator[Any]:
        """The rows of a table, in batches of pyarrow."""
        file, schema = self.folder / self.tables[table].file, schema_of(arrow, self.columns(table))
        if file.suffix == ".csv":
            with file.open("rb") as text:
                yield from read_csv(arrow, schema, text)
        else:
            with arrow.parquet.ParquetFile(file) as stored:
                yield from (batch.cast(schema) for batch in stored.iter_batches())


def read_bundle(folder: Path, trusted: Mapping[str, str]) -> Bundle:
    """Read the manifest of a bundle, and verify its signature and the sum of each file.

    `trusted`: the public key (hex) of each institution. Raises BadInput for a bundle that is not as it was signed, or
    whose institution is not trusted; and with every place of a manifest that is not as its JSON Schema says.
    """
    try:
        data, signature = (folder / MANIFEST).read_bytes(), (folder / SIGNATURE).read_text(encoding="ascii").strip()
        said = json.loads(data)
        institution = str(said["institution"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _refused(folder, "is no bundle: expected manifest.json and manifest.sig") from error
    if institution not in trusted:
        raise _refused(folder, f"is of {institution!r}, of which no key is trusted")
    if not verifies(trusted[institution], data, signature):
        raise _refused(folder, f"was not signed with the key of {institution!r}, or was changed since")
    if said.get("format") != FORMAT:
        raise _refused(folder, f"has the form {said.get('format')!r}; expected {FORMAT!r}")
    manifest = validate(parse_yaml(data.decode(), str(folder / MANIFEST)), BundleManifest)
    if unknown := {table.table for table in manifest.tables} - TABLES.keys():
        raise _refused(folder, f"has tables that this version does not know: {', '.join(sorted(unknown))}")
    for each in manifest.files:
        _check_file(folder, each.file, each.sha256)
    return Bundle(folder, manifest, said, hashlib.sha256(data).hexdigest())


def _check_file(folder: Path, name: str, sha256: str) -> None:
    try:
        with (folder / name).open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise _refused(folder, f"lacks {name}") from error
    if found != sha256:
        raise _refused(folder, f"has another {name} than the one that was signed")


def _refused(folder: Path, message: str) -> BadInput:
    return BadInput([Problem(str(folder), None, "", message)])


def check_poolable(bundles: Sequence[Bundle], *, mixed: bool) -> None:
    """Raise BadInput with every reason why these bundles are not one model; `mixed`: versions may differ."""
    mistakes = [*_twice(bundles), *_different(bundles), *([] if mixed else _versions(bundles)), *_collisions(bundles)]
    if mistakes:
        raise BadInput([Problem("", None, "", message) for message in mistakes])


def _twice(bundles: Sequence[Bundle]) -> Iterator[str]:
    seen: dict[str, Path] = {}
    for each in bundles:
        if each.institution in seen:
            yield f"{each.institution} is there twice: {seen[each.institution]} and {each.folder}"
        seen[each.institution] = each.folder


def _different(bundles: Sequence[Bundle]) -> Iterator[str]:
    """Tables that not all have, or that have other columns."""
    first = bundles[0]
    for each in bundles[1:]:
        if each.tables.keys() != first.tables.keys():
            yield f"{each.institution} has other tables than {first.institution}"
        for table in sorted(each.tables.keys() & first.tables.keys()):
            if each.columns(table) != first.columns(table):
                yield f"{table} of {each.institution} has other columns than that of {first.institution}: days or dates"


def _versions(bundles: Sequence[Bundle]) -> Iterator[str]:
    """Questionnaires that were asked, or scored, in more than one version."""
    asked: dict[str, dict[str, list[str]]] = {}
    for each in bundles:
        for one in each.manifest.instruments:
            versions = asked.setdefault(f"questionnaire {one.id}", {})
            versions.setdefault(f"{one.version} ({one.hash[:12]})", []).append(each.institution)
        for used in each.manifest.scoring:
            versions = asked.setdefault(f"scoring of {used.instrument}", {})
            versions.setdefault(used.scoring_version[:24], []).append(each.institution)
    for what, versions in sorted(asked.items()):
        if len(versions) > 1:
            told = "; ".join(f"{version}: {', '.join(whose)}" for version, whose in sorted(versions.items()))
            yield f"{what} differs: {told}. With --mixed-versions they are pooled, each row with its version"


def _collisions(bundles: Sequence[Bundle]) -> Iterator[str]:
    """Pseudonyms that two institutions have: their keys are the same, or somebody was counted twice."""
    arrow, owner = pyarrow(), dict[str, str]()
    for each in bundles:
        for batch in each.batches(arrow, "participants"):
            for code in batch.column("participant_code").to_pylist():
                if owner.setdefault(code, each.institution) != each.institution:
                    yield f"{each.institution} and {owner[code]} have the same pseudonym {code}: is their key the same?"
                    return


async def write_pool(bundles: Sequence[Bundle], to: Path, *, mixed: bool) -> list[WrittenFile]:
    """Write each table of all bundles into one Parquet file in a folder, with the institution as the first column.

    Beside them lie what the pool is made of, and statements for DuckDB.
    """
    arrow, written = pyarrow(), []
    ordered = sorted(bundles, key=lambda each: each.institution)
    for table in ordered[0].tables:

        async def fill(stream: BinaryIO, table: str = table) -> int:
            return _pooled(arrow, ordered, table, stream)

        written.append(await write_file(to / f"{table}.parquet", fill))
    said = {
        "product": f"pro-collector {__version__}",
        "mixed_versions_allowed": mixed,
        "tables": [{"file": each.file.name, "rows": each.rows, "sha256": each.sha256} for each in written],
        "bundles": [{"institution": each.institution, "sha256": each.sha256, **each.said} for each in ordered],
    }
    text = json.dumps(said, indent=2, ensure_ascii=False) + "\n"
    for name, content in ((POOLED_MANIFEST, text), (VIEWS, _views(ordered[0].tables))):

        async def copy(stream: BinaryIO, content: str = content) -> int:
            stream.write(content.encode())
            return 0

        written.append(await write_file(to / name, copy))
    return written


def _pooled(arrow: Any, bundles: Sequence[Bundle], table: str, stream: BinaryIO) -> int:
    schema, rows = schema_of(arrow, [INSTITUTION, *bundles[0].columns(table)]), 0
    with arrow.parquet.ParquetWriter(stream, schema, compression="zstd") as writer:
        for each in bundles:
            for batch in each.batches(arrow, table):
                whose = arrow.array([each.institution] * len(batch), arrow.string())
                writer.write_batch(arrow.record_batch([whose, *batch.columns], schema=schema))
                rows += len(batch)
    return rows


def _views(tables: Mapping[str, object]) -> str:
    """Statements for DuckDB, to be run in the folder: a view of each table, and a first question."""
    views = [f"CREATE VIEW {name} AS FROM '{name}.parquet';" for name in tables]
    question = """
-- The mean of each scale by institution and arm.
SELECT institution, arm, instrument, scale, count(value) AS n, avg(value) AS mean
FROM scores GROUP BY ALL ORDER BY ALL;"""
    return "\n".join([*views, *([question] if "scores" in tables else [])]) + "\n"
