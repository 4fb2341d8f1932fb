"""The exported endpoints of a made-up trial, beside those that R programs compute from the exported tables."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree

from pro_collector.commands.export_endpoints import export_endpoints
from pro_collector.commands.export_tables import export_tables
from pro_collector.domain.document import parse_yaml
from pro_collector.domain.endpoints.survival import kaplan_meier, median_time
from pro_collector.domain.research.endpoint_tables import DeteriorationOfParticipant
from pro_collector.figures.curves import time_figure
from pro_collector.runtime import open_runtime
from tests.shared.clock import FixedClock
from tests.shared.r import Table, differences, read_csv, run_r, skip_without_r, write_csv
from tests.shared.team_year import settings_for
from tests.shared.trial import ASSESSMENTS, TRIAL, load_trial
from tests.shared.trial_endpoints import endpoint_file

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
TABLES = ("participants", "visits", "scores", "events")
SEEN = {
    "response": {"responder", "non-responder", "missing"},
    "category": {"improved", "stable", "deteriorated"},
    "status": {"censored", "deteriorated", "died", "excluded"},
    "why": {"deteriorated", "died", "last-score", "gap", "no-baseline", "no-follow-up", "no-room", "score", "no-score",
            "scores", "ended-early"},
    "event": {"0", "1", "2"},
    "standing": {"complete", "partial", "missing", "withdrew"},
}  # fmt: skip
"""What each column must have had, so that equal cells say something."""


async def test_each_endpoint_is_the_one_that_r_finds(database_url: str, tmp_path: Path) -> None:
    skip_without_r()
    names = await exported(database_url, tmp_path)
    run_r("endpoints.R", tmp_path)
    rows = {name: read_csv(tmp_path / f"{name}.csv") for name in names}
    found = {
        name: differences(own, read_csv(tmp_path / "r" / f"{name}.csv"), list(own[0])) for name, own in rows.items()
    }
    assert {name: (len(cells), cells[:2]) for name, cells in found.items() if cells} == {}
    seen = {column: {row[column] for own in rows.values() for row in own if row.get(column)} for column in SEEN}
    assert seen == SEEN
    check_curves({name: own for name, own in rows.items() if "time" in own[0]}, tmp_path / "r")


async def exported(url: str, to: Path) -> list[str]:
    """Load the trial; write its tables, its endpoints and their choices into a folder. Returns the endpoints' names."""
    async with open_runtime(settings_for(url), FixedClock(NOW)) as rt:
        await load_trial(rt)
        await export_tables(rt.database, TABLES, to, "csv", study=TRIAL, now=NOW)
        file = parse_yaml(endpoint_file(), "endpoints.yaml")
        written = await export_endpoints(rt.database, file, to, "csv", study=TRIAL, now=NOW)
    names = [each.file.stem for each in written]
    manifests = {name: json.loads((to / f"{name}.csv.manifest.json").read_text(encoding="utf-8")) for name in names}
    choices = [
        {"endpoint": name, "choice": choice, "value": value}
        for name, manifest in manifests.items() for choice, value in manifest["choices"].items()
    ]  # fmt: skip
    write_csv(to / "choices.csv", choices)
    write_csv(to / "assessments.csv", [{"assessment": name} for name in ASSESSMENTS])
    return names


def check_curves(endpoints: dict[str, Table], folder: Path) -> None:
    """Compare shares, limits, medians and people at risk of every arm with those of the R package survival."""
    steps, counted = (by_curve(read_csv(folder / name)) for name in ("survival.csv", "at_risk.csv"))
    for name, rows in endpoints.items():
        known = [row for row in rows if row["time"]]
        drawn = at_risk_in_figure([row for row in known if row["arm"]])
        for arm in sorted({row["arm"] for row in known}):
            own = kaplan_meier((float(row["time"]), row["event"] == "1") for row in known if row["arm"] == arm)
            ours = [{key: "" if value is None else str(value) for key, value in step._asdict().items()} for step in own]
            assert differences(ours, steps[name, arm], list(ours[0])) == [], (name, arm)
            assert drawn[arm] == [row["at_risk"] for row in counted[name, arm]], (name, arm)
            median = median_time(own)
            on_half = any(abs(step.free - 0.5) < 1e-9 for step in own)  # then R takes the middle of the stretch
            mine: Table = [{"median": "" if median is None else str(median)}]
            assert on_half or differences(mine, counted[name, arm][:1], ["median"]) == [], (name, arm)


def by_curve(rows: Table) -> dict[tuple[str, str], Table]:
    """Rows by endpoint and arm."""
    found: dict[tuple[str, str], Table] = {}
    for row in rows:
        found.setdefault((row["endpoint"], row["arm"]), []).append(row)
    return found


def at_risk_in_figure(rows: Table) -> dict[str, list[str]]:
    """The numbers that stand below the figure of an endpoint, by arm."""
    drawn = time_figure("t", [typed(row) for row in rows])
    texts = [each.text or "" for each in ElementTree.fromstring(drawn).iter() if each.tag.endswith("text")]
    below = texts[texts.index("at risk") + 1 :]
    return {below[n]: below[n + 1 : n + 8] for n in range(0, len(below), 8)}


def typed(row: dict[str, str]) -> DeteriorationOfParticipant:
    """A row of the file, as far as a figure needs it."""
    return DeteriorationOfParticipant(
        row["study"], row["endpoint"], row["participant_code"], UUID(row["participant_id"]), row["site"], row["arm"],
        None, None, row["status"], row["why"], int(row["event"]), float(row["time"]), int(row["day"]), None, None, None,
        None,
    )  # fmt: skip
