"""Finds instruments on disk: those that ship with the product, and a folder of a study's own with more of them."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pro_collector.domain.document import Document, parse_yaml
from pro_collector.domain.instrument import Instrument, parse_instrument, parse_text
from pro_collector.domain.instrument_check import unknown
from pro_collector.errors import BadInput, NotFound, Problem
from pro_collector.resources import SCHEMAS

_TEXT = re.compile(r"text\.(?P<language>[A-Za-z-]+)\.yaml")
_TABLE = re.compile(r"table\.(?P<name>.+)\.csv")


@dataclass(frozen=True, slots=True)
class Library:
    """Every known instrument, by id and version."""

    instruments: tuple[Instrument, ...]

    def ids(self) -> tuple[str, ...]:
        """The ids, each once, in alphabetical order."""
        return tuple(sorted({instrument.id for instrument in self.instruments}))

    def get(self, instrument_id: str, version: str | None = None) -> Instrument:
        """One instrument: the highest version unless one is asked for. Raises NotFound with near names."""
        found = [instrument for instrument in self.instruments if instrument.id == instrument_id]
        if not found:
            raise NotFound(unknown("instrument", instrument_id, self.ids()))
        if version is None:
            return max(found, key=_order)
        for instrument in found:
            if instrument.version == version:
                return instrument
        raise NotFound(unknown(f"version of {instrument_id}", version, [instrument.version for instrument in found]))


def load_library(extra: Path | None = None) -> Library:
    """Read `schemas/instruments` and, over it, the folder `extra` with the same layout.

    A folder `<id>` (or `<id>@<version>` beside a newer one) holds `instrument.yaml`, `text.<lang>.yaml`, and
    `table.<name>.csv` (two columns: key, value). A folder in `extra` without `instrument.yaml` adds texts and tables
    to the instrument of that name. Raises BadInput with the mistakes of every file.
    """
    known: dict[tuple[str, str], Instrument] = {}
    found: list[Problem] = []
    roots = [SCHEMAS / "instruments"] + ([extra] if extra is not None else [])
    for folder in (folder for root in roots for folder in _folders(root)):
        try:
            for instrument in _read(folder, tuple(known.values())):
                known[instrument.id, instrument.version] = instrument
        except BadInput as error:
            found += error.problems
    if found:
        raise BadInput(found)
    return Library(tuple(known.values()))


def _folders(root: Path) -> list[Path]:
    if not root.is_dir():
        raise NotFound(f"no folder {root} with instruments")
    return sorted(path for path in root.iterdir() if path.is_dir())


def _read(folder: Path, known: Iterable[Instrument]) -> Iterator[Instrument]:
    """The instruments this folder defines or adds to."""
    texts = {match["language"]: _document(path) for path, match in _matching(folder, _TEXT)}
    tables = {match["name"]: (path, _rows(path)) for path, match in _matching(folder, _TABLE)}
    definition = folder / "instrument.yaml"
    if definition.is_file():
        yield _with_tables(parse_instrument(_document(definition), texts), tables)
    elif texts or tables:
        name, _, version = folder.name.partition("@")
        base = [item for item in known if item.id == name and version in ("", item.version)]
        if not base:
            raise BadInput([Problem(str(folder), None, "", unknown("instrument", name, [item.id for item in known]))])
        for instrument in base:
            words = [parse_text(text, instrument) for text in texts.values()]
            yield _with_tables(instrument.with_texts(*words), tables)


def _document(path: Path) -> Document:
    return parse_yaml(path.read_text(encoding="utf-8"), str(path))


def _matching(folder: Path, pattern: re.Pattern[str]) -> Iterator[tuple[Path, re.Match[str]]]:
    for path in sorted(folder.iterdir()):
        if match := pattern.fullmatch(path.name):
            yield path, match


def _rows(path: Path) -> dict[str, float]:
    rows: dict[str, float] = {}
    found: list[Problem] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file)
        next(lines, None)
        for cells in lines:
            try:
                key, value = (cell.strip() for cell in cells)
                rows[key] = float(value)
            except ValueError:
                found.append(Problem(str(path), lines.line_num, "", f"expected a key and a number, not {cells}"))
    if found:
        raise BadInput(found)
    return rows


def _with_tables(instrument: Instrument, tables: dict[str, tuple[Path, dict[str, float]]]) -> Instrument:
    for name, (path, _) in tables.items():
        if name not in instrument.tables:
            raise BadInput([Problem(str(path), None, "", unknown("table", name, instrument.tables))])
    return instrument.with_tables({name: rows for name, (_, rows) in tables.items()}) if tables else instrument


def _order(instrument: Instrument) -> tuple[int, ...]:
    return tuple(int(part) for part in instrument.version.split("."))
