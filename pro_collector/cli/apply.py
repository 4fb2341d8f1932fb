"""`pro-collector study apply`: put a study file in force."""

from pathlib import Path
from typing import Annotated

import typer

from pro_collector.cli.files import read_text
from pro_collector.cli.session import whoami, with_runtime
from pro_collector.cli.study import Folder, study_app
from pro_collector.runtime import Runtime


@study_app.command("apply")
def apply(
    file: Annotated[Path, typer.Argument(help="The study file (YAML).", show_default=False)],
    instruments: Folder = None,
) -> None:
    """Put a study file in force; everyone enrolled is planned again. The same file twice changes nothing."""
    from pro_collector.commands.apply_study import Applied, apply_study
    from pro_collector.library import load_library

    text, library = read_text(file), load_library(instruments)

    async def work(rt: Runtime) -> Applied:
        return await apply_study(rt, text, str(file), library, whoami())

    done = with_runtime(work)
    if not done.changed:
        print(f"{done.study.id} {done.study.version} is in force already; nothing changed")
    else:
        before = f", before it {done.before}" if done.before else ""
        print(
            f"{done.study.id} {done.study.version} is in force{before}; {done.participants} participants planned again"
        )
