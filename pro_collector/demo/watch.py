"""Watches the demonstration and tells the page: texts, letters, what has just happened, scores as Kafka brings them."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.demo.pace import DemoPace
from pro_collector.demo.reader import ZONE, Device
from pro_collector.demo.stage import STUDY
from pro_collector.demo.words import YOU, Line, line, scored
from pro_collector.domain.events import ScoreRecorded
from pro_collector.kafka.listening import listen
from pro_collector.postgres.questions import happenings
from pro_collector.runtime import Runtime
from pro_collector.web.charts.live import Hub

LOOK = 0.25
"""Real seconds between two looks at the record."""
KEPT = 40
"""Lines that a newly opened page shows."""
AT_ONCE = 400


class Watch:
    """`titles` are the assessments of the study; `headline` is the instrument, the scale and its title that is told."""

    def __init__(
        self,
        rt: Runtime,
        hub: Hub,
        device: Device,
        pace: DemoPace,
        titles: Mapping[str, str],
        headline: tuple[str, str, str],
    ) -> None:
        self._rt, self._hub, self._device, self._pace = rt, hub, device, pace
        self._titles, self._headline = titles, headline
        self._last = 0
        self._size = device.size
        self._codes: dict[UUID, str] = {}
        self._scored: deque[ScoreRecorded] = deque()
        self.lines: deque[Line] = deque(maxlen=KEPT)
        self.first_score = asyncio.Event()

    async def run(self) -> None:
        """Watch until cancelled."""
        async with listen(self._rt.settings, ScoreRecorded, self._scored.append):
            while True:
                self._hub.tell("clock", self._pace.shown())
                self._look_at_device()
                await self._look_at_record()
                await asyncio.sleep(LOOK)

    def shown(self) -> list[dict[str, Any]]:
        """The last lines, oldest first, for the page."""
        return [as_row(one) for one in self.lines]

    def _look_at_device(self) -> None:
        if self._device.size != self._size:
            self._size = self._device.size
            self._hub.tell("device", {})

    async def _look_at_record(self) -> None:
        scored = [self._scored.popleft() for _ in range(len(self._scored))]
        async with self._rt.database.transaction() as tx:
            rows = await happenings.since(tx, STUDY, self._last, AT_ONCE)
            if any(event.participant_id not in self._codes for event in scored):
                self._codes = await happenings.codes(tx, STUDY)
        told = [line(row, self._titles) for row in rows] + [self._score(event) for event in scored]
        self._tell([one for one in told if one is not None])
        if rows:
            self._last = rows[-1].id
        if any(row.code == YOU for row in rows):
            self._hub.tell("mine", {})
        if any(row.code == YOU and row.what == "answered" for row in rows):
            self._pace.talk()
        if scored or any(row.what in ("due", "completed", "partial", "missed", "cancelled") for row in rows):
            self._hub.tell("moved", {})
        if scored:
            self.first_score.set()
            self._pace.warm()

    def _tell(self, lines: Sequence[Line]) -> None:
        self.lines.extend(lines)
        if lines:
            self._hub.tell("lines", {"lines": [as_row(one) for one in lines[-KEPT:]]})

    def _score(self, event: ScoreRecorded) -> Line | None:
        instrument, scale, title = self._headline
        value = event.scores.get(scale) if event.instrument == instrument else None
        if value is None:
            return None
        return scored(self._codes[event.participant_id], event.reporter, event.occurred_at, title, value)


def as_row(one: Line) -> dict[str, Any]:
    """A line as the page takes it; the time is that of your zone."""
    at = one.at.astimezone(ZoneInfo(ZONE))
    return {"at": f"{at:%a %H:%M}", "kind": one.kind, "words": one.words, "yours": one.yours}
