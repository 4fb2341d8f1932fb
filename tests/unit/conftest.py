"""The unit ring does no input or output: no socket and no child process; files only in a folder of the test's own."""

import socket
import subprocess
from collections.abc import Iterator
from typing import NoReturn

import pytest


@pytest.fixture(autouse=True, scope="package")
def _nothing_outside() -> Iterator[None]:
    """Fail a test that connects, listens or starts a process."""
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in ((socket.socket, "connect"), (socket.socket, "bind"), (subprocess, "Popen")):
            patch.setattr(owner, name, _refused)
        yield


def _refused(*_: object, **__: object) -> NoReturn:
    raise AssertionError("a unit test does no input or output: this test belongs to another ring")
