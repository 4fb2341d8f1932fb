"""Writes XML element by element, indented, so that a file of any size needs little memory."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

Attributes = Mapping[str, str | int | None]
"""Attributes by name; those without a value are left out."""


class XmlFile:
    """One document. Texts and attributes are escaped."""

    def __init__(self, stream: BinaryIO) -> None:
        self._xml = XMLGenerator(stream, "utf-8", short_empty_elements=True)
        self._depth = 0
        self._xml.startDocument()

    @contextmanager
    def element(self, name: str, attributes: Attributes | None = None) -> Iterator[None]:
        """An element with the elements that are written inside the block."""
        self._start(name, attributes)
        self._depth += 1
        yield
        self._depth -= 1
        self._break()
        self._xml.endElement(name)
        if self._depth == 0:
            self._xml.ignorableWhitespace("\n")

    def leaf(self, name: str, attributes: Attributes | None = None, text: str = "") -> None:
        """An element with nothing but a text in it."""
        self._start(name, attributes)
        if text:
            self._xml.characters(text)
        self._xml.endElement(name)

    def _start(self, name: str, attributes: Attributes | None) -> None:
        if self._depth:
            self._break()
        given = {key: str(value) for key, value in (attributes or {}).items() if value is not None}
        self._xml.startElement(name, AttributesImpl(given))

    def _break(self) -> None:
        self._xml.ignorableWhitespace("\n" + "  " * self._depth)
