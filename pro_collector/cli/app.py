"""The root command, to which each module adds its commands or its group."""

from typing import Annotated

import typer

from pro_collector import __version__

app = typer.Typer(
    name="pro-collector",
    help="Patient-reported outcomes by text and email, timed to each patient's treatment.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"pro-collector {__version__}")
        raise typer.Exit


@app.callback()
def _every_command(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None: ...
