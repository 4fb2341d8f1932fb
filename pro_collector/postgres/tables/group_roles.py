"""Rows of `group_role`: which role the groups of an identity provider have here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from pro_collector.postgres.connection import Tx


@dataclass(frozen=True, slots=True)
class GroupRole:
    """Whoever is in this group has this role."""

    id: int
    group_name: str
    role: str
    study: str | None
    site: str | None

    @property
    def grant(self) -> RoleAt:
        """The role as the rules know it."""
        return RoleAt(Role(self.role), self.study, self.site)


async def load_all(tx: Tx) -> list[GroupRole]:
    """Every group with a role that is in force."""
    async with tx.cursor(row_factory=class_row(GroupRole)) as cursor:
        await cursor.execute(
            "SELECT id, group_name, role, study, site FROM group_role WHERE taken_at IS NULL ORDER BY group_name, id"
        )
        return await cursor.fetchall()


async def add(tx: Tx, group: str, given: RoleAt, now: datetime, by: str) -> None:
    """Give a group a role."""
    await tx.execute(
        "INSERT INTO group_role (group_name, role, study, site, given_at, given_by) VALUES (%s, %s, %s, %s, %s, %s)",
        (group, given.role.value, given.study, given.site, now, by),
    )


async def take(tx: Tx, ids: Sequence[int], now: datetime, by: str) -> None:
    """Take these roles from their groups."""
    await tx.execute("UPDATE group_role SET taken_at = %s, taken_by = %s WHERE id = ANY(%s)", (now, by, list(ids)))
