"""Converts an HTML mail to plain text: one line for each block, quoted lines begin with `>`.

Python's own parser needs quadratic time when tags are not closed; this one reads each character once.
"""

import html
import re
from collections.abc import Iterator

_BLOCKS = frozenset(
    {"address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
     "header", "hr", "li", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"}
)  # fmt: skip
_QUOTES_WITHIN = 500
"""In a tag of up to so many characters, a `>` in quotes does not end the tag; in a longer tag it does."""
_TAG = re.compile(r"""<[/!?a-zA-Z](?:[^<>"']|"[^"]*+"|'[^']*+')*+>""")
_LONG_TAG = re.compile(r"<[/!?a-zA-Z][^<>]*+>")
_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
_INVISIBLE = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in ("script", "style", "title")}
"""Elements whose content is left out, up to the closing tag. Without a closing tag it stays: losing words is worse."""
_COMMENT = re.compile("-->")


def text_of_html(document: str) -> str:
    """Return the text of an HTML document. Never raises, whatever the document."""
    lines: list[tuple[int, list[str]]] = [(0, [])]
    quoted = 0
    for piece, tag in _pieces(document):
        if not tag:
            lines[-1][1].append(piece)
        if tag == "blockquote":
            quoted = max(0, quoted + (-1 if piece.startswith("</") else 1))
        if tag in _BLOCKS:
            lines.append((quoted, []))
    text_lines = [(depth, " ".join(_unescaped("".join(words)).split())) for depth, words in lines]
    return "\n".join(("> " if depth else "") + words for depth, words in text_lines if words)


def _pieces(document: str) -> Iterator[tuple[str, str]]:
    """Yield (text, "") for text between tags and (tag, name) for tags; comments and invisible elements are skipped."""
    at, ends = 0, _Ends(document)
    while (opened := document.find("<", at)) >= 0:
        yield document[at:opened], ""
        at = opened + 1
        if document.startswith("<!--", opened):
            at = ends.after(_COMMENT, opened) or at
            continue
        match = _TAG.match(document, opened, opened + _QUOTES_WITHIN) or _LONG_TAG.match(document, opened)
        if match is None:
            yield "<", ""
            continue
        at = match.end()
        if name := _NAME.match(match[0]):
            tag = name[1].lower()
            yield match[0], tag
            if tag in _INVISIBLE and not match[0].startswith("</"):
                at = ends.before(_INVISIBLE[tag], at) or at
    yield document[at:], ""


class _Ends:
    """Finds the next occurrence of a pattern. A pattern with no further occurrence is not searched for again."""

    def __init__(self, document: str) -> None:
        self._document = document
        self._exhausted: set[re.Pattern[str]] = set()

    def after(self, mark: re.Pattern[str], start: int) -> int:
        """The index after the next `mark`, 0 when there is none."""
        match = self._next(mark, start)
        return match.end() if match else 0

    def before(self, mark: re.Pattern[str], start: int) -> int:
        """The index of the next `mark`, 0 when there is none."""
        match = self._next(mark, start)
        return match.start() if match else 0

    def _next(self, mark: re.Pattern[str], start: int) -> re.Match[str] | None:
        match = None if mark in self._exhausted else mark.search(self._document, start)
        if match is None:
            self._exhausted.add(mark)
        return match


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # a character reference with thousands of digits
        return text
