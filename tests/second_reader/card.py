"""The card of the second reader: what it is, what it learned from, how well it reads, and what it cannot do."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import yaml

from pro_collector.domain.reply.second_reader import LONGEST, SHORTEST, WORDS_AT_MOST
from tests.second_reader.examples import LABELS, Example, sha256

THRESHOLDS = {"stop": 0.5, "emergency": 0.5}
"""Chosen on the figures of the card. A person reads every text anyway: the mark says which text to read now.

With lower thresholds more ordinary words are answered with the text for an emergency.
"""
TRIED = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
_HEAD = "# Written by `make second-reader`; do not edit. docs/replies.md says what it is for.\n"


def card(learned: Sequence[Example], out_of_fold: Sequence[Sequence[float]], weights: bytes) -> str:
    """The card as YAML. `out_of_fold`: for each example the probabilities from a model that had not seen it."""
    content: dict[str, Any] = {
        "about": (
            "Marks a text that the rules did not understand, or a remark beside an answer, that may be a wish to stop "
            "or an emergency. It never gives an answer, and never lowers what the rules found."
        ),
        "method": {
            "model": "multinomial logistic regression, one for all languages",
            "features": (
                f"n-grams of {SHORTEST} to {LONGEST} characters inside words, and of 1 to {WORDS_AT_MOST} words; "
                "text folded; numbers that may be a fever as <temp>"
            ),
            "weights": "whole numbers from -127 to 127, divided by the root of the number of known n-grams",
            "trained_with": "scikit-learn, pinned in requirements/second-reader.txt",
        },
        "learned_from": {
            "files": "tests/data/corpus/*/*.yaml, tests/data/second_reader/*.yaml",
            "sha256": sha256(),
            "texts": _counts(learned),
            "left_out": "remarks that a person reads anyway (concerns, deaths, wrong numbers, wishes to be called)",
        },
        "thresholds": THRESHOLDS,
        "measured": {
            "how": (
                "cross-validation in five parts: each text was read by a model that had not seen it, without the rules"
            ),
            "at_the_thresholds": _figures(learned, out_of_fold, THRESHOLDS["stop"], THRESHOLDS["emergency"]),
            "at_other_thresholds": {each: _figures(learned, out_of_fold, each, each) for each in TRIED},
        },
        "limits": [
            "No text is by a real patient. Its figures on new wordings are lower: docs/replies.md has them.",
            "Most texts that are neither were written as traps (negations, sound-alikes).",
            "It counts words, and does not understand them: it misses quiet farewells, and may mark a negation.",
            "It knows only the languages that it learned from.",
        ],
        "weights": {"sha256": hashlib.sha256(weights).hexdigest(), "bytes": len(weights)},
    }
    return _HEAD + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)


def _counts(learned: Sequence[Example]) -> dict[str, dict[str, int]]:
    count = Counter((example.language, example.label) for example in learned)
    languages = sorted({example.language for example in learned})
    return {language: {label: count[language, label] for label in LABELS} for language in languages}


def _figures(
    learned: Sequence[Example], out_of_fold: Sequence[Sequence[float]], stop: float, emergency: float
) -> dict[str, str]:
    read = list(zip(learned, out_of_fold, strict=True))
    marked = {id(each): p[0] >= stop or p[1] >= emergency for each, p in read}
    return {
        "stops_marked": _share([marked[id(each)] for each, _ in read if each.label == "stop"]),
        "emergencies_marked": _share([marked[id(each)] for each, _ in read if each.label == "emergency"]),
        "emergencies_marked_as_such": _share([p[1] >= emergency for each, p in read if each.label == "emergency"]),
        "answers_marked_in_vain": _share([marked[id(each)] for each, _ in read if each.is_answer]),
        "others_marked_in_vain": _share(
            [marked[id(each)] for each, _ in read if each.label == "neither" and not each.is_answer]
        ),
    }


def _share(marked: Sequence[bool]) -> str:
    return f"{sum(marked)} of {len(marked)} ({sum(marked) / max(1, len(marked)):.1%})"
