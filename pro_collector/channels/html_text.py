"""The text of an HTML mail, as plain mails have it: one line a block, what is quoted behind `>`.

Python's own parser takes the square of what it is given where tags are not closed; this one reads each character once.
"""

import html
import re
from collections.abc import Iterator

_BLOCKS = frozenset(
    {"address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
     "header", "hr", "li", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"}
)  # fmt: skip
_LONGEST = 500
"""Characters within which a `>` in quotes is told from that of the tag; in a longer tag the first one ends it."""
_TAG = re.compile(r"""<[/!?a-zA-Z](?:[^<>"']|"[^"]*+"|'[^']*+')*+>""")
_LONG_TAG = re.compile(r"<[/!?a-zA-Z][^<>]*+>")
_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
_UNSEEN = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in ("script", "style", "title")}
"""What nobody sees, up to its end; without an end it is shown: rather a line too many than a word too few."""
_COMMENT = re.compile("-->")


def text_of_html(document: str) -> str:
    """The words of an HTML document; never raises, whatever it is given."""
    lines: list[tuple[int, list[str]]] = [(0, [])]
    quoted = 0
    for piece, tag in _pieces(document):
        if not tag:
            lines[-1][1].append(piece)
        if tag == "blockquote":
            quoted = max(0, quoted + (-1 if piece.startswith("</") else 1))
        if tag in _BLOCKS:
            lines.append((quoted, []))
    said = [(depth, " ".join(_unescaped("".join(words)).split())) for depth, words in lines]
    return "\n".join(("> " if depth else "") + words for depth, words in said if words)


def _pieces(document: str) -> Iterator[tuple[str, str]]:
    """What stands between tags, and tags with their names; nothing that nobody sees."""
    at, ends = 0, _Ends(document)
    while (opened := document.find("<", at)) >= 0:
        yield document[at:opened], ""
        at = opened + 1
        if document.startswith("<!--", opened):
            at = ends.behind(_COMMENT, opened) or at
            continue
        found = _TAG.match(document, opened, opened + _LONGEST) or _LONG_TAG.match(document, opened)
        if found is None:
            yield "<", ""
            continue
        at = found.end()
        if name := _NAME.match(found[0]):
            tag = name[1].lower()
            yield found[0], tag
            if tag in _UNSEEN and not found[0].startswith("</"):
                at = ends.before(_UNSEEN[tag], at) or at
    yield document[at:], ""


class _Ends:
    """Where something comes next; what does not come any more is not looked for again."""

    def __init__(self, document: str) -> None:
        self._document = document
        self._gone: set[re.Pattern[str]] = set()

    def behind(self, mark: re.Pattern[str], start: int) -> int:
        """The place behind the next `mark`, 0 when there is none."""
        found = self._next(mark, start)
        return found.end() if found else 0

    def before(self, mark: re.Pattern[str], start: int) -> int:
        """The place of the next `mark`, 0 when there is none."""
        found = self._next(mark, start)
        return found.start() if found else 0

    def _next(self, mark: re.Pattern[str], start: int) -> re.Match[str] | None:
        found = None if mark in self._gone else mark.search(self._document, start)
        if found is None:
            self._gone.add(mark)
        return found


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # the number of a character, of thousands of digits
        return text
