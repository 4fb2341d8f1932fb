"""`pro-collector score`: the contract that other programs rely on."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pro_collector.cli import app
from pro_collector.errors import BadInput, NotFound

RUN = CliRunner()


def lines(*rows: Any) -> str:
    """NDJSON."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def scored(arguments: list[str], text: str) -> list[dict[str, Any]]:
    """What the command writes, line by line."""
    found = RUN.invoke(app, ["score", *arguments], input=text, catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return [json.loads(line) for line in found.stdout.splitlines()]


def refused(arguments: list[str], text: str) -> str:
    """Why the command ends; the exit code is that of the error."""
    with pytest.raises((BadInput, NotFound)) as caught:
        RUN.invoke(app, ["score", *arguments], input=text, catch_exceptions=False)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_rows_out_are_in_the_order_of_rows_in() -> None:
    found = scored(
        ["who-5"], lines({"id": "b", "answers": {f"q{n}": 3 for n in range(1, 6)}}, {"id": 1, "answers": {"q1": None}})
    )
    assert found == [
        {
            "id": "b",
            "instrument": "who-5",
            "version": "1.0.0",
            "scores": {
                "total": {"value": 15, "answered": 5, "of": 5, "reason": None, "band": "not-low"},
                "percent": {"value": 60, "answered": 5, "of": 5, "reason": None, "band": "not-low"},
            },
        },
        {
            "id": 1,
            "instrument": "who-5",
            "version": "1.0.0",
            "scores": {
                "total": {
                    "value": None,
                    "answered": 0,
                    "of": 5,
                    "reason": "total: 0 of 5 answered, at least 5 needed",
                    "band": None,
                },
                "percent": {
                    "value": None,
                    "answered": 0,
                    "of": 5,
                    "reason": "percent: 0 of 5 answered, at least 5 needed",
                    "band": None,
                },
            },
        },
    ]


def test_a_scale_without_bands_has_no_band() -> None:
    (row,) = scored(["qlq-c30"], lines({"id": None, "answers": {"q1": 1.0}}))
    assert list(row["scores"]["QL"]) == ["value", "answered", "of", "reason"]
    assert len(row["scores"]) == 16


@pytest.mark.parametrize(("policy", "grade"), [([], None), (["--imputation", "zero"], 0)])
def test_imputation_of_pro_ctcae(policy: list[str], grade: int | None) -> None:
    (row,) = scored(["pro-ctcae", *policy], lines({"id": 1, "answers": {"PROCTCAE_9A_SCL": 0}}))
    assert row["scores"]["PROCTCAE_9_COMP"]["value"] == grade
    assert len(row["scores"]) == 59


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {"id": 7, "answers": {"q1": 4}},
            "row 2 (id 7): item q1: 4 is not allowed; q1 takes one of 0, 1, 2, 3",
        ),
        ({"id": "x", "answers": {"q1": "1"}}, 'row 2 (id "x"): item q1: "1" is not allowed'),
        ({"id": "x", "answers": {"q1": "1"}}, "takes one of 0, 1, 2, 3, or null; write 1 without quotes"),
        ({"id": 7, "answers": {"q1": True}}, "item q1: true is not allowed"),
        ({"id": 7, "answers": {"q1": [1]}}, "item q1: [1] is not allowed"),
        ({"id": 7, "answers": {"q12": 1}}, "item q12: no item 'q12'; did you mean"),
        ({"id": 7}, 'row 2: expected an object {"id": ..., "answers": {item: code or null}}'),
        ([1], "row 2: expected an object"),
    ],
)
def test_a_bad_row_ends_the_run_and_is_named(row: Any, message: str) -> None:
    good = {"id": 1, "answers": {"q1": 1, "q2": 1}}
    assert message in refused(["phq-2"], lines(good, row))
    kept = scored(["phq-2", "--keep-going"], lines(good, row, good))
    assert [found["scores"] is None for found in kept] == [False, True, False]
    assert message in kept[1]["error"]
    assert "error" not in kept[0]


