"""`pro-collector demo`: the whole product on synthetic people, with a page to take part in it or as numbers."""

import json
import sys
from typing import Annotated, Any

import typer

from pro_collector.cli.app import app
from pro_collector.cli.session import until_stopped

HEADLESS = "Without a page: play the days as fast as the machine can, print what came of it, and end."


@app.command()
def demo(
    headless: Annotated[bool, typer.Option("--headless", help=HEADLESS)] = False,
    participants: Annotated[int, typer.Option(min=1, max=400, help="How many made-up people.")] = 24,
    days: Annotated[int, typer.Option(min=1, max=400, help="How long it plays, with --headless.")] = 28,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same people.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="With --headless: print one JSON object.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where the page is on this machine; 0: any.")] = 8080,
    speed: Annotated[float | None, typer.Option(min=0, help="Seconds of the study in one second; 0: paused.")] = None,
) -> None:
    """Show the whole product at work: a study, a phone and an inbox that are yours, and live charts.

    Everything runs on this machine: PostgreSQL, a Kafka-protocol broker, a stand-in for the phone company and for
    the mail. All people are made up. Nothing is sent to anybody, and nothing is kept.

    With --headless --json it prints one object. "occasions": how many questionnaires were planned for a moment
    within the days, and how many of them are completed, partial, missed, cancelled or open (asked, and not ended
    yet; "begun" says how far: open, invited or started). "planned" is counted from the log, the others from the
    states; the exit code is 1 if it is not their sum, or if an event was laid aside as unreadable ("dead_letters").
    "ahead" are those planned for later. "messages": what carrier and mail server took. "responses": questionnaires
    answered whole or in part. "scores": values computed from them.
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
        print("what was planned is not what became of it: please report this as a bug", file=sys.stderr)
        raise typer.Exit(1)


def _lines(report: dict[str, Any]) -> list[str]:
    """The report for people."""
    found = report["occasions"]
    ended = ", ".join(f"{found[state]} {state}" for state in ("completed", "partial", "missed", "cancelled", "open"))
    return [
        f"{found['planned']} occasions were planned: {ended}",
        f"{report['messages']['sms']} texts and {report['messages']['email']} mails were sent",
        f"{report['answers']} answers, {report['responses']} responses, {report['scores']} scores",
        f"in {report['wall_seconds']} s",
    ]


def _page(participants: int, seed: int, port: int, speed: float | None) -> None:
    from pro_collector.demo.performance import perform
    from pro_collector.demo.progress import Steps

    with Steps() as steps:
        until_stopped(lambda: perform(participants, seed, port, speed, steps))
