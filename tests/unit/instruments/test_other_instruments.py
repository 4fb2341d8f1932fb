"""ESAS-r, EQ-5D-5L, MDASI, Distress Thermometer and PROMIS, with imported tables where the rule is one."""

import pytest

from pro_collector.domain.instrument.answers import Answer
from pro_collector.domain.scoring.score import score
from tests.shared.instruments import names, numbered, scores, shipped, values

ESAS = names("pain tiredness drowsiness nausea appetite dyspnoea depression anxiety wellbeing other")


def test_esas_totals() -> None:
    answers: dict[str, Answer] = dict(zip(ESAS, (1, 2, 3, 4, 5, 6, 7, 8, 9, 10), strict=True))
    found = values("esas-r", answers)
    assert found["physical"] == 21  # 1 + 2 + 3 + 4 + 5 + 6
    assert found["emotional"] == 15  # 7 + 8
    assert found["total"] == 45  # the nine, without the other problem
    assert (found["pain"], found["other"]) == (1, 10)
    missing = scores("esas-r", {**answers, "wellbeing": None})
    assert (missing["total"].value, missing["physical"].value) == (None, 21)


def test_eq_5d_profile_and_index() -> None:
    answers: dict[str, Answer] = dict(zip(("MO", "SC", "UA", "PD", "AD", "VAS"), (2, 1, 2, 3, 2, 75), strict=True))
    bare = scores("eq-5d-5l", answers)
    assert (bare["profile"].value, bare["VAS"].value, bare["index"].value) == (21232, 75, None)
    assert bare["index"].reason == "index: the table 'value-set' has not been imported"
    valued = shipped("eq-5d-5l").with_table("value-set", {"21232": 0.75, "11111": 1.0}, "made up for this test")
    assert score(valued, answers)["index"].value == 0.75
    assert score(valued, {**answers, "AD": 3})["index"].reason == "index: the table 'value-set' has no row for this"
    assert score(valued, {**answers, "AD": None})["index"].reason == "index: 4 of 5 answered, at least 5 needed"
    assert valued.hash != shipped("eq-5d-5l").hash


def test_mdasi_means_need_more_than_half() -> None:
    # q1-q13 = 0 ... 9 0 1 2 (mean 48 / 13), q14-q19 = 5 6 7 8 9 3 (38 / 6)
    found = values("mdasi", numbered("q", "0123456789012567893"))
    assert found == pytest.approx({"severity": 48 / 13, "interference": 38 / 6})
    assert values("mdasi", numbered("q", "9999999"))["severity"] == 9
    assert values("mdasi", numbered("q", "999999"))["severity"] is None
    assert values("mdasi", numbered("q", "8888", first=14))["interference"] == 8
    assert values("mdasi", numbered("q", "888", first=14))["interference"] is None


def test_distress_thermometer_cut() -> None:
    bands = [scores("distress-thermometer", {"distress": value})["distress"].band for value in (0, 3, 4, 10)]
    assert bands == ["below-cut", "below-cut", "screen-positive", "screen-positive"]


def test_promis_raw_sums_become_t_scores_by_an_imported_table() -> None:
    profile = shipped("promis-29")
    anxiety: dict[str, Answer] = dict.fromkeys(names("EDANX01 EDANX40 EDANX41 EDANX53"), 2)
    assert score(profile, anxiety)["anxiety"].reason == "anxiety: the table 'anxiety' has not been imported"
    loaded = profile.with_table("anxiety", {str(raw): 40 + raw / 10 for raw in range(4, 21)}, "made up for this test")
    assert score(loaded, anxiety)["anxiety"].value == pytest.approx(40.8)
    # The tables hold for complete forms only.
    assert score(loaded, {**anxiety, "EDANX53": None})["anxiety"].value is None
    assert len(profile.items) == 29
    assert sum(found.of for found in score(profile, {}).values()) == 29


def test_promis_global_raw_sums() -> None:
    answers: dict[str, Answer] = {f"Global0{n}": 4 for n in range(1, 10)}
    # physical: Global03 4 + Global06 4 + pain 7 -> 2 + Global08 2 turned -> 4
    # mental: 4 + 4 + 4 + Global10 1 turned -> 5
    found = values("promis-global-10", {**answers, "Global07": 7, "Global08": 2, "Global10": 1})
    assert (found["physical_raw"], found["mental_raw"], found["physical"]) == (14, 17, None)


@pytest.mark.parametrize(("pain", "weight"), [(0, 5), (1, 4), (3, 4), (4, 3), (6, 3), (7, 2), (9, 2), (10, 1)])
def test_promis_global_pain_recoding(pain: int, weight: int) -> None:
    found = values("promis-global-10", {"Global03": 1, "Global06": 1, "Global08": 5, "Global07": pain})
    assert found["physical_raw"] == 3 + weight
