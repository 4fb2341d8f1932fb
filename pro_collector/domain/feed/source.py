"""What the mapping files of all sources have: the feed and its study, how often it is read, and where secrets are."""

from typing import Annotated

from pydantic import AfterValidator, Field

from pro_collector.domain.document import text_like
from pro_collector.domain.feed.group import KindRule
from pro_collector.domain.study.definition import Slug
from scheduler.rules import Frozen


def _not_ours(variable: str) -> str:
    if variable.startswith("PRO_"):
        raise ValueError("expected a variable of its own, such as REDCAP_TOKEN: PRO_... are secrets of this product")
    return variable


Variable = Annotated[
    str,
    text_like(r"^[A-Z][A-Z0-9_]*$", "the name of an environment variable, such as REDCAP_TOKEN"),
    AfterValidator(_not_ours),
]


def https(url: str) -> str:
    if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise ValueError("expected https://...: the token and the data of patients go there")
    return url


Url = Annotated[str, AfterValidator(https)]


class FeedSchedule(Frozen):
    """How a feed is read by itself.

    `every_minutes`: so often what changed is read, from `overlap_minutes` before the last reading on; each
    `whole_every_hours` everything is. `requests_per_minute`: at most so many go to the source, after a few at once.
    `silent_after_hours`: so long after the last reading somebody is told.
    """

    every_minutes: Annotated[int, Field(ge=5, le=10080)]
    overlap_minutes: Annotated[int, Field(ge=5, le=10080)] = 90
    whole_every_hours: Annotated[int, Field(ge=1, le=720)] = 24
    requests_per_minute: Annotated[int, Field(ge=1, le=600)] = 60
    silent_after_hours: Annotated[int, Field(ge=1, le=720)] = 24


class FeedMapping(Frozen):
    """A mapping file. Without `schedule`, the feed is read only when somebody asks for it."""

    feed: Slug
    study: Slug
    schedule: FeedSchedule | None = None


class TakenEvent(Frozen):
    """How an event of the study is taken from its source (`KindRule`)."""

    near_days: Annotated[int, Field(ge=0, le=60)] = 3
    first_only: bool = False

    @property
    def rule(self) -> KindRule:
        """The rule; the study says whether the event repeats."""
        return KindRule(False, self.near_days, self.first_only)
