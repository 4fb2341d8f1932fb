"""Loads the second reader from `schemas/second-reader/`, once in each process, and checks it against its card."""

import gzip
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from pro_collector.domain.document import parse_yaml
from pro_collector.domain.reply.second_reader import Mark, SecondReader, Thresholds
from pro_collector.errors import Misconfigured
from pro_collector.resources import SCHEMAS

FOLDER = "second-reader"
WEIGHTS = f"{FOLDER}/weights.json.gz"
CARD = f"{FOLDER}/card.yaml"


@cache
def second_reader() -> SecondReader:
    """The second reader of the product. Raises Misconfigured if its weights are not those of its card."""
    return load(SCHEMAS)


def mark_of(text: str) -> Mark | None:
    """What the second reader says of a text."""
    return second_reader().read(text).mark


def load(schemas: Path) -> SecondReader:
    """The second reader in a folder of schemas; the card has the hash of the weights, and the thresholds."""
    weights = (schemas / WEIGHTS).read_bytes()
    card = parse_yaml((schemas / CARD).read_text(encoding="utf-8"), CARD).data
    if hashlib.sha256(weights).hexdigest() != card["weights"]["sha256"]:
        raise Misconfigured(f"{schemas / WEIGHTS}: not the file that {CARD} describes; run: make second-reader")
    return _reader(json.loads(gzip.decompress(weights)), Thresholds(**card["thresholds"]))


def pack(model: dict[str, Any]) -> bytes:
    """The weights of a trained model as a file: JSON, compressed, without a date."""
    written = json.dumps(model, ensure_ascii=False, separators=(",", ":")).encode()
    return gzip.compress(written, compresslevel=9, mtime=0)


def _reader(model: dict[str, Any], thresholds: Thresholds) -> SecondReader:
    weights = dict(zip(model["ngrams"], zip(model["stop"], model["emergency"], strict=True), strict=True))
    return SecondReader(weights, tuple(model["scale"]), tuple(model["bias"]), thresholds)
