"""Asks before something that ends or texts many: on a terminal a question, elsewhere `--yes` or nothing is done."""

import sys

import typer


def confirmed(question: str, what: str, *, word: str = "") -> bool:
    """Whether the person at the terminal agrees; with `word`, by typing it.

    Without a terminal nobody can: `what` this is goes to standard error, and the command ends with 2.
    """
    if not sys.stdin.isatty():
        typer.echo(f"{what}: nothing was changed; confirm with --yes", err=True)
        raise typer.Exit(2)
    agreed = typer.prompt(question, err=True).strip() == word if word else typer.confirm(question, err=True)
    if not agreed:
        print("nothing was changed")
    return agreed
