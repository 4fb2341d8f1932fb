"""Commands about the chain over what only grows."""

from typing import TYPE_CHECKING

import typer

from pro_collector.cli.app import app
from pro_collector.cli.session import with_runtime
from pro_collector.errors import Tampered

if TYPE_CHECKING:
    from pro_collector.runtime import Runtime


group = typer.Typer(help="Whether answers, scores and other records are still what they were.", no_args_is_help=True)
app.add_typer(group, name="audit")


@group.command()
def verify() -> None:
    """Verify that no record was changed, removed or moved since it was taken into the chain.

    Names each fault: table, key, what. Ends with status 1 if there is one. Rows of the last day may not be in the chain
    yet. The checkpoints are compared with those of PRO_AUDIT_HEAD_FILE; without that file compare the last one, which
    it prints, with the log of the night: whoever removes the end of the chain with its checkpoints is found only so.
    """
    from pro_collector.commands.audit import VerifiedChain, verify_chain

    async def work(rt: "Runtime") -> VerifiedChain:
        return await verify_chain(rt)

    found = with_runtime(work)
    last = f"{found.last.n} with {found.last.entries} entries, {found.last.link.hex()}" if found.last else "none"
    print(f"entries: {found.entries}, of erased rows: {found.erased}; last checkpoint: {last}")
    print(f"compared with checkpoints outside the database: {found.kept_outside}")
    if found.findings:
        raise Tampered("\n".join(f"{each.source} {each.key}: {each.fault}" for each in found.findings))
