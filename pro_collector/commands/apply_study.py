"""Apply a study file: check it, put it in force, and have all its participants planned again, some at a time."""

import asyncio
import gc
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from pro_collector import rendering
from pro_collector.casework import planning
from pro_collector.domain.events import StudyAmended
from pro_collector.domain.instrument.branching import remaining
from pro_collector.domain.study.amendment import Amendment, AssessmentChange, amend
from pro_collector.domain.study.definition import Study, load_study
from pro_collector.errors import BadInput, Conflict, Problem
from pro_collector.library import Library
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import outbox, participants, studies
from pro_collector.runtime import Runtime
from scheduler.replan import DiffTotals

SLICE = 50
"""How many participants are put under a new version in one transaction."""
USUAL, SELDOM = gc.get_threshold(), 100_000
"""How many new objects there are before Python looks for unreachable ones; for a preview, which makes millions."""
Tell = Callable[[int, int], None]
"""Called with the progress: so many of how many participants."""


def tell_nobody(_done: int, _of: int) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True)
class Applied:
    """The result of applying a study file."""

    study: Study
    before: str | None
    participants: int

    @property
    def changed(self) -> bool:
        """Whether another version was in force before."""
        return self.before != self.study.version


@dataclass(slots=True)
class Preview:
    """The effects of an amendment before it is applied.

    `counts` has the occasions of each changed assessment, by kind of change. `affected` has the id and the code of each
    affected participant, with their totals.
    """

    before: str
    after: str
    changes: tuple[AssessmentChange, ...]
    study_wide: tuple[str, ...]
    people: int = 0
    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    affected: list[tuple[UUID, str, DiffTotals]] = field(default_factory=list)

    def add(self, some: Amendment, codes: Mapping[UUID, str]) -> None:
        """Count what an amendment changes for some more participants."""
        self.people += some.people
        for change in some.changes:
            self.counts[change.assessment].update(some.count(change.assessment))
        self.affected += [(each.person, codes[each.person], each.diff.totals) for each in some.affected]


def read(text: str, file: str, library: Library) -> Study:
    """Parse a study file that is to be put in force: its languages have texts, and everybody in it can be asked.

    Raises BadInput with every mistake.
    """
    study = load_study(text, file, library.by_id())
    unspoken = sorted(set(study.languages) - set(rendering.languages()))
    if unspoken:
        known = ", ".join(rendering.languages())
        raise BadInput([Problem(file, None, "languages", f"no texts in {', '.join(unspoken)}; there are: {known}")])
    return study


async def preview(rt: Runtime, study: Study, library: Library, tell: Tell = tell_nobody) -> Preview | None:
    """The effects of putting `study` in force; None when there is nobody to affect.

    Changes and locks nothing: replies, alerts and STOP are handled at the same time. Participants are loaded in
    batches, and only their totals are kept.
    """
    now = rt.clock.now()
    questions = {name: len(remaining(library.get(name), {})) for name in study.instruments}
    async with rt.database.snapshot() as tx:
        history = await rt.studies.history(tx, study.id)
        codes = {row.id: row.code for row in await participants.of_study(tx, study.id)}
        if not codes or history[-1].study.version == study.version:
            return None
        nobody = amend(history, study, (), now, now)
        shown = Preview(nobody.before, nobody.after, nobody.changes, nobody.study_wide)
        ids = list(codes)
        with _seldom_collected():
            for start in range(0, len(ids), planning.BATCH_SIZE):
                some = ids[start : start + planning.BATCH_SIZE]
                loaded = await planning.load_plan_inputs(tx, rt, some, unlocked=True)
                standing = [inputs for _, inputs in loaded]
                # in a thread: other work of this process goes on while some dozens of people are planned
                changed = await asyncio.to_thread(
                    amend, history, study, standing, now, now + planning.HORIZON, questions
                )
                shown.add(changed, codes)
                tell(shown.people, len(ids))
    return shown


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Let Python seldom look for unreachable objects: a third of the time of a preview, which makes no cycles."""
    gc.set_threshold(SELDOM, *USUAL[1:])
    try:
        yield
    finally:
        gc.set_threshold(*USUAL)


async def apply_study(
    rt: Runtime, text: str, file: str, library: Library, by: str, tell: Tell = tell_nobody
) -> Applied:
    """Put a study version in force. The version in force changes nothing (idempotent); an older one is a rollback.

    Its participants follow some at a time; if this process ends before all did, a worker goes on. Raises BadInput with
    every mistake in the file, Conflict when the version was applied with other content.
    """
    study = read(text, file, library)
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        before = await _before(tx, study, file)
        if before != study.version:
            await studies.put_in_force(tx, study, text, [library.get(name) for name in study.instruments], by, now)
    return Applied(study, before, await move_people(rt, study.id, tell))


async def move_people(rt: Runtime, study: str, tell: Tell = tell_nobody) -> int:
    """Put everybody of a study under the version in force and have them planned again; returns how many.

    In slices, each in its own transaction, so that a reply waits for a slice at most. Whoever is not moved yet is
    planned by the version recorded for them. Safe to repeat, and to do in several processes at once.
    """
    moved, left = 0, 1
    while left:
        some, left = await _move_some(rt, study)
        moved += some
        tell(moved, moved + left)
    return moved


async def finish_moving(rt: Runtime) -> int:
    """Move those whom an application that ended in the middle left behind; returns how many."""
    async with rt.database.transaction() as tx:
        behind = await studies.left_behind(tx)
    return sum([await move_people(rt, study) for study in behind])


async def _move_some(rt: Runtime, study: str) -> tuple[int, int]:
    """Move one slice; returns how many that are, and how many are left."""
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        await studies.keep_in_force(tx, study)
        current = await studies.current(tx, study)
        if current is None:
            return 0, 0
        some = await participants.lock_some_of_other_versions(tx, study, current.version, SLICE)
        await participants.set_study_version(tx, some, current.version)
        await outbox.add(tx, [StudyAmended.of(id, now, study, current.version) for id in some])
        return len(some), await participants.count_of_other_versions(tx, study, current.version)


async def _before(tx: Tx, study: Study, file: str) -> str | None:
    """Lock the study and return the version in force. Raises Conflict when this file may not replace it."""
    await studies.lock(tx, study.id)
    known = await studies.version_hash(tx, study.id, study.version)
    if known is not None and known != study.hash:
        raise Conflict(f"{file}: version {study.version} was applied with other content; give this one a new version")
    current = await studies.current(tx, study.id)
    return current.version if current else None
