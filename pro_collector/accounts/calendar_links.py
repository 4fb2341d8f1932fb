"""Private links to calendars of check-ins: made and shown once, valid for a year, revoked at any time.

A link allows no more than its account may do at each fetch, and less: it shows codes, titles, states and windows.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from pro_collector.accounts.person import Actor, grants, note
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import Sites, sites_for
from pro_collector.errors import NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import accounts, calendar_links, participants, team_acts
from pro_collector.postgres.tables.calendar_links import CalendarLinkRow, LinkInForce
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.postgres.tables.team_acts import TeamAct
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash

PATH = "/calendar"
"""Where links lead: `PATH/SECRET.ics`, outside of the pages that need a session."""
LASTS = timedelta(days=365)
_FETCHED = "/team/study/{study}/calendar/link"
_FETCHED_OF_PERSON = "/team/study/{study}/people/{code}/calendar-link"


@dataclass(frozen=True, slots=True)
class OpenCalendar:
    """What a link shows now: these sites of a study, and one person of them (None: everybody)."""

    study: str
    sites: Sites
    person: ParticipantRow | None


async def make_link(rt: Runtime, account: UUID, study: str, person: ParticipantRow | None, actor: Actor) -> str:
    """Make a link for somebody who may see these people; its address, whose secret is stored nowhere."""
    secret, now = secrets.token_urlsafe(32), rt.clock.now()
    of = person.id if person else None
    row = CalendarLinkRow(uuid4(), account, study, of, token_hash(secret), now, now + LASTS)
    async with rt.database.transaction() as tx:
        await calendar_links.add(tx, row)
        await note(tx, rt, "calendar link made", actor.by, actor, _about(row))
    return f"{rt.settings.public_url}{PATH}/{secret}.ics"


async def revoke_link(rt: Runtime, account: UUID, id: UUID, actor: Actor) -> None:
    """End a link of one's own: the next fetch finds nothing. Raises NotFound."""
    async with rt.database.transaction() as tx:
        study = await calendar_links.revoke(tx, account, id, rt.clock.now())
        if study is None:
            raise NotFound("no such link is in force")
        await note(tx, rt, "calendar link revoked", actor.by, actor, study)


async def own_links(rt: Runtime, account: UUID) -> list[LinkInForce]:
    """The links of an account that are in force, the newest first."""
    async with rt.database.transaction() as tx:
        return await calendar_links.in_force(tx, account, rt.clock.now())


async def open_calendar(rt: Runtime, secret: str, client: str) -> OpenCalendar | None:
    """What the link with this secret shows; None if there is none, or its account may not see it any more.

    The first fetch of a day is recorded, from which network address.
    """
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        row = await calendar_links.find(tx, token_hash(secret))
        if row is None or row.revoked_at is not None or row.expires_at <= now:
            return None
        account = await accounts.find(tx, row.account_id)
        if account is None or account.removed_at is not None:
            return None
        sites = sites_for(await grants(tx, account.id), Act.work_tasks, row.study)
        person = await participants.load(tx, row.participant_id) if row.participant_id else None
        if not sites or (person is not None and person.site not in sites):
            return None
        if await calendar_links.used(tx, row.id, now.date()):
            await _record(tx, rt, row, person, Actor(account.handle, client), now)
        return OpenCalendar(row.study, sites, person)


async def _record(
    tx: Tx, rt: Runtime, row: CalendarLinkRow, person: ParticipantRow | None, actor: Actor, now: datetime
) -> None:
    """Record a fetch as what it is: a look at these people by whoever made the link."""
    await note(tx, rt, "calendar link used", actor.by, actor, _about(row))
    page, code = (_FETCHED_OF_PERSON, person.code) if person else (_FETCHED, "")
    look = TeamAct(now, actor.by, actor.client, "looked", page, Act.see_people, row.study, code)
    await team_acts.answered(tx, await team_acts.add(tx, look), 200)


def _about(row: CalendarLinkRow) -> str:
    """What a link is about, without naming anybody: the record is kept for good."""
    return f"{row.study}: {'one person' if row.participant_id else 'everybody'}"
