"""The phrases of requests as they are written in a language file, each with its file and line."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pro_collector.domain.document import Document, Path

_CLASS = re.compile(r"<(\w+)>")


@dataclass(frozen=True, slots=True)
class WrittenPhrase:
    """One phrase of a request: where it is, and what it says.

    `intent` and `key` are those of `docs/replies.md` ("opt_out", "unless"). `written` is the text of the file; `phrase`
    has the words of its classes instead of their names.
    """

    file: str
    line: int | None
    intent: str
    key: str
    written: str
    phrase: str

    @property
    def place(self) -> str:
        """The file, the line, and the key: "en.yaml:908 phrases"."""
        return f"{self.file}:{self.line} {self.key}"


def written_phrases(document: Document) -> tuple[WrittenPhrase, ...]:
    """Every phrase of the intents and of the ways of not answering, in the order of the file."""
    data = document.data if isinstance(document.data, dict) else {}
    classes = {name: ", ".join(texts) for name, texts in _classes(document, data).items()}
    return (*_phrases(document, data, "intents", classes), *_declines(document, data))


def lines_of(document: Document, path: Path) -> Iterator[tuple[int | None, str]]:
    """The phrases of the text at `path`, each with its line. In a text block (`|`) each line has its own."""
    value: Any = document.data
    for part in path:
        value = value[part]
    if isinstance(value, str):
        first, block = document.line(path), value.endswith("\n")
        for number, line in enumerate(value.splitlines(), start=1):
            here = first + number if first is not None and block else first
            yield from ((here, phrase.strip()) for phrase in line.split(",") if phrase.strip())


def unknown_classes(phrase: str, known: Mapping[str, Any]) -> list[str]:
    """The names of classes in a phrase that the file does not define."""
    return [name for name in _CLASS.findall(phrase) if name not in known]


def _classes(document: Document, data: dict[str, Any]) -> dict[str, list[str]]:
    names = data.get("classes") if isinstance(data.get("classes"), dict) else {}
    return {name: [phrase for _, phrase in lines_of(document, ("classes", name))] for name in names or {}}


def _phrases(
    document: Document, data: dict[str, Any], section: str, classes: Mapping[str, str]
) -> Iterator[WrittenPhrase]:
    intents = data.get(section)
    for intent, keys in intents.items() if isinstance(intents, dict) else ():
        for key in keys if isinstance(keys, dict) else ():
            for line, written in lines_of(document, (section, intent, key)):
                phrase = _CLASS.sub(lambda name: f"({'|'.join(classes.get(name[1], name[0]).split(', '))})", written)
                yield WrittenPhrase(document.file, line, str(intent), str(key), written, phrase)


def _declines(document: Document, data: dict[str, Any]) -> Iterator[WrittenPhrase]:
    for code in data["declines"] if isinstance(data.get("declines"), dict) else ():
        for line, written in lines_of(document, ("declines", code)):
            yield WrittenPhrase(document.file, line, "skip", "alone", written, written)
