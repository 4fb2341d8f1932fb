"""Writes a table as Dataset-JSON 1.1, CDISC's format for exchanging datasets.

Source: CDISC Dataset-JSON 1.1 (cdisc-org/DataExchange-DatasetJson, doc/dataset-json1-1.md): the keys and their order,
data types, one dataset in a file, null for a missing value. The time of creation is in it, as the format requires, so
two exports of the same data differ in that one key.
"""

import csv
import io
import json
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import BinaryIO

from pro_collector import __version__
from pro_collector.domain.research.tables import Column, ColumnKind, ResearchTable

FillFile = Callable[[BinaryIO], Awaitable[int]]
"""Writes what a file is to have, and returns the number of rows."""
VERSION = "1.1.0"
_TYPES: Mapping[ColumnKind, str] = {
    "id": "string",
    "text": "string",
    "integer": "integer",
    "number": "double",
    "boolean": "boolean",
    "date": "date",
    "instant": "datetime",
}


async def write(table: ResearchTable, as_csv: FillFile, created: datetime, stream: BinaryIO) -> int:
    """Write what `as_csv` writes as one dataset; return the number of records."""
    with tempfile.TemporaryFile() as text:
        count = await as_csv(text)
        text.seek(0)
        stream.write(_dumped(_head(table, count, created)).removesuffix(b"}") + b',"rows":[')
        lines = io.TextIOWrapper(text, encoding="utf-8", newline="")
        for n, row in enumerate(csv.DictReader(lines)):
            values = [_value(column.kind, row[column.name]) for column in table.columns]
            stream.write((b"," if n else b"") + _dumped(values))
        stream.write(b"]}")
        lines.detach()
    return count


def _head(table: ResearchTable, count: int, created: datetime) -> dict[str, object]:
    """All keys before the rows."""
    name = table.name.upper()
    return {
        "datasetJSONCreationDateTime": created.isoformat(timespec="seconds"),
        "datasetJSONVersion": VERSION,
        "originator": "pro-collector",
        "sourceSystem": {"name": "pro-collector", "version": __version__},
        "itemGroupOID": f"IG.{name}",
        "records": count,
        "name": name,
        "label": table.title,
        "columns": [_column(name, column) for column in table.columns],
    }


def _dumped(data: object) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _column(dataset: str, column: Column) -> dict[str, str]:
    """The metadata of a column; a date of ADaM is a number in SAS, and said to be one."""
    described = {
        "itemOID": f"IT.{dataset}.{column.name}",
        "name": column.name,
        "label": column.meaning,
        "dataType": _TYPES[column.kind],
    }
    if column.kind == "date":
        described |= {"targetDataType": "integer", "displayFormat": "E8601DA."}
    return described


def _value(kind: ColumnKind, cell: str) -> str | int | float | bool | None:
    if cell == "":
        return None
    if kind == "integer":
        return int(cell)
    if kind == "number":
        return float(cell)
    return cell == "true" if kind == "boolean" else cell
