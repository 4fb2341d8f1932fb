"""Commands about mail: a mail server pipes inbound mails and bounces into them."""

import sys
from typing import Annotated

import structlog
import typer

from pro_collector.cli.app import app
from pro_collector.cli.session import with_runtime
from pro_collector.errors import ProCollectorError

log = structlog.get_logger(__name__)

TRY_AGAIN = 75
"""EX_TEMPFAIL of sysexits(3): the mail server keeps the mail and retries later."""

MOST = 64 * 2**20
"""How many bytes of a mail are read. A larger mail is not refused: its words are at the beginning."""

group = typer.Typer(help="Receive mail: bounces, and what people write.", no_args_is_help=True)
app.add_typer(group, name="mail")


@group.command()
def receive(
    to: Annotated[str, typer.Option("--to", help="the address it was delivered to; it has the delivery's id")] = "",
) -> None:
    """Receive one mail (RFC 5322) from standard input: a bounce, or what a person wrote.

    For a pipe of the mail server; see docs/operating.md. The exit code is 0 when the mail was received, even if it is
    a duplicate or not ours; 75 when it could not be stored, so that the mail server keeps it and retries.
    """
    content = sys.stdin.buffer.read(MOST)
    while sys.stdin.buffer.read(MOST):  # a mail server may report a failure when its pipe is not read to the end
        pass
    try:
        log.info("mail taken in", kind=_take_in(content, to))
    except ProCollectorError as error:
        print(error, file=sys.stderr)  # it names a setting or a server, and has no words of the mail
        raise typer.Exit(TRY_AGAIN) from None
    except Exception as error:  # a fault of ours: without 75 the mail server would bounce the mail
        log.error("mail not taken in; the mail server will retry", error=type(error).__name__)
        raise typer.Exit(TRY_AGAIN) from None


def _take_in(content: bytes, to: str) -> str:
    from pro_collector.casework.inbound.receiving import receive_mail

    return with_runtime(lambda rt: receive_mail(rt, content, to))
