"""Scores of the included instruments, for tests whose expected scores were computed by hand from published rules."""

from functools import lru_cache

from pro_collector.domain.instrument.answers import Answer
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.scoring.score import ScaleScore, score
from pro_collector.library import Library, load_library


@lru_cache
def library() -> Library:
    """The included instruments, loaded once for all tests."""
    return load_library()


def shipped(instrument_id: str) -> Instrument:
    """One included instrument."""
    return library().get(instrument_id)


def scores(instrument_id: str, answers: dict[str, Answer], imputation: str = "none") -> dict[str, ScaleScore]:
    """The scores of an included instrument, by scale."""
    return score(shipped(instrument_id), answers, imputation)


def values(instrument_id: str, answers: dict[str, Answer], imputation: str = "none") -> dict[str, float | None]:
    """The values of the scores of an included instrument, by scale."""
    return {scale: result.value for scale, result in scores(instrument_id, answers, imputation).items()}


def numbered(prefix: str, codes: str, first: int = 1) -> dict[str, Answer]:
    """`numbered("q", "13.2")` is {"q1": 1, "q2": 3, "q3": None, "q4": 2}: one digit per item; a dot is missing."""
    return {f"{prefix}{first + n}": None if code == "." else int(code) for n, code in enumerate(codes)}


def names(text: str) -> list[str]:
    """Item or scale ids from a text that separates them by spaces."""
    return text.split()
