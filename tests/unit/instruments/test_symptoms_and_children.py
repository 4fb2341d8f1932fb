"""MDASI modules, BPI, worst stiffness and PedsQL against values worked out by hand."""

import pytest

from pro_collector.domain.instrument.answers import Answer
from tests.shared.instruments import numbered, scores, shipped, values


def test_mdasi_bt_by_hand() -> None:
    # q1-q13 = 0 1 2 ... 9 0 1 2: 48; q14-q22 = 1 ... 9: 45; q23-q28 = 4 5 6 7 8 0: 30
    found = values("mdasi-bt", numbered("q", "0123456789012123456789456780"))
    assert found == pytest.approx({"core": 48 / 13, "module": 5, "severity": 93 / 22, "interference": 5})


def test_mdasi_sp_by_hand() -> None:
    # q1-q13: 48 as above; q14-q18 = 2 4 6 8 0: 20; q19-q24 = 1 1 1 1 1 7: 12
    found = values("mdasi-sp", numbered("q", "012345678901224680111117"))
    assert found == pytest.approx({"core": 48 / 13, "module": 4, "severity": 68 / 18, "interference": 2})


@pytest.mark.parametrize(("module", "needed"), [("mdasi-bt", (7, 5, 12, 4)), ("mdasi-sp", (7, 3, 10, 4))])
def test_more_than_half_is_needed(module: str, needed: tuple[int, ...]) -> None:
    assert tuple(scale.needed for scale in shipped(module).scales) == needed


def test_bpi_by_hand() -> None:
    pain: dict[str, Answer] = {"q3": 8, "q4": 2, "q5": 5, "q6": 4, "q8": 60}
    life: dict[str, Answer] = dict(zip([f"q9{letter}" for letter in "abcdefg"], (1, 2, 3, 4, 5, 6, 7), strict=True))
    found = values("bpi-sf", {**pain, **life})
    assert found == pytest.approx({"worst": 8, "severity": 4.75, "interference": 4, "relief": 60})  # 19 / 4, 28 / 7
    fewer = values("bpi-sf", {**pain, **life, "q6": None, "q9a": None, "q9b": None, "q9c": None})
    assert fewer["severity"] is None
    assert fewer["interference"] == 5.5  # (4 + 5 + 6 + 7) / 4
    assert values("bpi-sf", {"q9a": 1, "q9b": 2, "q9c": 3})["interference"] is None


def test_worst_stiffness() -> None:
    assert values("worst-stiffness-nrs", {"stiffness": 7}) == {"worst_stiffness": 7}


def pedsql(codes: str) -> dict[str, Answer]:
    """Answers by scale: "0123 12 ..." for physical, emotional, social, school; a dot is missing."""
    groups = zip(("physical", "emotional", "social", "school"), codes.split(), strict=True)
    return {key: value for name, group in groups for key, value in numbered(name, group).items()}


def test_pedsql_by_hand() -> None:
    # a code is worth 100 - 25 * code
    found = values("pedsql", pedsql("01234012 00112 44320 11111"))
    expected = {
        "physical": 59.375,  # codes add up to 13: 800 - 325 = 475; / 8
        "emotional": 80.0,  # 4: 400 / 5
        "social": 35.0,  # 13: 175 / 5
        "school": 75.0,  # 5: 375 / 5
        "psychosocial": 63.333333,  # (400 + 175 + 375) / 15
        "total": 61.956522,  # (475 + 950) / 23
    }
    assert found == pytest.approx(expected, abs=1e-6)


def test_pedsql_half_of_a_scale_is_enough() -> None:
    found = scores("pedsql", pedsql("0000.... 00... 000.. 00000"))
    assert (found["physical"].value, found["physical"].answered) == (100, 4)
    assert found["emotional"].value is None  # 2 of 5
    assert found["social"].value == 100
    assert found["psychosocial"].answered == 10
    assert found["total"].answered == 14


def test_pedsql_young_children_choose_among_three() -> None:
    found = values("pedsql-young-child", pedsql("00224420 00000 22222 44444"))
    # physical: 0 0 2 2 4 4 2 0 -> 100 100 50 50 0 0 50 100 = 450 / 8
    assert (found["physical"], found["emotional"], found["social"], found["school"]) == (56.25, 100, 50, 0)
    with pytest.raises(ValueError, match="1 is not an allowed answer to physical1"):
        values("pedsql-young-child", {"physical1": 1})


def test_pedsql_toddlers_have_three_items_of_school() -> None:
    found = scores("pedsql-toddler", pedsql("00000000 00000 00000 04."))
    assert (found["school"].value, found["school"].of) == (50, 3)
    assert found["total"].of == 21
    assert shipped("pedsql-toddler").reporters == ("proxy",)
