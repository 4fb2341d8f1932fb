"""How long understanding a reply takes, over the whole corpus: `python -m tests.bench_replies`."""

from time import perf_counter

from tests.replies_corpus import cases

CEILING_US = 60.0


def measure(rounds: int = 7) -> float:
    """Microseconds a reply on average, in the best of `rounds`; the first round, which compiles, is left out."""
    sample = cases()
    for case in sample:
        case.read()
    return min(_round_us() for _ in range(rounds))


def main() -> None:
    """Print the figure beside its ceiling and a yardstick of the same machine."""
    taken, yardstick = measure(), _yardstick_us()
    print(
        f"{len(cases())} replies: {taken:.1f} µs a reply (ceiling {CEILING_US:.0f} µs); {taken / yardstick:.1f} times"
    )
    print(f"the {yardstick:.2f} µs of 100 dictionary writes on this machine")


def _round_us() -> float:
    start = perf_counter()
    for case in cases():
        case.read()
    return (perf_counter() - start) / len(cases()) * 1e6


def _yardstick_us() -> float:
    def once() -> float:
        start = perf_counter()
        filled: dict[int, int] = {}
        for step in range(100_000):
            filled[step % 97] = step
        return (perf_counter() - start) / 1000 * 1e6

    return min(once() for _ in range(7))


if __name__ == "__main__":
    main()
