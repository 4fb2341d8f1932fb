"""Webhooks for programs: the list, the deliveries of one, and everything that its page does."""

from collections.abc import Awaitable
from typing import Annotated, Any, Protocol
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, Field
from starlette.requests import Request

from pro_collector.commands import webhooks
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import ALL_SITES
from pro_collector.domain.webhook import EVENTS
from pro_collector.errors import NotFound
from pro_collector.views.webhooks import WebhookDeliveries, WebhookShown, deliveries_of, webhooks_of_study
from pro_collector.web.api.repeats import refuse_key
from pro_collector.web.api.route import OF_STUDY, ApiRoutes, Visit

Name = Annotated[str, Path(alias="webhook", description="the name of the webhook")]


class NewWebhook(BaseModel):
    """Where events are sent, and which."""

    name: str = Field(max_length=100, description="what it is called: pager, warehouse")
    url: str = Field(max_length=4000, description="https://host/path")
    events: list[str] = Field(max_length=20, description=f"some of {', '.join(EVENTS)}")


class SecretOfWebhook(BaseModel):
    """The secret that messages are signed with, as Standard Webhooks gives it. It is shown once."""

    webhook: str
    secret: str


class DeadLetters(BaseModel):
    """Which dead letters are sent again: that of one event, or (null) all."""

    event: UUID | None = None


class DoneWithWebhook(BaseModel):
    """What was done. `event`: the id of the message that tries it; `sent`: how many dead letters are sent again."""

    webhook: str
    done: str
    event: UUID | None = None
    sent: int | None = None


class OnOneWebhook(Protocol):
    """Something that is done with a webhook."""

    def __call__(self, rt: Any, study: str, name: str, /, *, by: str) -> Awaitable[Any]: ...


async def list_of_webhooks(visit: Visit) -> list[WebhookShown]:
    """The webhooks of a study, with how many deliveries wait and how many are dead letters."""
    return await webhooks_of_study(visit.rt, visit.study)


async def deliveries_of_webhook(visit: Visit, name: Name) -> WebhookDeliveries:
    """One webhook, what waits for it, its dead letters, and what arrived last."""
    _of_all_sites(visit)
    return await deliveries_of(visit.rt, visit.study, name)


async def make_webhook(request: Request, visit: Visit, sent: NewWebhook) -> SecretOfWebhook:
    """Send events to a URL from now on. The answer has the secret, once; no `Idempotency-Key` is taken."""
    _of_all_sites(visit)
    refuse_key(request)
    made = await webhooks.make_webhook(visit.acts, visit.study, sent.name, sent.url, sent.events, by=visit.who.name)
    return SecretOfWebhook(webhook=sent.name, secret=made.secret)


async def roll_secret_of_webhook(request: Request, visit: Visit, name: Name) -> SecretOfWebhook:
    """Make a new secret; for a day messages are signed with both. No `Idempotency-Key` is taken."""
    _of_all_sites(visit)
    refuse_key(request)
    secret = await webhooks.roll_secret(visit.acts, visit.study, name, by=visit.who.name)
    return SecretOfWebhook(webhook=name, secret=secret)


async def try_webhook(visit: Visit, name: Name) -> DoneWithWebhook:
    """Send a message of the type `webhook.test`."""
    event = await _do(visit, name, webhooks.try_webhook)
    return DoneWithWebhook(webhook=name, done="tried", event=event)


async def pause_webhook(visit: Visit, name: Name) -> DoneWithWebhook:
    """Let what is to be sent wait."""
    await _do(visit, name, webhooks.pause_webhook)
    return DoneWithWebhook(webhook=name, done="paused")


async def resume_webhook(visit: Visit, name: Name) -> DoneWithWebhook:
    """Send what has waited."""
    await _do(visit, name, webhooks.resume_webhook)
    return DoneWithWebhook(webhook=name, done="resumed")


async def send_dead_letters_again(visit: Visit, name: Name, sent: DeadLetters) -> DoneWithWebhook:
    """Send dead letters again."""
    _of_all_sites(visit)
    n = await webhooks.send_again(visit.acts, visit.study, name, sent.event, by=visit.who.name)
    return DoneWithWebhook(webhook=name, done="sent again", sent=n)


async def revoke_webhook(visit: Visit, name: Name) -> DoneWithWebhook:
    """End a webhook: nothing is sent any more, and its secrets are deleted."""
    await _do(visit, name, webhooks.revoke_webhook)
    return DoneWithWebhook(webhook=name, done="revoked")


async def _do(visit: Visit, name: str, act: OnOneWebhook) -> Any:
    _of_all_sites(visit)
    return await act(visit.acts, visit.study, name, by=visit.who.name)


def _of_all_sites(visit: Visit) -> None:
    if visit.sites != ALL_SITES:
        raise NotFound("a webhook is of all sites")


def add_webhooks(routes: ApiRoutes) -> None:
    """Add these routes."""
    act, path, tag = Act.amend_study, f"{OF_STUDY}/webhooks", "webhooks"
    one = f"{path}/{{webhook}}"
    routes.add(act, path, list_of_webhooks, tag=tag)
    routes.add(act, path, make_webhook, method="POST", status=201, fresh=True, tag=tag)
    routes.add(act, one, deliveries_of_webhook, tag=tag)
    routes.add(act, f"{one}/test", try_webhook, method="POST", tag=tag)
    routes.add(act, f"{one}/pause", pause_webhook, method="POST", tag=tag)
    routes.add(act, f"{one}/resume", resume_webhook, method="POST", tag=tag)
    routes.add(act, f"{one}/resend", send_dead_letters_again, method="POST", tag=tag)
    routes.add(act, f"{one}/roll", roll_secret_of_webhook, method="POST", fresh=True, tag=tag)
    routes.add(act, f"{one}/revoke", revoke_webhook, method="POST", fresh=True, tag=tag)
