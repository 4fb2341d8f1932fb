"""A drawing as SVG: boxes, lines, texts. It has a title and a description for those who cannot see it. Pure."""

from collections.abc import Sequence
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

INK, GREY, PAPER = "#17202a", "#7b8794", "#ffffff"
COLOURS = ("#1b5e9b", "#c2410c", "#2f7d32", "#6b3fa0", "#8a6d00", "#444444")
DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 4", "12 4")
"""A line of each group has a colour and a pattern of its own, so that colour alone tells nothing."""
LINE_HEIGHT, LETTER = 17, 6.6
"""Height of a line of text and the width of a letter, in units of the drawing."""
Anchor = Literal["start", "middle", "end"]


class Drawing:
    """Shapes that are added one after the other; the later one lies on top."""

    def __init__(self, title: str, description: str) -> None:
        self._title, self._description = title, description
        self._shapes: list[str] = []
        self.width = self.height = 0.0

    def text(
        self, x: float, y: float, text: str, anchor: Anchor = "start", *, bold: bool = False, size: int = 12
    ) -> None:
        """A text with its baseline at `y`."""
        weight = ' font-weight="600"' if bold else ""
        self._shapes.append(
            f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size}"{weight}>{escape(text)}</text>'
        )
        wide = len(text) * LETTER * size / 12
        self._reach(x + {"start": wide, "middle": wide / 2, "end": 0}[anchor], y + 4)

    def line(self, x: float, y: float, to_x: float, to_y: float, colour: str = INK, width: float = 1) -> None:
        """A straight line."""
        self._shapes.append(
            f'<line x1="{x:g}" y1="{y:g}" x2="{to_x:g}" y2="{to_y:g}" stroke="{colour}" stroke-width="{width:g}"/>'
        )
        self._reach(max(x, to_x), max(y, to_y))

    def path(self, points: Sequence[tuple[float, float]], group: int) -> None:
        """Lines from point to point in the colour and pattern of a group."""
        colour, dash = COLOURS[group % len(COLOURS)], DASHES[group % len(DASHES)]
        where = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        pattern = f' stroke-dasharray="{dash}"' if dash else ""
        self._shapes.append(f'<polyline points="{where}" fill="none" stroke="{colour}" stroke-width="2"{pattern}/>')
        self._reach(max(x for x, _ in points), max(y for _, y in points))

    def dot(self, x: float, y: float, group: int, radius: float = 3) -> None:
        """A dot in the colour of a group."""
        colour = COLOURS[group % len(COLOURS)]
        self._shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{colour}"/>')
        self._reach(x + radius, y + radius)

    def box(self, x: float, y: float, width: float, lines: Sequence[str], height: float | None = None) -> float:
        """A box with lines of text, the first in bold; returns the `y` of its lower edge."""
        high = box_height(lines) if height is None else height
        self._shapes.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{high:g}" fill="{PAPER}" stroke="{INK}"/>'
        )
        for n, line in enumerate(lines, 1):
            self.text(x + 8, y + n * LINE_HEIGHT + 1, line, bold=n == 1)
        self._reach(x + width, y + high)
        return y + high

    def svg(self) -> str:
        """The whole drawing."""
        width, height = self.width + 12, self.height + 12
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}"'
            f' height="{height:.0f}" role="img" aria-label={quoteattr(self._title)}'
            f' font-family="Helvetica, Arial, sans-serif" fill="{INK}">'
        )
        about = f"<title>{escape(self._title)}</title><desc>{escape(self._description)}</desc>"
        paper = f'<rect width="100%" height="100%" fill="{PAPER}"/>'
        return "\n".join([head, about, paper, *self._shapes, "</svg>", ""])

    def _reach(self, x: float, y: float) -> None:
        self.width, self.height = max(self.width, x), max(self.height, y)


def box_height(lines: Sequence[str]) -> float:
    """The height of a box with these lines."""
    return len(lines) * LINE_HEIGHT + 10


def box_width(lines: Sequence[str], least: float = 120) -> float:
    """The width of a box in which these lines have room."""
    return max([least, *(len(line) * LETTER + 20 for line in lines)])
