"""Rehearse a study file: made-up people live through it in a process of its own, which can be ended at any time.

The process gets no setting of ours, and works with the lowest priority: the machine is for patients first.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pro_collector.domain.instrument.definition import Instrument
from pro_collector.errors import ProCollectorError
from pro_collector.postgres.tables.studies import instrument_document

_CHILD = "pro_collector.simulation.child"
_LONGEST_LINE = 64 * 2**20
SECONDS = 1800.0
"""How long a rehearsal may take."""
MOST_PEOPLE, MOST_YEARS = 1000, 20.0


@dataclass(frozen=True, slots=True)
class ToRehearse:
    """What a rehearsal depends on. `starts`: the first day, as 2027-01-04; `price`: of one text segment."""

    text: str
    file: str
    participants: int = 200
    years: float = 5.0
    seed: int = 1
    starts: str = "2027-01-04"
    price: float = 0.0083


async def rehearse_apart(
    asked: ToRehearse, instruments: Mapping[str, Instrument], tell: Callable[[int, int], None]
) -> Mapping[str, Any]:
    """The report of a rehearsal as plain data (`simulation/child.py`).

    Raises ProCollectorError if there is none: a mistake in the file, or it takes longer than SECONDS.
    """
    question = {**asdict(asked), "instruments": [instrument_document(each) for each in instruments.values()]}
    settings = {name: value for name, value in os.environ.items() if not name.startswith("PRO_")}
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", _CHILD, stdin=pipe, stdout=pipe, stderr=nothing, env=settings, limit=_LONGEST_LINE
    )
    try:
        async with asyncio.timeout(SECONDS):
            return await _result(process, json.dumps(question).encode(), tell)
    except TimeoutError:
        raise ProCollectorError(f"a rehearsal may take {SECONDS / 60:.0f} minutes: fewer people, or years") from None
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _result(
    process: asyncio.subprocess.Process, question: bytes, tell: Callable[[int, int], None]
) -> Mapping[str, Any]:
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018  # both are pipes
    process.stdin.write(question)
    process.stdin.write_eof()
    async for line in process.stdout:
        said = json.loads(line)
        if "mistake" in said:
            raise ProCollectorError(said["mistake"])
        if "result" in said:
            result: Mapping[str, Any] = said["result"]
            return result
        tell(said["done"], said["of"])
    raise ProCollectorError("the rehearsal ended without a result")
