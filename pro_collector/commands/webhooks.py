"""Webhooks of a study: make, pause, try, sign with a new secret, send again, and revoke."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from pro_collector.domain.near import unknown
from pro_collector.domain.webhook import (
    BOTH_VALID,
    EVENTS,
    LONGEST_NAME,
    SECRET_BYTES,
    TEST,
    networks_of,
    spoken_secret,
    url_problem,
)  # fmt: skip
from pro_collector.errors import BadInput, Conflict, NotFound, Problem
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import account_events, data_keys, webhook_deliveries, webhooks
from pro_collector.postgres.tables.account_events import AccountAct, AccountEvent
from pro_collector.postgres.tables.webhooks import WebhookRow, secret_row
from pro_collector.runtime import Runtime


@dataclass(frozen=True, slots=True)
class MadeWebhook:
    """A webhook that was made, and its secret, which is shown once."""

    id: UUID
    secret: str


async def make_webhook(rt: Runtime, study: str, name: str, url: str, events: Sequence[str], *, by: str) -> MadeWebhook:
    """Send events of a study to a URL from now on.

    Raises BadInput with every mistake, NotFound if there is no such study, Conflict if the name is taken.
    """
    if problems := _problems(rt, name, url, events):
        raise BadInput(problems)
    row = WebhookRow(uuid4(), study, name, url, sorted(set(events)), rt.clock.now(), by)
    async with rt.database.transaction() as tx:
        await rt.studies.in_force(tx, study)
        if not await webhooks.add(tx, row):
            raise Conflict(f"a webhook {name!r} is in force: revoke it, or take another name")
        secret = await _new_secret(tx, rt, row.id)
        await _note(tx, rt, "webhook made", row, by, f"{', '.join(row.events)} to {row.host}")
    return MadeWebhook(row.id, secret)


def _problems(rt: Runtime, name: str, url: str, events: Sequence[str]) -> list[Problem]:
    found = []
    if not name or len(name) > LONGEST_NAME or not all(each.isalnum() or each in "-_." for each in name):
        said = f"expected letters, digits, - and _, at most {LONGEST_NAME}"
        found.append(Problem("", None, "name", said))
    if (why := url_problem(url, networks_of(rt.settings.webhook_networks))) is not None:
        found.append(Problem("", None, "url", why))
    found += [Problem("", None, "events", unknown("event", each, EVENTS)) for each in events if each not in EVENTS]
    if not events:
        found.append(Problem("", None, "events", f"expected some of: {', '.join(EVENTS)}"))
    return found


async def pause_webhook(rt: Runtime, study: str, name: str, *, by: str) -> None:
    """Let what is due wait. Raises NotFound."""
    async with rt.database.transaction() as tx:
        row = await _in_force(tx, study, name)
        await webhooks.pause(tx, row.id, rt.clock.now(), by)
        await _note(tx, rt, "webhook paused", row, by)


async def resume_webhook(rt: Runtime, study: str, name: str, *, by: str) -> None:
    """Send what has waited. Raises NotFound."""
    async with rt.database.transaction() as tx:
        row = await _in_force(tx, study, name)
        await webhooks.pause(tx, row.id, None, None)
        await _note(tx, rt, "webhook resumed", row, by)


async def roll_secret(rt: Runtime, study: str, name: str, *, by: str) -> str:
    """Make a new secret; for a day messages are signed with the old one too. Returns the new one, once.

    Raises NotFound; Conflict if one was made at this very moment.
    """
    async with rt.database.transaction() as tx:
        row = await _in_force(tx, study, name)
        secret = await _new_secret(tx, rt, row.id)
        await _note(tx, rt, "webhook secret replaced", row, by)
        return secret


async def revoke_webhook(rt: Runtime, study: str, name: str, *, by: str) -> None:
    """End a webhook: nothing is sent any more, and its secrets are gone. Raises NotFound."""
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        row = await _in_force(tx, study, name)
        await webhooks.revoke(tx, row.id, now, by)
        await webhook_deliveries.give_up(tx, row.id, "the webhook was revoked", now)
        await data_keys.destroy(tx, [row.id])
        await _note(tx, rt, "webhook revoked", row, by)


async def try_webhook(rt: Runtime, study: str, name: str, *, by: str) -> UUID:
    """Send a message of the type `webhook.test`, as any other is sent; returns its id. Raises NotFound."""
    id, now = uuid4(), rt.clock.now()
    async with rt.database.transaction() as tx:
        row = await _in_force(tx, study, name)
        data = {"id": str(id), "study": study, "webhook": name}
        await webhook_deliveries.add_test(tx, row.id, id, TEST, data, now)
        await _note(tx, rt, "webhook tried", row, by)
    return id


async def send_again(rt: Runtime, study: str, name: str, event: UUID | None, *, by: str) -> int:
    """Send dead letters of a webhook again, one or (None) all; returns how many. Raises NotFound."""
    async with rt.database.transaction() as tx:
        row = await _in_force(tx, study, name)
        sent = await webhook_deliveries.send_again(tx, row.id, event, rt.clock.now())
        if event is not None and not sent:
            raise NotFound(f"{event} is no dead letter of {name}")
        await _note(tx, rt, "webhook sent again", row, by, str(sent))
    return sent


async def _in_force(tx: Tx, study: str, name: str) -> WebhookRow:
    row = await webhooks.lock(tx, study, name)
    if row is None:
        raise NotFound(f"no webhook {name!r} of {study} is in force: see pro-collector webhook list {study}")
    return row


async def _new_secret(tx: Tx, rt: Runtime, id: UUID) -> str:
    """Make the secret of a webhook, which is stored encrypted."""
    now, secret = rt.clock.now(), spoken_secret(os.urandom(SECRET_BYTES))
    key = await data_keys.one(tx, str(id), rt.vault.new_key)
    sealed = rt.vault.seal(secret, secret_row(id, now), key)
    if not await webhooks.replace_secret(tx, id, sealed, now, now + BOTH_VALID):
        raise Conflict("a secret was made at this very moment: try again")
    return secret


async def _note(tx: Tx, rt: Runtime, what: AccountAct, row: WebhookRow, by: str, detail: str = "") -> None:
    """Record what is done with a webhook, where it is recorded what is done with tokens."""
    about = f"{row.study}/{row.name}"
    await account_events.add(tx, AccountEvent(rt.clock.now(), what, about, by, detail=detail))
