"""What is on the worklist of a study, at the sites of whoever asks: open tasks and alerts, and who answers no more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from pro_collector.domain.account.permission import Sites
from pro_collector.domain.alert.life import State
from pro_collector.domain.worklist import About, AskedCheckIn, Held, TaskFacts
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables.tasks import texts_of
from scheduler.occasion import PLAN_REASONS
from scheduler.rules import Reporter

LOOKED_AT = 12
"""How many of the last check-ins of somebody are looked at, to see whether they are silent."""
_SEEN: LiteralString = "p.study = %(study)s AND (%(sites)s::text[] IS NULL OR p.site = ANY(%(sites)s))"
_ABOUT: LiteralString = "p.id AS participant_id, p.code, p.site, p.zone"
_HELD: LiteralString = """
    coalesce(w.version, 0) AS version, w.assignee, w.held_until, w.snoozed_at, w.snoozed_until, w.done_at AS finished_at
"""
_TASKS: LiteralString = f"""
    SELECT t.id, t.kind, t.raised_at, t.detail, t.importance, t.done_at, o.assessment, o.late_until,
           i.received_at AS last_text_at, {_ABOUT}, {_HELD}
    FROM task t JOIN participant p ON p.id = t.participant_id
    LEFT JOIN occasion o ON o.id = t.occasion_id
    LEFT JOIN vault.inbound i ON i.id = (t.detail ->> 'inbound')::uuid
    LEFT JOIN work w ON w.item = t.id
    WHERE {_SEEN}
"""  # noqa: S608  # no value in it
_ALERTS: LiteralString = f"""
    SELECT a.id, a.study_version, a.rule, a.reporter, a.state, a.raised_at, a.last_at, a.due_at, a.repeats,
           a.came_back, a.acknowledged_by, {_ABOUT}, {_HELD}
    FROM alert a JOIN participant p ON p.id = a.participant_id LEFT JOIN work w ON w.item = a.id
    WHERE {_SEEN}
"""  # noqa: S608  # no value in it
_ASKED: LiteralString = f"""
    SELECT o.id, o.at, o.answered, {_ABOUT}
    FROM participant p CROSS JOIN LATERAL (
        SELECT o.id, coalesce(o.ended_at, o.due_at) AS at, o.state <> 'missed' AS answered FROM occasion o
        WHERE o.participant_id = p.id AND o.due_at <= %(now)s AND o.reporter <> 'caregiver'
          AND (o.state IN ('started', 'partial', 'completed')
               OR (o.state = 'missed' AND o.reason <> ALL(%(planned_away)s)))
        ORDER BY o.due_at DESC LIMIT {LOOKED_AT}) o
    WHERE {_SEEN}
      AND NOT EXISTS (SELECT FROM participant_state s WHERE s.participant_id = p.id AND s.retracted_at IS NULL
        AND s.kind <> 'moved' AND s.starts_on <= %(now)s::date AND (s.ends_on IS NULL OR s.ends_on > %(now)s::date))
      AND NOT EXISTS (SELECT FROM task t WHERE t.participant_id = p.id AND t.kind IN ('call', 'contact')
        AND t.done_at IS NULL)
    ORDER BY p.id
"""  # noqa: S608  # no value in it
_OF_SILENCES: LiteralString = f"SELECT w.item, {_HELD} FROM work w WHERE w.item = ANY(%s)"  # noqa: S608
_NEWS: LiteralString = f"""
    SELECT md5(coalesce(string_agg(open.mark, ' ' ORDER BY open.mark), '')) AS mark,
           count(*) FILTER (WHERE open.at > %(since)s) AS new
    FROM (
        SELECT concat_ws('/', t.id, t.detail ->> 'inbound', w.version) AS mark, t.raised_at AS at
        FROM task t JOIN participant p ON p.id = t.participant_id LEFT JOIN work w ON w.item = t.id
        WHERE {_SEEN} AND t.done_at IS NULL
        UNION ALL
        SELECT concat_ws('/', a.id, a.state, a.repeats, w.version), a.raised_at
        FROM alert a JOIN participant p ON p.id = a.participant_id LEFT JOIN work w ON w.item = a.id
        WHERE {_SEEN} AND a.state <> 'closed'
    ) open
