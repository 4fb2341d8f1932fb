"""The full hostile run: conversations behind a bad carrier, and what the record must have kept; exits 1 on a breach.

python -m tests.hostile [--conversations 2000] [--seed 1]
"""

import argparse
import asyncio
import logging
import sys
import time

import structlog

from pro_collector.embedded.postgres import Postgres
from pro_collector.postgres.migrate import migrate
from tests.hostile.run import bad_carrier, hostile_office, play
from tests.hostile.totals import Totals, totals


async def _run(database_url: str, conversations: int, seed: int) -> Totals:
    async with hostile_office(database_url, bad_carrier(seed)) as office:
        crowd = await play(office, conversations, seed, lambda day: print(day, end="\r", file=sys.stderr, flush=True))
        return await totals(office, crowd)


def main(conversations: int, seed: int) -> int:
    """Play, print the totals, and say how many things were wrong."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    server, began = Postgres(), time.monotonic()
    try:
        url = server.start(durable=False)
        migrate(url)
        found = asyncio.run(_run(url, conversations, seed))
    finally:
        server.stop()
    print("\n".join(found.lines()))
    print("\n".join(f"WRONG {each}" for each in found.wrong) or "nothing is wrong")
    print(f"seed {seed}, {time.monotonic() - began:.0f} s")
    return len(found.wrong)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    sys.exit(min(1, main(chosen.conversations, chosen.seed)))
