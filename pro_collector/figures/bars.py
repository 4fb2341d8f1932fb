"""Draws counts as bars: stacked and lying, one for each row; or standing, one for each of a few values. Pure."""

from collections.abc import Mapping, Sequence

from pro_collector.figures.drawing import GREY, LETTER, LINE_HEIGHT, Drawing
from pro_collector.figures.panel import Panel

_WIDTH, _BAR, _STEP, _MOST_LEFT = 560.0, 18.0, 30.0, 320.0


def stacked_figure(title: str, about: str, rows: Mapping[str, Mapping[str, int]], of: str) -> str:
    """A bar for each row, made of its counts by part; `of` says what is counted. The parts have the same order in all.

    Each part has its number in it where there is room, so that colour alone tells nothing.
    """
    drawing = Drawing(title, about)
    parts = list(dict.fromkeys(part for counts in rows.values() for part in counts))
    most = max((sum(counts.values()) for counts in rows.values()), default=0) or 1
    left = 24 + min(_MOST_LEFT, max((len(name) for name in rows), default=0) * LETTER)
    for n, (name, counts) in enumerate(rows.items()):
        x, y = left, 16 + n * _STEP
        drawing.text(left - 8, y + 13, name[: int(_MOST_LEFT / LETTER)], "end")
        for part, count in counts.items():
            width = count / most * _WIDTH
            drawing.bar(x, y, width, _BAR, parts.index(part))
            if len(str(count)) * LETTER + 6 < width:
                drawing.text(x + width / 2, y + 13, str(count), "middle", white=True)
            x += width
    bottom = 16 + len(rows) * _STEP
    _axis(drawing, left, bottom, most, of)
    _legend(drawing, left, bottom + 3 * LINE_HEIGHT, parts)
    return drawing.svg()


def standing_figure(title: str, about: str, bars: Mapping[str, int], across: str, up: str) -> str:
    """A bar for each label; `across` and `up` say what the axes are."""
    drawing = Drawing(title, about)
    most = max(bars.values(), default=0) or 1
    panel = Panel(drawing, 12, (-0.5, max(len(bars), 1) - 0.5), (0, most), up)
    panel.ticks_up([most * share / 4 for share in range(5)], lambda value: f"{value:.4g}")
    for n, (label, count) in enumerate(bars.items()):
        (left, top), (right, bottom) = panel.at((n - 0.4, count)), panel.at((n + 0.4, 0))
        drawing.bar(left, top, right - left, bottom - top, 0)
        drawing.text((left + right) / 2, bottom + 16, label, "middle", size=11)
    drawing.text(panel.at((0, 0))[0], panel.bottom + 2.3 * LINE_HEIGHT, across)
    return drawing.svg()


def lines_figure(
    title: str, about: str, lines: Mapping[str, Sequence[tuple[float, float]]], across: str, up: str
) -> str:
    """A line for each name through its points; `across` and `up` say what the axes are."""
    drawing = Drawing(title, about)
    points = [point for line in lines.values() for point in line] or [(0.0, 0.0)]
    last, most = max(x for x, _ in points) or 1, max(y for _, y in points) or 1
    panel = Panel(drawing, 12, (min(x for x, _ in points), last), (0, most), up)
    panel.ticks_up([most * share / 4 for share in range(5)], lambda value: f"{value:.2g}")
    panel.ticks_across({float(round(last * share / 8)): str(round(last * share / 8)) for share in range(9)})
    for n, line in enumerate(lines.values()):
        if len(line) > 1:
            drawing.path([panel.at(point) for point in line], n)
    drawing.text(panel.at((0, 0))[0], panel.bottom + 2.3 * LINE_HEIGHT, across)
    for n, name in enumerate(lines):
        y = panel.bottom + (3.6 + n) * LINE_HEIGHT
        drawing.path([(200, y - 4), (228, y - 4)], n)
        drawing.text(236, y, name)
    return drawing.svg()


def _axis(drawing: Drawing, left: float, bottom: float, most: int, of: str) -> None:
    for value in sorted({0, round(most / 2), most}):
        x = left + value / most * _WIDTH
        drawing.line(x, 10, x, bottom, GREY, 0.3)
        drawing.text(x, bottom + 16, str(value), "middle")
    drawing.text(left, bottom + 2 * LINE_HEIGHT, of)


def _legend(drawing: Drawing, left: float, top: float, parts: Sequence[str]) -> None:
    for n, part in enumerate(parts):
        drawing.bar(left, top + n * LINE_HEIGHT, 14, 11, n)
        drawing.text(left + 20, top + n * LINE_HEIGHT + 10, part)
