"""Trains the second reader and writes its weights and its card: `make second-reader`."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from pro_collector.domain.reply.second_reader import grams, pieces
from pro_collector.resources import SCHEMAS
from pro_collector.second_reader import CARD, WEIGHTS, pack
from tests.second_reader.card import card
from tests.second_reader.examples import LABELS, Example, examples

FEATURES = 10_000
STRENGTH = 1.0


def main(python: str) -> None:
    """Fit with the interpreter `python`, which has scikit-learn."""
    learned = examples()
    fitted = _fit(python, learned)
    weights = pack(fitted["model"])
    (SCHEMAS / WEIGHTS).write_bytes(weights)
    (SCHEMAS / CARD).write_text(card(learned, fitted["out_of_fold"], weights), encoding="utf-8")
    print(f"{len(learned)} texts, {len(weights) / 1000:.0f} kB")


def _fit(python: str, learned: tuple[Example, ...]) -> dict[str, Any]:
    given = {
        "texts": [sorted(set().union(*map(grams, pieces(example.text)))) for example in learned],
        "labels": [LABELS.index(example.label) for example in learned],
        "features": FEATURES,
        "strength": STRENGTH,
    }
    program = Path(__file__).with_name("fit.py")
    done = subprocess.run([python, str(program)], input=json.dumps(given), capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main(sys.argv[1])
