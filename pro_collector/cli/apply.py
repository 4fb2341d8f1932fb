"""`pro-collector study apply`: put a study file in force."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pro_collector.cli.confirm import confirmed
from pro_collector.cli.differences import totals
from pro_collector.cli.files import read_text
from pro_collector.cli.progress import ProgressBar
from pro_collector.cli.session import whoami, with_runtime
from pro_collector.cli.study import Folder, study_app, warn

if TYPE_CHECKING:
    from pro_collector.commands import apply_study as command
    from pro_collector.runtime import Runtime


_SHOWN = 20


@study_app.command("apply")
def apply(
    file: Annotated[Path, typer.Argument(help="The study file (YAML).", show_default=False)],
    instruments: Folder = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show the changes, and for whom; apply nothing")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="apply an amendment without asking")] = False,
) -> None:
    """Put a study file in force; all its participants are planned again. Applying an older version again is a rollback.

    For a running study it first shows what changes and for how many people, and asks for confirmation.
    """
    from pro_collector.commands import apply_study as command
    from pro_collector.library import load_library

    text, library = read_text(file), load_library(instruments)

    async def work(rt: "Runtime") -> "command.Applied | None":
        study = command.read(text, str(file), library)
        warn(study, file)
        with ProgressBar("comparing plans") as progress:
            preview = await command.preview(rt, study, library, progress.tell)
        if preview is not None:
            print(describe(preview, everybody=dry_run))
            if dry_run:
                print("nothing was changed (--dry-run)")
                return None
            if not (yes or confirmed("Apply it?", "this is an amendment of a running study")):
                return None
        if dry_run:
            return None
        with ProgressBar("putting people under this version") as progress:
            return await command.apply_study(rt, text, str(file), library, whoami(), progress.tell)

    done = with_runtime(work)
    if done is not None and not done.changed and not done.participants:
        print(f"{done.study.id} {done.study.version} is in force already; nothing changed")
    elif done is not None:
        before = f", before it {done.before}" if done.before and done.changed else ""
        people = f"{done.participants} participants are being planned again"
        print(f"{done.study.id} {done.study.version} is in force{before}; {people}")


def describe(preview: "command.Preview", *, everybody: bool) -> str:
    """The changes of an amendment and the participants they affect, in lines; only the first 20 unless `everybody`."""
    lines = [f"{preview.before} -> {preview.after}: {len(preview.affected)} of {preview.people} participants"]
    lines += [f"  study: {key} changed" for key in preview.study_wide]
    for change in preview.changes:
        counts = ", ".join(f"{count} {word}" for word, count in preview.counts[change.assessment].items() if count)
        lines.append(f"  {change.assessment}: {change.what}, {change.policy}; occasions: {counts or 'none'}")
        lines += [f"    {difference}" for difference in change.differences]
    people = sorted((code, totals(changed)) for _, code, changed in preview.affected)
    shown = people if everybody else people[:_SHOWN]
    lines += [f"  {code}: {counts}" for code, counts in shown]
    if len(shown) < len(people):
        lines.append(f"  and {len(people) - len(shown)} more; --dry-run lists everybody")
    return "\n".join(lines)
