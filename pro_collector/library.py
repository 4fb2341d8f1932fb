"""Finds instruments on disk: those that ship with the product, and a folder of a study's own with more of them."""

import csv
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pro_collector.domain.document import Document, parse_yaml
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.parse import parse_instrument, parse_text
from pro_collector.domain.near import unknown
from pro_collector.errors import BadInput, NotFound, Problem
from pro_collector.resources import SCHEMAS

_TEXT = re.compile(r"text\.(?P<name>[A-Za-z-]+)\.yaml")
_TABLE = re.compile(r"table\.(?P<name>.+)\.csv")
SHIPPED = SCHEMAS / "instruments"


class Library:
    """Every known instrument, by id and version; each is read when it is first asked for, and once."""

    def __init__(self, folders: Mapping[str, Sequence[Path]]) -> None:
        self._folders = folders
        self._read: dict[str, tuple[Instrument, ...]] = {}

    def ids(self) -> tuple[str, ...]:
        """The ids, each once, in alphabetical order."""
        return tuple(sorted(self._folders))

    def get(self, instrument_id: str, version: str | None = None) -> Instrument:
        """One instrument: the highest version unless one is asked for.

        Raises NotFound with near names, BadInput when its files have mistakes.
        """
        found = self.versions(instrument_id)
        if version is None:
            return found[-1]
        for instrument in found:
            if instrument.version == version:
                return instrument
        raise NotFound(unknown(f"version of {instrument_id}", version, [instrument.version for instrument in found]))

    def versions(self, instrument_id: str) -> tuple[Instrument, ...]:
        """Every version of one instrument, the oldest first."""
        if instrument_id not in self._folders:
            raise NotFound(unknown("instrument", instrument_id, self.ids()))
        if instrument_id not in self._read:
            self._read[instrument_id] = _read(instrument_id, self._folders[instrument_id])
        return self._read[instrument_id]

    def all(self) -> tuple[Instrument, ...]:
        """Every version of every instrument. Raises BadInput with the mistakes of every file."""
        found: list[Problem] = []
        read: list[Instrument] = []
        for instrument_id in self.ids():
            try:
                read += self.versions(instrument_id)
            except BadInput as error:
                found += error.problems
        if found:
            raise BadInput(found)
        return tuple(read)


def load_library(extra: Path | None = None) -> Library:
    """The instruments of `schemas/instruments` and, over them, those of the folder `extra` with the same layout.

    A folder `<id>` (or `<id>@<version>` beside a newer one) holds `instrument.yaml`, `text.<lang>.yaml`, and
    `table.<name>.csv` (two columns, key and value; the second heading names the source). A folder in `extra` without
    `instrument.yaml` adds texts and tables to the instrument of that name.
    """
    folders: dict[str, list[Path]] = {}
    for root in [SHIPPED, *([extra] if extra is not None else [])]:
        if not root.is_dir():
            raise NotFound(f"no folder {root} with instruments")
        for path in sorted(path for path in root.iterdir() if path.is_dir()):
            folders.setdefault(path.name.partition("@")[0], []).append(path)
    return Library(folders)


def _read(instrument_id: str, folders: Sequence[Path]) -> tuple[Instrument, ...]:
    known: dict[str, Instrument] = {}
    for folder in folders:
        for instrument in _read_folder(instrument_id, folder, known):
            known[instrument.version] = instrument
    return tuple(sorted(known.values(), key=_order))


def _read_folder(instrument_id: str, folder: Path, known: Mapping[str, Instrument]) -> list[Instrument]:
    """What this folder defines, or the known versions with what it adds."""
    texts = {match["name"]: _document(path) for path, match in _matching(folder, _TEXT)}
    tables = {match["name"]: path for path, match in _matching(folder, _TABLE)}
    definition = folder / "instrument.yaml"
    if definition.is_file():
        document = _document(definition)
        instrument = parse_instrument(document, texts)
        if instrument.id != instrument_id:
            message = f"the folder is for {instrument_id!r}; rename it, or mend the id"
            raise BadInput([document.problem(("id",), message)])
        return [_with_tables(instrument, tables)]
    _, _, version = folder.name.partition("@")
    base = [instrument for instrument in known.values() if version in ("", instrument.version)]
    if not base:
        raise BadInput([Problem(str(folder), None, "", f"no instrument.yaml, and none to add to: {folder.name}")])
    words = [[parse_text(text, instrument) for text in texts.values()] for instrument in base]
    return [_with_tables(i.with_texts(*found), tables) for i, found in zip(base, words, strict=True)]


def _document(path: Path) -> Document:
    return parse_yaml(path.read_text(encoding="utf-8"), str(path))


def _matching(folder: Path, pattern: re.Pattern[str]) -> Iterator[tuple[Path, re.Match[str]]]:
    for path in sorted(folder.iterdir()):
        if match := pattern.fullmatch(path.name):
            yield path, match


def _with_tables(instrument: Instrument, tables: Mapping[str, Path]) -> Instrument:
    for name, path in tables.items():
        if name not in instrument.tables:
            raise BadInput([Problem(str(path), None, "", unknown("table", name, instrument.tables))])
        source, rows = read_table(path)
        instrument = instrument.with_table(name, rows, source)
    return instrument


def read_table(path: Path) -> tuple[str, dict[str, float]]:
    """The source (second heading) and the rows (key -> value) of a CSV file; raises BadInput with the bad lines."""
    rows: dict[str, float] = {}
    found: list[Problem] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file)
        heading = next(lines, [])
        if len(heading) != 2:
            message = f"expected two columns, a key and the source, with a comma between, not {heading}"
            raise BadInput([Problem(str(path), 1, "", message)])
        for cells in lines:
            try:
                key, value = _table_row(cells)
            except ValueError:
                message = f"expected a key and a number (0.5, not 0,5) with a comma between, not {cells}"
                found.append(Problem(str(path), lines.line_num, "", message))
                continue
            if rows.setdefault(key, value) != value:
                found.append(Problem(str(path), lines.line_num, "", f"{key} is here twice: {rows[key]} and {value}"))
    if found:
        raise BadInput(found)
    return heading[1].strip(), rows


def _table_row(cells: list[str]) -> tuple[str, float]:
    key, given = (cell.strip() for cell in cells)
    value = float(given)
    if not math.isfinite(value):
        raise ValueError(given)
    return str(int(key)), value


def _order(instrument: Instrument) -> tuple[int, ...]:
    return tuple(int(part) for part in instrument.version.split("."))
