"""Measure conversations from end to end: `python -m tests.turns`.

python -m tests.turns [--kafka apache] [--talking 70 900] [--seconds 25] [--delay 0.15] [--base main --pairs 3]

A turn: a patient's signed text comes in, the carrier has the next one, and its two delivery reports are taken in. Each
part is a process of its own (with `--kafka none` all are one, as `up` runs them), the database is on the disk, and each
commit waits for it. `CPU` is what all parts computed for a turn: on a busy machine the one figure that means something.
With `--base` the product of another commit is measured in turn with this one, and the ratios are shown.
"""

import argparse
import asyncio
import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from pro_collector.embedded.port import free_port
from tests.turns.plant import Plant
from tests.turns.town import QuietLog, Town, TwoReports

ROOT = Path(__file__).parents[2]
HISTORY = ROOT / "build" / "bench" / "turns.jsonl"
SETTLES = 12.0
"""Seconds between a new number of conversations and the measurement: longer than anybody thinks."""
INVITED_WITHIN = 600.0


@dataclass(frozen=True, slots=True)
class Measured:
    """`computed`: milliseconds of a processor a turn, by part; `p50` and `p99`: from a text to the next one, in ms."""

    commit: str
    kafka: str
    talking: int
    delay: float
    turns_a_second: float
    invited_a_second: float
    p50: float
    p99: float
    commits: float
    computed: Mapping[str, float]
    memory: Mapping[str, float]

    @property
    def cpu(self) -> float:
        """What the product and its servers computed for a turn, in milliseconds."""
        return sum(value for part, value in self.computed.items() if part != "people")


async def measure(source: Path, commit: str, options: argparse.Namespace) -> list[Measured]:
    """Start everything, let people in, and measure with each number of conversations."""
    with TemporaryDirectory() as folder:
        carrier = TwoReports(QuietLog(Path(folder) / "log"), options.delay)
        town, plant, port = Town(carrier), Plant(options.kafka, source), free_port()
        carrier.public_url = f"http://127.0.0.1:{port}"
        try:
            await plant.start(await carrier.start(), port)
            invited = await _invite(plant, town, options.people)
            return [
                await _window(plant, town, talking, invited, commit, options) for talking in sorted(options.talking)
            ]
        finally:
            await town.stop()
            await plant.stop()
            await carrier.stop()


async def _invite(plant: Plant, town: Town, people: int) -> float:
    """Enrol people and wait until each has a question; how many a second were asked, from the first to the last."""
    enrolling = asyncio.create_task(plant.enrol(town.phones(people)))
    async with asyncio.timeout(INVITED_WITHIN):
        while not town.asked:
            await asyncio.sleep(0.05)
        began = time.monotonic()
        while town.asked < people:
            await asyncio.sleep(0.05)
        took = time.monotonic() - began
    await enrolling
    return people / took


async def _window(
    plant: Plant, town: Town, talking: int, invited: float, commit: str, options: argparse.Namespace
) -> Measured:
    town.let_talk(talking)
    await asyncio.sleep(SETTLES)
    before, commits, began = plant.computed(), plant.commits(), time.monotonic()
    await asyncio.sleep(options.seconds)
    after, took = plant.computed(), time.monotonic() - began
    turns = [turn for turn in town.turns if began <= turn.at + turn.seconds < began + took]
    if len(turns) < 2 or town.talking < talking:
        raise RuntimeError(f"{len(turns)} turns; {town.talking} of {talking} people still talk: more --people?")
    milliseconds = [turn.seconds * 1000 for turn in turns]
    return Measured(
        commit, options.kafka, talking, options.delay, len(turns) / took, invited, median(milliseconds),
        quantiles(milliseconds, n=100, method="inclusive")[-1], (plant.commits() - commits) / len(turns),
        {part: (after[part] - before[part]) * 1000 / len(turns) for part in after}, plant.memory(),
    )  # fmt: skip


def show(found: Measured) -> None:
    """Print a row, and add it to the history."""
    parts = ", ".join(f"{part} {value:.1f}" for part, value in sorted(found.computed.items(), key=lambda row: -row[1]))
    memory = ", ".join(f"{part} {value:.0f}" for part, value in found.memory.items())
    print(
        f"{found.commit:9} Kafka {found.kafka:8} {found.talking:5} talk: {found.turns_a_second:6.1f} turns/s, "
        f"CPU {found.cpu:5.1f} ms a turn ({parts}), {found.commits:.1f} commits a turn; text to next question "
        f"median {found.p50:.0f} ms, p99 {found.p99:.0f} ms; invited {found.invited_a_second:.0f}/s; MB: {memory}",
        flush=True,
    )
    HISTORY.parent.mkdir(parents=True, exist_ok=True)
    with HISTORY.open("a") as history:
        history.write(json.dumps({"at": time.time(), "load": os.getloadavg()[0], **asdict(found)}) + "\n")


def ratios(ours: Sequence[Measured], others: Sequence[Measured]) -> None:
    """Print the median of the ratios, pair by pair, for each number of conversations."""
    for talking in sorted({each.talking for each in ours}):
        pairs = [
            (mine, base)
            for mine, base in zip(ours, others, strict=True)
            if mine.talking == talking == base.talking
        ]  # fmt: skip
        found = {
            "turns/s": median(mine.turns_a_second / base.turns_a_second for mine, base in pairs),
            "CPU a turn": median(mine.cpu / base.cpu for mine, base in pairs),
            "median": median(mine.p50 / base.p50 for mine, base in pairs),
            "p99": median(mine.p99 / base.p99 for mine, base in pairs),
        }
        print(f"{talking:5} talk, of {len(pairs)} pairs: " + ", ".join(f"{k} x {v:.2f}" for k, v in found.items()))


def _commit(name: str) -> str:
    return subprocess.run(
        ["git", "rev-parse", "--short", name], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


def main(options: argparse.Namespace) -> None:
    """Measure this tree, and the other one in turn."""
    print(__doc__.splitlines()[0], f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    ours: list[Measured] = []
    others: list[Measured] = []
    with TemporaryDirectory(dir="/var/tmp") as folder:
        if options.base:
            packed = subprocess.run(["git", "archive", options.base], cwd=ROOT, check=True, capture_output=True)
            subprocess.run(["tar", "x", "-C", folder], input=packed.stdout, check=True)
        for _ in range(options.pairs):
            runs = [
                (ours, ROOT, _commit("HEAD")),
                *([(others, Path(folder), _commit(options.base))] if options.base else []),
            ]
            for rows, source, commit in runs:
                for found in asyncio.run(measure(source, commit, options)):
                    rows.append(found)
                    show(found)
    if options.base:
        ratios(ours, others)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kafka", choices=("apache", "embedded", "none"), default="apache")
    parser.add_argument("--people", type=int, default=2500)
    parser.add_argument("--talking", type=int, nargs="+", default=[70, 900])
    parser.add_argument("--seconds", type=float, default=25.0)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds until the carrier answers")
    parser.add_argument("--base", default="", help="another commit, measured in turn with this tree")
    parser.add_argument("--pairs", type=int, default=1)
    main(parser.parse_args())
