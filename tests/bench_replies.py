"""How long understanding a reply takes, over the whole corpus: `python -m tests.bench_replies`."""

from time import perf_counter

from tests.replies_corpus import cases

CEILING_US = 60.0


def measure(rounds: int = 9) -> float:
    """Microseconds a reply on average; of each reply the best of `rounds`, so that a busy machine does not count."""
    sample = cases()
    for case in sample:
        case.read()
    taken = [_round_us() for _ in range(rounds)]
    best = [min(each[at] for each in taken) for at in range(len(sample))]
    return sum(best) / len(best)


def main() -> None:
    """Print the figure beside its ceiling and a yardstick of the same machine."""
    taken, yardstick = measure(), _yardstick_us()
    print(
        f"{len(cases())} replies: {taken:.1f} µs a reply (ceiling {CEILING_US:.0f} µs); {taken / yardstick:.1f} times"
    )
    print(f"the {yardstick:.2f} µs of 100 dictionary writes on this machine")


def _round_us() -> list[float]:
    times = []
    for case in cases():
        start = perf_counter()
        case.read()
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
