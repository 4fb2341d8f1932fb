"""The webhooks of a study: the list with what waits for each, and the deliveries of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pro_collector.errors import NotFound
from pro_collector.postgres.tables import webhook_deliveries, webhooks
from pro_collector.postgres.tables.webhook_deliveries import DeliveryRow
from pro_collector.runtime import Runtime

LISTED = 200
"""How many deliveries are listed: first those that wait or are dead letters."""


@dataclass(frozen=True, slots=True)
class WebhookShown:
    """A webhook, and how many of its deliveries wait, were delivered in the last 30 days, and are dead letters.

    `oldest_at`: of the oldest event that waits. `state`: active, paused, revoked, or gone, as its receiver says.
    """

    name: str
    url: str
    events: Sequence[str]
    state: str
    made_at: datetime
    made_by: str
    ended_at: datetime | None
    waiting: int
    delivered: int
    dead: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class WebhookDeliveries:
    """One webhook with its deliveries."""

    webhook: WebhookShown
    deliveries: Sequence[DeliveryRow]
    now: datetime


async def webhooks_of_study(rt: Runtime, study: str) -> list[WebhookShown]:
    """The webhooks of a study; those that have ended come last."""
    async with rt.database.transaction() as tx:
        rows = await webhooks.of_study(tx, study)
        counts = await webhook_deliveries.counts(tx, [row.id for row in rows])
    return [_shown(row, counts[row.id]) for row in rows]


async def deliveries_of(rt: Runtime, study: str, name: str) -> WebhookDeliveries:
    """The newest webhook of this name, with its deliveries. Raises NotFound."""
    async with rt.database.transaction() as tx:
        row = await webhooks.newest(tx, study, name)
        if row is None:
            raise NotFound(f"no webhook {name!r} of {study}")
        counts = await webhook_deliveries.counts(tx, [row.id])
        deliveries = await webhook_deliveries.of_webhook(tx, row.id, LISTED)
    return WebhookDeliveries(_shown(row, counts[row.id]), deliveries, rt.clock.now())


def _shown(row: webhooks.WebhookRow, count: webhook_deliveries.DeliveryCount) -> WebhookShown:
    return WebhookShown(
        row.name, row.url, row.events, row.state, row.made_at, row.made_by, row.ended_at, count.waiting,
        count.delivered, count.dead, count.oldest,
    )  # fmt: skip
