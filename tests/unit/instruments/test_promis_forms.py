"""PROMIS short forms and profiles: which items, and scores by made-up tables and parameters, worked out by hand."""

import pytest

from pro_collector.domain.instrument.answers import Answer
from pro_collector.domain.scoring.graded_response import pattern_score
from pro_collector.domain.scoring.score import score
from tests.shared.instruments import library, shipped

FORMS = [name for name in library().ids() if name.startswith("promis-") and name.endswith(("a", "b"))]
PROFILES = [f"promis-{who}-{size}" for who in ("pediatric", "parent-proxy") for size in (25, 37, 49)]


def test_the_forms_that_ship() -> None:
    assert len(FORMS) == 22
    for name in FORMS:
        size = int("".join(filter(str.isdigit, name.rpartition("-")[2])))
        assert len(shipped(name).items) == size


@pytest.mark.parametrize("domain", sorted({name.rpartition("-")[0] for name in FORMS}))
def test_a_longer_form_begins_with_the_shorter_one(domain: str) -> None:
    forms = sorted((name for name in FORMS if name.startswith(domain) and "10a" not in name), key=len)
    ids = [[item.id for item in shipped(name).items] for name in sorted(forms)]
    assert ids[0] == ids[1][:4]
    assert ids[1] == ids[2][:6]


def test_the_four_items_are_those_of_the_profile() -> None:
    profile = {item.id for item in shipped("promis-29").items}
    for name in (name for name in FORMS if name.endswith("-4a")):
        assert {item.id for item in shipped(name).items} <= profile


@pytest.mark.parametrize("name", [*FORMS, *PROFILES])
def test_the_table_needs_every_item_and_the_pattern_half(name: str) -> None:
    instrument = shipped(name)
    for scale in (scale for scale in instrument.scales if scale.convert):
        pattern = instrument.scale(f"{scale.id}_pattern")
        assert pattern is not None
        assert (scale.needed, pattern.needed) == (len(scale.items), len(scale.items) // 2)
        assert (pattern.items, pattern.direction) == (scale.items, scale.direction)


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_has_six_domains_and_pain(name: str) -> None:
    instrument, size = shipped(name), int(name.rpartition("-")[2])
    assert len(instrument.items) == size
    assert {len(scale.items) for scale in instrument.scales} == {(size - 1) // 6, 1}
    assert instrument.reporters == (("proxy",) if "proxy" in name else ("self",))


def test_by_hand() -> None:
    bare = shipped("promis-pediatric-25")
    table = bare.with_table("peers", {str(raw): 20 + 2 * raw for raw in range(4, 21)}, "made up for this test")
    bank = {f"peers{n}": (1.0 + n / 2, -2.0, -1.0, 0.0, 1.0) for n in range(1, 5)}
    instrument = table.with_parameters("peers-parameters", bank, "made up for this test")
    answers: dict[str, Answer] = {"peers1": 5, "peers2": 3, "peers3": 2, "peers4": 5, "pain_intensity": 7}
    found = score(instrument, answers)
    assert found["peers"].value == 50  # 5 + 3 + 2 + 5 = 15
    places = dict(zip(bank, (4, 2, 1, 4), strict=True))
    assert found["peers_pattern"].value == pytest.approx(
        pattern_score([(bank[item], place) for item, place in places.items()]).t
    )
    assert found["pain_intensity"].value == 7
    assert found["mobility"].reason == "mobility: 0 of 4 answered, at least 4 needed"
    full = score(instrument, {**answers, **{f"mobility{n}": 3 for n in range(1, 5)}})
    assert full["mobility"].reason == "mobility: the table 'mobility' has not been imported"
    assert full["mobility_pattern"].reason == "mobility_pattern: the table 'mobility-parameters' has not been imported"
