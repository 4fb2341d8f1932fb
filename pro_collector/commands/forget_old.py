"""Delete what has been kept for as long as the settings say; docs/privacy.md lists what that is."""

from datetime import timedelta

from pro_collector.commands.export_job import KEPT
from pro_collector.domain.account.throttling import KNOWN_FOR
from pro_collector.domain.account.visiting import IDLE, LONGEST
from pro_collector.domain.conversation.own_page import LONGEST_VISIT
from pro_collector.postgres.questions import retention
from pro_collector.postgres.tables import api_requests, export_pieces, sign_ins, webhook_deliveries, webhooks
from pro_collector.runtime import Runtime

REPEATED_WITHIN = timedelta(hours=24)
"""For so long the answer to a request with an idempotency key is kept."""

DELIVERIES_KEPT = timedelta(days=30)
"""For so long it is kept what was delivered to webhooks, and dead letters of them can be sent again."""


async def forget_old(rt: Runtime) -> dict[str, int]:
    """Delete what is too old; return how many rows of each kind, without those of which there were none."""
    now, settings = rt.clock.now(), rt.settings
    async with rt.database.transaction(long=True) as tx:
        counts = {"own page sessions": await retention.forget_sessions(tx, now - LONGEST_VISIT)}
        counts["sessions and attempts to sign in"] = await sign_ins.forget(
            tx, now - LONGEST, now - IDLE, now, now - KNOWN_FOR
        )
        counts["answers kept for repeated requests"] = await api_requests.forget(tx, now - REPEATED_WITHIN)
        counts["deliveries to webhooks"] = await webhook_deliveries.forget(tx, now - DELIVERIES_KEPT)
        counts["pieces of exports"] = await export_pieces.forget(tx, now - KEPT)
        counts["old secrets of webhooks"] = await webhooks.forget_secrets(tx, now)
        if days := settings.keep_strangers_days:
            counts["texts of strangers"] = await retention.forget_strangers(tx, now - timedelta(days=days))
        if days := settings.keep_dead_letters_days:
            counts["settled dead letters"] = await retention.forget_dead_letters(tx, now - timedelta(days=days))
    return {kind: n for kind, n in counts.items() if n}
