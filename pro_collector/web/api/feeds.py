"""The feeds of a study for programs: how old each is and what it changed, and asking for a look or a reading."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, Field

from pro_collector.commands.apply_feed import FeedRequest, ask_feed
from pro_collector.domain.account.acts import Act
from pro_collector.postgres.tables.feeds import RunKind
from pro_collector.views.feeds import FeedsPage, ShownFeed, feeds_page
from pro_collector.web.api.models import model_of
from pro_collector.web.api.route import OF_STUDY, ApiRoutes, Visit
from pro_collector.web.team.feed_pages import must_be_of_all_sites

Feed = model_of(ShownFeed, without=("applied",), properties=("waits", "due_at", "every_minutes"))
Feeds = model_of(FeedsPage, inside={"feeds": Sequence[Feed]})  # type: ignore[valid-type]
FeedName = Annotated[str, Path(alias="feed", description="the name of the feed", max_length=60)]


class ToAsk(BaseModel):
    """A `look` takes nothing and shows what would change; a `read` takes it."""

    what: RunKind
    whole: bool = Field(default=False, description="everything, not only what changed since the last reading")


class ToConfirm(BaseModel):
    """The look whose ends of participation and deletions are to be recorded as it showed them."""

    look: UUID
    whole: bool = Field(default=False, description="as the look was")


class FeedAsked(BaseModel):
    """What was asked for; the feed says when it is done."""

    feed: str
    what: RunKind


async def feeds_of_study(visit: Visit) -> FeedsPage:
    """The feeds, how old each is, its last readings and look, and where they contradict a person."""
    return await feeds_page(visit.rt, visit.study, visit.sites)


async def ask_for_feed(visit: Visit, sent: ToAsk, feed: FeedName) -> FeedAsked:
    """Have a feed looked at or read now. Nobody is ended by it."""
    must_be_of_all_sites(visit)
    await ask_feed(visit.acts, visit.study, feed, FeedRequest(sent.what, sent.whole), by=visit.who.name)
    return FeedAsked(feed=feed, what=sent.what)


async def confirm_feed(visit: Visit, sent: ToConfirm, feed: FeedName) -> FeedAsked:
    """Have recorded what a look has shown: also who gets no more questions, and what is gone from the source."""
    must_be_of_all_sites(visit)
    await ask_feed(visit.acts, visit.study, feed, FeedRequest("read", sent.whole, sent.look), by=visit.who.name)
    return FeedAsked(feed=feed, what="read")


def add_feeds(routes: ApiRoutes) -> None:
    """Add these routes."""
    at, tag = f"{OF_STUDY}/feeds", "feeds"
    routes.add(Act.see_people, at, feeds_of_study, answers=Feeds, tag=tag)
    routes.add(Act.record_treatment, f"{at}/{{feed}}/ask", ask_for_feed, method="POST", status=202, tag=tag)
    routes.add(
        Act.withdraw, f"{at}/{{feed}}/confirm", confirm_feed, method="POST", status=202, fresh=True, tag=tag
    )  # fmt: skip
