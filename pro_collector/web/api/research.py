"""The tables of the research model for programs, a page at a time: the same rows as in every export."""

from collections.abc import Awaitable, Callable
from typing import Any

from pro_collector.domain.account.acts import Act
from pro_collector.domain.research.tables import TABLES, ResearchTable
from pro_collector.postgres.questions import research
from pro_collector.web.api.pages import Cursor, Limit, ListPage, cursor, place_of
from pro_collector.web.api.route import OF_STUDY, ApiRoutes, Visit


def _endpoint(table: ResearchTable) -> Callable[..., Awaitable[ListPage[Any]]]:
    """What answers with a page of this table."""
    row: Any = table.row

    async def rows_of(visit: Visit, after: Cursor = None, limit: Limit = 100) -> ListPage[Any]:
        of, vault = f"{table.name} {visit.study}", visit.rt.vault
        begins = place_of(vault, of, after)
        async with visit.rt.database.transaction(long=True) as tx:
            await research.see(tx, None)
            found = await research.page(tx, table, visit.study, visit.sites.listed, begins, limit + 1)
        page = found[:limit]
        place = [str(getattr(page[-1], name)) for name in table.order] if len(found) > limit else None
        return ListPage[row](items=page, next=cursor(vault, of, place) if place else None)

    rows_of.__name__ = f"research_{table.name}"
    rows_of.__doc__ = f"""The table {table.name} of the research model.

    {row.__doc__} The columns are those of docs/research.md.
    """
    return rows_of


def add_research(routes: ApiRoutes) -> None:
    """Add a route for each table; who reads them is recorded, because data leave with them."""
    for table in TABLES.values():
        row: Any = table.row
        path = f"{OF_STUDY}/research/{table.name}"
        routes.add(Act.export, path, _endpoint(table), answers=ListPage[row], tag="research")
