"""`make bench`: every speed that the documents name, measured in one run; ratios to a ceiling where there is one.

python -m tests.bench [--rows 10000000]
"""

import argparse
import os
import platform

from tests import (
    bench_agenda,
    bench_amend,
    bench_export,
    bench_pages,
    bench_planning,
    bench_replies,
    bench_scoring,
    bench_streams,
)


def main(rows: int) -> None:
    """Measure one part after the other; nothing else should run on the machine meanwhile."""
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for part in (bench_planning, bench_scoring, bench_replies, bench_pages, bench_streams, bench_export, bench_amend):
        part.main()
    bench_agenda.main(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows planned in the agenda's long case")
    main(parser.parse_args().rows)
