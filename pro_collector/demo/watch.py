"""Watches the demonstration and sends news to the page: texts, mails, events of the record, scores."""

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
from pro_collector.postgres.questions import recent_log
from pro_collector.runtime import Runtime
from pro_collector.web.live_scores import Hub

POLL_EVERY = 0.25
"""Real seconds between two queries of the database."""
LINES_SHOWN = 40
"""Lines that a newly opened page shows."""
ROWS_PER_QUERY = 400


class Watch:
    """Sends news to the page. `titles`: those of the assessments. `headline`: instrument, scale and title of the scores
    that are shown.
    """

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
        self.lines: deque[Line] = deque(maxlen=LINES_SHOWN)
        self.first_score = asyncio.Event()

    async def run(self) -> None:
        """Watch until cancelled."""
        async with listen(self._rt.settings, ScoreRecorded, self._scored.append):
            while True:
                self._hub.tell("clock", self._pace.shown())
                self._look_at_device()
                await self._look_at_record()
                await asyncio.sleep(POLL_EVERY)

    def shown(self) -> list[dict[str, Any]]:
        """The last lines, oldest first, for the page."""
        return [as_row(line) for line in self.lines]

    def _look_at_device(self) -> None:
        if self._device.size != self._size:
            self._size = self._device.size
            self._hub.tell("device", {})

    async def _look_at_record(self) -> None:
        scored = [self._scored.popleft() for _ in range(len(self._scored))]
        async with self._rt.database.transaction() as tx:
            rows = await recent_log.since(tx, STUDY, self._last, ROWS_PER_QUERY)
            if any(event.participant_id not in self._codes for event in scored):
                self._codes = await recent_log.codes(tx, STUDY)
        news = [line(row, self._titles) for row in rows] + [self._score(event) for event in scored]
        self._tell([entry for entry in news if entry is not None])
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
            self._hub.tell("lines", {"lines": [as_row(line) for line in lines[-LINES_SHOWN:]]})

    def _score(self, event: ScoreRecorded) -> Line | None:
        instrument, scale, title = self._headline
        value = event.scores.get(scale) if event.instrument == instrument else None
        if value is None:
            return None
        return scored(self._codes[event.participant_id], event.reporter, event.occurred_at, title, value)


def as_row(line: Line) -> dict[str, Any]:
    """A line in the page's format, with the time in your time zone."""
    at = line.at.astimezone(ZoneInfo(ZONE))
    return {"at": f"{at:%a %H:%M}", "kind": line.kind, "words": line.words, "yours": line.yours}
