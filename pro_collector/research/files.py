"""Writes tables of the research model into files: CSV as the server makes it, and Parquet made from that CSV."""

import asyncio
import csv
import hashlib
import io
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Literal

from pro_collector.domain.research.tables import Column, ColumnKind, ResearchTable
from pro_collector.errors import BadInput, Misconfigured, Problem
from pro_collector.research import dataset_json, xpt

FileFormat = Literal["csv", "parquet", "dataset-json", "xpt"]
FillFile = dataset_json.FillFile
ENDINGS: Mapping[FileFormat, str] = {"csv": ".csv", "parquet": ".parquet", "dataset-json": ".json", "xpt": ".xpt"}
"""The end of a file's name, by its form."""
UNFINISHED = ".unfinished"
"""The end of the name of a file that is being written."""
BLOCK = 16 * 1024 * 1024
"""How many bytes of CSV become one group of rows of a Parquet file."""


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file that was written: how many rows and bytes it has, and the SHA-256 (hex) of its bytes."""

    file: Path
    rows: int
    size: int
    sha256: str


async def write_table(
    table: ResearchTable, as_csv: FillFile, file: Path, form: FileFormat, created: datetime
) -> WrittenFile:
    """Write a table into a file, from what `as_csv` writes. The same data give the same bytes.

    Only Dataset-JSON and XPT have the time at which they were `created` in them.

    Raises BadInput if the file cannot be written or the table does not fit the form, Misconfigured without a package.
    """
    if form == "csv":
        return await write_file(file, as_csv)
    if form in ("dataset-json", "xpt"):
        write = dataset_json.write if form == "dataset-json" else xpt.write
        return await write_file(file, partial(write, table, as_csv, created))
    return await write_parquet(table.columns, as_csv, file)


async def write_parquet(columns: Sequence[Column], as_csv: FillFile, file: Path) -> WrittenFile:
    """Write a Parquet file with these columns, from what `as_csv` writes. Raises BadInput, Misconfigured."""
    arrow = pyarrow()
    with tempfile.TemporaryFile() as text:
        rows = await as_csv(text)
        text.seek(0)

        async def fill(stream: BinaryIO) -> int:
            await asyncio.to_thread(_to_parquet, arrow, columns, text, stream)
            return rows

        return await write_file(file, fill)


class CsvRows:
    """Writes rows as the server writes CSV: an empty cell is NULL, a boolean is `true` or `false`."""

    def __init__(self, table: ResearchTable, stream: BinaryIO) -> None:
        self._text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        self._writer = csv.writer(self._text, lineterminator="\n")
        self._names = [column.name for column in table.columns]
        self._writer.writerow(self._names)
        self.count = 0

    def write(self, rows: Iterable[object]) -> None:
        """Add rows."""
        for row in rows:
            self._writer.writerow([cell(getattr(row, name)) for name in self._names])
            self.count += 1

    def close(self) -> int:
        """Pass on what is still here, and leave the stream open; returns the number of rows."""
        self._text.detach()
        return self.count


def rows_as_csv(table: ResearchTable, rows: Iterable[object], stream: BinaryIO) -> int:
    """Write all rows of a table; returns how many."""
    writer = CsvRows(table, stream)
    writer.write(rows)
    return writer.close()


def cell(value: object) -> object:
    """A value as it stands in a cell of a CSV file."""
    return str(value).lower() if isinstance(value, bool) else value


async def write_file(file: Path, fill: FillFile) -> WrittenFile:
    """Write a file by `fill`, which returns the number of rows; an earlier file is replaced once it is complete.

    Raises BadInput if the file cannot be written.
    """
    unfinished = file.with_name(file.name + UNFINISHED)
    try:
        with unfinished.open("wb") as stream:
            rows = await fill(stream)
        with unfinished.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        size = unfinished.stat().st_size
        unfinished.replace(file)
    except OSError as error:
        raise BadInput([Problem(str(file), None, "", f"cannot be written: {error.strerror}")]) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return WrittenFile(file, rows, size, digest)


def pyarrow() -> Any:
    """The package pyarrow with the modules for CSV and Parquet. Raises Misconfigured if it is not installed."""
    try:
        import pyarrow as arrow
        import pyarrow.csv
        import pyarrow.parquet
    except ImportError as error:
        raise Misconfigured("Parquet needs the extra `parquet`: pip install 'pro-collector[parquet]'") from error
    return arrow


def schema_of(arrow: Any, columns: Sequence[Column]) -> Any:
    """The types of these columns in Parquet; the meaning of a column is in its metadata."""
    kinds: dict[ColumnKind, Any] = {
        "id": arrow.string(),
        "text": arrow.string(),
        "integer": arrow.int32(),
        "number": arrow.float64(),
        "boolean": arrow.bool_(),
        "date": arrow.date32(),
        "instant": arrow.timestamp("us", "UTC"),
    }
    return arrow.schema(
        arrow.field(each.name, kinds[each.kind], metadata={"meaning": each.meaning}) for each in columns
    )


def read_csv(arrow: Any, schema: Any, text: BinaryIO) -> Any:
    """Batches of the rows of a CSV file, in blocks, with the types of the schema."""
    types = {field.name: field.type for field in schema}
    options = arrow.csv.ConvertOptions(
        column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False,
        true_values=["true"], false_values=["false"],
    )  # fmt: skip
    reading = arrow.csv.ReadOptions(block_size=BLOCK)
    parsing = arrow.csv.ParseOptions(newlines_in_values=True)
    batches = arrow.csv.open_csv(text, read_options=reading, parse_options=parsing, convert_options=options)
    return (batch.cast(schema) for batch in batches)


def _to_parquet(arrow: Any, columns: Sequence[Column], text: BinaryIO, stream: BinaryIO) -> None:
    """Read CSV in blocks and write each as a group of rows."""
    schema = schema_of(arrow, columns)
    with arrow.parquet.ParquetWriter(stream, schema, compression="zstd") as writer:
        for batch in read_csv(arrow, schema, text):
            writer.write_batch(batch)