def test_text_that_is_not_json() -> None:
    assert "stdin:1: row 1: not readable as JSON" in refused(["phq-2"], "{oops\n")
    assert "'q1' is here twice" in refused(["phq-2"], '{"id": 1, "answers": {"q1": 1, "q1": 2}}\n')
    assert 'item q1: "NaN" is not allowed' in refused(["phq-2"], '{"id": 1, "answers": {"q1": NaN}}\n')
    marked = scored(["phq-2", "--keep-going"], "{oops\n")
    assert (marked[0]["id"], marked[0]["scores"]) == (None, None)


def test_bytes_that_are_not_utf8_are_refused_as_two_ids_could_become_one(tmp_path: Path) -> None:
    file = tmp_path / "latin1.ndjson"
    file.write_bytes('{"id": "José", "answers": {}}\n'.encode("latin-1"))
    assert f"{file}:1: row 1: not readable as JSON: 'utf-8' codec can't decode byte 0xe9" in refused(
        ["phq-2", str(file)], ""
    )


def test_what_is_nested_without_end_is_a_bad_row_like_others() -> None:
    nested = '{"id": 1, "answers": ' + "[" * 100_000 + "\n"
    said = refused(["phq-2"], nested)
    assert re.search("stdin:1: row 1: not readable as JSON: (maximum recursion depth|Stack overflow)", said)
    kept = scored(["phq-2", "--keep-going"], nested + lines({"id": 2, "answers": {}}))
    assert [row["id"] for row in kept] == [None, 2]


def test_numbers_json_does_not_have_are_not_written_either() -> None:
    found = RUN.invoke(app, ["score", "phq-2"], input='{"id": NaN, "answers": {}}\n', catch_exceptions=False)
    assert json.loads(found.stdout, parse_constant=lambda _: pytest.fail("no JSON"))["id"] == "NaN"


def test_a_dash_is_standard_input() -> None:
    (row,) = scored(["phq-2", "-"], lines({"id": 1, "answers": {"q1": 1, "q2": 1}}))
    assert row["scores"]["total"]["value"] == 2


def test_blank_lines_are_passed_over_and_rows_keep_their_line_number() -> None:
    assert "stdin:3: row 3" in refused(["phq-2"], "\n" + lines({"id": 1, "answers": {}}) + "{oops\n")


def test_marked_rows_are_counted_on_standard_error() -> None:
    found = RUN.invoke(app, ["score", "phq-2", "--keep-going"], input="{oops\n[]\n", catch_exceptions=False)
    assert found.stderr == '2 rows could not be scored; they carry an "error"\n'


def test_a_file_and_own_instruments(tmp_path: Path) -> None:
    folder = tmp_path / "own" / "eq-5d-5l"
    folder.mkdir(parents=True)
    (folder / "table.value-set.csv").write_text("profile,Nowhere\n11111,1\n")
    file = tmp_path / "rows.ndjson"
    answers = dict.fromkeys(("MO", "SC", "UA", "PD", "AD"), 1)
    file.write_text("\ufeff" + lines({"id": 1, "answers": answers}), encoding="utf-8")
    (row,) = scored(["eq-5d-5l", str(file), "--instruments", str(tmp_path / "own")], "")
    assert row["scores"]["index"]["value"] == 1
    assert row["scores"]["profile"]["value"] == 11111


def test_mistaken_arguments_are_told() -> None:
    assert "did you mean 'phq-2'" in refused(["phq2"], "")
    assert "no version of phq-2 '9.0.0'" in refused(["phq-2", "--version", "9.0.0"], "")
    assert "no imputation policy 'zero'" in refused(["phq-2", "--imputation", "zero"], "")
    assert "cannot be read: No such file" in refused(["phq-2", "/nowhere/at/all"], "")
