"""Endpoints of the made-up trial: each kind with every choice, in combinations that a seed draws."""

from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any

import yaml

DAY_0 = "treatment_start"
OWNERS = {"pain": "symptom-diary", "vomiting": "symptom-diary", "overall": "well-being-diary"}
DIRECTIONS = {"pain": "higher-is-worse", "vomiting": "higher-is-worse", "overall": "higher-is-better"}
DIFFERENCES: tuple[dict[str, Any], ...] = (
    {"points": 10}, {"points": 20}, {"points": 20, "inclusive": False}, {"percent": 30},
    {"improvement": 10, "deterioration": 30},
)  # fmt: skip
BASELINES: tuple[dict[str, Any], ...] = (
    {"choose": "last"}, {"choose": "last", "until_day": 14}, {"choose": "last", "from_day": -6}, {"choose": "first"},
    {"choose": "visit", "visit": "screening 4d"}, {"choose": "visit", "visit": "fortnightly 14d"},
)  # fmt: skip


def endpoint_file(seed: int = 15) -> str:
    """The text of the endpoint file."""
    dice = Random(seed)
    kinds = (_changes, _responses, _deteriorations, _areas, _worst_grades)
    endpoints = [endpoint for of_kind in kinds for endpoint in of_kind(dice)]
    return yaml.safe_dump({"day_0": DAY_0, "endpoints": endpoints}, sort_keys=False)


def _endpoint(dice: Random, id: str, kind: str, **more: Any) -> dict[str, Any]:
    scale = dice.choice(list(OWNERS))
    return {
        "id": id, "kind": kind, "instrument": OWNERS[scale], "scale": scale, "direction": DIRECTIONS[scale],
        "reporter": "proxy" if dice.random() < 0.05 else "self", "baseline": dice.choice(BASELINES), **more,
    }  # fmt: skip


def _difference(dice: Random) -> dict[str, Any]:
    return {**dice.choice(DIFFERENCES), "level": "person", "source": "made up"}


def _changes(dice: Random) -> Iterator[dict[str, Any]]:
    for n in range(6):
        yield _endpoint(dice, f"change-{n}", "change", **({"difference": _difference(dice)} if n else {}))


def _responses(dice: Random) -> Iterator[dict[str, Any]]:
    options = product(("improvement", "deterioration"), ("visit", "any"), ("missing", "non-responder"))
    for n, (change, at, missing) in enumerate(options):
        rule = {"change": change, "at": at, "missing": missing, "in_a_row": dice.choice((1, 1, 2, 3))}
        rule["died"] = dice.choice(("missing", "non-responder"))
        if at == "visit":
            rule["visit"] = dice.choice(("fortnightly 28d", "fortnightly 56d", "fortnightly 84d"))
        yield _endpoint(dice, f"response-{n}", "responder", difference=_difference(dice), rule=rule)


def _deteriorations(dice: Random) -> Iterator[dict[str, Any]]:
    """Every kind, reference, death and last score together; the other choices as they are drawn."""
    main = product(
        ("first", "confirmed", "definitive"), ("baseline", "best", "previous"), ("event", "censor", "competing"),
        ("counts", "if-death", "does-not-count"),
    )  # fmt: skip
    for n, (kind, reference, death, at_last) in enumerate(main):
        rule: dict[str, Any] = {"kind": kind, "reference": reference, "death": death, "at_last": at_last}
        if kind == "confirmed":
            rule |= dice.choice(({"assessments": 2}, {"assessments": 3}, {"confirm_days": 28}))
        if kind == "definitive":
            rule["undone_by"] = dice.choice(("not-worse", "better-than-reference", "better-than-qualifying"))
        rule |= {name: dice.choice(values) for name, values in _OTHERS.items()}
        if dice.random() < 0.5:
            rule["longest_gap"] = dice.choice((14, 20, 30, 60))
        yield _endpoint(dice, f"time-{n}", "time-to-deterioration", difference=_difference(dice), rule=rule)


_OTHERS = {
    "missing_between": ("skip", "end"),
    "after_leaving": ("keep", "drop"),
    "no_baseline": ("exclude", "censor", "event"),
    "no_follow_up": ("exclude", "censor", "event"),
    "no_room": ("keep", "exclude"),
    "origin": ("baseline", "day-0"),
    "unit": ("days", "weeks", "months"),
}


def _areas(dice: Random) -> Iterator[dict[str, Any]]:
    options = product(("stop", "carry", "missing"), ("score", "change"), ("mean", "points-times-days"))
    for n, (beyond, of, value) in enumerate(options):
        rule = {"until_day": dice.choice((30, 56, 84)), "beyond": beyond, "of": of, "value": value}
        yield _endpoint(dice, f"area-{n}", "area-under-curve", rule=rule)


def _worst_grades(dice: Random) -> Iterator[dict[str, Any]]:
    for n, rule in enumerate(({}, {"present": 20, "severe": 60}, {"until_day": 60, "severe": 70})):
        yield _endpoint(dice, f"worst-{n}", "worst-grade", rule=rule) | {
            "scale": "pain", "instrument": "symptom-diary", "direction": "higher-is-worse",
        }  # fmt: skip
