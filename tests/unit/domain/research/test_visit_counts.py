"""How many visits of each group were expected and received, and why the others did not come."""

from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.research.missingness import EXPECTED, RECEIVED, VisitStanding
from pro_collector.domain.research.visit_counts import Counted, count_visits
from tests.shared.properties import examples

AT_FIRST = ("weekly", "self", "weekly 0d")
LATER = ("weekly", "self", "weekly 7d")


def of(visit: tuple[str, str, str], group: str, standing: VisitStanding, reason: str | None = None) -> Counted:
    return (*visit, group, standing, reason)


def test_counts_worked_out_by_hand() -> None:
    found = count_visits(
        [
            of(LATER, "y", VisitStanding.COMPLETE),
            of(LATER, "x", VisitStanding.PARTIAL, "window_closed"),
            of(LATER, "x", VisitStanding.MISSING, "no_answer"),
            of(LATER, "x", VisitStanding.MISSING, "hospital"),
            of(LATER, "x", VisitStanding.MISSING, "no_answer"),
            of(LATER, "x", VisitStanding.DIED, "died"),
            of(LATER, "x", VisitStanding.COMPLETE),
            of(LATER, "x", VisitStanding.PENDING),
            of(AT_FIRST, "x", VisitStanding.WITHDREW, None),
        ]
    )
    assert [(row.visit, row.group) for row in found] == [("weekly 7d", "x"), ("weekly 7d", "y"), ("weekly 0d", "x")]
    x, y, first = found
    assert (x.assessment, x.reporter) == ("weekly", "self")
    assert (x.expected, x.received, x.complete, x.completion_rate) == (5, 2, 1, 2 / 5)
    assert x.reasons == {("missing", "no_answer"): 2, ("missing", "hospital"): 1, ("died", "died"): 1}
    assert (y.expected, y.received, y.complete, y.completion_rate, y.reasons) == (1, 1, 1, 1.0, {})
    assert (first.expected, first.completion_rate, first.reasons) == (0, None, {("withdrew", None): 1})


def test_who_reports_is_never_counted_together() -> None:
    rows = count_visits(
        [("weekly", who, "weekly 0d", "x", VisitStanding.COMPLETE, None) for who in ("self", "proxy", "self")]
    )
    assert [(row.reporter, row.received) for row in rows] == [("self", 2), ("proxy", 1)]


VISITS = st.tuples(
    st.just("weekly"), st.sampled_from(["self", "proxy"]), st.sampled_from(["weekly 0d", "weekly 7d"]),
    st.sampled_from(["x", "y"]), st.sampled_from(list(VisitStanding)), st.sampled_from(["died", "hospital", None]),
)  # fmt: skip


@given(st.lists(VISITS, max_size=20))
@examples(30)
def test_every_visit_is_received_or_pending_or_has_its_reason_in_one_row(visits: list[Counted]) -> None:
    rows = count_visits(visits)
    pending = sum(visit[4] is VisitStanding.PENDING for visit in visits)
    assert sum(row.received + sum(row.reasons.values()) for row in rows) + pending == len(visits)
    assert sum(row.expected for row in rows) == sum(visit[4] in EXPECTED for visit in visits)
    assert sum(row.received for row in rows) == sum(visit[4] in RECEIVED for visit in visits)
    assert len({(row.reporter, row.visit, row.group) for row in rows}) == len(rows)
    assert all(row.complete <= row.received <= row.expected for row in rows)
