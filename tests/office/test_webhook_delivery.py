"""Webhooks: each event of a study arrives, signed, at least once; nothing that a receiver does holds up another."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pro_collector import webhook_delivery
from pro_collector.channels import webhook as channel
from pro_collector.channels.webhook import WebhookClient
from pro_collector.commands import webhooks
from pro_collector.commands.act_on_alert import close_alert
from pro_collector.commands.erase import erase
from pro_collector.commands.forget_old import forget_old
from pro_collector.domain.webhook import EVENTS, networks_of
from pro_collector.errors import BadInput, Conflict, NotFound
from pro_collector.runtime import Runtime
from pro_collector.views.webhooks import deliveries_of, webhooks_of_study
from pro_collector.webhook_delivery import LEASE, deliver_once
from tests.shared.alerts import answered
from tests.shared.office import STUDY, Office
from tests.shared.webhook_receiver import Receiver, receiver

LOOPBACK = "127.0.0.0/8"


class Post:
    """Sends what is due, as the sender does, with its rights."""

    def __init__(self, office: Office, team: Runtime, sender: Runtime, client: WebhookClient) -> None:
        self.office, self.team, self.sender, self.client = office, team, sender, client

    async def make(self, name: str, to: Receiver, *events: str) -> None:
        made = await webhooks.make_webhook(self.team, STUDY, name, to.url, events or EVENTS, by="lead")
        to.secret = made.secret

    async def send(self, after: timedelta = timedelta(0)) -> int:
        self.office.clock._now += after
        return await deliver_once(self.sender, self.client)

    async def state(self, name: str) -> dict[str, Any]:
        (shown,) = [each for each in await webhooks_of_study(self.team, STUDY) if each.name == name]
        return {"state": shown.state, "waiting": shown.waiting, "delivered": shown.delivered, "dead": shown.dead}

    async def problems(self, name: str) -> list[str | None]:
        return [each.problem for each in (await deliveries_of(self.team, STUDY, name)).deliveries]


@asynccontextmanager
async def post(office: Office) -> AsyncIterator[Post]:
    settings = office.rt.settings.model_copy(update={"webhook_networks": LOOPBACK})
    team = replace(await office.of_process("team"), settings=settings)
    sender = replace(await office.of_process("sender"), settings=settings)
    async with WebhookClient(networks_of(LOOPBACK)) as client:
        yield Post(office, team, sender, client)


async def test_each_event_arrives_signed_as_it_was_published_and_nobody_is_named(office: Office) -> None:
    async with post(office) as sent, receiver() as pager, receiver() as warehouse:
        await office.apply()
        await sent.make("pager", pager, "alert.changed")
        await sent.make("warehouse", warehouse)
        alert = await answered(office)
        assert await sent.send() == 4
        await close_alert(sent.team, alert, "ana", "phoned", "Maria was glad")
        assert await sent.send() == 2
        assert await sent.send() == 0
        assert [each["data"]["change"] for each in pager.got] == ["raised", "closed"]
        assert (pager.forged, warehouse.forged) == ([], [])
        assert sorted(each["type"] for each in warehouse.got) == [
            "alert.changed", "alert.changed", "response.completed", "score.recorded"
        ]  # fmt: skip
        published = await office.rows("SELECT event_id, payload FROM outbox WHERE type = ANY(%s)", list(EVENTS))
        assert {str(row["event_id"]): row["payload"] for row in published} == {
            id: each["data"] for id, each in zip(warehouse.ids, warehouse.got, strict=True)
        }
        said = str(warehouse.got)
        assert not any(word in said for word in ("RT-1", "2025550", "Maria", "example.org", "ana"))
        assert await sent.state("warehouse") == {"state": "active", "waiting": 0, "delivered": 4, "dead": 0}
        with pytest.raises(Conflict, match="in force"):
            await sent.make("pager", pager)
        with pytest.raises(BadInput, match=r"no event 'alert.change'; did you mean 'alert.changed'"):
            await sent.make("other", pager, "alert.change")
        with pytest.raises(BadInput, match="private address"):
            await webhooks.make_webhook(sent.team, STUDY, "x", "https://10.0.0.1/", EVENTS, by="lead")
        with pytest.raises(NotFound):
            await webhooks.make_webhook(sent.team, "no-study", "x", pager.url, EVENTS, by="lead")

        await erase(office.rt, "RT-1", keep_answers=False, by="lead")
        assert await office.one("SELECT count(*) FROM webhook_delivery") == 0
        recorded = await office.rows("SELECT about FROM account_event WHERE what = 'webhook made' ORDER BY id")
        assert [row["about"] for row in recorded] == [f"{STUDY}/pager", f"{STUDY}/warehouse"]
        assert pager.secret not in str(await office.rows("SELECT * FROM vault.webhook_secret"))


async def test_what_fails_is_sent_again_for_a_day_and_then_by_hand(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "TIMEOUT", 0.3)
    async with post(office) as sent, receiver() as slow:
        await office.apply()
        await sent.make("slow", slow)
        for answer in (500, 302, None, 204):
            slow.answers[:] = [answer]
            await webhooks.try_webhook(sent.team, STUDY, "slow", by="lead")
            assert await sent.send(timedelta(milliseconds=1)) == 1
        assert await sent.problems("slow") == [
            "it answered with an error", "it answered with a redirect, which is not followed", "no answer within 0.3 s",
            None,
        ]  # fmt: skip
        assert await sent.send() == 0, "not at once"
        assert await sent.send(timedelta(seconds=11)) == 3, "about ten seconds later"
        assert sorted(slow.ids[4:]) == sorted(slow.ids[:3]), "with the same ids"
        assert slow.times[4] == slow.times[0] + 11
        assert await sent.state("slow") == {"state": "active", "waiting": 0, "delivered": 4, "dead": 0}

        await webhooks.try_webhook(sent.team, STUDY, "slow", by="lead")
        slow.answers = [503] * 100
        tries = 0
        while (await sent.state("slow"))["waiting"]:
            tries += await sent.send(timedelta(hours=3))
        assert (tries, (await sent.state("slow"))["dead"]) == (9, 1)
        slow.answers = []
        assert await webhooks.send_again(sent.team, STUDY, "slow", None, by="lead") == 1
        assert await sent.send() == 1
        assert (await sent.state("slow"))["dead"] == 0
        assert len(set(slow.ids)) == 5

        office.clock._now += timedelta(days=31)
        forgotten = await forget_old(await office.of_process("nightly"))
        assert forgotten["deliveries to webhooks"] == 5


async def test_a_restart_loses_nothing_and_a_new_secret_comes_into_use_beside_the_old_one(office: Office) -> None:
    async with post(office) as sent, receiver() as there:
        await office.apply()
        await sent.make("hook", there)
        await webhooks.try_webhook(sent.team, STUDY, "hook", by="lead")
        assert len(await webhook_delivery._claim(sent.sender, ())) == 1  # the process ends before it sends
        assert await sent.send() == 0
        assert await sent.send(LEASE) == 1
        await webhooks.pause_webhook(sent.team, STUDY, "hook", by="lead")
        await webhooks.try_webhook(sent.team, STUDY, "hook", by="lead")
        assert await sent.send(timedelta(days=3)) == 0
        await webhooks.resume_webhook(sent.team, STUDY, "hook", by="lead")
        old, new = there.secret, await webhooks.roll_secret(sent.team, STUDY, "hook", by="lead")
        assert await sent.send() == 1
        there.secret = new
        await webhooks.try_webhook(sent.team, STUDY, "hook", by="lead")
        assert await sent.send() == 1
        assert (len(there.got), there.forged) == (3, [])
        there.secret = old
        await webhooks.try_webhook(sent.team, STUDY, "hook", by="lead")
        assert await sent.send(timedelta(days=1)) == 1
        assert len(there.forged) == 1, "a day later the old one counts no more"
        assert (await forget_old(await office.of_process("nightly")))["old secrets of webhooks"] == 1

        there.secret, there.answers = new, [410]
        assert await sent.send(timedelta(hours=1)) == 1
        assert await sent.state("hook") == {"state": "gone", "waiting": 0, "delivered": 3, "dead": 1}
        with pytest.raises(NotFound):
            await webhooks.try_webhook(sent.team, STUDY, "hook", by="lead")
        await sent.make("hook", there)
        await webhooks.try_webhook(sent.team, STUDY, "hook", by="lead")
        await webhooks.revoke_webhook(sent.team, STUDY, "hook", by="lead")
        assert await sent.send() == 0
        assert await office.one("SELECT count(*) FROM vault.webhook_secret WHERE webhook_id IN "
                                "(SELECT id FROM webhook WHERE ended_by = 'lead')") == 0  # fmt: skip


async def test_a_receiver_that_hangs_holds_up_no_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_delivery, "BUSY", 0.01)
    async with post(office) as sent, receiver() as hangs, receiver() as quick:
        await office.apply()
        for name, to in (("hangs", hangs), ("quick", quick)):
            await sent.make(name, to)
            await webhooks.try_webhook(sent.team, STUDY, name, by="lead")
        hangs.answers = [None]
        running = asyncio.ensure_future(webhook_delivery.run(sent.sender))
        while not (hangs.got and quick.got):
            await asyncio.sleep(0.01)
        await webhooks.try_webhook(sent.team, STUDY, "quick", by="lead")
        while (await sent.state("quick"))["delivered"] < 2:
            await asyncio.sleep(0.01)
        assert (await sent.state("hangs"))["waiting"] == 1
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
