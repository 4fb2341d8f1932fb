"""The audit trail of a study: who did and saw what, when, from where, to whom, before, after and why."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pro_collector.commands.show_task import spoken
from pro_collector.domain.account.permission import Sites
from pro_collector.postgres.questions import audit_log
from pro_collector.postgres.questions.audit_log import AuditFilter, AuditLine
from pro_collector.postgres.tables import audit
from pro_collector.postgres.tables.audit import Verification
from pro_collector.runtime import Runtime

PAGE = 100
"""How many lines a page has."""
BATCH = 1000
"""How many lines of a download are read at once."""
LATE = timedelta(hours=36)
"""The chain is verified every night; when the last time is longer ago, something is wrong."""
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class AuditPage:
    """A page of the trail. `more`: there are older lines. `verified` None: the chain was never verified.

    `names`: what the study calls its events and the rules of its alerts.
    """

    lines: Sequence[AuditLine]
    more: bool
    verified: Verification | None
    is_late: bool
    names: Mapping[str, str]


async def audit_page(
    rt: Runtime, study: str, sites: Sites, wanted: AuditFilter, *, words: bool,
    after: tuple[datetime, str] | None = None,
) -> AuditPage:  # fmt: skip
    """A page of the trail of a study, newest first, after the line with this time and place.

    `words`: whoever looks may read words, so that notes are shown too.
    """
    async with rt.database.transaction() as tx:
        lines = await audit_log.lines(tx, study, sites, wanted, words=words, after=after, limit=PAGE + 1)
        verified = await audit.last_verification(tx)
        version = (await rt.studies.in_force(tx, study)).study
    is_late = verified is None or verified.at < rt.clock.now() - LATE
    events = {name: spoken(each.label) for name, each in version.timeline.items()}
    rules = {name: spoken(each.label) for name, each in version.alerts.rules.items()} if version.alerts else {}
    return AuditPage(lines[:PAGE], len(lines) > PAGE, verified, is_late, {**events, **rules})


async def whole_trail(
    rt: Runtime, study: str, sites: Sites, wanted: AuditFilter, *, words: bool
) -> AsyncIterator[Sequence[AuditLine]]:
    """All lines that are wanted, newest first, some at a time; no transaction stays open between them."""
    after: tuple[datetime, str] | None = None
    while True:
        async with rt.database.transaction() as tx:
            lines = await audit_log.lines(tx, study, sites, wanted, words=words, after=after, limit=BATCH)
        if lines:
            yield lines
            after = lines[-1].at, lines[-1].place
        if len(lines) < BATCH:
            return
