"""A terminal: the real command line in this process, with its exit code and everything it printed."""

from dataclasses import dataclass

import pytest

from pro_collector.cli import main

KEYS = {"PRO_VAULT_KEY": "a1" * 32, "PRO_LINK_KEY": "b2" * 32}


@dataclass(frozen=True)
class Printed:
    """What a command left on the terminal."""

    code: int
    out: str
    err: str


class Terminal:
    """Somebody at a terminal, with settings in the environment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.environment = monkeypatch
        self._capsys = capsys

    def set(self, **settings: str) -> None:
        """Set variables of the environment."""
        for name, value in settings.items():
            self.environment.setenv(name, value)

    def run(self, *words: str, code: int = 0) -> Printed:
        """Run a command; a traceback is never what a person sees."""
        self._capsys.readouterr()
        self.environment.setattr("sys.argv", ["pro-collector", *words])
        try:
            main()
            ended = 0
        except SystemExit as done:
            ended = int(done.code or 0)
        told = self._capsys.readouterr()
        assert "Traceback" not in told.err, told.err
        assert ended == code, (ended, told.out, told.err)
        return Printed(ended, told.out, told.err)
