"""The rule of readiness: whether a part can do its work now, and if it cannot, why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

BEHIND = 300.0
"""Seconds for which work may wait for a part; then the part is behind."""


@dataclass(frozen=True, slots=True)
class WorkFacts:
    """One kind of work of a part.

    `waits`: for how many seconds the oldest work waits; None if nothing waits. `limit`: for how many it may wait.
    `partitions`: how many partitions of Kafka this process consumes; None if the work does not come from Kafka.
    """

    name: str
    waits: float | None = None
    limit: float = BEHIND
    partitions: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What one look at a part found. `database` and `kafka`: what is wrong with the server; empty if nothing is."""

    database: str = ""
    kafka: str = ""
    works: Sequence[WorkFacts] = ()


def reasons(facts: Facts) -> tuple[str, ...]:
    """Why the part cannot do its work; empty if it can. The cause comes before its effects."""
    servers = [fault for fault in (facts.database, facts.kafka) if fault]
    return (*servers, *(reason for work in facts.works for reason in _of_work(work)))


def _of_work(work: WorkFacts) -> Iterator[str]:
    if work.partitions == 0:
        yield f"{work.name}: Kafka has assigned it no partitions"
    if work.waits is not None and work.waits > work.limit:
        yield f"{work.name}: the oldest work has waited for {work.waits:.0f} s, more than {work.limit:.0f} s"
