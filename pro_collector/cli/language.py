"""`pro-collector language`: explains how a text is read, and checks a language file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from pro_collector.cli.app import app
from pro_collector.cli.score import Folder
from pro_collector.domain.conversation.read_reply import question as question_of
from pro_collector.domain.document import Document, parse_yaml
from pro_collector.domain.reply.examples import Example, read_examples
from pro_collector.domain.reply.explanation import Explanation, Heard, explain
from pro_collector.domain.reply.language_check import Coverage, Missed, advice, checked, coverage
from pro_collector.domain.reply.question import Choice, Question
from pro_collector.domain.reply.second_reading import read_twice
from pro_collector.errors import BadInput, NotFound, Problem
from pro_collector.languages import language, language_with, phrases_of
from pro_collector.library import load_library
from pro_collector.second_reader import mark_of

commands = typer.Typer(
    name="language", help="How replies are understood, and the files that say so.", no_args_is_help=True
)
app.add_typer(commands)

_KINDS = {"scale": Question("integer", 0, 10), "yes-no": Question("yesno"), "none": None}
_WIDTH = 100
"""The most characters of a phrase that are printed."""
Code = Annotated[str, typer.Option("--language", help="The language in which the person is texted.")]
OwnFile = Annotated[Path | None, typer.Option("--file", help="A language file that is not installed, instead.")]
Asked = Annotated[
    str,
    typer.Option(
        "--question", help='scale (0 to 10), yes-no, none, options "Not at all|A little|A lot", or symptom-diary/pain.'
    ),
]


@commands.command("explain")
def explain_text(
    text: Annotated[str, typer.Argument(help="The text as a person wrote it, in quotes.")],
    code: Code = "en",
    asked: Asked = "scale",
    file: OwnFile = None,
    instruments: Folder = None,
) -> None:
    """Say how a text is read, and which phrase of which line heard it, was cancelled, or nearly matched.

    Example: pro-collector language explain "me di de baja en el trabajo" --language es
    """
    own = _document(file) if file else None
    understood = language_with(checked(own)) if own else language(code)
    found = explain(text, _question(asked, code, instruments), understood, phrases_of(understood, own))
    for line in _explained(text, found):
        print(line)


@commands.command()
def check(
    file: Annotated[Path, typer.Argument(help="A language file, such as schemas/languages/es.yaml.")],
    corpus: Annotated[
        Path | None, typer.Option(help="A corpus file or folder: measure how its replies are read.")
    ] = None,
    show: Annotated[int, typer.Option(help="How many replies that are read otherwise are shown.")] = 20,
) -> None:
    """Find the mistakes of a language file, each with its line; say what is missing; measure it on a corpus.

    With a mistake the exit code is 2. If a reply of the corpus is accepted with a wrong value, it is 1.
    """
    document = _document(file)
    vocabulary = checked(document)
    print(f"{file}: {vocabulary.name} ({vocabulary.language}), no mistakes")
    for problem in advice(document, vocabulary):
        print(f"  {problem}")
    if corpus is None:
        return
    understood = language_with(vocabulary)
    figures = [(path, coverage(_examples(path), understood)) for path in _corpus_files(corpus)]
    for path, found in figures:
        for line in _measured(path, found, show):
            print(line)
    if any(found.wrong for _, found in figures):
        raise typer.Exit(1)


def _explained(text: str, found: Explanation) -> Iterator[str]:
    reading = read_twice(text, found.reading, mark_of)
    value = "" if reading.value is None else f" {reading.value!r}"
    also = f", also {', '.join(reading.also)}" if reading.also else ""
    yield f"read as: {reading.outcome}{value} ({reading.reason}){also}"
    yield f"a person must see: {reading.flag or 'nothing more'}"
    if reading.flag != found.reading.flag:
        yield f"  the phrases alone say: {found.reading.flag or 'nothing'}; the second reader raised it"
    if found.words:
        yield "word by word, as an answer:"
        yield from (
            f"  {said!r}: {part or 'not known, or not possible here; the reading as an answer ended'}"
            for said, part in found.words
        )
    yield from (f"{wrong!r} is taken for {right!r}" for wrong, right in found.corrected.items())
    yield from (f"heard: urgent, by {note}" for note in found.notes)
    for each in found.heard:
        yield from _heard(each)
    for near in found.near:
        why = (
            f"missing: {_short(' or '.join(near.missing))}" if near.missing else "all words, in another order or place"
        )
        yield f"nearly: {near.phrase.intent}: {near.phrase.place}: {_short(near.phrase.written)}"
        yield f"  {why}"
    if not (found.heard or found.near or found.notes):
        yield "no request was heard, and none nearly"


def _heard(each: Heard) -> Iterator[str]:
    state = "cancelled" if each.cancelled_by else "heard"
    yield f"{state}: {each.phrase.intent}: {each.phrase.place}: {_short(each.phrase.written)}"
    yield f"  by the words {each.said!r}"
    if each.cancelled_by:
        yield f"  cancelled by {each.cancelled_by.place}: {_short(each.cancelled_by.written)}"


def _measured(path: Path, found: Coverage, show: int) -> Iterator[str]:
    yield (
        f"{path}: {len(found.wrong)} accepted wrongly; {found.clear_accepted} of {found.clear} clear replies accepted; "
        f"{found.others_right} of {found.others} others read as expected"
    )
    yield from (f"  ! {_missed(each)}" for each in found.wrong)
    yield from (f"  {_missed(each)}" for each in found.missed[:show])
    if len(found.missed) > show:
        yield f"  and {len(found.missed) - show} more; --show {len(found.missed)} shows all"


def _missed(each: Missed) -> str:
    example, reading = each.example, each.reading
    expected, found = (
        outcome if value is None else f"{outcome} {value!r}"
        for outcome, value in ((example.outcome, example.value), (reading.outcome, reading.value))
    )
    return f"line {example.line}: {example.text!r}: expected {expected}, read as {found} ({reading.reason})"


def _short(written: str) -> str:
    return written if len(written) <= _WIDTH else f"{written[: _WIDTH - 1]}…"


def _question(asked: str, code: str, instruments: Path | None) -> Question | None:
    """The question that an option of the command means."""
    if asked in _KINDS:
        return _KINDS[asked]
    if "|" in asked:
        return Question("choice", options=tuple(Choice(at, label.strip()) for at, label in enumerate(asked.split("|"))))
    name, _, item = asked.partition("/")
    known = load_library(instruments).get(name)
    text = known.texts.get(code) or next(iter(known.texts.values()), None)
    asked_item = known.item(item)
    wording = text.wording(asked_item) if text and asked_item else None
    if wording is None:
        raise NotFound(
            f"{name} has no question {item!r} with words; it has {', '.join(each.id for each in known.items)}"
        )
    return question_of(wording)


def _document(file: Path) -> Document:
    try:
        return parse_yaml(file.read_text(encoding="utf-8-sig"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadInput([Problem(str(file), None, "", f"cannot be read: {reason}")]) from error


def _corpus_files(corpus: Path) -> list[Path]:
    return sorted(corpus.glob("*.yaml")) if corpus.is_dir() else [corpus]


def _examples(file: Path) -> tuple[Example, ...]:
    return read_examples(_document(file))
