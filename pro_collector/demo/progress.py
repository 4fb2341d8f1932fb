"""What is being done and how long it took, on standard error, for whoever waits at the terminal."""

import sys
import time
from collections.abc import MutableMapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import structlog
from rich.console import Console
from rich.status import Status


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Nobody reads any more: go on in silence. Rich would end the program, from within whatever task it is in."""
        self.quiet = True


class Steps:
    """Long steps, one after the other: with a spinner on a terminal, as plain lines elsewhere."""

    def __init__(self) -> None:
        self._console = _Console(file=sys.stderr, highlight=False, soft_wrap=True)
        self._status: Status | None = None
        self._doing, self._since, self._day = "", 0.0, ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.done()

    def say(self, what: str) -> None:
        """Begin a step; the one before is done."""
        self.done()
        self._doing, self._since = what, time.monotonic()
        if self._console.is_terminal:
            self._status = self._console.status(what)
            self._status.start()

    def done(self) -> None:
        """The step is done: say how long it took."""
        if self._status is not None:
            self._status.stop()
            self._status = None
        if self._doing:
            self._console.print(f"[dim]{time.monotonic() - self._since:5.1f} s[/]  {self._doing}")
        self._doing = ""

    def tell(self, what: str) -> None:
        """Something that is no step."""
        self.done()
        self._console.print(what)

    def day(self, now: datetime) -> None:
        """Show the date of the demonstration beside the present step, once a day."""
        day = f"{now:%A %d %B %Y}"
        if day != self._day and self._status is not None:
            self._status.update(f"{self._doing}: {day}")
        self._day = day


def quiet_nights() -> None:
    """Leave out the nightly line that nothing is missing: nights pass in seconds here. What is missing is told."""
    structlog.configure(processors=[_without_all_is_well, *structlog.get_config()["processors"]])


def _without_all_is_well(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if event.get("event") == "nothing is missing":
        raise structlog.DropEvent
    return event
