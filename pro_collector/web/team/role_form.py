"""The part of a form that says a role and where; and what a command refused, at the field that it is in."""

from collections.abc import Mapping

from pro_collector.domain.account.acts import Act, Role
from pro_collector.domain.account.permission import RoleAt
from pro_collector.errors import BadInput, ProCollectorError
from pro_collector.postgres.tables import studies
from pro_collector.runtime import Runtime

_FIELDS: Mapping[str, str] = {
    "--role": "role", "--study": "study", "--site": "site", "--also": "also", "HANDLE": "handle", "NAME": "name",
    "standard input": "email",
}  # fmt: skip
"""The field of a form for what a command calls so."""


def role_in(fields: Mapping[str, str]) -> RoleAt | None:
    """The role that a form names; None if there is no such role."""
    if fields.get("role") not in Role.__members__.values():
        return None
    also = frozenset({Act.read_words}) if fields.get("also") else frozenset[Act]()
    return RoleAt(Role(fields["role"]), fields.get("study") or None, fields.get("site", "").strip() or None, also)


def mistakes_of(error: ProCollectorError, field: str = "role") -> dict[str, str]:
    """What a command refused, by the field of the form; `field`: where the command names none."""
    if isinstance(error, BadInput):
        return {_FIELDS.get(each.file, field): each.message for each in error.problems}
    return {field: str(error)}


async def study_names(rt: Runtime) -> list[str]:
    """The studies that are applied here."""
    async with rt.database.transaction() as tx:
        return [row.id for row in await studies.all_in_force(tx)]
