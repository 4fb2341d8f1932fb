"""How long understanding a reply takes, over the whole corpus: `python -m tests.bench_replies`."""

from collections.abc import Callable, Sequence
from statistics import mean, median
from time import perf_counter

from pro_collector.domain.reply.question import Reading
from pro_collector.domain.reply.second_reading import leaves_words, read_twice
from pro_collector.second_reader import mark_of
from tests.replies_corpus import Case, cases

CEILING_US = 60.0
CEILING_TWICE_US = 250.0
"""Of the median reply that the second reader reads too."""
ROUNDS = 9


def measure() -> float:
    """Microseconds a reply on average, by the rules alone."""
    return mean(_best_us(cases(), Case.read))


def measure_twice() -> tuple[int, float]:
    """How many replies the second reader reads too, and the microseconds of their median, the rules included."""
    left = [case for case in cases() if leaves_words(case.read())]
    return len(left), median(_best_us(left, lambda case: read_twice(case.text, case.read(), mark_of)))


def main() -> None:
    """Print the figure beside its ceiling and a yardstick of the same machine."""
    taken, yardstick = measure(), _yardstick_us()
    print(
        f"{len(cases())} replies: {taken:.1f} µs a reply (ceiling {CEILING_US:.0f} µs); {taken / yardstick:.1f} times"
    )
    count, twice = measure_twice()
    print(
        f"{count} of them read by the second reader too: {twice:.0f} µs at the median "
        f"(ceiling {CEILING_TWICE_US:.0f} µs); {twice / yardstick:.1f} times"
    )
    print(f"the {yardstick:.2f} µs of 100 dictionary writes on this machine")


def _best_us(sample: Sequence[Case], read: Callable[[Case], Reading]) -> list[float]:
    """Of each reply the microseconds of the fastest of `ROUNDS`, so that a busy machine does not count."""
    for case in sample:
        read(case)
    taken = [_round_us(sample, read) for _ in range(ROUNDS)]
    return [min(each) for each in zip(*taken, strict=True)]


def _round_us(sample: Sequence[Case], read: Callable[[Case], Reading]) -> list[float]:
    times = []
    for case in sample:
        start = perf_counter()
        read(case)
        times.append((perf_counter() - start) * 1e6)
    return times


def _yardstick_us() -> float:
    def once() -> float:
        start = perf_counter()
        filled: dict[int, int] = {}
        for step in range(100):
            filled[step % 97] = step
        return (perf_counter() - start) * 1e6

    return min(once() for _ in range(5000))


if __name__ == "__main__":
    main()
