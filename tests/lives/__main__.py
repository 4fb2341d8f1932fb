"""Simulated lives with faults at every boundary of the product; exits 1 when a life breaks a law.

python -m tests.lives --seeds 200          seeds 1 to 200
python -m tests.lives --seed 17            one life again, with what happened in it
"""

import argparse
import asyncio
import logging
import sys

import structlog

from pro_collector.embedded.postgres import Postgres
from pro_collector.postgres.migrate import migrate
from tests.lives.run import Told, told_lives


def main(seeds: range, *, tell: bool) -> int:
    """Live these lives, and print what broke and how long it took. Returns how many broke a law."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    server = Postgres()
    try:
        url = server.start(durable=False)
        migrate(url)
        return asyncio.run(_live(url, seeds, tell=tell))
    finally:
        server.stop()


async def _live(url: str, seeds: range, *, tell: bool) -> int:
    told = Told()
    async for life in told_lives(url, seeds, keep_lines=tell):
        told.add(life)
        if tell:
            print("\n".join(life.lines))
        for broken in life.broken:
            print(f"SEED={life.seed} {broken.law}: {broken.detail}", flush=True)
    print("\n".join(told.lines()))
    return told.failed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seed", type=int)
    chosen = parser.parse_args()
    one = chosen.seed is not None
    which = range(chosen.seed, chosen.seed + 1) if one else range(chosen.first, chosen.first + chosen.seeds)
    sys.exit(min(1, main(which, tell=one)))
