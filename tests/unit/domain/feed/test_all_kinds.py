"""All four kinds of feed, replayed, reordered and cut off in the middle: rows, resources, lines and events, one end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pro_collector.domain.events import TreatmentReported
from pro_collector.domain.feed.csv_file import read_treatment_csv
from pro_collector.domain.feed.fhir_mapping import FhirMapping
from pro_collector.domain.feed.fhir_resources import records_of as of_resources
from pro_collector.domain.feed.mapping import load_mapping
from pro_collector.domain.feed.record import TreatmentRecord
from pro_collector.domain.feed.redcap_mapping import RedcapMapping
from pro_collector.domain.feed.redcap_rows import records_of as of_rows
from pro_collector.domain.feed.reported import record_of
from tests.shared.fhir import procedure
from tests.unit.domain.feed.test_decide import Clinic

FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
REDCAP = load_mapping(
    """
feed: site
study: s
redcap: {url: "https://redcap.example.org/api/", token: TOKEN, time_zone: UTC, code: code}
events: {cycle: {date: given_on}, surgery: {date: operated_on}}
""",
    "redcap.yaml",
)
FHIR = load_mapping(
    """
feed: site
study: s
fhir: {url: "https://fhir.example.org/", identifier: "https://study.example.org"}
events:
  cycle: {resource: Procedure, codes: ["http://snomed.info/sct|cycle"]}
  surgery: {resource: Procedure, codes: ["http://snomed.info/sct|surgery"]}
""",
    "fhir.yaml",
)


@dataclass(frozen=True)
class Said:
    """What a source says of one of its records at an hour: a kind and a day of March, or that it is gone."""

    id: str
    code: str
    kind: str
    day: int
    gone: bool
    hour: int

    @property
    def on(self) -> date:
        return date(2026, 3, self.day)

    @property
    def at(self) -> datetime:
        return FIRST + timedelta(hours=self.hour)


def as_line(said: Said) -> Sequence[TreatmentRecord]:
    day, gone = ("", "yes") if said.gone else (str(said.on), "")
    text = (
        f"code,event,on,id,changed_at,deleted\n{said.code},{said.kind},{day},{said.id},{said.at:%Y-%m-%d %H:%M},{gone}"
    )
    read = read_treatment_csv(text, "x.csv", study="s", feed="site", repeating={"cycle"}, now=FIRST)
    assert read.problems == []
    return read.records


def as_row(said: Said) -> Sequence[TreatmentRecord]:
    field = {"cycle": "given_on", "surgery": "operated_on"}[said.kind]
    row = {
        "id": said.id,
        "code": said.code,
        "given_on": "",
        "operated_on": "",
        field: "" if said.gone else str(said.on),
    }
    assert isinstance(REDCAP, RedcapMapping)
    return of_rows([row], "id", REDCAP, said.at)


def as_resource(said: Said) -> Sequence[TreatmentRecord]:
    status = "entered-in-error" if said.gone else "completed"
    assert isinstance(FHIR, FhirMapping)
    one = procedure(said.id, said.code, said.kind, str(said.on), status)
    return of_resources([one], {"A": "A", "B": "B", "Z": "Z"}, FHIR, said.at)


def as_event(said: Said) -> Sequence[TreatmentRecord]:
    event: dict[str, Any] = {
        "study": "s", "feed": "site", "record": said.id, "code": said.code, "kind": said.kind, "deleted": said.gone,
        "on": None if said.gone else str(said.on), "occurred_at": said.at.isoformat(),
    }  # fmt: skip
    return [record_of(TreatmentReported.model_validate(event))]


SAID = st.builds(
    Said,
    id=st.sampled_from("1234"),
    code=st.sampled_from("AAABZ"),
    kind=st.sampled_from(["cycle", "surgery"]),
    day=st.integers(1, 9),
    gone=st.sampled_from([False, False, False, True]),
    hour=st.integers(1, 4),
)
KINDS = [as_line, as_row, as_resource, as_event]


@pytest.mark.parametrize("form", KINDS, ids=lambda each: each.__name__)
@settings(max_examples=25)
@given(said=st.lists(SAID, max_size=10, unique_by=lambda each: (each.id, each.hour)), data=st.data())
def test_in_whatever_order_and_wherever_it_is_cut_off_the_end_is_the_same(
    form: Callable[[Said], Sequence[TreatmentRecord]], said: list[Said], data: st.DataObject
) -> None:
    """An interruption is a batch of which a part was taken; then everything comes again, as a source tells it."""
    versions = [record for each in said for record in form(each)]
    at_once, piecemeal = Clinic(), Clinic()
    at_once.takes(*versions)
    cut = data.draw(st.permutations(versions))[: data.draw(st.integers(0, len(versions)))]
    arrivals = [*cut, *data.draw(st.permutations(versions))]
    while arrivals:
        size = data.draw(st.integers(1, len(arrivals)))
        piecemeal.takes(*arrivals[:size])
        arrivals = arrivals[size:]
    for clinic in (at_once, piecemeal):
        assert clinic.takes(*versions).statements == (), "what was taken is not applied again"
    assert piecemeal.stands() == at_once.stands()
    assert {id: each.record.version for id, each in piecemeal.taken.items()} == {
        id: each.record.version for id, each in at_once.taken.items()
    }
