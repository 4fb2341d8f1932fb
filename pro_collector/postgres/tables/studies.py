"""Rows of `study`, `instrument` and `study_instrument`: every applied version, and which one is in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

import yaml
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from pro_collector.domain.instrument.branching import remaining
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.near import unknown
from pro_collector.domain.research import definitions
from pro_collector.domain.study.amendment import VersionInForce, in_force
from pro_collector.domain.study.definition import Study, stored_study
from pro_collector.errors import Conflict, NotFound
from pro_collector.postgres.connection import Tx
from scheduler.calendar import Silence
from scheduler.rulebook import Rules


@dataclass(frozen=True)
class StudyVersion:
    """One version of a study with the instruments that it was applied with."""

    study: Study
    instruments: dict[str, Instrument]

    @cached_property
    def _rules(self) -> Rules:
        return self.study.rules()

    @property
    def silence(self) -> Silence:
        """The hours and days on which the study sends nothing, whatever the site and the assessment."""
        return self._rules.silence

    def silence_of(self, assessment: str | None, site: str | None) -> Silence:
        """The hours and days on which nothing is sent to a site about an assessment; None: about no assessment."""
        return self._rules.silence_of(self.study.assessments.get(assessment or ""), site)

    @cached_property
    def questions(self) -> dict[str, int]:
        """How many questions each instrument asks, for the study's budget of questions."""
        return {id: len(remaining(instrument, {})) for id, instrument in self.instruments.items()}


@dataclass(frozen=True, slots=True)
class StudyInForce:
    """Which version of a study is in force, and since when."""

    id: str
    version: str
    hash: str
    applied_at: datetime


@dataclass(frozen=True, slots=True)
class Application:
    """One application of a version; a version may be applied several times."""

    id: int
    version: str
    applied_at: datetime
    applied_by: str


