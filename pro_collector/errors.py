"""The classes of all errors. Their fields are policy: whether to retry, which exit code, which HTTP status."""

from dataclasses import dataclass


class ProCollectorError(Exception):
    """An error that a person can act on; the message says what is wrong, where, and what was expected."""

    code = "error"
    retryable = False
    exit_code = 1
    http_status = 500


class Misconfigured(ProCollectorError):
    """A setting is missing or invalid."""

    code = "misconfigured"
    exit_code = 2


class NotMigrated(Misconfigured):
    """The database does not have the schema of this version; waiting parts continue after `pro-collector migrate`."""

    code = "not-migrated"
    retryable = True


class Altered(ProCollectorError):
    """A sealed address is not the one that was recorded in its row: somebody changed the database by hand."""

    code = "altered"
    http_status = 409


class Tampered(ProCollectorError):
    """Records are not what they were when they were taken into the audit chain; the error lists them."""

    code = "tampered"


class Damaged(ProCollectorError):
    """A file of ours is not as it was written: altered, cut off, or another kind of file."""

    code = "damaged"
    http_status = 422


class NotFound(ProCollectorError):
    """The named thing does not exist."""

    code = "not-found"
    exit_code = 2
    http_status = 404


class Conflict(ProCollectorError):
    """The request contradicts what is already recorded."""

    code = "conflict"
    exit_code = 2
    http_status = 409


class Outdated(Conflict):
    """What somebody was shown and confirmed is no longer what would be done: it must be shown again."""

    code = "outdated"


class NotTaken(Conflict):
    """What another system reported cannot be taken as it is: a person must look."""

    code = "not-taken"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a person's input: where it is, what is wrong, what was expected.

    `line` counts from 1; `where` is the path inside the document (`assessments.weekly.anchor`) or a column name.
    """

    file: str
    line: int | None
    where: str
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.where, self.message) if part)


class BadInput(ProCollectorError):
    """A person's file or argument has mistakes; the error lists all of them."""

    code = "bad-input"
    exit_code = 2
    http_status = 422

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class Unavailable(ProCollectorError):
    """An external system did not answer; the same attempt may succeed later."""

    code = "unavailable"
    retryable = True
    http_status = 503
