"""`pro-collector alerts ...`: check and try alert rules; take care of alerts and close them; rosters."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pro_collector.cli.app import app
from pro_collector.cli.files import read_text
from pro_collector.cli.session import as_columns, as_json, whoami, with_runtime
from pro_collector.cli.study import Folder
from pro_collector.domain.alert.life import DONE
from pro_collector.domain.alert.rule import ordered

if TYPE_CHECKING:
    from pro_collector.commands.backtest_alerts import Backtested
    from pro_collector.domain.alert.backtest import RuleBacktest, Share
    from pro_collector.postgres.tables.alerts import AlertRow
    from pro_collector.runtime import Runtime

group = typer.Typer(
    help="Alerts of rules: list, acknowledge and close them; check and try rules; rosters.", no_args_is_help=True
)
app.add_typer(group, name="alerts")

PUBLISHED = "PRO-TECT (Mazza 2024, abstract): 34 % of surveys raised one, 59 % of these were acted on at once"
SHOWN = 10
Id = Annotated[str, typer.Argument(metavar="ID", help="the beginning of an alert's id")]


@group.command()
def check(
    study: Annotated[Path, typer.Argument(help="a study file (YAML)")],
    rules: Annotated[Path, typer.Argument(help="a file with the section `alerts` (docs/alerts.md)")],
    instruments: Folder = None,
) -> None:
    """Check a file of alert rules against a study file; print every mistake in it, with its line."""
    from pro_collector.cli.study import read_study
    from pro_collector.domain.study.alert_file import load_alerts
    from pro_collector.library import load_library

    read, _ = read_study(study, instruments)
    library = load_library(instruments)
    section = load_alerts(read_text(rules), str(rules), read, {name: library.get(name) for name in read.instruments})
    for name, rule in ordered(section.rules):
        steps = ", then ".join(f"{step.to} within {step.within}" for step in rule.steps)
        print(f"{name}: {rule.urgency}; {steps}")


@group.command("list")
def list_open(study: Annotated[str | None, typer.Option(help="of this study only")] = None) -> None:
    """List the alerts of rules that are not closed, oldest first, one JSON object a line."""
    from pro_collector.postgres.tables import alerts as rows

    async def work(rt: "Runtime") -> None:
        async with rt.database.transaction() as tx:
            for row in await rows.load_open(tx, study):
                print(as_json(as_columns(row)))

    with_runtime(work)


@group.command()
def acknowledge(id: Id) -> None:
    """Take care of an alert: nobody else is told, until it is forgotten for as long as the rule says."""
    from pro_collector.commands.act_on_alert import acknowledge_alert

    async def work(rt: "Runtime") -> "AlertRow":
        return await acknowledge_alert(rt, id, whoami())

    row = with_runtime(work)
    print(f"{row.rule}: yours. If it is not closed by {row.due_at:%Y-%m-%d %H:%M} UTC, it comes back")


@group.command("close")
def close(
    id: Id,
    done: Annotated[str, typer.Option(help=f"what was done: {', '.join(DONE)}")],
    note: Annotated[str, typer.Option(help="more about it; needed where nothing was done")] = "",
) -> None:
    """Close an alert with what was done."""
    from pro_collector.commands.act_on_alert import close_alert

    async def work(rt: "Runtime") -> "AlertRow":
        return await close_alert(rt, id, whoami(), done, note)

    print(f"{with_runtime(work).rule}: closed")


@group.command()
def roster(
    study: Annotated[str, typer.Argument(help="the id of a study in force")],
    file: Annotated[Path, typer.Argument(help="a roster file (docs/alerts.md)")],
) -> None:
    """Put a roster of STUDY in force: who is told about alerts, when and at which sites."""
    from pro_collector.commands.act_on_alert import apply_roster

    text = read_text(file)

    async def work(rt: "Runtime") -> tuple[str, ...]:
        return await apply_roster(rt, study, text, str(file), whoami())

    for role in with_runtime(work):
        print(f"nobody has the role {role} in this roster: its step is skipped")


@group.command("schema")
def schema() -> None:
    """Print the JSON Schema of a file of alert rules, for editors."""
    from pro_collector.domain.study.alert_file import alert_schema

    print(json.dumps(alert_schema(), indent=2, ensure_ascii=False))


@group.command()
def backtest(
    study: Annotated[str, typer.Argument(help="the id of a study in force")],
    rules: Annotated[Path, typer.Argument(help="a file with the section `alerts` (docs/alerts.md)")],
    old: Annotated[Path | None, typer.Option(help="rules to compare with")] = None,
    event: Annotated[str | None, typer.Option(help="judge the alerts by whether this timeline event followed")] = None,
    days: Annotated[int, typer.Option(min=0, help="how many days later at most")] = 7,
    nurses: Annotated[int, typer.Option(min=1, help="how many share the work")] = 1,
) -> None:
    """Try rules on the stored answers of STUDY: how many alerts, of whom, how many a nurse and week.

    Changes nothing and alerts nobody. Each alert counts as closed at once; a cool-down makes others of it repeats.
    """
    from pro_collector.commands.backtest_alerts import RuleFile
    from pro_collector.commands.backtest_alerts import backtest as try_rules

    tried = RuleFile(read_text(rules), str(rules))
    compared = RuleFile(read_text(old), str(old)) if old else None

    async def work(rt: "Runtime") -> "Backtested":
        return await try_rules(rt, study, tried, old=compared, event=event, days=days)

    for line in report(with_runtime(work), event, days, nurses):
        print(line)


def report(found: "Backtested", event: str | None, days: int, nurses: int) -> list[str]:
    """What the rules would have raised, as lines of text."""
    lines = [line for name, one in found.rules.items() for line in _of_rules(name, one, event, days, nurses)]
    if len(found.rules) > 1:
        lines += _of_rules("all rules", found.together, event, days, nurses)
    most = list(found.by_code.items())[:SHOWN]
    if most:
        lines.append(f"most alerts: {', '.join(f'{code} {count}' for code, count in most)}")
    if found.overlap is not None:
        both, only_old, only_new = found.overlap
        lines.append(
            f"check-ins that raised one: {both} by old and new rules, {only_old} only old, {only_new} only new"
        )
    return [*lines, PUBLISHED]


def _of_rules(name: str, one: "RuleBacktest", event: str | None, days: int, nurses: int) -> list[str]:
    lines = [
        f"{name}: {one.alerts} alerts and {one.repeats} repeats; {one.per_week / nurses:.1f} a nurse and week",
        f"  check-ins that raised one: {_share(one.surveys)}; people: {_share(one.people)}",
    ]
    if event is not None:
        lines.append(f"  alerts with {event} in the next {days} days: {_share(one.before_event)}")
        lines.append(f"  {event} with an alert in the {days} days before: {_share(one.events_announced)}")
    return lines


def _share(share: "Share") -> str:
    if share.value is None or share.interval is None:
        return "0 of 0"
    low, high = share.interval
    return f"{share.count} of {share.of} = {share.value:.0%} (95 % interval {low:.0%} to {high:.0%})"
