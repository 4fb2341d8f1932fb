"""How long scoring takes: one response at a time, and a whole data set at once."""

from time import perf_counter

import numpy as np

from pro_collector.domain.scoring.columns import score_columns
from pro_collector.domain.scoring.score import score
from pro_collector.library import load_library


def scalar_microseconds(instrument_id: str = "qlq-c30", responses: int = 5_000) -> float:
    """The mean time to score one complete response, in microseconds; the best of five rounds."""
    instrument = load_library().get(instrument_id)
    random = np.random.default_rng(1)
    rows = [
        {item.id: item.options[int(random.integers(len(item.options)))].code for item in instrument.items}
        for _ in range(200)
    ]
    score(instrument, rows[0])
    best = float("inf")
    for _ in range(5):
        start = perf_counter()
        for number in range(responses // 5):
            score(instrument, rows[number % len(rows)])
        best = min(best, (perf_counter() - start) / (responses // 5))
    return best * 1e6


def columns_seconds(instrument_id: str = "qlq-c30", responses: int = 1_000_000) -> float:
    """The time to score `responses` responses as columns, a tenth of the answers missing, in seconds."""
    instrument = load_library().get(instrument_id)
    random = np.random.default_rng(2)
    columns = {}
    for item in instrument.items:
        codes = np.array([option.code for option in item.options], dtype=np.float64)
        column = codes[random.integers(len(codes), size=responses)]
        column[random.random(responses) < 0.1] = np.nan
        columns[item.id] = column
    start = perf_counter()
    score_columns(instrument, columns)
    return perf_counter() - start


def main() -> None:
    """Print both times."""
    print(f"one QLQ-C30 response: {scalar_microseconds():.1f} µs")
    print(f"a million QLQ-C30 responses, vectorised: {columns_seconds():.2f} s")


if __name__ == "__main__":
    main()
