"""The text of an HTML mail, as plain mails have it: one line a block, what is quoted behind `>`."""

import re
from html.parser import HTMLParser

_UNSEEN = frozenset({"head", "script", "style", "title"})
_BLOCKS = frozenset(
    {"address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
     "header", "hr", "li", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"}
)  # fmt: skip


def text_of_html(html: str) -> str:
    """The words of an HTML document; never raises, whatever it is given."""
    reader = _Reader()
    try:
        reader.feed(html)
        reader.close()
    except (AssertionError, ValueError):  # the parser's own, on declarations that are none
        return re.sub(r"<[^<>]*>", " ", html)
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[tuple[int, list[str]]] = [(0, [])]
        self._quoted = 0
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  # its signature
        if tag in _UNSEEN:
            self._unseen += 1
        if tag == "blockquote":
            self._quoted += 1
        if tag in _BLOCKS:
            self._lines.append((self._quoted, []))

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        if tag == "blockquote":
            self._quoted = max(0, self._quoted - 1)
        if tag in _BLOCKS:
            self._lines.append((self._quoted, []))

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._lines[-1][1].append(data)

    def text(self) -> str:
        """What was read, line by line."""
        said = [(quoted, " ".join("".join(words).split())) for quoted, words in self._lines]
        return "\n".join(("> " if quoted else "") + words for quoted, words in said if words)
