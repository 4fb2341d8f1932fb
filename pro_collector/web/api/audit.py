"""The audit trail of a study for programs, newest first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime

from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import may
from pro_collector.postgres.questions.audit_log import AuditFilter, AuditLine
from pro_collector.views.audit import EVER, audit_page
from pro_collector.web.api.pages import Cursor, ListPage, cursor, place_of
from pro_collector.web.api.route import OF_STUDY, ApiRoutes, Visit

Text = Annotated[str | None, Query(max_length=100)]


async def audit_trail(
    visit: Visit, since: AwareDatetime = EVER[0], until: AwareDatetime = EVER[1], by: Text = None, code: Text = None,
    kind: Text = None, after: Cursor = None,
) -> ListPage[AuditLine]:  # fmt: skip
    """Who did and saw what, to whom, before, after and why; newest first, 100 on a page."""
    of, vault = f"audit {visit.study}", visit.rt.vault
    begins = place_of(vault, of, after)
    place = (datetime.fromisoformat(begins[0]), begins[1]) if begins else None
    wanted = AuditFilter(since, until, by, code, kind)
    words = _may_read_words(visit)
    found = await audit_page(visit.rt, visit.study, visit.sites, wanted, words=words, after=place)
    last = found.lines[-1] if found.more else None
    return ListPage(items=found.lines, next=cursor(vault, of, [last.at.isoformat(), last.place]) if last else None)


def _may_read_words(visit: Visit) -> bool:
    """Whether whoever asks may read words at every site that the trail is about."""
    sites: Sequence[str | None] = visit.sites.listed or [None]
    return all(may(visit.who.grants, Act.read_words, visit.study, site) for site in sites)


def add_audit(routes: ApiRoutes) -> None:
    """Add the route."""
    routes.add(Act.read_audit, f"{OF_STUDY}/audit", audit_trail, tag="audit")
