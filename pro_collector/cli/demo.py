"""`pro-collector demo`: the whole product with made-up people, on a page in the browser or as a report."""

import json
import sys
from typing import Annotated, Any

import typer

from pro_collector.cli.app import app
from pro_collector.cli.session import until_stopped

HEADLESS = "Without a page: run the days as fast as possible, print a report, and exit."


@app.command()
def demo(
    headless: Annotated[bool, typer.Option("--headless", help=HEADLESS)] = False,
    participants: Annotated[int, typer.Option(min=1, max=400, help="How many made-up people.")] = 24,
    days: Annotated[int, typer.Option(min=1, max=400, help="How many days it runs, with --headless.")] = 28,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same people.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="With --headless: print one JSON object.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port of the page; 0: any free one.")] = 8080,
    speed: Annotated[float | None, typer.Option(min=0, help="Seconds of study time in one second; 0: paused.")] = None,
) -> None:
    """Show the whole product at work: a study, a phone and a mailbox for you to use, and live charts.

    Everything runs on this machine: PostgreSQL, the five parts, a simulated carrier and mail server. All
    people are made up. No message leaves this machine, and no data is kept.

    With --headless --json it prints one object. "occasions": how many occasions were planned within the days, and how
    many of them are completed, partial, missed, cancelled or open ("begun" counts the open ones by state: open,
    invited or started). "planned" is counted from the log, the others from the states. The exit code is 1 if
    "planned" is not the sum of the others, or if there is a dead letter ("dead_letters"). "ahead": occasions planned
    for later. "messages": accepted by the carrier or the mail server. "responses": questionnaires answered fully or
    in part. "scores": values computed from them.
    """
    if headless:
        _numbers(participants, days, seed, as_json)
    else:
        _page(participants, seed, port, speed)


def _numbers(participants: int, days: int, seed: int, as_json: bool) -> None:
    from pro_collector.demo import headless
    from pro_collector.demo.progress import Steps

    with Steps() as steps:
        report = until_stopped(lambda: headless.run(participants, days, seed, steps.say, steps.day))
    if report is None:
        raise typer.Exit(130)
    print(json.dumps(report) if as_json else "\n".join(_lines(report)))
    if not headless.accounted(report):
        print("the planned occasions are not the sum of the others: please report this as a bug", file=sys.stderr)
        raise typer.Exit(1)


def _lines(report: dict[str, Any]) -> list[str]:
    """The report as lines of text."""
    counts = report["occasions"]
    ended = ", ".join(f"{counts[state]} {state}" for state in ("completed", "partial", "missed", "cancelled", "open"))
    return [
        f"{counts['planned']} occasions were planned: {ended}",
        f"{report['messages']['sms']} texts and {report['messages']['email']} mails were sent",
        f"{report['answers']} answers, {report['responses']} responses, {report['scores']} scores",
        f"in {report['wall_seconds']} s",
    ]


def _page(participants: int, seed: int, port: int, speed: float | None) -> None:
    from pro_collector.demo.interactive import run
    from pro_collector.demo.progress import Steps

    with Steps() as steps:
        until_stopped(lambda: run(participants, seed, port, speed, steps))
