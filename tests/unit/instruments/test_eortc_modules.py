"""EORTC C15-PAL, ELD14, HCC18, H&N35, MY20, OES18 and OV28 against values worked out by hand from their formulas."""

import pytest

from pro_collector.display.explain import explain
from pro_collector.domain.instrument.answers import Answer
from tests.shared.instruments import names, numbered, scores, shipped, values

MODULES = names("qlq-c15-pal qlq-eld14 qlq-hcc18 qlq-hn35 qlq-my20 qlq-oes18 qlq-ov28")


def same(found: dict[str, float | None], expected: dict[str, float | None]) -> None:
    """The scores are the expected ones, and there are no others."""
    assert found == pytest.approx(expected, abs=1e-6)


def test_c15_pal_by_hand() -> None:
    # q1 q2 q3  q4 q5 q6  q7 q8 q9 q10 q11 q12  q13 q14  q15 = 1 2 4  3 2 1  4 2 3 1 3 4  2 3  5
    found = values("qlq-c15-pal", numbered("q", "124321423134235"))
    expected: dict[str, float | None] = {
        "QL": 66.666667,  # (5 - 1) / 6
        "PF": 55.555556,  # q1-q3: (1 + 2 + 4) / 3 = 2.333; 1 - 1.333 / 3
        "EF": 50.0,  # q13 q14: (2 + 3) / 2 = 2.5; 1 - 1.5 / 3
        "FA": 83.333333,  # q7 q11: (4 + 3) / 2 = 3.5; 2.5 / 3
        "NV": 66.666667,  # q9 = 3
        "PA": 66.666667,  # q5 q12: (2 + 4) / 2 = 3
        "DY": 66.666667,  # q4 = 3
        "SL": 0.0,  # q6 = 1
        "AP": 33.333333,  # q8 = 2
        "CO": 0.0,  # q10 = 1
    }
    same(found, expected)


def test_eld14_by_hand() -> None:
    # q31 q32 q33 q34 q35 q36 q37 q38 q39 q40 q41 q42 q43 q44 = 2 3 4 1 4 2 3 1 2 2 3 4 1 2
    found = values("qlq-eld14", numbered("q", "23414231223412", first=31))
    expected: dict[str, float | None] = {
        "MOBILITY": 44.444444,  # q31 q33 q34: (2 + 4 + 1) / 3 = 2.333
        "JOINT_STIFFNESS": 66.666667,  # q32 = 3
        "FAMILY_SUPPORT": 100.0,  # q35 = 4: much support
        "WORRIES_OTHERS": 50.0,  # q36 q37: (2 + 3) / 2 = 2.5
        "FUTURE_WORRIES": 22.222222,  # q38-q40: (1 + 2 + 2) / 3 = 1.667
        "MAINTAINING_PURPOSE": 83.333333,  # q41 q42: (3 + 4) / 2 = 3.5
        "BURDEN_ILLNESS": 16.666667,  # q43 q44: (1 + 2) / 2 = 1.5
    }
    same(found, expected)


def test_hcc18_by_hand() -> None:
    # q31-q48 = 1 2 3 4 2 1 2 4 3 1 1 3 2 4 2 3 4 2
    found = values("qlq-hcc18", numbered("q", "123421243113242342", first=31))
    expected: dict[str, float | None] = {
        "FATIGUE": 66.666667,  # q45-q47: (2 + 3 + 4) / 3 = 3
        "JAUNDICE": 16.666667,  # q36 q37: (1 + 2) / 2 = 1.5
        "NUTRITION": 46.666667,  # q31 q32 q42-q44: (1 + 2 + 3 + 2 + 4) / 5 = 2.4
        "PAIN": 83.333333,  # q38 q39: (4 + 3) / 2 = 3.5
        "FEVER": 0.0,  # q40 q41 = 1 1
        "BODY_IMAGE": 50.0,  # q33 q35: (3 + 2) / 2 = 2.5, turned
        "ABDOMINAL_SWELLING": 100.0,  # q34 = 4
        "SEXUAL_INTEREST": 33.333333,  # q48 = 2
    }
    same(found, expected)


def test_hn35_by_hand() -> None:
    # q31-q34 q35-q38 q39-q42 q43 q44 q45-q48 q49-q52 q53-q58 q59 q60 q61-q65
    found = values("qlq-hn35", numbered("q", "12342222123414312411232134214312112", first=31))
    expected: dict[str, float | None] = {
        "HNPA": 50.0,  # (1 + 2 + 3 + 4) / 4 = 2.5
        "HNSW": 33.333333,  # 2
        "HNSE": 50.0,  # q43 q44: (1 + 4) / 2 = 2.5
        "HNSP": 11.111111,  # q46 q53 q54: (1 + 2 + 1) / 3 = 1.333
        "HNSO": 25.0,  # q49-q52: (1 + 1 + 2 + 3) / 4 = 1.75
        "HNSC": 60.0,  # q48 q55-q58: (4 + 3 + 4 + 2 + 1) / 5 = 2.8
        "HNSX": 83.333333,  # q59 q60: (4 + 3) / 2 = 3.5
        "HNTE": 0.0,  # q39
        "HNOM": 33.333333,  # q40
        "HNDR": 66.666667,  # q41
        "HNSS": 100.0,  # q42
        "HNCO": 66.666667,  # q45 = 3
        "HNFI": 33.333333,  # q47 = 2
        "HNPK": 0.0,  # q61 = 1: no
        "HNNU": 100.0,  # q62 = 2: yes. A range of 3, as one public scorer has it, would make this 33.3
        "HNFE": 0.0,
        "HNWL": 0.0,
        "HNWG": 100.0,
    }
    same(found, expected)


