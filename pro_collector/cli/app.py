"""The root command and its groups; every module of commands is listed here."""

import typer

app = typer.Typer(
    name="pro-collector",
    help="Patient-reported outcomes by text and email, timed to each patient's treatment.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
