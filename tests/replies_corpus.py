"""The hand-written replies of `tests/data/corpus`, read, measured and published: `python -m tests.replies_corpus`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from functools import cache
from pathlib import Path

from pro_collector.domain.document import parse_yaml
from pro_collector.domain.reply.examples import Example, read_examples
from pro_collector.domain.reply.question import Reading
from pro_collector.domain.reply.understanding import understand
from pro_collector.languages import language
from tests.shared.places import DATA, ROOT

FOLDER = DATA / "corpus"
PAGE = ROOT / "docs" / "replies.md"
_BEGIN, _END = "<!-- figures: python -m tests.replies_corpus -->", "<!-- end of figures -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Example):
    """An example of the corpus, with the language and the topic of its file."""

    language: str
    topic: str

    def read(self) -> Reading:
        """What the parser makes of it. It is read once: several figures count it."""
        return _reading(self)


@cache
def _reading(case: "Case") -> Reading:
    return understand(case.text, case.question, language(case.language))


@dataclass(frozen=True, slots=True)
class Figures:
    """What one set of replies came to: counts of replies."""

    replies: int
    wrong_acceptances: int
    clear: int
    clear_accepted: int
    others: int
    others_right: int

    @property
    def accepted(self) -> float:
        """The share of clear replies accepted with the right value, 0 to 1."""
        return self.clear_accepted / self.clear


@cache
def cases() -> tuple[Case, ...]:
    """Every reply of the corpus."""
    return tuple(case for file in sorted(FOLDER.glob("*/*.yaml")) for case in _cases(file))


def figures(sample: Sequence[Case]) -> Figures:
    """Read every case of `sample` and count."""
    read = [(case, case.read()) for case in sample]
    clear = [(case, reading) for case, reading in read if case.clear]
    others = [(case, reading) for case, reading in read if not case.clear]
    return Figures(
        len(read),
        sum(case.is_wrongly_accepted(reading) for case, reading in read),
        len(clear),
        sum(case.is_right(reading) for case, reading in clear),
        len(others),
        sum(case.is_right(reading) for case, reading in others),
    )


def first_measured() -> dict[str, dict[str, dict[str, int]]]:
    """By collection and language: what each held-out collection came to before anything was tuned on it."""
    found: dict[str, dict[str, dict[str, int]]] = json.loads((FOLDER / "first-measured.json").read_text("utf-8"))
    return found


def tables() -> str:
    """The figures as they stand in `docs/replies.md`."""
    return "\n".join([_BEGIN, "", *_now(), "", *_first(), "", *_heard(), "", _END])


def published() -> str:
    """The figures that `docs/replies.md` shows."""
    page = PAGE.read_text(encoding="utf-8")
    return page[page.index(_BEGIN) : page.index(_END) + len(_END)]


def _now() -> Iterator[str]:
    yield "| language | replies | wrong acceptances | clear replies accepted | others read as expected |"
    yield "|---|---|---|---|---|"
    for code in sorted({case.language for case in cases()}):
        found = figures([case for case in cases() if case.language == code])
        wrong = f"**{found.wrong_acceptances}** ({found.wrong_acceptances / found.replies:.2%})"
        clear = f"{found.clear_accepted} of {found.clear} ({found.accepted:.1%})"
        yield f"| {code} | {found.replies} | {wrong} | {clear} | {found.others_right} of {found.others} |"


def _first() -> Iterator[str]:
    yield "| held-out collection, at its first measurement | language | replies | wrong acceptances | clear accepted |"
    yield "|---|---|---|---|---|"
    for collection, languages in first_measured().items():
        for code, found in languages.items():
            wrong = f"{found['wrong_acceptances']} ({found['wrong_acceptances'] / found['replies']:.2%})"
            share = found["clear_accepted"] / found["clear"]
            clear = f"{found['clear_accepted']} of {found['clear']} ({share:.1%})"
            yield f"| {collection} | {code} | {found['replies']} | {wrong} | {clear} |"


def _heard() -> Iterator[str]:
    yield "| held-out collection, at first | language | stops heard | emergencies heard | others taken for a stop |"
    yield "|---|---|---|---|---|"
    for collection, languages in first_measured().items():
        for code, found in languages.items():
            if "stops" in found:
                stops, emergencies = (
                    f"{found[f'{kind}_heard']} of {found[kind]} ({found[f'{kind}_heard'] / found[kind]:.0%})"
                    for kind in ("stops", "emergencies")
                )
                yield f"| {collection} | {code} | {stops} | {emergencies} | {found['false_stops']} |"


def _cases(file: Path) -> Iterator[Case]:
    document = parse_yaml(file.read_text(encoding="utf-8"), file.name)
    for example in read_examples(document):
        fields = {name.name: getattr(example, name.name) for name in dataclass_fields(example)}
        yield Case(**fields, language=document.data["language"], topic=file.stem)


if __name__ == "__main__":
    PAGE.write_text(PAGE.read_text(encoding="utf-8").replace(published(), tables()), encoding="utf-8")
