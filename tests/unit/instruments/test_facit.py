"""FACT-G, FACT-Br and FACIT-Fatigue against values worked out by hand from the FACIT scoring guidelines (version 4).

Public scorers differ: one prorates a subscale from any single item, another from half. The guidelines ask for more than
half of a subscale, and more than 80 % of all items for the total; that is what is tested.
"""

import pytest

from pro_collector.domain.instrument.answers import Absent, Answer
from tests.shared.instruments import names, numbered, scores, values

G: dict[str, Answer] = {
    **numbered("GP", "0123412"),
    **numbered("GS", "4321043"),
    **numbered("GE", "131024"),
    **numbered("GF", "2222333"),
}
BR: dict[str, Answer] = {**numbered("Br", "123401234012340123"), "Ntx6": 1}


def test_fact_g_by_hand() -> None:
    expected = {
        "PWB": 15.0,  # all turned: 4 + 3 + 2 + 1 + 0 + 3 + 2
        "SWB": 17.0,  # 4 + 3 + 2 + 1 + 0 + 4 + 3
        "EWB": 15.0,  # GE2 as it is, the rest turned: 3 + 3 + 3 + 4 + 2 + 0
        "FWB": 17.0,  # 2 + 2 + 2 + 2 + 3 + 3 + 3
        "FACTG": 64.0,
    }
    assert values("fact-g", G) == pytest.approx(expected)


def test_a_subscale_is_prorated_from_more_than_half() -> None:
    four_of_seven = scores("fact-g", {"GF1": 1, "GF2": 2, "GF3": 4, "GF4": 2})["FWB"]
    assert four_of_seven.value == pytest.approx(9 * 7 / 4)  # 15.75
    assert scores("fact-g", {"GF1": 1, "GF2": 2, "GF3": 4})["FWB"].value is None
    # Three of six emotional items are exactly half, and not enough.
    assert scores("fact-g", {"GE1": 1, "GE2": 2, "GE3": 4})["EWB"].reason == "EWB: 3 of 6 answered, at least 4 needed"
    assert values("fact-g", {"GE1": 1, "GE2": 2, "GE3": 4, "GE4": 0})["EWB"] == pytest.approx((3 + 2 + 0 + 4) * 6 / 4)


def test_the_total_needs_more_than_80_percent() -> None:
    # 22 of 27 is 81.5 %, 21 is 77.8 %; each subscale keeps more than half.
    missing: dict[str, Answer] = {"GP1": None, "GP2": None, "GS1": None, "GE1": None, "GF1": None}
    found = scores("fact-g", {**G, **missing})["FACTG"]
    assert (found.answered, found.of) == (22, 27)
    # PWB 8 * 7 / 5; SWB 13 * 7 / 6; EWB 12 * 6 / 5; FWB 15 * 7 / 6
    assert found.value == pytest.approx(11.2 + 15.166666667 + 14.4 + 17.5)
    fewer = scores("fact-g", {**G, **missing, "GS2": None})["FACTG"]
    assert (fewer.value, fewer.reason) == (None, "FACTG: 21 of 27 answered, at least 22 needed")


def test_the_total_needs_every_subscale() -> None:
    missing: dict[str, Answer] = {"GE1": None, "GE2": None, "GE3": None}
    found = scores("fact-g", {**G, **missing})["FACTG"]
    assert (found.value, found.answered, found.reason) == (None, 24, "FACTG: no score for EWB")


def test_the_optional_item_may_be_declined() -> None:
    found = scores("fact-g", {**G, "GS7": Absent.ASKED_DECLINED})["SWB"]
    assert found.value == pytest.approx(14 * 7 / 6)
    assert found.answered == 6


def test_fact_br_by_hand() -> None:
    # Br1-Br18 = 1 2 3 4 0 1 2 3 4 0 1 2 3 4 0 1 2 3, Ntx6 = 1; turned: Br2 4 5 6, Ntx6, Br9 10 12 14
    # Br1 1 + Br2 2 + Br3 3 + Br4 0 + Br5 4 + Br6 3 + Br7 2 + Ntx6 3 + Br8 3 + Br9 0 + Br10 4 + Br11 1 + Br12 2 + Br13 3
    # + Br14 0 + Br15 0 + Br16 1 + Br17 2 + Br18 3
    found = scores("fact-br", {**G, **BR})
    assert found["BrCS"].value == pytest.approx(37)
    assert found["FACTG"].value == pytest.approx(64)
    assert found["FACT_BR"].value == pytest.approx(101)
    assert found["FACT_BR_TOI"].value == pytest.approx(15 + 17 + 37)
    assert (found["FACT_BR"].answered, found["FACT_BR"].of, found["BrCS"].of) == (46, 46, 19)


def test_fact_br_total_counts_all_46_items() -> None:
    # 37 of 46 is 80.4 %: nine may be missing, if no subscale falls to half. The index has no such rule.
    nine: dict[str, Answer] = {f"Br{n}": None for n in range(1, 10)}
    assert scores("fact-br", {**G, **BR, **nine})["FACT_BR"].value is not None
    ten = scores("fact-br", {**G, **BR, **nine, "GP1": None})
    assert ten["FACT_BR"].reason == "FACT_BR: 36 of 46 answered, at least 37 needed"
    assert ten["FACT_BR_TOI"].value is not None
    # FACT-G has 21 of its items and no score; the FACT-Br total is of the subscales and may still have one.
    six: dict[str, Answer] = {"GP1": None, "GP2": None, "GS1": None, "GS2": None, "GE1": None, "GF1": None}
    found = scores("fact-br", {**G, **BR, **six})
    assert found["FACTG"].value is None
    assert found["FACT_BR"].value is not None


def test_facit_fatigue_by_hand() -> None:
    items = names("HI7 HI12 An1 An2 An3 An4 An5 An7 An8 An12 An14 An15 An16")
    answers: dict[str, Answer] = dict(zip(items, (0, 1, 2, 3, 4, 1, 3, 2, 0, 4, 1, 2, 3), strict=True))
    # turned but for An5 and An7: 4 + 3 + 2 + 1 + 0 + 3 + [3] + [2] + 4 + 0 + 3 + 2 + 1
    assert values("facit-fatigue", answers) == {"FACIT_F": pytest.approx(28)}
    first_seven = scores("facit-fatigue", {item: answers[item] for item in items[:7]})["FACIT_F"]
    assert first_seven.value == pytest.approx((4 + 3 + 2 + 1 + 0 + 3 + 3) * 13 / 7)
    assert scores("facit-fatigue", {item: answers[item] for item in items[:6]})["FACIT_F"].value is None


def test_the_best_answers_give_the_highest_scores() -> None:
    fatigue: dict[str, Answer] = dict.fromkeys(names("HI7 HI12 An1 An2 An3 An4 An8 An12 An14 An15 An16"), 0)
    assert values("facit-fatigue", {**fatigue, "An5": 4, "An7": 4}) == {"FACIT_F": 52}
    best: dict[str, Answer] = {**dict.fromkeys(G, 4), **dict.fromkeys(BR, 4)}
    for name in names("GP1 GP2 GP3 GP4 GP5 GP6 GP7 GE1 GE3 GE4 GE5 GE6 Br2 Br4 Br5 Br6 Ntx6 Br9 Br10 Br12 Br14"):
        best[name] = 0
    found = values("fact-br", best)
    assert found == {
        "PWB": 28, "SWB": 28, "EWB": 24, "FWB": 28, "FACTG": 108, "BrCS": 76, "FACT_BR": 184, "FACT_BR_TOI": 132
    }  # fmt: skip
