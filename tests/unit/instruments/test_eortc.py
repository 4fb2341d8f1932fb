"""EORTC QLQ-C30, BN20 and LMC21 against values worked out by hand from the EORTC scoring manual (3rd edition, 2001)."""

import pytest

from pro_collector.domain.instrument.answers import Absent, Answer
from tests.shared.instruments import names, numbered, scores, shipped, values

# q1-q5  q6-q7 q8 q9 q10 q11 q12 q13 q14-q15 q16 q17 q18 q19 q20  q21-q24 q25 q26-q27 q28  q29-q30
MIXED = "123241234321432123142432132156"


def test_c30_by_hand() -> None:
    # Function: (1 - (raw - 1) / 3) * 100. Symptom: (raw - 1) / 3 * 100. QL: (raw - 1) / 6 * 100. raw: mean of items.
    expected = {
        "QL": 75.0,  # (5 + 6) / 2 = 5.5; 4.5 / 6
        "PF": 53.333333,  # (1 + 2 + 3 + 2 + 4) / 5 = 2.4; 1 - 1.4 / 3
        "RF": 83.333333,  # (1 + 2) / 2 = 1.5; 1 - 0.5 / 3
        "EF": 41.666667,  # (2 + 4 + 3 + 2) / 4 = 2.75; 1 - 1.75 / 3
        "CF": 50.0,  # q20 q25: (4 + 1) / 2 = 2.5; 1 - 1.5 / 3
        "SF": 50.0,  # (3 + 2) / 2 = 2.5
        "FA": 44.444444,  # q10 q12 q18: (3 + 1 + 3) / 3 = 2.333; 1.333 / 3
        "NV": 50.0,  # (3 + 2) / 2 = 2.5; 1.5 / 3
        "PA": 50.0,  # q9 q19: (4 + 1) / 2 = 2.5
        "DY": 66.666667,  # q8 = 3
        "SL": 33.333333,  # q11 = 2
        "AP": 100.0,  # q13 = 4
        "CO": 0.0,  # q16 = 1
        "DI": 33.333333,  # q17 = 2
        "FI": 0.0,  # q28 = 1
        # 53.333 + 83.333 + 41.667 + 50 + 50 = 278.333, and the eight symptoms reversed:
        # 55.556 + 50 + 50 + 33.333 + 66.667 + 0 + 100 + 66.667 = 422.222; 700.556 / 13
        "SUMMARY": 53.888889,
    }
    assert values("qlq-c30", numbered("q", MIXED)) == pytest.approx(expected, abs=1e-6)


def test_c30_ends_of_the_scales() -> None:
    best = values("qlq-c30", numbered("q", "1" * 28 + "77"))
    worst = values("qlq-c30", numbered("q", "4" * 28 + "11"))
    function = ("QL", "PF", "RF", "EF", "CF", "SF", "SUMMARY")
    assert all(best[scale] == 100 and worst[scale] == 0 for scale in function)
    assert all(best[scale] == 0 and worst[scale] == 100 for scale in best if scale not in function)


@pytest.mark.parametrize(
    ("scale", "items", "enough", "short"),
    [
        ("PF", "q1 q2 q3 q4 q5", 3, 2),  # half of 5 is 2.5
        ("EF", "q21 q22 q23 q24", 2, 1),
        ("FA", "q10 q12 q18", 2, 1),
        ("QL", "q29 q30", 1, 0),
        ("PA", "q9 q19", 1, 0),
        ("DY", "q8", 1, 0),
    ],
)
def test_half_of_the_items_are_enough(scale: str, items: str, enough: int, short: int) -> None:
    # The MII FHIR definition divides by the full count whatever is missing; the manual takes the mean of the answered.
    all_of = names(items)
    full = scores("qlq-c30", dict.fromkeys(all_of, 2))[scale]
    found = scores("qlq-c30", dict.fromkeys(all_of[:enough], 2))[scale]
    assert (found.value, found.answered, found.of) == (full.value, enough, len(all_of))
    none = scores("qlq-c30", dict.fromkeys(all_of[:short], 2))[scale]
    assert (none.value, none.answered, none.of) == (None, short, len(all_of))
    assert none.reason == f"{scale}: {short} of {len(all_of)} answered, at least {enough} needed"


