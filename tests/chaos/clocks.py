"""Clocks that can be shifted while the run goes on: libfaketime reads from a file how far each one is off."""

from collections.abc import Iterable, Mapping
from pathlib import Path

POSTGRES = "postgresql"


class Clocks:
    """One clock for each process of the product, and one for PostgreSQL. Kafka, carrier and people keep the true time.

    Only the time of day is shifted: the clock that counts the seconds since the machine started is true, as it is when
    somebody sets the time of a real machine.
    """

    def __init__(self, folder: Path, library: Path) -> None:
        self._folder, self._library = folder, library
        folder.mkdir()

    def environment(self, name: str) -> Mapping[str, str]:
        """What makes a process look at the clock `name`."""
        file = self._folder / name
        if not file.exists():
            self.shift(0, [name])
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def shift(self, seconds: float, names: Iterable[str]) -> None:
        """Set clocks: so many seconds ahead of the true time (negative: behind). Read within a second."""
        for name in names:
            part = self._folder / f"{name}.part"
            part.write_text(f"{seconds:+.1f}\n")
            part.chmod(0o644)
            part.rename(self._folder / name)

    def shifted_server(self, folder: Path, install: Path) -> Path:
        """A PostgreSQL installation in `folder` whose server looks at a clock of ours; `install` is the real one."""
        programs = folder / "pg" / "bin"
        programs.mkdir(parents=True)
        for program in (install / "bin").iterdir():
            (programs / program.name).symlink_to(program)
        server = programs / "postgres"
        server.unlink()
        setting = " ".join(f"{name}={value}" for name, value in self.environment(POSTGRES).items())
        server.write_text(f'#!/bin/sh\nexec env {setting} {install}/bin/postgres "$@"\n')
        server.chmod(0o755)
        return folder / "pg"
