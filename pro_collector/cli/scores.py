"""`rescore` and `explain`: compute stored scores again, and explain one."""

from typing import TYPE_CHECKING, Annotated

import typer

from pro_collector.cli.app import app
from pro_collector.cli.score import Folder
from pro_collector.cli.session import with_runtime

if TYPE_CHECKING:
    from pro_collector.runtime import Runtime


@app.command()
def rescore(
    instrument: Annotated[str, typer.Argument(help="the instrument's id")],
    version: Annotated[str | None, typer.Option(help="a version of it; default: the newest")] = None,
    imputation: Annotated[
        str | None, typer.Option(help="how skipped items count: none, or a policy; default: as before")
    ] = None,
    instruments: Folder = None,
    yes: Annotated[bool, typer.Option("--yes", help="store the new scores; the old ones stay")] = False,
) -> None:
    """Score stored answers with a newer definition: show the changes, and store them with --yes. Old scores stay."""
    from pro_collector.commands.rescore import Rescored
    from pro_collector.commands.rescore import rescore as again
    from pro_collector.library import load_library

    definition = load_library(instruments).get(instrument, version)

    async def work(rt: "Runtime") -> Rescored:
        return await again(rt, definition, store=yes, imputation=imputation)

    done = with_runtime(work)
    for each in done.differences:
        print(f"{each.response}/{each.scale}: {each.before} -> {each.after}")
    stored = f"{done.stored} scores stored beside the old ones" if yes else "nothing was stored (--yes stores them)"
    compared = f"{done.responses} responses, {len(done.differences)} scores differ"
    print(f"{definition.id} {definition.version}: {compared}; {stored}")
    if done.left_out:
        print(f"{done.left_out} responses keep their scores: their version asked for other answers")


@app.command()
def explain(score: Annotated[str, typer.Argument(help="RESPONSE/SCALE, as in score_on_treatment.response_id")]) -> None:
    """Explain a stored score from its raw answers: items used, reversed and missing; the rule; the arithmetic."""
    from pro_collector.commands.rescore import explain_score

    async def work(rt: "Runtime") -> list[str]:
        return list(await explain_score(rt, score))

    for line in with_runtime(work):
        print(line)
