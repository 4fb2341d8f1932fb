"""Who answered at each visit: the participant, a proxy, or both."""

from dataclasses import replace
from uuid import uuid5

from pro_collector.domain.research.respondents import respondents
from pro_collector.domain.research.tables import PlannedVisit
from tests.unit.domain.research.made_up import person, visit

ANN, BEN, CAT = person("ann"), person("ben"), person("cat", arm="y")


def by_proxy(of: PlannedVisit) -> PlannedVisit:
    return replace(of, reporter="proxy", visit_id=uuid5(of.visit_id, "proxy"))


def test_each_participant_is_counted_once_at_a_visit() -> None:
    first = [visit(who, 1, "completed", "answered") for who in (ANN, BEN, CAT)]
    second = [visit(ANN, 2, "completed", "answered"), visit(BEN, 2, "missed", "no_answer")]
    visits = [
        *first,
        by_proxy(first[0]),
        *second,
        by_proxy(replace(second[1], state="partial", instruments_received=1)),
    ]
    visits += [replace(each, reporter="caregiver", visit_id=uuid5(each.visit_id, "caregiver")) for each in first]
    unprompted = replace(visit(ANN, 3, "completed", "answered"), planned=False)
    told = [
        (row.arm, row.visit, row.received, row.self_only, row.proxy_only, row.both, row.proxy_share)
        for row in respondents([ANN, BEN, CAT], [*visits, unprompted])
    ]
    assert told == [
        ("x", "weekly 0d", 2, 1, 0, 1, 0.0),
        ("y", "weekly 0d", 1, 1, 0, 0, 0.0),
        ("x", "weekly 7d", 2, 1, 1, 0, 0.5),
    ]
    assert list(respondents([ANN], [])) == []
