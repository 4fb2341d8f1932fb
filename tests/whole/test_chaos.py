"""A short run of chaos in every test run; the long one, with every fault, is `make chaos` (docs/reliability.md)."""

import asyncio
from pathlib import Path
from random import Random

import pytest
import yaml

from tests.chaos.carrier import BUSY
from tests.chaos.faults import FAULTS
from tests.chaos.house import HERE, TOGETHER, House
from tests.chaos.people import People
from tests.chaos.run import Pace, play
from tests.shared.product import bring_forward

STRIKE = ("poison in every topic", "worker killed")
"""In this order. Neither leaves a text in doubt, which is looked for after three minutes only."""
PEOPLE, VISITS = 4, 2
"""A visit by text and one by mail, each with three questions."""


def shorter_study(folder: Path) -> Path:
    """The study of the long run, without its second visit by text."""
    study = yaml.safe_load((HERE / "study.yaml").read_text(encoding="utf-8"))
    del study["assessments"]["second"]
    file = folder / "study.yaml"
    file.write_text(yaml.safe_dump(study), encoding="utf-8")
    return file


@pytest.mark.timeout(900)
async def test_what_people_answer_survives_what_dies(tmp_path: Path) -> None:
    dice, pace, faults = Random(1), Pace(between=(0, 1), steady=2), [FAULTS[name] for name in STRIKE]
    house = House(tmp_path, 1, BUSY, parts=TOGETHER, study=shorter_study(tmp_path))
    house.people = People(house.carrier, house.log, 1, stops=0.0, opens=1.0, thinks=(5.0, 6.0))
    try:
        await house.start()
        forward = asyncio.create_task(bring_forward(house.database.direct, planned=PEOPLE * VISITS))
        outcome = await play(
            house, faults, dice, people=PEOPLE, minutes=0, quiet_within=600, say=lambda _: None, pace=pace
        )
        await forward
    finally:
        await house.stop()
    assert outcome.wrong == []
    assert outcome.counts["wrote"] >= PEOPLE * 3
    assert outcome.counts["mailed"] == PEOPLE
    assert outcome.counts["posted"] >= PEOPLE * 3
    assert outcome.counts["completed"] >= PEOPLE, "the forms; a reply that crosses the next question is no answer"
