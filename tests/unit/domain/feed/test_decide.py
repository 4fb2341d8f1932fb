"""What records of a feed do to the record: by example, and in whatever order their versions arrive."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.feed.decide import Decision, FedPerson, FeedRules, FeedStep, decide
from pro_collector.domain.feed.group import KindRule
from pro_collector.domain.feed.record import TakenRecord, TreatmentRecord, author, record_id
from pro_collector.domain.study.timeline import TreatmentEvent, believed, refusal

MARCH = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANNA, BEN = UUID(int=1), UUID(int=2)
RULES = FeedRules(
    author("site"),
    {"surgery": KindRule(repeats=False), "cycle": KindRule(repeats=True)},
    date(2027, 6, 1),
)


def record(source_id: str, kind: str = "cycle", day: int | None = 1, *, version: int = 1, code: str = "A",
           deleted: bool = False) -> TreatmentRecord:  # fmt: skip
    """A version of a record of A (or of `code`) about a day of March."""
    return TreatmentRecord(
        id=record_id("s", "site", source_id), source_id=source_id, code=code, kind=kind, deleted=deleted,
        on=None if day is None else MARCH + timedelta(days=day - 1), changed_at=NOON + timedelta(hours=version),
    )  # fmt: skip


class Clinic:
    """The record of two participants, and what is remembered of a feed."""

    def __init__(self, typed: Iterable[TreatmentEvent] = (), codes: str = "AB") -> None:
        self.events: dict[UUID, list[TreatmentEvent]] = {ANNA: [], BEN: []}
        self.events[ANNA] += typed
        self.taken: dict[UUID, TakenRecord] = {}
        self.codes = codes
        self.now = NOON

    def types(self, kind: str, day: int, root: UUID | None = None, *, retracted: bool = False) -> None:
        """A nurse records, corrects or retracts an event of A."""
        self.now += timedelta(minutes=1)
        self.events[ANNA].append(typed_event(len(self.events[ANNA]), kind, day, root, self.now, retracted=retracted))

    def takes(self, *records: TreatmentRecord) -> Decision:
        """Take a batch as it is taken in the product: decide, record, remember."""
        self.now += timedelta(minutes=1)
        people = [FedPerson({"A": ANNA, "B": BEN}[code], code, self.events[self.id(code)]) for code in self.codes]
        decision = decide(records, self.taken.values(), people, RULES)
        for said in decision.statements:
            known = any(said.root == event.root_id for event in self.of(said.participant))
            id = uuid5(said.root, f"{said} {self.now}") if known else said.root
            event = TreatmentEvent(id, said.root, said.kind, said.on, self.now, RULES.author, retracted=said.retracted)
            assert {e.kind for e in self.of(said.participant) if e.root_id == said.root} <= {said.kind}
            self.events[said.participant].append(event)
        self.taken |= {each.record.id: each for each in decision.taken}
        return decision

    def id(self, code: str) -> UUID:
        return ANNA if code == "A" else BEN

    def of(self, participant: UUID) -> list[TreatmentEvent]:
        return self.events[participant]

    def stands(self, participant: UUID = ANNA) -> list[tuple[str, int]]:
        """The events that are believed, as (kind, day of March)."""
        return [(each.kind, (each.happened_on - MARCH).days + 1) for each in believed(self.of(participant))]


def typed_event(n: int, kind: str, day: int, root: UUID | None, at: datetime, *, retracted: bool) -> TreatmentEvent:
    id = UUID(int=1000 + n)
    return TreatmentEvent(id, root or id, kind, MARCH + timedelta(days=day - 1), at, "nurse", retracted=retracted)


def told(steps: Sequence[FeedStep]) -> list[str]:
    return [step.what for step in steps]


def test_what_is_new_is_added_and_what_is_known_changes_nothing() -> None:
    clinic = Clinic()
    assert told(clinic.takes(record("1"), record("2", "surgery", 9)).steps) == ["add", "add"]
    again = clinic.takes(record("1"), record("2", "surgery", 9))
    assert (told(again.steps), again.statements, again.taken) == (["unchanged", "unchanged"], (), ())
    assert clinic.stands() == [("cycle", 1), ("surgery", 9)]


def test_a_correction_there_is_a_correction_here_and_a_deletion_a_retraction() -> None:
    clinic = Clinic()
    clinic.takes(record("1"))
    root = clinic.of(ANNA)[0].root_id
    corrected = clinic.takes(record("1", day=3, version=2))
    assert [(step.what, step.was) for step in corrected.steps] == [("correct", MARCH)]
    assert told(clinic.takes(record("1", day=None, version=3, deleted=True)).steps) == ["retract"]
    assert clinic.stands() == []
    assert told(clinic.takes(record("1", day=5, version=4)).steps) == ["add"]
    assert {event.root_id for event in clinic.of(ANNA)} == {root}


def test_a_deletion_that_only_names_the_record() -> None:
    clinic = Clinic()
    clinic.takes(record("1"))
    assert told(clinic.takes(record("1", "", None, version=2, code="", deleted=True)).steps) == ["retract"]
    assert clinic.stands() == []


def test_an_older_version_that_comes_later_changes_nothing() -> None:
    clinic = Clinic()
    clinic.takes(record("1", day=3, version=2))
    assert clinic.takes(record("1", day=1, version=1)).steps[0].why == "a newer version is known"
    assert clinic.stands() == [("cycle", 3)]


def test_each_cycle_keeps_its_identity_when_a_delay_moves_all_of_them() -> None:
    clinic = Clinic()
    clinic.takes(*(record(str(n), day=1 + 7 * n) for n in range(4)))
    before = {event.root_id: event.happened_on for event in clinic.of(ANNA)}
    moved = clinic.takes(*(record(str(n), day=8 + 7 * n, version=2) for n in range(4)))
    assert told(moved.steps) == ["correct"] * 4
    assert {said.root: said.was for said in moved.statements} == before
    assert {said.root: said.on - timedelta(days=7) for said in moved.statements} == before


def test_what_a_person_recorded_stands_and_a_record_that_says_otherwise_is_a_conflict() -> None:
    clinic = Clinic()
    clinic.types("surgery", 10)
    conflict = clinic.takes(record("1", "surgery", 12)).steps[0]
    assert (conflict.what, conflict.why) == ("conflict", "a person recorded 2026-03-10")
    assert told(clinic.takes(record("1", "surgery", 10, version=2)).steps) == ["unchanged"]
    assert told(clinic.takes(record("1", "surgery", 11, version=3)).steps) == ["conflict"]
    assert clinic.stands() == [("surgery", 10)]


def test_a_repeated_event_near_one_that_a_person_recorded_may_be_the_same() -> None:
    clinic = Clinic()
    clinic.types("cycle", 10)
    assert told(clinic.takes(record("1", day=12), record("2", day=14)).steps) == ["conflict", "add"]
    assert told(clinic.takes(record("3", day=10)).steps) == ["unchanged"]
    assert clinic.stands() == [("cycle", 10), ("cycle", 12), ("cycle", 14)], "12 is another one: 10 has its record"


def test_a_person_who_corrects_or_retracts_what_came_from_the_feed_is_right() -> None:
    clinic = Clinic()
    clinic.takes(record("1", day=1), record("2", day=8))
    first, second = (event.root_id for event in believed(clinic.of(ANNA)))
    clinic.types("cycle", 3, first)
    clinic.types("cycle", 8, second, retracted=True)
    again = clinic.takes(record("1", day=1), record("2", day=8))
    assert [step.why for step in again.steps] == ["a person recorded 2026-03-03", "retracted by a person"]
    assert told(clinic.takes(record("1", day=3, version=2)).steps) == ["unchanged"]
    gone = clinic.takes(record("1", "", None, version=3, code="", deleted=True))
    assert gone.steps[0].why == "deleted by the source, recorded by a person"
    assert clinic.stands() == [("cycle", 3)]


def test_two_records_of_an_event_that_happens_once() -> None:
    clinic = Clinic()
    clinic.takes(record("late", "surgery", 9))
    both = clinic.takes(record("early", "surgery", 2))
    assert both.statements[0].was == MARCH + timedelta(days=8), "the event is kept, with the earlier date"
    assert clinic.stands() == [("surgery", 2)]
    assert told(clinic.takes(record("late", "surgery", 9)).steps) == ["conflict"]
    clinic.takes(record("early", "surgery", None, version=2, deleted=True))
    assert clinic.stands() == [("surgery", 9)]


def test_of_two_records_that_say_the_same_one_may_go() -> None:
    clinic = Clinic()
    clinic.takes(record("1", day=4), record("2", day=4))
    assert clinic.stands() == [("cycle", 4)]
    for source_id in ("1", "2"):
        gone = clinic.takes(record(source_id, day=None, version=2, deleted=True))
        assert len(gone.statements) == (source_id == "2")
    assert clinic.stands() == []


def test_a_record_that_was_filed_under_the_wrong_participant() -> None:
    clinic = Clinic()
    clinic.takes(record("1"))
    clinic.takes(record("1", version=2, code="B"))
    assert (clinic.stands(), clinic.stands(BEN)) == ([], [("cycle", 1)])
    assert told(clinic.takes(record("1", version=3, code="Z")).steps) == ["unknown"]
    assert (clinic.stands(), clinic.stands(BEN)) == ([], [])


def test_of_somebody_who_is_not_enrolled_only_the_id_is_remembered_and_it_is_taken_when_they_are() -> None:
    clinic = Clinic(codes="A")
    assert told(clinic.takes(record("1", code="B")).steps) == ["unknown"]
    clinic.codes = "AB"
    assert told(clinic.takes(record("1", code="B")).steps) == ["add"]


def test_what_cannot_be_read_changes_nothing() -> None:
    clinic = Clinic()
    clinic.takes(record("1"))
    odd = clinic.takes(
        record("1", day=None, version=2), record("2", "cylce"), record("3", day=5000), record("4", day=-90000)
    )
    assert told(odd.steps) == ["unreadable"] * 4
    assert odd.steps[1].why == "the study has no event 'cylce'; did you mean `cycle`?"
    assert [step.why.split(" is ")[-1] for step in odd.steps[2:]] == [
        "more than a year ahead",
        "no date of anybody's treatment",
    ]
    assert clinic.stands() == [("cycle", 1)]


VERSIONS = st.builds(
    record,
    source_id=st.sampled_from("12345"),
    kind=st.sampled_from(["cycle", "cycle", "surgery"]),
    day=st.integers(1, 9),
    version=st.integers(1, 4),
    code=st.sampled_from("AAABZ"),
    deleted=st.sampled_from([False, False, False, True]),
)
TYPED = st.lists(st.tuples(st.sampled_from(["cycle", "surgery"]), st.integers(1, 9)), max_size=3)


def recorded_by_hand(typed: Sequence[tuple[str, int]]) -> list[TreatmentEvent]:
    """What of `typed` a nurse could record, one after the other."""
    events: list[TreatmentEvent] = []
    for n, (kind, day) in enumerate(typed):
        event = typed_event(n, kind, day, None, NOON, retracted=False)
        if refusal(events, event, {"cycle"}) is None:
            events.append(event)
    return events


def end(clinic: Clinic) -> object:
    remembered = {id: (each.record.version, each.standing) for id, each in clinic.taken.items()}
    return clinic.stands(), clinic.stands(BEN), remembered


@given(st.lists(VERSIONS, max_size=12), TYPED, st.data())
def test_in_whatever_order_and_however_often_they_arrive_the_end_is_the_same(
    versions: list[TreatmentRecord], typed: list[tuple[str, int]], data: st.DataObject
) -> None:
    """Replayed, reordered, and cut off in the middle; once all versions have been seen, the end is the same."""
    events = recorded_by_hand(typed)
    at_once, piecemeal = Clinic(events), Clinic(events)
    at_once.takes(*versions)
    arrivals = data.draw(st.permutations(versions + data.draw(st.lists(st.sampled_from(versions or [record("1")])))
                                         if versions else versions))  # fmt: skip
    while arrivals:
        size = data.draw(st.integers(1, len(arrivals)))
        piecemeal.takes(*arrivals[:size])
        arrivals = arrivals[size:]
    assert end(piecemeal) == end(at_once)
    assert piecemeal.takes(*versions).statements == (), "what was taken is not applied again"


@given(st.lists(VERSIONS, max_size=12), TYPED)
def test_the_record_stays_what_a_person_could_have_written(
    versions: list[TreatmentRecord], typed: list[tuple[str, int]]
) -> None:
    """What people recorded stands, an event that happens once is there once, and no cycle is there twice on a day."""
    events = recorded_by_hand(typed)
    clinic = Clinic(events)
    for version in versions:
        clinic.takes(version)
        stands = clinic.stands()
        assert len(set(stands)) == len(stands)
        assert [kind for kind, _ in stands].count("surgery") <= 1
        assert {(event.kind, event.happened_on) for event in events} <= {
            (kind, MARCH + timedelta(days=day - 1)) for kind, day in stands
        }
