"""`pool`: bundles of several institutions become one research model."""

from pathlib import Path
from typing import Annotated

import typer

from pro_collector.cli.app import app
from pro_collector.cli.files import read_text


@app.command()
def pool(
    bundles: Annotated[list[Path], typer.Argument(help="the folders that `export share` wrote")],
    trusted: Annotated[Path, typer.Option(help="a file (YAML): the public key of each institution")],
    to: Annotated[Path, typer.Option(help="an empty folder")],
    mixed_versions: Annotated[
        bool, typer.Option("--mixed-versions", help="pool different versions of a questionnaire or of its scoring")
    ] = False,
) -> None:
    """Verify bundles of several institutions and write them as one model: Parquet files, with the institution.

    No settings and no database are needed. The command is described in docs/sharing.md.
    """
    import asyncio

    from pro_collector.commands.share import pool_bundles, trusted_keys
    from pro_collector.domain.document import parse_yaml

    keys = trusted_keys(parse_yaml(read_text(trusted), str(trusted)))
    written = asyncio.run(pool_bundles(bundles, keys, to, mixed=mixed_versions))
    for each in written:
        print(f"{each.file}: {each.rows} rows, sha256 {each.sha256}")
