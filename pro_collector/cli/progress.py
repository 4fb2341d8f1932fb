"""A progress bar on the terminal, for commands that take a while."""

import sys
from typing import Self


class ProgressBar:
    """A progress bar on standard error; nothing if that is no terminal. It disappears at the end."""

    def __init__(self, words: str, of: int | None = None) -> None:
        """`of`: how many there are to do; None: not known yet."""
        from rich.console import Console
        from rich.progress import Progress

        self._bars = Progress(console=Console(file=sys.stderr), transient=True, disable=not sys.stderr.isatty())
        self._bar = self._bars.add_task(words, total=of)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def tell(self, done: int, of: int | None = None) -> None:
        """Show how many are done, and of how many if that has become known."""
        if of is not None:
            self._bars.update(self._bar, total=of)
        self._bars.update(self._bar, completed=done)
