"""Writes a CDISC dataset as a SAS transport file, version 5 (XPT), with the library pyreadstat.

Source: SAS, "Record layout of a SAS version 5 or 6 data set in SAS transport (XPORT) format" (TS-140): names of at most
8 characters, labels of at most 40 bytes, texts of at most 200 bytes, dates in days since 1960. An empty text and no
value are the same there. The time of creation is in the file, as the format requires, in four places.
"""

import asyncio
import csv
import io
import re
import tempfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from pro_collector.domain.research.tables import Column, ResearchTable
from pro_collector.errors import BadInput, Misconfigured, Problem
from pro_collector.research.dataset_json import FillFile

LONGEST_NAME, LONGEST_LABEL, LONGEST_TEXT = 8, 40, 200
_TIMES = (144, 160, 464, 480)
"""Where the file says when it was made and changed: in the headers of the library and of its only dataset."""
_TIME = re.compile(rb"\d\d[A-Z]{3}\d\d:\d\d:\d\d:\d\d")


async def write(table: ResearchTable, as_csv: FillFile, created: datetime, stream: BinaryIO) -> int:
    """Write what `as_csv` writes as one dataset; return the number of records.

    Raises BadInput if the table does not fit the format, Misconfigured without the packages for it.
    """
    if too_long := [column.name for column in table.columns if len(column.name) > LONGEST_NAME]:
        raise BadInput([Problem("", None, "--format", f"xpt is for datasets of CDISC; {too_long[0]} is too long")])
    text = io.BytesIO()
    count = await as_csv(text)
    text.seek(0)
    rows = list(csv.DictReader(io.TextIOWrapper(text, encoding="utf-8", newline="")))
    stream.write(await asyncio.to_thread(_file, table, rows, created))
    return count


def _file(table: ResearchTable, rows: Sequence[dict[str, str]], created: datetime) -> bytes:
    """The bytes of the file."""
    try:
        import pandas
        import pyreadstat
    except ImportError as error:
        raise Misconfigured("XPT needs the extra `cdisc`: pip install 'pro-collector[cdisc]'") from error
    name = table.name.upper()
    cells = {column.name: [_value(name, column, row[column.name]) for row in rows] for column in table.columns}
    frame = pandas.DataFrame({
        column.name: pandas.Series(cells[column.name], dtype=_dtype(column)) for column in table.columns
    })  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{table.name}.xpt"
        pyreadstat.write_xport(
            frame, str(file), file_label=table.title[:LONGEST_LABEL],
            column_labels=[column.meaning for column in table.columns], table_name=name, file_format_version=5,
        )  # fmt: skip
        return _dated(file.read_bytes(), created)


def _dtype(column: Column) -> str:
    return {"integer": "float64", "number": "float64", "date": "object"}.get(column.kind, "string")


def _value(dataset: str, column: Column, cell: str) -> Any:
    """The value of a cell. Raises BadInput if a text is longer than the format allows."""
    if column.kind in ("integer", "number"):
        return float(cell) if cell else None
    if column.kind == "date":
        return date.fromisoformat(cell) if cell else None
    if len(cell.encode()) > LONGEST_TEXT:
        raise BadInput([Problem("", None, f"{dataset}.{column.name}", f"is longer than {LONGEST_TEXT} bytes: {cell}")])
    return cell or None


def _dated(data: bytes, created: datetime) -> bytes:
    """The file with the time of the export in the place of the time at which the library wrote it."""
    time = f"{created:%d%b%y:%H:%M:%S}".upper().encode("ascii")
    changed = bytearray(data)
    for start in _TIMES:
        if _TIME.fullmatch(data[start : start + len(time)]):
            changed[start : start + len(time)] = time
    return bytes(changed)
