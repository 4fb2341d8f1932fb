"""Try alert rules on the stored answers of a study: what they would have raised. Changes nothing, alerts nobody."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework.alerting import subject_of
from pro_collector.commands.ask_job import ask_job
from pro_collector.domain.account.permission import ALL_SITES, Sites
from pro_collector.domain.alert.backtest import (
    Overlap,
    PastAlert,
    PastPerson,
    RuleBacktest,
    Share,
    overlap,
    past_alerts,
    summary,
)
from pro_collector.domain.alert.rule import AlertSection
from pro_collector.domain.near import unknown
from pro_collector.domain.study.alert_file import load_alerts
from pro_collector.errors import NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import person_history
from pro_collector.postgres.questions.person_history import PersonHistory
from pro_collector.postgres.tables import participants
from pro_collector.postgres.tables.participants import ParticipantRow, StateRow
from pro_collector.postgres.tables.studies import StudyVersion
from pro_collector.runtime import Runtime
from scheduler.person import ENDING

BATCH_SIZE = 200
"""How many people are read at once."""


@dataclass(frozen=True, slots=True)
class RuleFile:
    """The text of a file of rules, and its name for mistakes."""

    text: str
    name: str


@dataclass(frozen=True, slots=True)
class Backtested:
    """What the rules would have raised: by rule, all together, by participant (code), and beside the old rules."""

    rules: dict[str, RuleBacktest]
    together: RuleBacktest
    by_code: dict[str, int]
    overlap: Overlap | None


async def ask_backtest(
    rt: Runtime, study: str, rules: RuleFile, *, old: RuleFile | None, event: str | None, days: int, nurses: int,
    sites: Sites, by: str,
) -> UUID:  # fmt: skip
    """Ask for a back-test in the background, for the people of these sites; returns the id of the job.

    `nurses` share the work. Raises BadInput with every mistake in the files, NotFound for an unknown study or event.
    """
    async with rt.database.transaction() as tx:
        _read(await rt.studies.in_force(tx, study), rules, old, event)
    asked = {
        "rules": rules.text, "file": rules.name, "old": old.text if old else None, "event": event, "days": days,
        "nurses": nurses, "sites": sites.listed,
    }  # fmt: skip
    return await ask_job(rt, study, "backtest", asked, by=by)


async def backtest(
    rt: Runtime, study: str, rules: RuleFile, *, old: RuleFile | None = None, event: str | None = None, days: int = 7,
    sites: Sites = ALL_SITES,
) -> Backtested:  # fmt: skip
    """Try the rules of a file on the people of these sites.

    `event`: judge the alerts by whether it came at most so many `days` later.

    Raises BadInput with every mistake in the files, NotFound for an unknown study or event.
    """
    async with rt.database.transaction(long=True) as tx:
        tried, before = _read(await rt.studies.in_force(tx, study), rules, old, event)
        people = await _people(tx, study, event, sites, rt.clock.now())
    return await asyncio.to_thread(_tried, tried, before, people, days)  # it takes seconds, and others wait


def _read(
    version: StudyVersion, rules: RuleFile, old: RuleFile | None, event: str | None
) -> tuple[AlertSection, AlertSection | None]:
    if event is not None and event not in version.study.timeline:
        raise NotFound(unknown("event", event, list(version.study.timeline)))
    tried = load_alerts(rules.text, rules.name, version.study, version.instruments)
    return tried, load_alerts(old.text, old.name, version.study, version.instruments) if old else None


def _tried(tried: AlertSection, before: AlertSection | None, people: Sequence[PastPerson], days: int) -> Backtested:
    alerts = _alerts(tried, people)
    return Backtested(
        {name: summary(alerts, people, days, name) for name in tried.rules},
        summary(alerts, people, days),
        _by_code(alerts),
        overlap(_alerts(before, people), alerts) if before else None,
    )


async def _people(tx: Tx, study: str, event: str | None, sites: Sites, now: datetime) -> list[PastPerson]:
    people: list[PastPerson] = []
    rows = [row for row in await participants.of_study(tx, study) if row.site in sites]
    for start in range(0, len(rows), BATCH_SIZE):
        some = rows[start : start + BATCH_SIZE]
        ids = [row.id for row in some]
        histories, states = await person_history.load(tx, ids), await participants.states(tx, ids)
        people += [_person(row, histories[row.id], event, _until(row, states[row.id], now)) for row in some]
    return people


def _until(row: ParticipantRow, states: Sequence[StateRow], now: datetime) -> datetime:
    """When somebody left the study, else now."""
    left = [state.starts_on for state in states if state.kind in ENDING]
    return min([now, *(datetime.combine(day, time(), ZoneInfo(row.zone)) for day in left)])


def _person(row: ParticipantRow, rows: PersonHistory, event: str | None, until: datetime) -> PastPerson:
    surveys = {value.occasion: value.at for values in rows.values.values() for value in values}
    events = tuple(each.on for each in rows.happened if each.kind == event and each.replaced_at is None)
    return PastPerson(row.code, subject_of(row, rows), surveys, events, until)


def _alerts(section: AlertSection, people: Sequence[PastPerson]) -> list[PastAlert]:
    return [alert for person in people for alert in past_alerts(section.rules, person)]


def _by_code(alerts: Sequence[PastAlert]) -> dict[str, int]:
    """How many alerts of each participant, the most first."""
    counts = Counter(alert.code for alert in alerts)
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def as_data(found: Backtested, ids: Mapping[str, UUID]) -> dict[str, Any]:
    """What was found as plain data to be kept; people by their ids. `ids`: the id of each code."""
    return {
        "rules": {name: _as_data(one) for name, one in found.rules.items()},
        "together": _as_data(found.together),
        "overlap": found.overlap and found.overlap._asdict(),
        "people": {str(ids[code]): count for code, count in found.by_code.items() if code in ids},
    }


def _as_data(one: RuleBacktest) -> dict[str, Any]:
    shares = {name: value for name in RuleBacktest.__slots__ if isinstance(value := getattr(one, name), Share)}
    told = {name: {**asdict(share), "value": share.value, "interval": share.interval} for name, share in shares.items()}
    return {**asdict(one), **told}