class Studies:
    """A cache of studies: a version never changes after it was applied."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], StudyVersion] = {}
        self._rules: dict[tuple[str, int], Rules] = {}

    async def get(self, tx: Tx, id: str, version: str) -> StudyVersion:
        """One version of a study. Raises NotFound."""
        if (id, version) not in self._known:
            self._known[id, version] = await _load(tx, id, version)
        return self._known[id, version]

    async def in_force(self, tx: Tx, id: str) -> StudyVersion:
        """The version of a study that is in force. Raises NotFound, with a similar name."""
        row = await current(tx, id)
        if row is None:
            raise NotFound(unknown("study", id, [each.id for each in await all_in_force(tx)]))
        return await self.get(tx, id, row.version)

    async def history(self, tx: Tx, id: str) -> list[VersionInForce]:
        """Every version that was put in force, oldest first."""
        return await self._history(tx, id, await applications(tx, id))

    async def rules(self, tx: Tx, id: str, version: str | None = None) -> Rules:
        """The schedules in force: those of the last version, with each assessment amended by its policy.

        `version`: the schedules for somebody who is still under this version, as when it was the last.
        """
        rows = await applications(tx, id)
        while version not in (None, rows[-1].version):
            rows.pop()
        key = (id, rows[-1].id)
        if key not in self._rules:
            last = await self.get(tx, id, rows[-1].version)
            self._rules[key] = in_force(await self._history(tx, id, rows), last.questions)
        return self._rules[key]

    async def _history(self, tx: Tx, id: str, rows: Sequence[Application]) -> list[VersionInForce]:
        return [VersionInForce((await self.get(tx, id, row.version)).study, row.applied_at) for row in rows]


async def applications(tx: Tx, id: str) -> list[Application]:
    """Every time that a version of a study was put in force, oldest first."""
    async with tx.cursor(row_factory=class_row(Application)) as cursor:
        await cursor.execute(
            "SELECT id, version, applied_at, applied_by FROM study_application WHERE study = %s ORDER BY id", (id,)
        )
        return await cursor.fetchall()


async def _load(tx: Tx, id: str, version: str) -> StudyVersion:
    text = await document(tx, id, version)
    rows = await tx.execute(
        """
        SELECT i.document FROM study_instrument s
        JOIN instrument i ON (i.id, i.version, i.hash) = (s.instrument, s.instrument_version, s.instrument_hash)
        WHERE s.study = %s AND s.study_version = %s
        """,
        (id, version),
    )
    instruments = [read_instrument(stored["document"]) for stored in await rows.fetchall()]
    return StudyVersion(_study(text, f"{id} {version}"), {instrument.id: instrument for instrument in instruments})


_study = lru_cache(maxsize=16)(stored_study)


_LOCK_SPACE = 0x7374  # "st"; different from all other advisory locks


async def lock(tx: Tx, id: str) -> None:
    """Lock a study until the transaction ends: nobody else can apply a version of it or enrol participants."""
    await tx.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (_LOCK_SPACE, id))


async def keep_in_force(tx: Tx, id: str) -> None:
    """Keep the version in force until the transaction ends: nobody can `lock` the study; others may keep it too."""
    await tx.execute("SELECT pg_advisory_xact_lock_shared(%s, hashtext(%s))", (_LOCK_SPACE, id))


async def left_behind(tx: Tx) -> list[str]:
    """The studies in which somebody is not under the version in force: whoever applied it has not finished."""
    rows = await tx.execute(
        "SELECT s.id FROM study s WHERE s.current AND EXISTS ("
        " SELECT FROM participant p WHERE p.study = s.id AND p.study_version <> s.version) ORDER BY s.id"
    )
    return [row["id"] for row in await rows.fetchall()]


async def current(tx: Tx, id: str) -> StudyInForce | None:
    """The version of a study that is in force; None if there is none."""
    async with tx.cursor(row_factory=class_row(StudyInForce)) as cursor:
        await cursor.execute("SELECT id, version, hash, applied_at FROM study WHERE id = %s AND current", (id,))
        return await cursor.fetchone()


async def all_in_force(tx: Tx) -> list[StudyInForce]:
    """The version in force of every study, ordered by id."""
    async with tx.cursor(row_factory=class_row(StudyInForce)) as cursor:
        await cursor.execute("SELECT id, version, hash, applied_at FROM study WHERE current ORDER BY id")
        return await cursor.fetchall()


async def document(tx: Tx, id: str, version: str) -> str:
    """The file of a version, as it was applied. Raises NotFound."""
    rows = await tx.execute("SELECT document FROM study WHERE id = %s AND version = %s", (id, version))
    row = await rows.fetchone()
    if row is None:
        raise NotFound(f"study {id} {version} was never applied to this database")
    return str(row["document"])


async def version_hash(tx: Tx, id: str, version: str) -> str | None:
    """The hash of an applied version, in force or not; None if it was never applied."""
    rows = await tx.execute("SELECT hash FROM study WHERE id = %s AND version = %s", (id, version))
    row = await rows.fetchone()
    return row["hash"] if row else None


async def put_in_force(tx: Tx, study: Study, text: str, instruments: list[Instrument], by: str, now: datetime) -> None:
    """Store a version with its instruments, and put it in force."""
    await tx.execute("UPDATE study SET current = false WHERE id = %s AND current", (study.id,))
    await tx.execute(
        """
        INSERT INTO study (id, version, document, hash, cycle_kind, applied_at, applied_by, current, definition)
        VALUES (%s, %s, %s, %s, %s, %s, %s, true, %s)
        ON CONFLICT (id, version) DO UPDATE SET current = true, applied_at = excluded.applied_at
        """,
        (study.id, study.version, text, study.hash, study.cycle, now, by, Jsonb(definitions.of_study(study))),
    )
    await tx.execute(
        "INSERT INTO study_application (study, version, applied_at, applied_by) VALUES (%s, %s, %s, %s)",
        (study.id, study.version, now, by),
    )
    for instrument in instruments:
        await store_instrument(tx, instrument, now)
        await tx.execute(
            """
            INSERT INTO study_instrument (study, study_version, instrument, instrument_version, instrument_hash)
            VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
            """,
            (study.id, study.version, instrument.id, instrument.version, _hash(instrument)),
        )


async def store_instrument(tx: Tx, instrument: Instrument, now: datetime) -> None:
    """Store a definition for ever, so that all questions and scores of it can be explained.

    Raises Conflict if this version was published with other items or scoring; wording and tables may differ.
    """
    rows = await tx.execute(
        "SELECT document FROM instrument WHERE (id, version) = (%s, %s) LIMIT 1", (instrument.id, instrument.version)
    )
    row = await rows.fetchone()
    if row is not None and read_instrument(row["document"]).version_hash != instrument.version_hash:
        version = f"{instrument.id} {instrument.version}"
        raise Conflict(
            f"{version} was published with other items or scoring; give the changed instrument a new version"
        )
    await tx.execute(
        "INSERT INTO instrument (id, version, hash, document, published_at, definition)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (
            instrument.id, instrument.version, _hash(instrument), instrument_document(instrument), now,
            Jsonb(definitions.of_instrument(instrument)),
        ),
    )  # fmt: skip
    await _store_items(tx, instrument)


async def _store_items(tx: Tx, instrument: Instrument) -> None:
    """Store the items of an instrument, and those of its scales, as rows for the research views."""
    of = instrument.id, instrument.hash
    items = [(*of, item.id, n, item.kind) for n, item in enumerate(instrument.items, 1)]
    below = [(*of, scale, item) for scale, names in instrument.items_below.items() for item in names]
    async with tx.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO instrument_item (instrument, instrument_hash, item, item_n, kind) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            items,
        )
        await cursor.executemany(
            "INSERT INTO scale_item (instrument, instrument_hash, scale, item) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            below,
        )


async def fill_definitions(tx: Tx) -> None:
    """Store what the research views need of studies and instruments that an older version of the product stored."""
    rows = await tx.execute("SELECT id, version, document FROM study WHERE definition IS NULL")
    for row in await rows.fetchall():
        study = stored_study(row["document"], f"{row['id']} {row['version']}")
        await tx.execute(
            "UPDATE study SET definition = %s WHERE id = %s AND version = %s",
            (Jsonb(definitions.of_study(study)), row["id"], row["version"]),
        )
    rows = await tx.execute("SELECT id, version, hash, document FROM instrument WHERE definition IS NULL")
    for row in await rows.fetchall():
        instrument = read_instrument(row["document"])
        await tx.execute(
            "UPDATE instrument SET definition = %s WHERE id = %s AND version = %s AND hash = %s",
            (Jsonb(definitions.of_instrument(instrument)), row["id"], row["version"], row["hash"]),
        )
        await _store_items(tx, instrument)


async def instrument_by_hash(tx: Tx, id: str, hash: str) -> Instrument:
    """The definition with this hash, with any wording. Raises NotFound."""
    rows = await tx.execute(
        "SELECT document FROM instrument WHERE id = %s AND starts_with(hash, %s) LIMIT 1", (id, hash)
    )
    row = await rows.fetchone()
    if row is None:
        raise NotFound(f"no definition of {id} with hash {hash[:12]} is stored in this database")
    return read_instrument(row["document"])


@lru_cache(maxsize=64)
def read_instrument(document: str) -> Instrument:
    """The instrument that was stored as this text: read once, because every version of a study has the same ones."""
    return Instrument.model_validate(yaml.load(document, Loader=_LOADER))  # noqa: S506  # a safe loader


def _hash(instrument: Instrument) -> str:
    """The hash of structure and wording together: another wording is another publication."""
    return instrument.hash + "".join(f"-{instrument.text_hash(lang)[:8]}" for lang in sorted(instrument.texts))


def instrument_document(instrument: Instrument) -> str:
    """The whole instrument as YAML, because YAML distinguishes the keys 0 and "0"; JSON does not."""
    return yaml.dump(instrument.model_dump(exclude_defaults=True), Dumper=_Dumper, sort_keys=False, allow_unicode=True)


# libyaml reads an instrument ten times as fast as PyYAML alone: it is read for every study that is loaded.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # libyaml is four times as fast
    """Writes a value that occurs twice twice, without anchors; tuples as lists."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # PyYAML's signature
        return True
