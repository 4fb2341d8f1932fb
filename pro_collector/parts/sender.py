"""The sender: hands messages to the carrier and the mail relay, settles what is doubtful, and serves webhooks."""

from collections.abc import Iterator

from pro_collector import webhook_delivery
from pro_collector.parts.consuming import consumers
from pro_collector.parts.watched import OnStall, Start, run_watched
from pro_collector.postgres.tables import polls
from pro_collector.reconciler import Reconciler
from pro_collector.runtime import Runtime
from pro_collector.watchdog import WatchedWork


async def run(rt: Runtime, start: Start, on_stall: OnStall) -> None:
    """Run it until cancelled."""
    async with consumers(rt, "sender") as consumed:
        reconciler = Reconciler(rt)
        works = [*consumed, *_polls(reconciler, rt)]
        start(works)
        await run_watched(rt, works, on_stall, reconciler.run(), webhook_delivery.run(rt))


def _polls(reconciler: Reconciler, rt: Runtime) -> Iterator[WatchedWork]:
    """The work of reading the log of missed texts, for the watchdog; none without a provider of texts."""
    if rt.twilio is not None:
        yield WatchedWork(
            "sender.poll",
            lambda tx: polls.overdue(tx, reconciler.inbound_log),
            lambda: reconciler.polls,
            needs_kafka=False,
        )
