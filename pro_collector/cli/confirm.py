"""Asks for confirmation before a command with large consequences; without a terminal it needs `--yes`."""

import sys

import typer


def confirmed(question: str, what: str, *, word: str = "") -> bool:
    """Whether the user at the terminal agrees; with `word`, they must type it.

    Without a terminal it prints `what` would be done to standard error, and the command exits with code 2.
    """
    if not sys.stdin.isatty():
        typer.echo(f"{what}: nothing was changed; confirm with --yes", err=True)
        raise typer.Exit(2)
    agreed = typer.prompt(question, err=True).strip() == word if word else typer.confirm(question, err=True)
    if not agreed:
        print("nothing was changed")
    return agreed
