"""The command line: one module per area of work, each adding its commands to `app`."""

import sys

from pro_collector import logs
from pro_collector.cli import account as account
from pro_collector.cli import alerts as alerts
from pro_collector.cli import apply as apply
from pro_collector.cli import ask as ask
from pro_collector.cli import audit as audit
from pro_collector.cli import backup as backup
from pro_collector.cli import consent as consent
from pro_collector.cli import dead_letters as dead_letters
from pro_collector.cli import demo as demo
from pro_collector.cli import events as events
from pro_collector.cli import export as export
from pro_collector.cli import feed as feed
from pro_collector.cli import health as health
from pro_collector.cli import instrument as instrument
from pro_collector.cli import language as language
from pro_collector.cli import ledger as ledger
from pro_collector.cli import mail as mail
from pro_collector.cli import parse as parse
from pro_collector.cli import participant as participant
from pro_collector.cli import pool as pool
from pro_collector.cli import replies as replies
from pro_collector.cli import report as report
from pro_collector.cli import run as run
from pro_collector.cli import score as score
from pro_collector.cli import scores as scores
from pro_collector.cli import simulate as simulate
from pro_collector.cli import study as study
from pro_collector.cli import tasks as tasks
from pro_collector.cli import timeline as timeline
from pro_collector.cli import timeline_import as timeline_import
from pro_collector.cli import token as token
from pro_collector.cli import webhook as webhook
from pro_collector.cli.app import app
from pro_collector.errors import ProCollectorError

__all__ = ["app", "main"]


def main() -> None:
    """Run a command. A mistake that the user can correct is printed as a message, never as a traceback."""
    logs.configure()
    try:
        app()
    except ProCollectorError as error:
        print(error, file=sys.stderr)  # the message is for the person at the terminal, not for the log
        sys.exit(error.exit_code)