def test_the_mean_is_over_the_answered() -> None:
    # PF with q1 q3 q5 = 1 3 4: 8 / 3 = 2.667; 1 - 1.667 / 3 = 44.44
    assert values("qlq-c30", {"q1": 1, "q3": 3, "q5": 4})["PF"] == pytest.approx(44.444444, abs=1e-6)


def test_the_summary_needs_all_thirteen_scales_and_only_those() -> None:
    complete = numbered("q", MIXED)
    without_ql_fi: dict[str, Answer] = {**complete, "q29": None, "q30": None, "q28": None}
    assert values("qlq-c30", without_ql_fi)["SUMMARY"] == values("qlq-c30", complete)["SUMMARY"]
    found = scores("qlq-c30", {**complete, "q8": None, "q26": None, "q27": Absent.NOT_ASKED})["SUMMARY"]
    assert (found.value, found.reason) == (None, "SUMMARY: no score for SF DY")
    assert (found.answered, found.of) == (24, 27)


def test_c30_scales_are_the_owners_in_order() -> None:
    owners = names("QL PF RF EF CF SF FA NV PA DY SL AP CO DI FI SUMMARY")
    assert [scale.id for scale in shipped("qlq-c30").scales] == owners


def test_bn20_by_hand() -> None:
    # q31-q50 = 1 2 3 4 4, 1 2 2, 3, 4, 1 2 4, 2, 3, 1, 4, 2, 4, 3
    found = scores("qlq-bn20", numbered("q", "12344122341242314243", first=31))
    expected = {
        "BNFU": 50.0,  # q31 q32 q33 q35: (1 + 2 + 3 + 4) / 4 = 2.5
        "BNVD": 22.222222,  # q36 q37 q38: (1 + 2 + 2) / 3 = 1.667
        "BNMD": 88.888889,  # q40 q45 q49: (4 + 3 + 4) / 3 = 3.667
        "BNCD": 44.444444,  # q41 q42 q43: (1 + 2 + 4) / 3 = 2.333
        "BNHA": 100.0,  # q34 = 4
        "BNSE": 66.666667,  # q39 = 3
        "BNDR": 33.333333,  # q44 = 2
        "BNHL": 0.0,  # q46 = 1
        "BNIS": 100.0,  # q47 = 4
        "BNWL": 33.333333,  # q48 = 2
        "BNBC": 66.666667,  # q50 = 3
    }
    assert {scale: score.value for scale, score in found.items()} == pytest.approx(expected, abs=1e-6)
    assert list(found) == list(expected)
    assert sum(score.of for score in found.values()) == 20


def test_lmc21_by_hand() -> None:
    # q31-q51 = 1 3, 4, 2, 3, 1, 4, 2, 3 4, 1, 2, 2 3, 4, 1, 1 2 3 4, 2
    found = scores("qlq-lmc21", numbered("q", "134231423412234112342", first=31))
    expected = {
        "LMCNP": 33.333333,  # q31 q32: (1 + 3) / 2 = 2
        "LMCFA": 66.666667,  # q37 q43 q44: (4 + 2 + 3) / 3 = 3
        "LMCPA": 66.666667,  # q39 q40 q42: (3 + 4 + 2) / 3 = 3
        "LMCEP": 50.0,  # q47-q50: (1 + 2 + 3 + 4) / 4 = 2.5
        "LMCWL": 100.0,  # q33 = 4
        "LMCTA": 33.333333,  # q34 = 2
        "LMCDM": 66.666667,  # q35 = 3
        "LMCSM": 0.0,  # q36 = 1
        "LMCPN": 33.333333,  # q38 = 2
        "LMCJA": 0.0,  # q41 = 1
        "LMCFR": 100.0,  # q45 = 4
        "LMCFE": 0.0,  # q46 = 1
        "LMCSX": 33.333333,  # q51 = 2
    }
    assert {scale: score.value for scale, score in found.items()} == pytest.approx(expected, abs=1e-6)
    assert sum(score.of for score in found.values()) == 21
