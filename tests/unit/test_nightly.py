"""The nightly look: what is only late when it looks is no alarm, what is missing is one."""

from uuid import UUID

from pro_collector.commands.reconcile import Hole, Reconciliation
from pro_collector.nightly import still_missing

LATE, LOST = "planned, and its moment has passed", "planned, and nothing will open it"


class Looks:
    """Finds these holes, look after look."""

    def __init__(self, *found: list[Hole]) -> None:
        self.found, self.count = found, 0

    async def __call__(self) -> Reconciliation:
        self.count += 1
        return Reconciliation(1, {"planned": self.count}, self.found[self.count - 1])


def hole(kind: str, occasion: int = 1, detail: str = "") -> Hole:
    return Hole(kind, "RT-1", UUID(int=occasion), detail)


async def test_what_a_fast_clock_has_not_done_yet_is_no_hole() -> None:
    looks = Looks([hole(LATE, 1), hole(LATE, 2)], [hole(LATE, 3)])
    found = await still_missing(looks, wait=0)
    assert (found.holes, found.planned) == ([], 2), "each was late once: another one each time"


async def test_what_is_missing_at_both_looks_is_missing() -> None:
    looks = Looks([hole(LOST, 1, "1 waits"), hole(LATE, 2)], [hole(LOST, 1, "2 wait"), hole(LOST, 4)])
    assert (await still_missing(looks, wait=0)).holes == [hole(LOST, 1, "2 wait")]


async def test_nobody_looks_twice_where_nothing_is_missing() -> None:
    looks = Looks([])
    assert (await still_missing(looks)).holes == []
    assert looks.count == 1
