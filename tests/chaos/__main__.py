"""The full run of chaos: exits 1 when the judge finds anything.

python -m tests.chaos [--minutes 30] [--people 600] [--seed 1] [--kafka apache|cluster] [--fault NAME ...]
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from tests.chaos.carrier import BAD
from tests.chaos.faults import chosen, left_out
from tests.chaos.house import House
from tests.chaos.needs import FAKETIME, faketime, mounts
from tests.chaos.run import Outcome, play

QUIET_WITHIN = 900.0
"""Seconds: a text whose outcome is in doubt is looked for after three minutes, a lost reply after five."""


async def _run(asked: argparse.Namespace, folder: Path) -> Outcome:
    dice = Random(asked.seed)
    faults = chosen(asked.fault, dice, asked.kafka)
    room = any(fault.needs is mounts for fault in faults)
    clocks = FAKETIME if any(fault.needs is faketime for fault in faults) else None
    house = House(folder, asked.seed, BAD, kafka=asked.kafka, room=room, clocks=clocks)
    if not asked.fault:
        print("\n".join(left_out(asked.kafka)), file=sys.stderr)

    def say(line: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)

    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)  # or the parts would go on
    try:
        await house.start()
        return await play(
            house, faults, dice, people=asked.people, minutes=asked.minutes, quiet_within=QUIET_WITHIN, say=say
        )
    finally:
        await house.stop()


def main(asked: argparse.Namespace) -> int:
    """Play, print the outcome, and say how many things were wrong."""
    began, folder = time.monotonic(), Path(tempfile.mkdtemp(prefix="pro-chaos-log-"))
    outcome = asyncio.run(_run(asked, folder))
    for name, count in outcome.counts.items():
        print(f"{name:44} {count:8}")
    for name, seconds in sorted(outcome.recovered.items()):
        print(f"{name:44} {len(seconds):3} times, recovered in at most {max(seconds):.0f} s")
    print("\n".join(f"WRONG {each}" for each in outcome.wrong) or "nothing is wrong")
    print(f"seed {asked.seed}, {time.monotonic() - began:.0f} s, logs in {folder}")
    return len(outcome.wrong)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--people", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kafka", choices=("embedded", "apache", "cluster"), default="embedded")
    parser.add_argument("--fault", action="append", default=[], help="only this fault; may be repeated")
    sys.exit(min(1, main(parser.parse_args())))
