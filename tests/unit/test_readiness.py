"""The rule of readiness: each fault is named, the cause first, and work in time is no fault."""

from hypothesis import given
from hypothesis import strategies as st

from pro_collector.readiness import BEHIND, Facts, WorkFacts, reasons

DOWN = "PRO_DATABASE_URL: PostgreSQL does not answer"
AWAY = "PRO_KAFKA_BOOTSTRAP: no Kafka broker answers"
works = st.builds(
    WorkFacts,
    name=st.sampled_from(["worker", "worker.plans"]),
    waits=st.none() | st.floats(0, 1e6),
    limit=st.floats(1, 1e5),
    partitions=st.none() | st.integers(0, 12),
)


def test_each_fault_is_named_the_cause_first() -> None:
    slow = WorkFacts("worker.plans", waits=BEHIND + 1, partitions=0)
    assert reasons(Facts(DOWN, AWAY, [slow, WorkFacts("worker", partitions=3)])) == (
        DOWN,
        AWAY,
        "worker.plans: Kafka has assigned it no partitions",
        "worker.plans: the oldest work has waited for 301 s, more than 300 s",
    )


def test_work_in_time_is_no_fault() -> None:
    assert reasons(Facts()) == ()
    assert reasons(Facts(works=[WorkFacts("scheduler"), WorkFacts("relay", waits=BEHIND)])) == ()
    assert reasons(Facts(works=[WorkFacts("sender", waits=BEHIND + 1, limit=2 * BEHIND, partitions=1)])) == ()


@given(st.sampled_from(["", DOWN]), st.sampled_from(["", AWAY]), st.lists(works, max_size=3))
def test_a_part_is_ready_exactly_if_nothing_is_wrong(database: str, kafka: str, found: list[WorkFacts]) -> None:
    fine = all(work.partitions != 0 and (work.waits or 0) <= work.limit for work in found)
    assert (reasons(Facts(database, kafka, found)) == ()) == (not database and not kafka and fine)
