"""`/team/study/{study}/audit`: who did and saw what, as a page and as a file; and whether the record was verified."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pro_collector.display.audit_words import VIEWS, answered_in_words, page_in_words
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import may
from pro_collector.postgres.questions.audit_log import KINDS, AuditFilter, AuditLine
from pro_collector.views.audit import EVER, audit_page, whole_trail
from pro_collector.web.team.guard import Endpoint, StudyVisit, TeamGuard
from pro_collector.web.team.pages import TeamPages
from pro_collector.web.team.state_words import STATE_WORDS
from pro_collector.web.team_page import HEADERS

COLUMNS = ("at", "kind", "by", "from", "what", "participant", "before", "after", "why")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins with one of these is a formula for a spreadsheet program."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What somebody asked for: the fields as they typed them, and what they mean."""

    fields: Mapping[str, str]
    wanted: AuditFilter
    after: tuple[datetime, str] | None
    mistakes: Mapping[str, str]


class AuditPages:
    """The audit trail of a study."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages = guard, pages

    def routes(self) -> Iterable[tuple[str, str, Endpoint]]:
        """The page and the file."""
        path, act = "/team/study/{study}/audit", Act.read_audit
        yield path, "GET", self._guard.of_study(act, self.show)
        yield f"{path}.csv", "GET", self._guard.of_study(act, self.download, fresh=True)

    async def show(self, request: Request, visit: StudyVisit) -> Response:
        """Show a page of the trail, newest first."""
        asked = _asked(request)
        words = _may_read_words(visit)
        found = await audit_page(visit.rt, visit.study, visit.sites, asked.wanted, words=words, after=asked.after)
        last = found.lines[-1] if found.more else None
        older = urlencode({**asked.fields, "after": f"{last.at.isoformat()}~{last.place}"}) if last else ""
        return self._pages.of_study(
            "audit.html", visit, "audit", status=422 if asked.mistakes else 200, mistakes=asked.mistakes, found=found,
            fields=asked.fields, kinds=KINDS, older=older, file=urlencode(asked.fields), words=words,
            now=self._guard.rt.clock.now(), shown=in_words(found.lines, found.names),
        )  # fmt: skip

    async def download(self, request: Request, visit: StudyVisit) -> Response:
        """The whole trail as CSV."""
        headers = {**HEADERS, "Content-Disposition": f'attachment; filename="audit-{visit.study}.csv"'}
        return StreamingResponse(_csv(visit, _asked(request).wanted), 200, headers, "text/csv; charset=utf-8")


def in_words(lines: Sequence[AuditLine], names: Mapping[str, str]) -> list[AuditLine]:
    """The lines as a person reads them. `names`: what the study calls its events and rules."""
    return [_in_words(line, names) for line in lines]


def _in_words(line: AuditLine, names: Mapping[str, str]) -> AuditLine:
    if line.kind in ("page", "act"):
        words = page_in_words(line.kind, line.what, line.why)
        if words is None:
            return line
        being_shown = line.kind == "page" and line.became is None  # such as this page now
        return replace(line, what=words, became="" if being_shown else answered_in_words(line.became), why="")
    what = {
        "words": VIEWS.get(line.what), "treatment": names.get(line.what), "alert": names.get(line.what),
        "state": STATE_WORDS.get(line.what), "state taken back": STATE_WORDS.get(line.what),
    }.get(line.kind)  # fmt: skip
    return replace(line, what=what or line.what.replace("_", " "))


async def _csv(visit: StudyVisit, wanted: AuditFilter) -> AsyncIterator[str]:
    yield _rows([COLUMNS])
    words = _may_read_words(visit)
    async for lines in whole_trail(visit.rt, visit.study, visit.sites, wanted, words=words):
        yield _rows(map(_cells, lines))


def _cells(line: AuditLine) -> list[str]:
    cells = (
        line.at.isoformat(), line.kind, line.by_whom, line.client, line.what, line.code, line.was, line.became, line.why
    )  # fmt: skip
    return [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in (each or "" for each in cells)]


def _rows(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _may_read_words(visit: StudyVisit) -> bool:
    """Whether whoever asks may read words at every site that the trail is about."""
    sites: Sequence[str | None] = visit.sites.listed or [None]
    return all(may(visit.who.grants, Act.read_words, visit.study, site) for site in sites)


def _asked(request: Request) -> _Asked:
    fields = {name: request.query_params.get(name, "").strip() for name in ("by", "code", "kind", "since", "until")}
    mistakes: dict[str, str] = {}
    since, until = _day(fields, "since", mistakes), _day(fields, "until", mistakes)
    wanted = AuditFilter(
        since=_midnight(since) if since else EVER[0],
        until=_midnight(until + timedelta(days=1)) if until else EVER[1],
        by=fields["by"] or None,
        code=fields["code"] or None,
        kind=fields["kind"] or None,
    )
    return _Asked(fields, wanted, _place(request.query_params.get("after", "")), mistakes)


def _day(fields: Mapping[str, str], name: str, mistakes: dict[str, str]) -> date | None:
    if not fields[name]:
        return None
    try:
        return date.fromisoformat(fields[name])
    except ValueError:
        mistakes[name] = "Write the day as 2026-05-31."
        return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _place(after: str) -> tuple[datetime, str] | None:
    """Where a page goes on; None: at the beginning, as for what is no place at all."""
    at, _, place = after.partition("~")
    try:
        when = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (when, place.replace("\0", "")) if when.tzinfo else None
