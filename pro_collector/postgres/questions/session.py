"""What the login of a connection may do, and what a transaction may see."""

from dataclasses import dataclass

from pro_collector.domain.account.permission import Sites
from pro_collector.postgres.connection import Tx

COMMAND_LINE = "command line"
NO_SITES = Sites(frozenset())


@dataclass(frozen=True, slots=True)
class Scope:
    """As which role a transaction works, and of which study and sites that role sees rows, if it is the viewer.

    `role`: empty: the role that the connection has. `client`: where somebody is for whom it works: the network address
    of their request, or COMMAND_LINE; it stands in what is recorded (`came_from()`).
    """

    role: str = ""
    study: str = ""
    sites: Sites = NO_SITES
    client: str = ""

    @property
    def lines(self) -> str:
        """The sites as the policies read them: a line for each, or `*` for all."""
        return "*" if self.sites.listed is None else "\n".join(self.sites.listed)


async def limit(tx: Tx, scope: Scope, *, acts_as_role: bool) -> None:
    """Limit this transaction, until it ends. Without `acts_as_role` it keeps its role, and sees what that may see."""
    settings = {"role": scope.role} if acts_as_role else {}
    if scope.client:
        settings |= {"pro.client": scope.client}
    if scope.study:
        settings |= {"pro.study": scope.study, "pro.sites": scope.lines, "search_path": "seen, public"}
    if not settings:
        return
    await tx.execute(
        "SELECT set_config(name, value, true) FROM unnest(%s::text[], %s::text[]) AS setting (name, value)",
        (list(settings), list(settings.values())),
    )


async def may_act_as(tx: Tx, role: str) -> bool:
    """Whether the login may act as this role; false if there is no such role."""
    rows = await tx.execute(
        """
        SELECT pg_has_role(session_user, oid, CASE WHEN current_setting('server_version_num')::int >= 160000
                                              THEN 'SET' ELSE 'MEMBER' END) AS may
        FROM pg_roles WHERE rolname = %s
        """,
        (role,),
    )
    row = await rows.fetchone()
    return bool(row and row["may"])
