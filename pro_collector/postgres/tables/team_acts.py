"""Rows of `team_act`: who did what on the team's pages, from where, and at whose page they looked. It only grows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pro_collector.domain.account.acts import Act
from pro_collector.postgres.connection import Tx

Deed = Literal["looked", "acted"]


@dataclass(frozen=True, slots=True)
class TeamAct:
    """A request of somebody of the team, or of a program.

    `page`: the path of the route, without what stands in its place. `code`: of the person that the page is about;
    `item`: what else the path names, a task or an account. Empty: nobody, nothing.
    """

    at: datetime
    by_whom: str
    client: str
    what: Deed
    page: str
    act: Act | None
    study: str | None = None
    code: str = ""
    item: str = ""


async def add(tx: Tx, row: TeamAct) -> int:
    """Record a request before it is answered; return the id of the row."""
    rows = await tx.execute(
        """
        INSERT INTO team_act (at, by_whom, client, what, page, act, study, participant_id, item)
        VALUES (%(at)s, %(by)s, %(client)s, %(what)s, %(page)s, %(act)s, %(study)s,
                (SELECT id FROM participant WHERE study = %(study)s AND code = %(code)s), nullif(%(item)s, ''))
        RETURNING id
        """,
        {
            "at": row.at, "by": row.by_whom, "client": row.client, "what": row.what, "page": row.page,
            "act": row.act.name if row.act else None, "study": row.study, "code": row.code, "item": row.item,
        },
    )  # fmt: skip
    found = await rows.fetchone()
    return int(found["id"]) if found else 0


async def answered(tx: Tx, id: int, http_status: int) -> None:
    """Record how a request was answered, once."""
    await tx.execute("UPDATE team_act SET http_status = %s WHERE id = %s AND http_status IS NULL", (http_status, id))
