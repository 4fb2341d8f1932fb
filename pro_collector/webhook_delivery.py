"""Hands events to webhooks: signs and posts what is due, tries again for a day, and then makes a dead letter of it.

It runs in the process of the sender, beside the messages: each webhook has its own turn, so that a slow receiver holds
up neither another one nor a message. What is sent twice has the same id both times.
"""

import asyncio
import traceback
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby
from uuid import UUID

import structlog

from pro_collector.backoff import wait_seconds
from pro_collector.channels.webhook import WebhookAnswer, WebhookClient
from pro_collector.domain.webhook import LEAST, MOST, WebhookMessage, networks_of, next_try, secret_of
from pro_collector.errors import NotMigrated, ProCollectorError
from pro_collector.postgres.connection import TRANSIENT
from pro_collector.postgres.tables import restorations, webhook_deliveries, webhooks
from pro_collector.postgres.tables.webhook_deliveries import ClaimedDelivery
from pro_collector.runtime import Runtime

log = structlog.get_logger(__name__)

BUSY, WAIT = 1.0, 30.0
"""Seconds between two looks for deliveries while some are sent; and after a look that failed."""
EACH, AT_ONCE = 20, 4
"""How many deliveries of a webhook are taken in a turn, and how many of them are sent at the same time."""
LEASE = timedelta(minutes=2)
"""After so long a delivery of which nothing was heard is sent again: more than a turn with a receiver that hangs."""


async def run(rt: Runtime) -> None:
    """Deliver until cancelled. No error of a delivery ends anything else."""
    async with WebhookClient(networks_of(rt.settings.webhook_networks)) as client, asyncio.TaskGroup() as turns:
        busy: set[UUID] = set()

        async def turn(webhook: UUID, due: Sequence[ClaimedDelivery]) -> None:
            try:
                await _deliver(rt, client, due)
            except (*TRANSIENT, ProCollectorError) as error:  # they are due again after LEASE
                log.warning("deliveries to a webhook wait", webhook=str(webhook), error=type(error).__name__)
            except Exception as error:
                trace = "".join(traceback.format_tb(error.__traceback__))  # an error's message may quote data
                log.error("a webhook cannot be served", webhook=str(webhook), error=type(error).__name__, trace=trace)
            finally:
                busy.discard(webhook)

        while True:
            try:
                for webhook, due in await _claim(rt, busy):
                    busy.add(webhook)
                    turns.create_task(turn(webhook, due))
            except (*TRANSIENT, NotMigrated) as error:
                log.warning("webhooks wait", error=type(error).__name__)
                await asyncio.sleep(WAIT)
            except Exception as error:
                trace = "".join(traceback.format_tb(error.__traceback__))  # an error's message may quote data
                log.error("webhooks cannot be served", error=type(error).__name__, trace=trace)
                await asyncio.sleep(WAIT)
            await (asyncio.sleep(BUSY) if busy else rt.listener.wait(webhook_deliveries.CHANNEL))


async def deliver_once(rt: Runtime, client: WebhookClient) -> int:
    """Send once what is due now; return how many were sent."""
    turns = await _claim(rt, ())
    await asyncio.gather(*(_deliver(rt, client, due) for _, due in turns))
    return sum(len(due) for _, due in turns)


async def _claim(rt: Runtime, busy: Iterable[UUID]) -> list[tuple[UUID, list[ClaimedDelivery]]]:
    """What is due, by webhook. Nothing leaves a restored database until somebody resumes."""
    async with rt.database.transaction() as tx:
        if await restorations.is_open(tx):
            return []
        due = await webhook_deliveries.claim(tx, rt.clock.now(), LEASE, EACH, frozenset(busy))
    due.sort(key=lambda row: row.webhook_id)  # stable: the oldest of each stays first
    return [(id, list(rows)) for id, rows in groupby(due, key=lambda row: row.webhook_id)]


async def _deliver(rt: Runtime, client: WebhookClient, due: Sequence[ClaimedDelivery]) -> None:
    """Send what is due to one webhook."""
    secrets = await _secrets(rt, due[0].webhook_id)
    if not secrets:
        return  # it has ended
    places = asyncio.Semaphore(AT_ONCE)

    async def one(row: ClaimedDelivery) -> None:
        async with places:
            message = WebhookMessage(row.event_id, row.type, row.occurred_at, row.data)
            answer = await client.post(row.url, message.headers(secrets, rt.clock.now()), message.body)
            await _record(rt, row, answer)

    await asyncio.gather(*(one(row) for row in due))


async def _secrets(rt: Runtime, webhook: UUID) -> list[bytes]:
    async with rt.database.transaction() as tx:
        sealed = (await webhooks.secrets(tx, [webhook], rt.clock.now()))[webhook]
    return [secret_of(rt.vault.unseal(each.sealed, each.row)) for each in sealed]


async def _record(rt: Runtime, row: ClaimedDelivery, answer: WebhookAnswer) -> None:
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        if answer.problem is None and answer.status is not None:
            await webhook_deliveries.delivered(tx, row, answer.status, now)
            return
        wait = wait_seconds(row.tries, least=LEAST, most=MOST)
        again = None if answer.gone else next_try(row.first_tried_at, now, wait)
        await webhook_deliveries.failed(tx, row, answer.status, answer.problem or "", again, now)
        ended = answer.gone and await webhooks.gone(tx, row.webhook_id, now)
        if ended:
            await webhook_deliveries.give_up(tx, row.webhook_id, "its receiver is gone", now)
    if ended:
        log.warning(
            "the receiver of a webhook says that it is gone; the webhook has ended", webhook=str(row.webhook_id)
        )
    elif again is None:
        log.error("an event was not delivered to a webhook for a day", webhook=str(row.webhook_id), type=row.type)
