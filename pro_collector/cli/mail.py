"""Commands about mail: the door through which a mail server hands in what came for us."""

import sys
from typing import Annotated

import structlog
import typer

from pro_collector.cli.app import app
from pro_collector.cli.session import with_runtime
from pro_collector.errors import ProCollectorError

log = structlog.get_logger(__name__)

TRY_AGAIN = 75
"""EX_TEMPFAIL of sysexits(3): the mail server keeps the mail and hands it in again."""

MOST = 64 * 2**20
"""Bytes of a mail that are looked at. Nothing is refused for its size: its words come first."""

group = typer.Typer(help="Take in mail: bounces, and what people write.", no_args_is_help=True)
app.add_typer(group, name="mail")


@group.command()
def receive(
    to: Annotated[str, typer.Option("--to", help="the address it was delivered to, which names the delivery")] = "",
) -> None:
    """Take in one mail (RFC 5322) from standard input: a bounce, or what a person wrote.

    For a pipe of the mail server; see docs/operating.md. Exits 0 when it was taken in, also when it was nothing of ours
    or came before; 75 when it could not be, so that the mail server keeps it and tries again.
    """
    content = sys.stdin.buffer.read(MOST)
    while sys.stdin.buffer.read(MOST):  # a mail server may take it for a failure when nobody reads to the end
        pass
    try:
        log.info("mail taken in", kind=_take_in(content, to))
    except ProCollectorError as error:
        print(error, file=sys.stderr)  # a setting or a server, never a word of the mail
        raise typer.Exit(TRY_AGAIN) from None
    except Exception as error:  # whatever it is, it is our fault: a mail server would send the mail back
        log.error("mail not taken in; it is to be handed in again", error=type(error).__name__)
        raise typer.Exit(TRY_AGAIN) from None


def _take_in(content: bytes, to: str) -> str:
    from pro_collector.casework.inbound.receiving import receive_mail

    return with_runtime(lambda rt: receive_mail(rt, content, to))
