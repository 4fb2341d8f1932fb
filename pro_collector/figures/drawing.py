"""A drawing as SVG: boxes, lines, texts. It has a title and a description for those who cannot see it. Pure.

Each shape has its colour and a class: a file of the drawing is for white paper, and a page may give its own colours to
the classes (`ink`, `grid`, `paper`, `group-0`...), as `templates/team/team.css` does for dark pages.
"""

from collections.abc import Mapping, Sequence
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

INK, GREY, PAPER = "#17202a", "#7b8794", "#ffffff"
COLOURS = ("#0072b2", "#c75000", "#007a5e", "#a23b8f", "#7a6200", "#444444")
"""After Okabe and Ito (Color Universal Design, 2008), darkened to a contrast of 4.5 on white."""
DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 4", "12 4")
"""A line of each group has a colour, a pattern and a shape of its own, so that colour alone tells nothing."""
_SHAPES = ("circle", "square", "up", "diamond", "down", "plus")
_CORNERS: Mapping[str, Sequence[tuple[float, float]]] = {
    "square": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "up": ((0, -1.3), (1.2, 1), (-1.2, 1)),
    "diamond": ((0, -1.4), (1.4, 0), (0, 1.4), (-1.4, 0)),
    "down": ((0, 1.3), (1.2, -1), (-1.2, -1)),
    "plus": (
        (-0.5, -1.3), (0.5, -1.3), (0.5, -0.5), (1.3, -0.5), (1.3, 0.5), (0.5, 0.5), (0.5, 1.3), (-0.5, 1.3),
        (-0.5, 0.5), (-1.3, 0.5), (-1.3, -0.5), (-0.5, -0.5),
    ),
}  # fmt: skip
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
        self, x: float, y: float, text: str, anchor: Anchor = "start", *, bold: bool = False, size: int = 12,
        white: bool = False,
    ) -> None:  # fmt: skip
        """A text with its baseline at `y`; `white` inside a bar."""
        name, colour = ("inside", PAPER) if white else ("ink", INK)
        weight = ' font-weight="600"' if bold else ""
        self._shapes.append(
            f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" class="{name}" fill="{colour}"'
            f' font-size="{size}"{weight}>{escape(text)}</text>'
        )
        wide = len(text) * LETTER * size / 12
        self._reach(x + {"start": wide, "middle": wide / 2, "end": 0}[anchor], y + 4)

    def line(
        self, x: float, y: float, to_x: float, to_y: float, colour: str = INK, width: float = 1, dash: str = ""
    ) -> None:
        """A straight line: grey ones are the grid, others belong to the axes and marks."""
        name, pattern = "grid" if colour == GREY else "mark", f' stroke-dasharray="{dash}"' if dash else ""
        self._shapes.append(
            f'<line class="{name}" x1="{x:g}" y1="{y:g}" x2="{to_x:g}" y2="{to_y:g}" stroke="{colour}"'
            f' stroke-width="{width:g}"{pattern}/>'
        )
        self._reach(max(x, to_x), max(y, to_y))

    def path(self, points: Sequence[tuple[float, float]], group: int, *, solid: bool = False) -> None:
        """Lines from point to point in the colour and, unless they are `solid`, the pattern of a group."""
        colour, dash = COLOURS[group % len(COLOURS)], "" if solid else DASHES[group % len(DASHES)]
        where = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        pattern = f' stroke-dasharray="{dash}"' if dash else ""
        self._shapes.append(
            f'<polyline class="{_class(group)}" points="{where}" fill="none" stroke="{colour}" stroke-width="2"'
            f"{pattern}/>"
        )
        self._reach(max(x for x, _ in points), max(y for _, y in points))

    def thread(self, points: Sequence[tuple[float, float]]) -> None:
        """A thin grey line: one of many."""
        where = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._shapes.append(
            f'<polyline class="thread" points="{where}" fill="none" stroke="{GREY}" stroke-width="0.8"/>'
        )
        for x, y in points:
            self._shapes.append(f'<circle class="thread" cx="{x:.1f}" cy="{y:.1f}" r="1.5" fill="{GREY}"/>')
            self._reach(x, y)

    def dot(self, x: float, y: float, group: int, radius: float = 3) -> None:
        """A dot in the colour and the shape of a group."""
        colour, shape = COLOURS[group % len(COLOURS)], _SHAPES[group % len(_SHAPES)]
        kind = f'class="{_class(group)} filled" fill="{colour}"'
        if shape == "circle":
            self._shapes.append(f'<circle {kind} cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"/>')
        else:
            where = " ".join(f"{x + radius * dx:.1f},{y + radius * dy:.1f}" for dx, dy in _CORNERS[shape])
            self._shapes.append(f'<polygon {kind} points="{where}"/>')
        self._reach(x + radius, y + radius)

    def bar(self, x: float, y: float, width: float, height: float, group: int) -> None:
        """A filled bar in the colour of a group."""
        colour = COLOURS[group % len(COLOURS)]
        self._shapes.append(
            f'<rect class="{_class(group)} filled" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
            f' fill="{colour}"/>'
        )
        self._reach(x + width, y + height)

    def box(self, x: float, y: float, width: float, lines: Sequence[str], height: float | None = None) -> float:
        """A box with lines of text, the first in bold; returns the `y` of its lower edge."""
        high = box_height(lines) if height is None else height
        self._shapes.append(
            f'<rect class="paper mark" x="{x:g}" y="{y:g}" width="{width:g}" height="{high:g}" fill="{PAPER}"'
            f' stroke="{INK}"/>'
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
        paper = f'<rect class="paper" width="100%" height="100%" fill="{PAPER}"/>'
        return "\n".join([head, about, paper, *self._shapes, "</svg>", ""])

    def _reach(self, x: float, y: float) -> None:
        self.width, self.height = max(self.width, x), max(self.height, y)


def _class(group: int) -> str:
    return f"group-{group % len(COLOURS)}"


def box_height(lines: Sequence[str]) -> float:
    """The height of a box with these lines."""
    return len(lines) * LINE_HEIGHT + 10


def box_width(lines: Sequence[str], least: float = 120) -> float:
    """The width of a box in which these lines have room."""
    return max([least, *(len(line) * LETTER + 20 for line in lines)])