"""  # noqa: S608  # no value in it


@dataclass(frozen=True, slots=True)
class FoundTask:
    """A task, and who has it."""

    task: TaskFacts
    held: Held


@dataclass(frozen=True, slots=True)
class FoundAlert:
    """An alert of a rule, and until when it is put off. How urgent the rule is stands in its version of the study."""

    id: UUID
    about: About
    study_version: str
    rule: str
    reporter: Reporter
    state: State
    raised_at: datetime
    last_at: datetime
    due_at: datetime | None
    repeats: int
    came_back: int
    acknowledged_by: str | None
    held: Held


@dataclass(frozen=True, slots=True)
class OpenList:
    """What is open: `mark` changes with every change of it; `new`: how many items came after an instant."""

    mark: str
    new: int


async def open_tasks(tx: Tx, study: str, sites: Sites) -> list[FoundTask]:
    """The tasks of a study at these sites that are not done."""
    rows = await tx.execute(f"{_TASKS} AND t.done_at IS NULL", _asked_for(study, sites))
    return [_task(row) for row in await rows.fetchall()]


async def find_task(tx: Tx, study: str, sites: Sites, id: UUID) -> FoundTask | None:
    """The task with this id, also if it is done; None if it is of another study or site."""
    rows = await tx.execute(f"{_TASKS} AND t.id = %(id)s", {**_asked_for(study, sites), "id": id})
    return next((_task(row) for row in await rows.fetchall()), None)


async def open_alerts(tx: Tx, study: str, sites: Sites) -> list[FoundAlert]:
    """The alerts of a study at these sites that are not closed."""
    rows = await tx.execute(f"{_ALERTS} AND a.state <> 'closed'", _asked_for(study, sites))
    return [_alert(row) for row in await rows.fetchall()]


async def find_alert(tx: Tx, study: str, sites: Sites, id: UUID) -> FoundAlert | None:
    """The alert with this id, also if it is closed; None if it is of another study or site."""
    rows = await tx.execute(f"{_ALERTS} AND a.id = %(id)s", {**_asked_for(study, sites), "id": id})
    return next((_alert(row) for row in await rows.fetchall()), None)


async def asked_check_ins(tx: Tx, study: str, sites: Sites, now: datetime) -> dict[About, list[AskedCheckIn]]:
    """The last check-ins that each person was asked to answer; without those who are paused, away or not there any
    more, and without those whom somebody is to call anyway."""
    values = {**_asked_for(study, sites), "now": now, "planned_away": sorted(PLAN_REASONS)}
    found: dict[About, list[AskedCheckIn]] = {}
    async for row in await tx.execute(_ASKED, values):
        found.setdefault(_about(row), []).append(AskedCheckIn(row["id"], row["at"], row["answered"]))
    return found


async def held_silences(tx: Tx, ids: list[UUID]) -> dict[UUID, tuple[Held, bool]]:
    """Who has these silences, by id, and whether they are done; without those on which nobody has acted."""
    rows = await tx.execute(_OF_SILENCES, (ids,))
    return {row["item"]: (_held(row), row["finished_at"] is not None) for row in await rows.fetchall()}


async def news(tx: Tx, study: str, sites: Sites, since: datetime) -> OpenList:
    """What is open at these sites now, to be compared with what a page shows."""
    rows = await tx.execute(_NEWS, {**_asked_for(study, sites), "since": since})
    row = (await rows.fetchall())[0]
    return OpenList(row["mark"], row["new"])


async def count(tx: Tx, study: str, sites: Sites) -> int:
    """How many tasks and alerts of a study are open at these sites."""
    rows = await tx.execute(
        f"""
        SELECT (SELECT count(*) FROM task t JOIN participant p ON p.id = t.participant_id
                WHERE {_SEEN} AND t.done_at IS NULL)
             + (SELECT count(*) FROM alert a JOIN participant p ON p.id = a.participant_id
                WHERE {_SEEN} AND a.state <> 'closed') AS n
        """,  # noqa: S608  # no value in it
        _asked_for(study, sites),
    )
    return int((await rows.fetchall())[0]["n"])


def _asked_for(study: str, sites: Sites) -> dict[str, str | list[str] | None]:
    return {"study": study, "sites": sites.listed}


def _about(row: dict[str, Any]) -> About:
    return About(row["participant_id"], row["code"], row["site"], row["zone"])


def _held(row: dict[str, Any]) -> Held:
    return Held(row["version"], row["assignee"], row["held_until"], row["snoozed_at"], row["snoozed_until"])


def _task(row: dict[str, Any]) -> FoundTask:
    detail = row["detail"]
    task = TaskFacts(
        row["id"], row["kind"], _about(row), detail.get("reason", ""), row["importance"], row["raised_at"],
        row["last_text_at"], len(texts_of(detail)), row["assessment"], row["late_until"],
        done=row["done_at"] is not None,
    )  # fmt: skip
    return FoundTask(task, _held(row))


def _alert(row: dict[str, Any]) -> FoundAlert:
    return FoundAlert(
        row["id"], _about(row), row["study_version"], row["rule"], row["reporter"], row["state"], row["raised_at"],
        row["last_at"], row["due_at"], row["repeats"], row["came_back"], row["acknowledged_by"], _held(row),
    )  # fmt: skip
