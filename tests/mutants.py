"""How many mutants of the pure core the unit ring kills, in a sample of them.

python -m tests.mutants [--sample 400] [--seed 1]

mutmut makes the mutants and runs, for each, those tests that reach the function (`[tool.mutmut]` in pyproject.toml). A
run of all takes hours; a sample of one seed is always the same. Ends with 1 when the score is below `LEAST`.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.shared.places import ROOT

LEAST = 0.85
"""The share of mutants that must be killed."""

MUTMUT = Path(sys.executable).parent / "mutmut"
FIRST = "scheduler.anchors.*"
"""A few mutants, so that mutmut makes them all and learns which tests reach what."""
SURVIVED = {0, 5, 33, None}
"""Exit codes of the tests of a mutant that nobody noticed; after 5 and 33 there was no test. A time-out has noticed."""


def run(*mutants: str) -> None:
    """Let mutmut test some mutants, on every core; its spinner is of no use here."""
    command = [str(MUTMUT), "run", "--max-children", str(os.cpu_count() or 1), *mutants]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout[-3000:]}\nmutmut ended with {done.returncode}")


def verdicts() -> dict[str, int | None]:
    """Every mutant there is, and the exit code of its tests; None when they did not run."""
    metas = sorted((ROOT / "mutants").glob("**/*.meta"))
    return {name: code for meta in metas for name, code in json.loads(meta.read_text())["exit_code_by_key"].items()}


def reached() -> set[str]:
    """The functions that some test reaches, as mutmut names them."""
    return set(json.loads((ROOT / "mutants" / "mutmut-stats.json").read_text())["tests_by_mangled_function_name"])


def shown(name: str) -> str:
    """A mutant as the change that it is."""
    told = subprocess.run([MUTMUT, "show", name], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    changed = [line for line in told.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return "\n".join(f"    {line}" for line in changed)


def package(name: str) -> str:
    """The package that a mutant lies in."""
    parts = name.split(".")
    return parts[0] if parts[0] == "scheduler" else ".".join(parts[1 : 3 if len(parts) > 4 else 2])


def table(killed: dict[str, bool]) -> Iterator[str]:
    """Killed and all, by package and in total."""
    everything = Counter(map(package, killed))
    noticed = Counter(package(name) for name, is_killed in killed.items() if is_killed)
    for where, n in sorted(everything.items()):
        yield f"{where:24} {noticed[where]:4} of {n:4}  {noticed[where] / n:.0%}"
    yield f"{'all':24} {noticed.total():4} of {len(killed):4}  {noticed.total() / len(killed):.1%}"


def main(sample: int, seed: int) -> int:
    """Test the mutants of a sample and tell of those that survive."""
    run(FIRST)
    names = sorted(verdicts())
    chosen = random.Random(seed).sample(names, min(sample, len(names)))
    tested = reached()
    run(*(name for name in chosen if name.partition("__mutmut_")[0] in tested))
    codes = verdicts()
    killed = {name: codes[name] not in SURVIVED for name in sorted(chosen)}
    for name in (name for name, is_killed in killed.items() if not is_killed):
        print(name, shown(name), sep="\n")
    print(f"{len(chosen)} of {len(names)} mutants, seed {seed}", *table(killed), sep="\n")
    return 0 if sum(killed.values()) >= LEAST * len(killed) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=400, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    given = parser.parse_args()
    sys.exit(main(given.sample, given.seed))
