"""PRO-CTCAE items, branching and composite grade against Basch 2021 and NCI's naming of the items."""

from itertools import product

import pytest

from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.domain.instrument.branching import enabled
from pro_collector.domain.instrument.scale import Scale
from tests.shared.instruments import names, scores, shipped, values

PRO = shipped("pro-ctcae")


def grade(question: int, codes: str, imputation: str = "none") -> float | None:
    """The composite grade of one question from its attributes in order, a dot for a missing one."""
    scale = PRO.scale(f"PROCTCAE_{question}_COMP")
    assert scale is not None
    given = {item: None if code == "." else int(code) for item, code in zip(scale.items, codes, strict=True)}
    return values("pro-ctcae", dict(given), imputation)[scale.id]


def test_124_items_of_80_questions_and_59_grades() -> None:
    assert len(PRO.items) == 124
    assert len({item.id.split("_")[1][:-1] for item in PRO.items}) == 80
    assert len(PRO.scales) == 59
    presence = [item for item in PRO.items if item.id.endswith("_IND")]
    assert len(presence) == 21
    assert {item.kind for item in presence} == {"yesno"}
    graded = {item for scale in PRO.scales for item in scale.items}
    assert graded == {item.id for item in PRO.items if item.id.endswith("_SCL")}


PATTERNS = {
    "frequency": "16 67",
    "severity": "1 2 4 6 7 15 21 25 26 28 30 36 45 60 61 66 68 71 72 80",
    "interference": "27 59",
    "frequency-severity": "9 10 11 13 14 23 74 75 77 78",
    "frequency-interference": "18 62 63 65",
    "severity-interference": "3 8 19 20 39 40 41 44 46 47 52 53",
    "frequency-severity-interference": "17 22 48 49 50 51 54 55 56",
}


def test_each_question_uses_the_table_of_its_attributes() -> None:
    expected = {f"PROCTCAE_{number}_COMP": table for table, found in PATTERNS.items() for number in names(found)}
    assert {scale.id: scale.table for scale in PRO.scales} == expected


def test_179_published_combinations() -> None:
    # A first attribute of 0 is one combination whatever follows.
    counted = 0
    for table in PATTERNS:
        attributes = table.count("-") + 1
        rows = PRO.tables[table].entries(attributes)
        assert len(rows) == 5**attributes
        zeros = [value for key, value in rows.items() if key[0] == 0]
        assert set(zeros) == {0}
        counted += len(rows) - len(zeros) + 1
        assert set(rows.values()) <= {0, 1, 2, 3}
    assert counted == 179


@pytest.mark.parametrize(
    ("question", "grades"),
    [(16, "01123"), (67, "01123"), (1, "01233"), (80, "01233"), (27, "01122"), (59, "01122")],
)
def test_one_attribute(question: int, grades: str) -> None:
    assert [grade(question, code) for code in "01234"] == [int(found) for found in grades]


@pytest.mark.parametrize(
    ("question", "codes", "expected"),
    [
        (48, "100", 0),  # in three attributes the first alone makes no grade ...
        (48, "200", 0),
        (48, "300", 1),  # ... until it is frequent
        (9, "10", 1),  # but in two attributes it does
        (18, "10", 1),
        (3, "10", 1),
        (9, "42", 2),
        (9, "43", 3),
        (9, "24", 2),
        (18, "24", 2),
        (18, "33", 3),
        (3, "24", 3),
        (3, "40", 2),
        (48, "124", 3),
        (48, "224", 3),
        (48, "414", 3),
        (48, "314", 2),
        (48, "444", 3),
        (48, "011", 0),  # 0 first: no grade above 0, whatever was said after it
    ],
)
def test_composite_grades(question: int, codes: str, expected: int) -> None:
    assert grade(question, codes) == expected


@pytest.mark.parametrize("table", list(PATTERNS))
def test_a_worse_answer_never_lowers_the_grade(table: str) -> None:
    rows = PRO.tables[table].entries(table.count("-") + 1)
    for key in rows:
        for place in range(len(key)):
            worse = (*key[:place], key[place] + 1, *key[place + 1 :])
            assert rows.get(worse, 3) >= rows[key]


@pytest.mark.parametrize(
    ("codes", "none", "zero"),
    [
        ("000", 0, 0),
        ("0..", None, 0),  # skipped after "never"
        ("00.", None, 0),
        ("0.1", None, 0),
        ("20.", None, None),  # interference skipped after "no severity": NCI's program leaves this ungraded, so do we
        ("2..", None, None),
        (".00", None, None),
        ("...", None, None),
        ("213", 2, 2),
    ],
)
def test_imputation_policies(codes: str, none: int | None, zero: int | None) -> None:
    assert (grade(48, codes), grade(48, codes, "zero")) == (none, zero)


def test_imputed_items_are_not_counted_as_answered() -> None:
    skipped: dict[str, Answer] = {"PROCTCAE_48A_SCL": 0, "PROCTCAE_48B_SCL": Absent.NOT_ASKED}
    found = scores("pro-ctcae", skipped, "zero")["PROCTCAE_48_COMP"]
    assert (found.value, found.answered, found.of) == (0, 1, 3)


def test_branching_asks_severity_if_it_happened_and_interference_if_it_was_severe() -> None:
    scale: Scale | None = PRO.scale("PROCTCAE_48_COMP")
    assert scale is not None
    _, severity, interference = (PRO.item(item) for item in scale.items)
    assert severity is not None
    assert interference is not None
    for often, bad in product(range(5), range(5)):
        answers: dict[str, Answer] = {"PROCTCAE_48A_SCL": often, "PROCTCAE_48B_SCL": bad}
        assert enabled(severity, answers) == (often > 0)
        assert enabled(interference, answers) == (bad > 0)
    two = PRO.item("PROCTCAE_18B_SCL")
    assert two is not None
    assert not enabled(two, {"PROCTCAE_18A_SCL": 0})
    assert enabled(two, {"PROCTCAE_18A_SCL": 1})


def test_opt_outs_are_where_nci_offers_them() -> None:
    offered = {item.id: set(item.opt_outs) for item in PRO.items if item.opt_outs}
    not_applicable = {f"PROCTCAE_{q}": {"not-applicable"} for q in names("36A_SCL 57A_IND 58A_IND 79A_IND")}
    sexual = names("66A_SCL 67A_SCL 68A_SCL 69A_IND 70A_IND 71A_SCL")
    assert offered == {
        **not_applicable,
        **{f"PROCTCAE_{q}": {"not-applicable", "asked-declined"} for q in sexual},
    }
