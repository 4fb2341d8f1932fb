"""Fits the second reader with scikit-learn: examples as JSON on standard input, the model as JSON on standard output.

This file runs in an environment of its own (`.venv-second-reader`), so it imports nothing of the product.
"""

import json
import sys
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

SEED = 1
FOLDS = 5
RARE = 2
"""An n-gram must be in so many texts."""
LARGEST = 127
"""The largest weight that is stored: weights are whole numbers of one byte."""


def main() -> None:
    """Read {"texts": [[n-gram, ...], ...], "labels": [0, 1, 2, ...], "features": ..., "strength": ...}, and fit."""
    given = json.load(sys.stdin)
    texts, labels = given["texts"], np.array(given["labels"])
    probabilities = np.zeros((len(texts), 2))
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(texts, labels):
        model = fit([texts[at] for at in train], labels[train], given["features"], given["strength"])
        probabilities[test] = predict(model, [texts[at] for at in test])
    model = fit(texts, labels, given["features"], given["strength"])
    json.dump({"model": model, "out_of_fold": probabilities.round(6).tolist()}, sys.stdout)


def fit(texts: list[list[str]], labels: Any, features: int, strength: float) -> dict[str, Any]:
    """The model of the `features` n-grams with the largest weights; each weight as a whole number times a scale."""
    names = _frequent(texts)
    counts = _matrix(texts, names)
    rarity = np.log((1 + len(texts)) / (1 + np.asarray(counts.sum(axis=0)).ravel())) + 1
    first, _ = _weights(counts, rarity, labels, strength)
    kept = np.sort(np.argsort(-np.abs(first).max(axis=0), kind="stable")[:features])
    weights, bias = _weights(counts[:, kept], rarity[kept], labels, strength)
    scale = np.abs(weights).max(axis=1) / LARGEST
    whole = np.rint(weights / scale[:, None]).astype(int)
    used = np.flatnonzero(np.abs(whole).max(axis=0))
    return {
        "ngrams": [names[at] for at in kept[used]],
        "stop": whole[0, used].tolist(),
        "emergency": whole[1, used].tolist(),
        "scale": scale.tolist(),
        "bias": bias.tolist(),
    }


def predict(model: dict[str, Any], texts: list[list[str]]) -> Any:
    """The probabilities of "stop" and "emergency" of each text."""
    counts = _matrix(texts, model["ngrams"])
    weights = np.array([model["stop"], model["emergency"]]) * np.array(model["scale"])[:, None]
    scores = _divided(counts) @ weights.T + np.array(model["bias"])
    odds = np.exp(scores)
    return odds / (1 + odds.sum(axis=1, keepdims=True))


def _frequent(texts: list[list[str]]) -> list[str]:
    count: dict[str, int] = {}
    for grams in texts:
        for gram in grams:
            count[gram] = count.get(gram, 0) + 1
    return sorted(gram for gram, times in count.items() if times >= RARE)


def _matrix(texts: list[list[str]], names: list[str]) -> Any:
    """Which text has which n-gram: 1 or 0."""
    place = {name: at for at, name in enumerate(names)}
    pairs = [(row, place[gram]) for row, grams in enumerate(texts) for gram in grams if gram in place]
    rows, columns = zip(*pairs, strict=True)
    return sparse.csr_matrix((np.ones(len(pairs)), (rows, columns)), shape=(len(texts), len(names)))


def _divided(counts: Any) -> Any:
    """Each row divided by the root of its number of n-grams, so that long texts do not weigh more."""
    roots = np.sqrt(np.asarray(counts.sum(axis=1)).ravel())
    return sparse.diags(1 / np.maximum(roots, 1)) @ counts


def _weights(counts: Any, rarity: Any, labels: Any, strength: float) -> Any:
    """The weights and biases of "stop" and "emergency" against "neither". Rare n-grams are penalized less."""
    model = LogisticRegression(C=strength, max_iter=500)
    model.fit(_divided(counts) @ sparse.diags(rarity), labels)
    weights = (model.coef_[1:] - model.coef_[0]) * rarity
    return weights, model.intercept_[1:] - model.intercept_[0]


if __name__ == "__main__":
    main()
