"""The option and the value that say who is shown the words of patients, and why."""

from typing import TYPE_CHECKING, Annotated

import typer

from pro_collector.cli.session import whoami

if TYPE_CHECKING:
    from pro_collector.casework.inbound.written import Viewer

Why = Annotated[str, typer.Option("--why", help="why you look, for the record; no names")]


def viewer(why: str) -> "Viewer":
    """The user of this terminal as the viewer of words."""
    from pro_collector.casework.inbound.written import Viewer

    return Viewer(whoami(), "cli", why)