def test_my20_by_hand() -> None:
    # q31-q36 q37-q46 q47 q48-q50
    found = values("qlq-my20", numbered("q", "12341211112222343134", first=31))
    expected: dict[str, float | None] = {
        "MYFP": 44.444444,  # q48-q50: (1 + 3 + 4) / 3 = 2.667; 1 - 1.667 / 3
        "MYBI": 33.333333,  # q47 = 3; 1 - 2 / 3
        "MYDS": 38.888889,  # q31-q36: 13 / 6 = 2.167
        "MYSE": 30.0,  # q37-q46: 19 / 10 = 1.9
    }
    same(found, expected)


def test_oes18_by_hand() -> None:
    # q31-q33 q34 q35 q36-q39 q40 q41 q42 q43 q44 q45 q46-q48
    found = values("qlq-oes18", numbered("q", "432231224123413223", first=31))
    expected: dict[str, float | None] = {
        "OESDYS": 66.666667,  # q31-q33: (4 + 3 + 2) / 3 = 3, not turned
        "OESEAT": 41.666667,  # q36-q39: (1 + 2 + 2 + 4) / 4 = 2.25
        "OESRFX": 33.333333,  # q44 q45: (1 + 3) / 2 = 2
        "OESPA": 44.444444,  # q46-q48: (2 + 2 + 3) / 3 = 2.333
        "OESSV": 33.333333,  # q34
        "OESCH": 66.666667,  # q35
        "OESDM": 0.0,  # q40
        "OESTA": 33.333333,  # q41
        "OESCO": 66.666667,  # q42
        "OESSP": 100.0,  # q43
    }
    same(found, expected)
    dysphagia = shipped("qlq-oes18").scale("OESDYS")
    assert dysphagia is not None
    assert dysphagia.direction == "none"


# q31-q37 q38 q39 q40 q41-q43 q44-q47 q48 q49 q50 q51 q52-q54 q55 q56 q57 q58
OV28 = "1234123321124223314122343241"


def test_ov28_by_hand() -> None:
    expected: dict[str, float | None] = {
        "OVBI": 83.333333,  # q50 q51: (1 + 2) / 2 = 1.5; 1 - 0.5 / 3
        "OVAT": 33.333333,  # q52-q54: (2 + 3 + 4) / 3 = 3; 1 - 2 / 3
        "OVAG": 42.857143,  # q31-q37: 16 / 7 = 2.2857
        "OVPN": 44.444444,  # q41-q43: (1 + 2 + 4) / 3 = 2.333
        "OVHM": 50.0,  # q48 q49: (1 + 4) / 2 = 2.5
        "OVCH": 40.0,  # q40 q44-q47: (1 + 2 + 2 + 3 + 3) / 5 = 2.2
        "OVHL": 50.0,  # q38 q39: (3 + 2) / 2 = 2.5
        "OVSE": 75.0,  # q55-q57 and q58 turned: (3 + 2 + 4 + 4) / 4 = 3.25
    }
    same(values("qlq-ov28", numbered("q", OV28, first=31)), expected)


@pytest.mark.parametrize(
    ("answers", "hair", "sexuality"),
    [
        ({"q38": 1, "q39": 4}, 0.0, 75.0),  # no hair loss: what is said of it does not count
        ({"q38": 1, "q39": None}, 0.0, 75.0),
        ({"q38": 2, "q39": None}, 33.333333, 75.0),
        ({"q38": None, "q39": 3}, 66.666667, 75.0),
        ({"q56": 1}, 50.0, 33.333333),  # not sexually active: q55 q56, (3 + 1) / 2 = 2
        ({"q55": None, "q56": 1}, 50.0, 0.0),
        ({"q56": None}, 50.0, None),
        ({"q57": None, "q58": None}, 50.0, 50.0),  # (3 + 2) / 2 = 2.5, two of four
        ({"q55": None, "q57": None, "q58": None}, 50.0, None),
    ],
)
def test_ov28_hair_loss_and_sexuality_depend_on_an_answer(
    answers: dict[str, Answer], hair: float, sexuality: float | None
) -> None:
    found = values("qlq-ov28", {**numbered("q", OV28, first=31), **answers})
    assert (found["OVHL"], found["OVSE"]) == pytest.approx((hair, sexuality), abs=1e-6)


def test_a_case_is_explained_with_its_own_items() -> None:
    told = "\n".join(explain(shipped("qlq-ov28"), {**numbered("q", OV28, first=31), "q56": 1}, "OVSE"))
    assert "answered 2 of 2" in told
    assert "q57" not in told
    assert "score: 33.333333" in told


@pytest.mark.parametrize("module", MODULES)
def test_every_item_is_scored_once_and_half_of_a_scale_is_enough(module: str) -> None:
    instrument = shipped(module)
    used = [item for scale in instrument.scales for item in scale.items]
    assert sorted(used) == sorted(item.id for item in instrument.items)
    for scale in (scale for scale in instrument.scales if not scale.cases):
        least = -(-len(scale.items) // 2)
        full: dict[str, Answer] = {item: 2 for item in scale.items}
        assert scores(module, dict(list(full.items())[len(full) - least :]))[scale.id].answered == least
        assert scores(module, dict(list(full.items())[: least - 1]))[scale.id].value is None


@pytest.mark.parametrize("module", MODULES)
def test_the_ends_of_every_scale_are_0_and_100(module: str) -> None:
    instrument = shipped(module)
    for end in (0, -1):
        answers: dict[str, Answer] = {item.id: item.options[end].code for item in instrument.items}
        turned = {item for scale in instrument.scales for item in scale.reverse}
        answers |= {item.id: item.options[-1 - end].code for item in instrument.items if item.id in turned}
        assert set(values(module, answers).values()) <= {0, 100}
