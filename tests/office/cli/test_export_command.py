"""`export` at a terminal: what it needs, what it refuses, and where it writes."""

import csv
import json
from pathlib import Path

from pro_collector.commands.export_tables import CDISC, COMPUTED
from pro_collector.domain.research.tables import TABLES
from tests.office.cli.terminal import Terminal


def test_the_url_of_the_database_is_all_that_a_data_manager_needs(
    bare: Terminal, database_url: str, tmp_path: Path
) -> None:
    bare.set(PRO_DATABASE_URL=database_url)
    for name, table in {**TABLES, **{name: table for name, (table, _) in COMPUTED.items()}}.items():
        printed = bare.run("export", name)
        assert (printed.code, printed.err) == (0, "")
        assert next(csv.reader([printed.out])) == [column.name for column in table.columns]
    assert [bare.run("export", what).code for what in ("csv", "fhir", "codebook")] == [0, 0, 0]
    for name in CDISC:
        assert bare.run("export", name).out.count("\n") == 1, "a header alone"
    done = bare.run(
        "export", "tables", "--to", str(tmp_path), "--format", "parquet", "--as-of", "2026-05-01T00:00+02:00"
    )
    assert (done.code, done.out.count("0 rows, sha256 ")) == (0, len(TABLES))
    said = json.loads((tmp_path / "visits.parquet.manifest.json").read_text(encoding="utf-8"))
    assert said["filters"]["as_of"] == "2026-05-01T00:00:00+02:00"


def test_what_cannot_be_is_told(bare: Terminal, database_url: str, tmp_path: Path) -> None:
    assert bare.run("export", "visits", code=2).err.count("PRO_") == 1
    bare.set(PRO_DATABASE_URL=database_url)
    (share := tmp_path / "share.yaml").write_text("{project: p, institution: i, study: s, consent: any, dates: days}")
    for arguments, said in {
        ("visits", "--as-of", "2026-05-01"): "expected an instant such as 2026-05-01T00:00+00:00",
        ("tables",): "say where to write",
        ("visits", "--format", "parquet"): "say where to write",
        ("tables", "--to", str(tmp_path / "nowhere")): "expected a folder that exists",
        ("visits", "--to", str(tmp_path / "nowhere" / "visits.csv")): "cannot be written",
        ("csv", "--to", str(tmp_path)): "is for a table of the research model, not for csv",
        ("fhir", "--to", str(tmp_path)): "is of one study: say which",
        ("fhir", "--study", "s", "--to", str(tmp_path / "nowhere")): "expected a folder that exists",
        ("fhir", "--since", "2026-05-01T00:00+00:00"): "goes with: fhir --to FOLDER",
        ("endpoints", "--to", str(tmp_path)): "goes with endpoints: a file that says which",
        ("odm", "--to", str(tmp_path / "odm.xml")): "is for one study: say which",
        ("cdisc", "--study", "s", "--to", str(tmp_path / "nowhere")): "a folder for cdisc, a file for odm",
        ("cdisc", "--study", "s", "--to", str(tmp_path)): "no study 's'",
        ("items", "--figure", "--to", str(tmp_path / "f.svg")): "there is none of items",
        ("share", "--to", str(tmp_path)): "goes with endpoints: a file that says which; or with share",
        ("share", "--definition", str(share), "--study", "s"): "the share file says of which study",
        ("share", "--definition", str(share), "--to", str(tmp_path), "--format", "xpt"): "a bundle is csv or parquet",
        ("share", "--definition", str(share), "--to", str(tmp_path)): "PRO_SHARE_KEY: is not set",
        ("pool", str(tmp_path), "--trusted", str(share), "--to", str(tmp_path)): "expected institution: 64 hex digits",
        ("scores", "--format", "xpt", "--to", str(tmp_path / "s.xpt")): "no format of scores 'xpt'; known: csv",
        ("score", "--to", str(tmp_path)): "no export 'score'; did you mean 'scores'?",
    }.items():
        command = arguments if arguments[0] == "pool" else ("export", *arguments)
        assert said in bare.run(*command, code=2).err
    bare.set(PRO_SHARE_KEY="c3" * 32)
    assert "no study 's'" in bare.run("export", "share", "--definition", str(share), "--to", "x", code=2).err
