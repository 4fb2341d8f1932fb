"""Draws the flow of participants through the questionnaires of a study: CONSORT with its PRO extension. Pure.

A column for each arm: how many were enrolled, how many left and why, and for each assessment how many were planned,
gave their first visit and a later one, then visit by visit received of expected, with the reasons of what is missing.
The numbers are those of the table `consort`.
"""

from collections.abc import Sequence
from itertools import chain, groupby

from pro_collector.domain.research.consort import FlowRow
from pro_collector.figures.drawing import Drawing, box_height, box_width

MOST_VISITS = 16
"""How many visits of an assessment are shown, half of them the first and half the last; the table has all."""
_GAP = 26


def flow_figure(study: str, rows: Sequence[FlowRow]) -> str:
    """The figure as SVG, from the rows of one study."""
    arms = [(arm, list(own)) for arm, own in groupby(rows, key=lambda row: row.arm)]
    total = sum(row.participants for row in rows if row.step == "enrolled")
    drawing = Drawing(f"Participants of {study}", f"{total} participants were enrolled, in {len(arms)} groups.")
    columns = [_boxes(arm, own) for arm, own in arms]
    widths = [box_width([line for box in column for line in box]) for column in columns]
    lefts = [12 + sum(widths[:n]) + n * _GAP for n in range(len(widths))]
    middles = [left + width / 2 for left, width in zip(lefts, widths, strict=True)]
    top = ["Enrolled", f"n = {total}"]
    width = box_width(top)
    middle = (middles[0] + middles[-1]) / 2 if middles else 100.0
    bottom = drawing.box(middle - width / 2, 12, width, top)
    if middles:
        drawing.line(middle, bottom, middle, bottom + _GAP / 2)
        drawing.line(middles[0], bottom + _GAP / 2, middles[-1], bottom + _GAP / 2)
    for column, left, wide, centre in zip(columns, lefts, widths, middles, strict=True):
        drawing.line(centre, bottom + _GAP / 2, centre, bottom + _GAP)
        _column(drawing, column, columns, left, wide, bottom + _GAP)
    return drawing.svg()


def _column(
    drawing: Drawing, column: Sequence[list[str]], columns: Sequence[Sequence[list[str]]], left: float, width: float,
    top: float,
) -> None:  # fmt: skip
    """The boxes of one arm; those of the same step begin at the same height in all arms."""
    y = top
    for n, lines in enumerate(column):
        height = max(box_height(other[n]) for other in columns if n < len(other))
        drawing.box(left, y, width, lines, height)
        if n + 1 < len(column):
            drawing.line(left + width / 2, y + height, left + width / 2, y + height + _GAP)
        y += height + _GAP


def _boxes(arm: str | None, rows: Sequence[FlowRow]) -> list[list[str]]:
    """The lines of each box of one arm, from the top to the bottom."""
    enrolled = sum(row.participants for row in rows if row.step == "enrolled")
    left = [row for row in rows if row.step == "left the study"]
    boxes = [
        [f"Arm {arm}" if arm else "All participants", f"enrolled: n = {enrolled}"],
        [
            f"Left the study: n = {sum(row.participants for row in left)}",
            *(f"{_words(row.reason)}: n = {row.participants}" for row in left),
        ],
    ]
    of_assessment = [row for row in rows if row.assessment is not None]
    for (assessment, reporter), own in groupby(of_assessment, key=lambda row: (row.assessment, row.reporter)):
        boxes += _assessment(f"{assessment} ({reporter})", list(own))
    return boxes


def _assessment(name: str, rows: Sequence[FlowRow]) -> list[list[str]]:
    steps = [row for row in rows if row.visit is None]
    first = [name, *(f"{row.step}: n = {row.participants}" for row in steps)]
    visits = [
        _visit(visit, list(own))
        for visit, own in groupby([row for row in rows if row.visit is not None], key=lambda row: row.visit)
    ]
    if len(visits) > MOST_VISITS:
        half = MOST_VISITS // 2
        between = [f"... {len(visits) - 2 * half} more visits, in the table"]
        visits = [*visits[:half], between, *visits[-half:]]
    return [first, ["Received of expected", *chain.from_iterable(visits)]]


def _visit(visit: str | None, rows: Sequence[FlowRow]) -> list[str]:
    counts = {row.step: row.participants for row in rows if row.step != "missing"}
    missing = [f"    {_words(row.reason)}: n = {row.participants}" for row in rows if row.step == "missing"]
    return [f"{visit}: {counts.get('received', 0)} of {counts.get('expected', 0)}", *missing]


def _words(reason: str | None) -> str:
    return (reason or "no reason").replace("_", " ")
