"""Reads instruments from disk: those of the product, and those in a study's own folder."""

import csv
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from pro_collector.domain.document import Document, parse_yaml
from pro_collector.domain.instrument.check import parameter_mistakes
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.parse import parse_instrument, parse_text
from pro_collector.domain.near import unknown
from pro_collector.errors import BadInput, NotFound, Problem
from pro_collector.resources import SCHEMAS

_TEXT = re.compile(r"text\.(?P<name>[A-Za-z-]+)\.yaml")
_TABLE = re.compile(r"table\.(?P<name>.+)\.csv")
SHIPPED = SCHEMAS / "instruments"


class Library:
    """All known instruments, by id and version. Each is read once, on first use."""

    def __init__(self, folders: Mapping[str, Sequence[Path]]) -> None:
        self._folders = dict(folders)
        self._read: dict[str, tuple[Instrument, ...]] = {}

    def ids(self) -> tuple[str, ...]:
        """The ids in alphabetical order, without duplicates."""
        return tuple(sorted(self._folders))

    def get(self, instrument_id: str, version: str | None = None) -> Instrument:
        """Return one instrument, in its highest version unless `version` is given.

        Raises NotFound with similar names, BadInput when its files have mistakes.
        """
        versions = self.versions(instrument_id)
        if version is None:
            return versions[-1]
        for instrument in versions:
            if instrument.version == version:
                return instrument
        raise NotFound(unknown(f"version of {instrument_id}", version, [instrument.version for instrument in versions]))

    def versions(self, instrument_id: str) -> tuple[Instrument, ...]:
        """Return every version of one instrument, the oldest first. Raises NotFound and BadInput."""
        if instrument_id not in self._folders:
            raise NotFound(unknown("instrument", instrument_id, self.ids()))
        if instrument_id not in self._read:
            self._read[instrument_id] = _load(instrument_id, self._folders[instrument_id])
        return self._read[instrument_id]

    def by_id(self) -> Mapping[str, Instrument]:
        """The highest version of each instrument by its id; each is read when it is asked for."""
        return _ById(self)

    def having(self, known: Iterable[Instrument]) -> "Library":
        """This library with instruments from elsewhere.

        Its own counts where both have the same version, unless it has no words in a language of the other.
        """
        added = list(known)
        for id in {each.id for each in added} & self._folders.keys():
            self.versions(id)  # read once, for every library that is made of this one
        joined = Library(self._folders)
        joined._read.update(self._read)
        for instrument in added:
            versions = (
                {each.version: each for each in joined.versions(instrument.id)} if joined.has(instrument.id) else {}
            )
            same = versions.get(instrument.version)
            if same is None or instrument.texts.keys() - same.texts.keys():
                versions[instrument.version] = instrument
            joined._folders.setdefault(instrument.id, ())
            joined._read[instrument.id] = tuple(sorted(versions.values(), key=_version_key))
        return joined

    def has(self, instrument_id: str) -> bool:
        """Whether there is an instrument with this id."""
        return instrument_id in self._folders

    def all(self) -> tuple[Instrument, ...]:
        """Return every version of every instrument. Raises BadInput with the mistakes of all files."""
        problems: list[Problem] = []
        instruments: list[Instrument] = []
        for instrument_id in self.ids():
            try:
                instruments += self.versions(instrument_id)
            except BadInput as error:
                problems += error.problems
        if problems:
            raise BadInput(problems)
        return tuple(instruments)


