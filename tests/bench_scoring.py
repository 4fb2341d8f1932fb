"""Speed of scoring: `python -m tests.bench_scoring`. Times of this machine, the best of several."""

import timeit
from random import Random

from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.scoring.score import score
from pro_collector.library import load_library

LIMIT_US = 50.0
COHORT = 400
"""Responses, to each instrument that ships."""


def responses(instrument: Instrument, count: int) -> list[dict[str, int | str]]:
    """Complete made-up answers to the questions that have options."""
    random = Random(1)
    asked = [item for item in instrument.items if item.options]
    return [{item.id: random.choice(item.options).code for item in asked} for _ in range(count)]


def response_us(instrument_id: str = "qlq-c30") -> float:
    """Microseconds to score one complete response."""
    instrument = load_library().get(instrument_id)
    answers = responses(instrument, 20)
    seconds = min(timeit.repeat(lambda: [score(instrument, each) for each in answers], number=1, repeat=400))
    return seconds / len(answers) * 1e6


def cohort_seconds() -> tuple[float, int]:
    """Seconds to score COHORT responses to every instrument that ships, and how many scores that are."""
    library = load_library()
    answers = {name: responses(library.get(name), COHORT) for name in library.ids()}
    scores = COHORT * sum(len(library.get(name).scales) for name in answers)

    def all_scores() -> None:
        for name, given in answers.items():
            instrument = library.get(name)
            for each in given:
                score(instrument, each)

    return min(timeit.repeat(all_scores, number=1, repeat=3)), scores


def main() -> None:
    """Print both times, the first beside its limit."""
    seconds, scores = cohort_seconds()
    print(f"one QLQ-C30 response: {response_us():.1f} µs (limit {LIMIT_US:.0f} µs)")
    print(f"{COHORT} responses to every instrument that ships, {scores:,} scores: {seconds:.1f} s")


if __name__ == "__main__":
    main()
