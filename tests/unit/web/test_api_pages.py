"""Cursors of the API and the models of its answers: what is signed is read again, and nothing else is."""

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.errors import BadInput
from pro_collector.vault import Vault
from pro_collector.web.api.models import model_of
from pro_collector.web.api.pages import LONGEST, cursor, place_of

VAULT, OTHER = Vault("a1" * 32, "b2" * 32), Vault("a1" * 32, "c3" * 32)
PLACES = st.lists(st.text(max_size=40), min_size=1, max_size=4)


@given(PLACES)
def test_a_cursor_leads_to_its_place_in_its_list_alone(place: list[str]) -> None:
    given_out = cursor(VAULT, "visits story", place)
    assert place_of(VAULT, "visits story", given_out) == place
    assert all(sign not in given_out for sign in "+/=&?# ")
    for vault, of in ((VAULT, "visits other"), (OTHER, "visits story")):
        with pytest.raises(BadInput):
            place_of(vault, of, given_out)


@given(st.text(max_size=200) | st.binary(max_size=100).map(lambda data: data.hex()))
def test_what_we_did_not_give_is_no_cursor(text: str) -> None:
    with pytest.raises(BadInput):
        place_of(VAULT, "visits story", text)


def test_a_cursor_with_another_place_is_no_cursor_of_ours() -> None:
    ours = cursor(VAULT, "people story", ["RT-1"])
    for n in range(len(ours)):
        other = ours[:n] + ("A" if ours[n] != "A" else "B") + ours[n + 1 :]
        try:
            assert place_of(VAULT, "people story", other) == ["RT-1"], "only bits that base64 leaves unused differ"
        except BadInput:
            continue
    assert place_of(VAULT, "people story", None) is None
    assert len(cursor(VAULT, "people story", ["x" * 40])) < LONGEST


@dataclass(frozen=True)
class _Born:
    """Somebody."""

    name: str
    on: date
    secret: str

    @property
    def year(self) -> int:
        """The year."""
        return self.on.year


def test_a_model_has_what_is_wanted_of_a_view_and_nothing_else() -> None:
    model = model_of(_Born, without=("secret",), properties=("year",))
    shown = model.model_validate(_Born("a", date(2020, 1, 2), "hidden"))
    assert shown.model_dump() == {"name": "a", "on": date(2020, 1, 2), "year": 2020}
    assert set(model.model_json_schema(mode="serialization")["required"]) == {"name", "on", "year"}
    assert model.__doc__ == "Somebody."
