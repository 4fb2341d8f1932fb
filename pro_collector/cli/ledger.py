"""`why` and `reconcile`: explain the log of each occasion, and find what is missing."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from pro_collector.cli.app import app
from pro_collector.cli.participant import Study
from pro_collector.cli.session import as_json, with_runtime
from pro_collector.errors import NotFound
from scheduler.occasion import UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pro_collector.postgres.tables.occasions import OccasionRow
    from pro_collector.runtime import Runtime

_NEAR = 5
"""How many that have ended, and how many that are planned, matter now."""


@app.command()
def why(
    code: Annotated[str, typer.Argument(help="the participant's code")],
    occasion: Annotated[str, typer.Argument(help="the beginning of an occasion's id, or an assessment's name")] = "",
    study: Study = None,
    past: Annotated[bool, typer.Option("--past", help="every occasion that has ended")] = False,
    coming: Annotated[bool, typer.Option("--next", help="every occasion that has not ended")] = False,
    everything: Annotated[bool, typer.Option("--all", help="every occasion")] = False,
) -> None:
    """Explain why a participant was or was not asked: what matters now in one line each, or the whole log of one.

    It shows what is open, what ended last and what comes next; other options show more. It also lists assessments
    without a planned occasion, with what they wait for.
    """
    from pro_collector.casework import planning
    from pro_collector.commands.record_treatment import find_participant
    from pro_collector.display.history import reason, sentence, why_not_planned
    from pro_collector.postgres.tables import occasions

    async def work(rt: "Runtime") -> None:
        async with rt.database.transaction() as tx:
            person = await find_participant(tx, code, study)
            rows = (await occasions.of_participants(tx, [person.id]))[person.id]
            chosen = [row for row in rows if str(row.id).startswith(occasion) or row.assessment == occasion]
            if not chosen and rows:
                raise NotFound(f"{code} has no occasion {occasion!r}; without it, all are listed")
            if not occasion or len(chosen) > 1:
                shown = chosen if occasion else _shown(chosen, past or everything, coming or everything)
                for row in shown:
                    state = f"{row.state}{f': {reason(row.reason)}' if row.reason else ''}"
                    what = f"{row.assessment} {row.point} {row.reporter}"
                    print(f"{str(row.id)[:8]}  {row.due_local:%Y-%m-%d %H:%M}  {what}  {state}")
                if len(shown) < len(chosen):
                    print(f"{'-':8}  {len(chosen) - len(shown)} more: --past, --next or --all shows them")
                if not occasion:
                    ((_, standing),) = await planning.load_plan_inputs(tx, rt, [person.id], unlocked=True)
                    version = await rt.studies.get(tx, person.study, person.study_version)
                    asked = {row.assessment for row in rows}
                    for line in why_not_planned(version.study, standing.person, standing.timeline, asked):
                        print(f"{'-':8}  {'not planned':16}  {line}")
                return
            for row in chosen:
                print(f"{row.assessment} {row.point}, answered by {row.reporter} ({row.id})")
                for step in await occasions.history(tx, row.id):
                    at = step.at.astimezone(ZoneInfo(row.zone))
                    print(f"  {at:%Y-%m-%d %H:%M:%S %Z}  {sentence(step.what, step.detail)}")

    with_runtime(work)


def _shown(rows: "Sequence[OccasionRow]", past: bool, coming: bool) -> "list[OccasionRow]":
    """The rows to print, in their order: without a wish, what is open, and a few before and after it."""
    ended = [row for row in rows if row.state not in UNFINISHED and row.state != "planned"]
    ahead = [row for row in rows if row.state == "planned"]
    neither = not past and not coming
    kept = {row.id for row in (ended if past else ended[-_NEAR:] if neither else [])}
    kept |= {row.id for row in (ahead if coming else ahead[:_NEAR] if neither else [])}
    return [row for row in rows if row.id in kept or (row.state in UNFINISHED and (coming or neither))]


@app.command()
def reconcile(json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False) -> None:
    """Compare what the protocol expects with what is planned, sent, confirmed and stored; exit 1 if there is a hole."""
    from pro_collector.commands.reconcile import Reconciliation
    from pro_collector.commands.reconcile import reconcile as compare

    async def work(rt: "Runtime") -> Reconciliation:
        return await compare(rt)

    account = with_runtime(work)
    if json:
        print(as_json({**asdict(account), "planned": account.planned}))
    else:
        states = ", ".join(f"{count} {state}" for state, count in sorted(account.states.items()))
        print(f"{account.participants} participants, {account.planned} occasions: {states or 'none'}")
        for hole in account.holes:
            print(f"HOLE  {hole.kind}: {hole.participant} {hole.occasion or ''} {hole.detail}")
        print("nothing is missing" if not account.holes else f"{len(account.holes)} holes")
    if account.holes:
        raise typer.Exit(1)
