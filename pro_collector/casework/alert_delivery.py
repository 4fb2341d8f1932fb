"""Whether people of the roster were reached about an alert of a rule, and who is told instead if not."""

from collections.abc import Sequence
from typing import Literal

from pro_collector.channels.outcome import Accepted, Outcome, Policy, Rejected, Unknown
from pro_collector.domain.events import RULE, AlertRaised
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import alerts, outbox
from pro_collector.postgres.tables.alerts import AlertLogRow
from pro_collector.runtime import Runtime

Means = Literal["sms", "email"]


async def record(
    tx: Tx, rt: Runtime, mailed: Sequence[tuple[AlertRaised, Outcome]], texted: Sequence[tuple[AlertRaised, Outcome]]
) -> None:
    """Record what did not arrive. If the mail of a person can never arrive, the contact of the study is told."""
    for event, outcome in texted:
        if not isinstance(outcome, Accepted):
            await not_delivered(tx, rt, event, "sms", reason_of(outcome))
    for event, outcome in mailed:
        if event.kind == RULE and is_useless(event, outcome):
            await not_delivered(tx, rt, event, "email", reason_of(outcome))


def is_useless(event: AlertRaised, outcome: Outcome) -> bool:
    """Whether it makes no sense to send the mail of a person of the roster again: their address does not work."""
    return event.who is not None and isinstance(outcome, Rejected) and outcome.policy is Policy.STOP_ADDRESS


def reason_of(outcome: Outcome) -> str:
    """The code of a refusal, or why it is not known whether it left; it has no address."""
    if isinstance(outcome, Rejected):
        return outcome.code
    return "unknown" if isinstance(outcome, Unknown) else "not sent"


async def not_delivered(tx: Tx, rt: Runtime, event: AlertRaised, means: Means, code: str) -> None:
    """Record that somebody was not reached by one means; if it was the mail, tell the contact of the study."""
    now = rt.clock.now()
    detail: dict[str, str | int | list[str]] = {"means": means, "code": code}
    is_new = await alerts.log_once(tx, AlertLogRow(event.alert_id, now, "not_delivered", event.who, detail))
    if is_new and means == "email" and event.who is not None:
        await outbox.add(tx, [AlertRaised.of_rule(event.alert_id, event.participant_id, None, now)])
