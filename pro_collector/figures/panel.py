"""An area with axes in a drawing: ticks, curves, and rows of numbers below it. Pure."""

from collections.abc import Callable, Mapping, Sequence

from pro_collector.figures.drawing import GREY, LETTER, LINE_HEIGHT, Drawing

_LEFT, _WIDTH, _HEIGHT, _MOST_LABELS = 200.0, 620.0, 240.0, 10
Point = tuple[float, float]


class Panel:
    """An area with axes in a drawing: `across` and `up` are the lowest and highest value of each axis."""

    def __init__(self, drawing: Drawing, top: float, across: Point, up: Point, heading: str) -> None:
        self.drawing, self.top, self._across, self._up = drawing, top + 30, across, up
        drawing.text(12, top + 14, heading, bold=True, size=14)
        drawing.line(_LEFT, self.bottom, _LEFT + _WIDTH, self.bottom)
        drawing.line(_LEFT, self.top, _LEFT, self.bottom)

    @property
    def right(self) -> float:
        """Where the axis across ends."""
        return _LEFT + _WIDTH

    @property
    def bottom(self) -> float:
        """The height of the axis across."""
        return self.top + _HEIGHT

    def at(self, point: Point) -> Point:
        """The place of a point in the drawing."""
        (low, high), (floor, ceiling) = self._across, self._up
        x = (point[0] - low) / (high - low) if high > low else 0.5
        y = (point[1] - floor) / (ceiling - floor) if ceiling > floor else 0.5
        return _LEFT + x * _WIDTH, self.bottom - y * _HEIGHT

    def ticks_up(self, values: Sequence[float], said: Callable[[float], str]) -> None:
        """Lines across at these values."""
        for value in values:
            _, y = self.at((self._across[0], value))
            self.drawing.line(_LEFT, y, _LEFT + _WIDTH, y, GREY, 0.3)
            self.drawing.text(_LEFT - 6, y + 4, said(value), "end")

    def ticks_across(self, labels: Mapping[float, str]) -> None:
        """Labels below the axis, of which as many are shown as there is room for."""
        step = -(-len(labels) // _MOST_LABELS) if labels else 1
        for n, (value, label) in enumerate(labels.items()):
            x, _ = self.at((value, self._up[0]))
            self.drawing.line(x, self.bottom, x, self.bottom + 4)
            if n % step == 0:
                self.drawing.text(x, self.bottom + 16, label[: int(_WIDTH / _MOST_LABELS / LETTER)], "middle")

    def numbers(
        self, heading: str, rows: Sequence[tuple[str, Mapping[float, str]]], below: float | None = None
    ) -> float:  # fmt: skip
        """A row of numbers for each group under the ticks, `below` the axis or other numbers; returns what is next."""
        y = self.bottom + 2.3 * LINE_HEIGHT if below is None else below - LINE_HEIGHT / 2
        self.drawing.text(12, y, heading, bold=True)
        for n, (name, values) in enumerate(rows):
            y += LINE_HEIGHT
            self.drawing.path([(12, y - 4), (40, y - 4)], n)
            self.drawing.dot(26, y - 4, n)
            self.drawing.text(46, y, name[:22])
            step = -(-len(values) // _MOST_LABELS) if values else 1
            for k, (value, text) in enumerate(values.items()):
                if k % step == 0:
                    self.drawing.text(self.at((value, self._up[0]))[0], y, text, "middle", size=11)
        return y + 2 * LINE_HEIGHT

    def interval(self, group: int, x: float, lower: float, upper: float) -> None:
        """An upright line of a group from the lower to the upper limit, with short ends."""
        (left, low), (_, high) = self.at((x, lower)), self.at((x, upper))
        self.drawing.path([(left, low), (left, high)], group, solid=True)
        for y in (low, high):
            self.drawing.path([(left - 3, y), (left + 3, y)], group, solid=True)

    def curve(self, group: int, points: Sequence[Point]) -> None:
        """The line of a group through these points, and its dots."""
        placed = [self.at(point) for point in points]
        if len(placed) > 1:
            self.drawing.path(placed, group)
        for x, y in placed:
            self.drawing.dot(x, y, group)
