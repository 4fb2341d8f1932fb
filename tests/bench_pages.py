"""How long the web process takes for each page of the team, with the people of the made-up year.

python -m tests.bench_pages [--people 300] [--rounds 30] [--minutes 1] [--database postgresql://...]

First each page alone, one request after the other, beside a bare page (`/healthz`) of the same process; then fifty
coordinators at once, each of whom opens a page about every ten seconds. There is one web process, apart from this one.
`CPU` is what web process and database computed for a page: on a busy machine the one figure that means something.
"""

import argparse
import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median, quantiles

import aiohttp

from tests.shared.year_pages import paths
from tests.shared.year_web import COOKIE, LEAD, YearWeb, year_web
from tests.team_year import database

MEDIAN_MS, P99_MS = 150.0, 400.0
"""What is promised of every page."""
COORDINATORS, THINKING = 50, 10.0
"""How many are at work at once, and the mean of the seconds between two pages of each."""
ROUND = ("today", "item", "people", "person", "today", "alerts", "alert", "people-silent", "calendar", "check-in")
BARE = "/healthz"


@dataclass(frozen=True, slots=True)
class Taken:
    """The milliseconds of each request for a page; `computed`: of a processor, for one request."""

    times: Sequence[float]
    computed: float


async def timed(client: aiohttp.ClientSession, url: str, session: str) -> float:
    """Milliseconds from the request to the last byte."""
    begun = time.perf_counter()
    async with client.get(url, headers={"Cookie": f"{COOKIE}={session}", "Accept": "text/html"}) as got:
        await got.read()
        assert got.status == 200, (url, got.status)
    return (time.perf_counter() - begun) * 1000


async def computed_ms(year: YearWeb) -> float:
    """The milliseconds of a processor that the web process and the sessions of the database have had so far."""
    async with year.rt.database.transaction() as tx:
        rows = await (
            await tx.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        ).fetchall()
    files = [
        file for pid in (year.process, *(row["pid"] for row in rows)) for file in Path(f"/proc/{pid}/task").glob("*")
    ]
    return sum(int((file / "schedstat").read_text().split()[0]) for file in files) / 1e6


async def alone(year: YearWeb, rounds: int) -> dict[str, Taken]:
    """Each page again and again, after one request that does not count."""
    found: dict[str, Taken] = {}
    async with aiohttp.ClientSession() as client:
        sessions = {handle: await year.session(handle) for handle, _ in (await paths(year)).values()}
        for name, (handle, path) in {"bare": (LEAD, BARE), **await paths(year)}.items():
            url, session = year.url + path, sessions[handle]
            await timed(client, url, session)
            before = await computed_ms(year)
            took = [await timed(client, url, session) for _ in range(rounds)]
            found[name] = Taken(took, (await computed_ms(year) - before) / rounds)
    return found


async def together(year: YearWeb, seconds: float) -> list[float]:
    """The milliseconds of all pages while everybody works."""
    known, took = await paths(year), list[float]()
    sessions = [await year.session(LEAD) for _ in range(COORDINATORS)]
    ends = time.monotonic() + seconds
    async with aiohttp.ClientSession() as client:

        async def work(n: int) -> None:
            dice = Random(n)
            step = n
            while time.monotonic() < ends:
                await asyncio.sleep(dice.expovariate(1 / THINKING))
                took.append(await timed(client, year.url + known[ROUND[step % len(ROUND)]][1], sessions[n]))
                step += 1

        await asyncio.gather(*map(work, range(COORDINATORS)))
    return took


def table(found: Mapping[str, Taken]) -> str:
    """The figures of each page, the slowest first."""
    bare = median(found["bare"].times)
    lines = [f"{'page':16} median    p99   × bare    CPU"]
    for name, taken in sorted(found.items(), key=lambda each: -median(each[1].times)):
        half, late = median(taken.times), p99(taken.times)
        over = " above" if half > MEDIAN_MS or late > P99_MS else ""
        lines.append(f"{name:16} {half:6.0f} {late:6.0f} {half / bare:8.1f} {taken.computed:6.0f}{over}")
    return "\n".join(lines)


def p99(took: Sequence[float]) -> float:
    """The time that 99 of 100 keep; of fewer than 100, about the slowest."""
    return quantiles(took, n=100, method="inclusive")[-1]


async def measure(url: str, people: int, rounds: int, minutes: float) -> None:
    """Measure and print."""
    async with year_web(url, people=people) as year:
        print(f"{people} people, milliseconds; promised: {MEDIAN_MS:.0f} median, {P99_MS:.0f} p99")
        print(table(await alone(year, rounds)))
        if minutes:
            took = await together(year, minutes * 60)
            print(f"{COORDINATORS} at once: {len(took)} pages, median {median(took):.0f}, p99 {p99(took):.0f}")


def main(people: int = 300, rounds: int = 30, minutes: float = 1, url: str = "") -> None:
    """Load the year if it is not there, and measure."""
    with database(url) as found:
        asyncio.run(measure(found, people, rounds, minutes))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--database", default="", help="the URL of a database; it is migrated")
    given = parser.parse_args()
    main(given.people, given.rounds, given.minutes, given.database)
