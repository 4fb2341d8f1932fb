"""`python -m tests.team_year`: loads a made-up study after a year, and prints what it has and how long that took.

python -m tests.team_year [--people 300] [--days 365] [--seed 1] [--database postgresql://...]

Without `--database`, into an embedded server that ends with the command.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pro_collector.embedded.postgres import Postgres
from pro_collector.postgres.migrate import migrate
from pro_collector.runtime import open_runtime
from tests.shared.team_year import SeededYear, seed_year, settings_for


@contextmanager
def database(url: str) -> Iterator[str]:
    """The URL of a migrated database: the given one, or one on a server of our own."""
    if url:
        migrate(url)
        yield url
        return
    server = Postgres()
    own = server.start(durable=False)
    try:
        migrate(own)
        yield own
    finally:
        server.stop()


async def load(url: str, people: int, days: int, seed: int) -> SeededYear:
    """Load it into a migrated database that has no vault yet."""
    async with open_runtime(settings_for(url)) as rt:
        return await seed_year(rt, people=people, days=days, seed=seed)


def main() -> None:
    """Load, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", default="", help="the URL of an empty database; it is migrated")
    given = parser.parse_args()
    with database(given.database) as url:
        begun = time.monotonic()
        year = asyncio.run(load(url, given.people, given.days, given.seed))
        seconds = round(time.monotonic() - begun, 1)
    print(json.dumps({"study": year.study, "people": len(year.people), "seconds": seconds, **year.rows}))


if __name__ == "__main__":
    main()