class _ById(Mapping[str, Instrument]):
    """A library as a mapping that reads only the instruments that are asked for."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def __getitem__(self, name: str) -> Instrument:
        if not self._library.has(name):
            raise KeyError(name)
        return self._library.get(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._library.ids())

    def __len__(self) -> int:
        return len(self._library.ids())


def load_library(extra: Path | None = None) -> Library:
    """The instruments of `schemas/instruments`, and those of the folder `extra`, which has the same layout.

    A folder `<id>` (or `<id>@<version>` for an older version) has `instrument.yaml`, `text.<lang>.yaml`, and
    `table.<name>.csv` (two columns, key and value, or an item with its slope and thresholds; the heading of the second
    column names the source). A folder in `extra`
    without `instrument.yaml` adds texts and tables to the instrument with its name. If both folders define the same
    version, that of `extra` is used. Raises NotFound when `extra` does not exist.
    """
    folders: dict[str, list[Path]] = {}
    for root in [SHIPPED, *([extra] if extra is not None else [])]:
        if not root.is_dir():
            raise NotFound(f"no folder {root} with instruments")
        for path in sorted(path for path in root.iterdir() if path.is_dir()):
            folders.setdefault(path.name.partition("@")[0], []).append(path)
    return Library(folders)


def _load(instrument_id: str, folders: Sequence[Path]) -> tuple[Instrument, ...]:
    known: dict[str, Instrument] = {}
    for folder in folders:
        for instrument in _load_folder(instrument_id, folder, known):
            known[instrument.version] = instrument
    return tuple(sorted(known.values(), key=_version_key))


def _load_folder(instrument_id: str, folder: Path, known: Mapping[str, Instrument]) -> list[Instrument]:
    """The instrument that this folder defines, or the known versions with the texts and tables that it adds."""
    texts = {match["name"]: _document(path) for path, match in sorted(_matching(folder, _TEXT), key=_english_first)}
    tables = {match["name"]: path for path, match in _matching(folder, _TABLE)}
    definition = folder / "instrument.yaml"
    if definition.is_file():
        document = _document(definition)
        instrument = parse_instrument(document, texts)
        if instrument.id != instrument_id:
            message = f"the folder is for {instrument_id!r}; rename the folder, or correct the id"
            raise BadInput([document.problem(("id",), message)])
        return [_with_tables(instrument, tables)]
    _, _, version = folder.name.partition("@")
    base = [instrument for instrument in known.values() if version in ("", instrument.version)]
    if not base:
        raise BadInput(
            [Problem(str(folder), None, "", f"no instrument.yaml, and no known instrument to add to: {folder.name}")]
        )
    parsed = [[parse_text(text, instrument) for text in texts.values()] for instrument in base]
    return [_with_tables(i.with_texts(*added), tables) for i, added in zip(base, parsed, strict=True)]


def _document(path: Path) -> Document:
    return parse_yaml(path.read_text(encoding="utf-8"), str(path))


def _matching(folder: Path, pattern: re.Pattern[str]) -> Iterator[tuple[Path, re.Match[str]]]:
    for path in sorted(folder.iterdir()):
        if match := pattern.fullmatch(path.name):
            yield path, match


def _english_first(found: tuple[Path, re.Match[str]]) -> tuple[bool, str]:
    """The first language of an instrument is what it is shown and exported in unless another is asked for."""
    language = found[1]["name"]
    return language != "en", language


def _with_tables(instrument: Instrument, tables: Mapping[str, Path]) -> Instrument:
    for name, path in tables.items():
        if name not in instrument.tables:
            raise BadInput([Problem(str(path), None, "", unknown("table", name, instrument.tables))])
        lines = _lines(path)
        if len(lines[0]) > 2:
            instrument = _with_parameters(instrument, name, path, lines)
        else:
            source, rows = _table(path, lines)
            instrument = instrument.with_table(name, rows, source)
    return instrument


def _lines(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file)) or [[]]


def _with_parameters(instrument: Instrument, name: str, path: Path, lines: Sequence[Sequence[str]]) -> Instrument:
    """The instrument with item parameters: item, slope, thresholds; the heading of the second column is the source."""
    problems, parameters = [], {}
    for number, (item, *cells) in enumerate(filter(None, lines[1:]), 2):
        try:
            parameters[item.strip()] = tuple(_finite(cell) for cell in cells if cell.strip())
        except ValueError:
            problems.append(Problem(str(path), number, "", f"expected an item, a slope and thresholds, not {cells}"))
        if instrument.item(item.strip()) is None:
            known = [item.id for item in instrument.items]
            problems.append(Problem(str(path), number, "", unknown("item", item.strip(), known)))
    if problems:
        raise BadInput(problems)
    try:
        filled = instrument.with_parameters(name, parameters, lines[0][1].strip())
    except ValidationError as error:
        message = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise BadInput([Problem(str(path), None, "", message)]) from error
    mistakes = [
        message for scale in filled.scales if scale.table == name for _, message in parameter_mistakes(filled, scale)
    ]
    if mistakes:
        raise BadInput([Problem(str(path), None, "", message) for message in mistakes])
    return filled


def _table(path: Path, lines: Sequence[Sequence[str]]) -> tuple[str, dict[str, float]]:
    """The source (second heading) and the rows (key -> value) of a table. Raises BadInput with bad lines."""
    rows: dict[str, float] = {}
    problems: list[Problem] = []
    heading = lines[0]
    if len(heading) != 2:
        message = f"expected two columns, a key and the source, with a comma between, not {heading}"
        raise BadInput([Problem(str(path), 1, "", message)])
    for line, cells in enumerate(lines[1:], 2):
        try:
            key, value = _table_row(cells)
        except ValueError:
            message = f"expected a key and a number (0.5, not 0,5) with a comma between, not {cells}"
            problems.append(Problem(str(path), line, "", message))
            continue
        if rows.setdefault(key, value) != value:
            problems.append(Problem(str(path), line, "", f"{key} has two values: {rows[key]} and {value}"))
    if problems:
        raise BadInput(problems)
    return heading[1].strip(), rows


def _table_row(cells: Sequence[str]) -> tuple[str, float]:
    key, number = (cell.strip() for cell in cells)
    return str(int(key)), _finite(number)


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(number)
    return value


def _version_key(instrument: Instrument) -> tuple[int, ...]:
    return tuple(int(part) for part in instrument.version.split("."))
