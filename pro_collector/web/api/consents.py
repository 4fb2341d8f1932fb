"""Consents of the reporters of a person for programs: the list, to record one, and to record its withdrawal."""

from collections.abc import Sequence

from pydantic import Field

from pro_collector.commands.record_consent import give_consent, list_consents, withdraw_consent
from pro_collector.domain.account.acts import Act
from pro_collector.postgres.tables.consents import ConsentRow
from pro_collector.web.api.moments import Day
from pro_collector.web.api.people import DryRun
from pro_collector.web.api.route import OF_PERSON, ApiRoutes, Somebody
from pro_collector.web.api.treatment import ChangedPlan, Confirmed, ForeseenChange, changed
from scheduler.consent import Covers
from scheduler.values import Reporter


class ConsentToRecord(Confirmed):
    """What a reporter agreed to on a day (null: today, where the patient lives)."""

    reporter: Reporter
    covers: Covers = "participation"
    on: Day | None = None


class ConsentToWithdraw(ConsentToRecord):
    """What a reporter does not agree to any more, from a day on."""

    exclude_data: bool = Field(default=False, description="exports leave out all their answers from now on")


async def consents_of_person(at: Somebody) -> Sequence[ConsentRow]:
    """What each reporter of a person agreed to, and who recorded it."""
    return await list_consents(at.visit.rt, at.code, at.study)


async def record_consent(at: Somebody, sent: ConsentToRecord, *, dry_run: DryRun = False) -> ChangedPlan:
    """Record that a reporter agreed to be asked."""

    async def work(*, dry_run: bool) -> ForeseenChange:
        diff = await give_consent(
            at.does, at.code, sent.reporter, sent.covers, sent.on, by=at.by, reason=sent.reason, study=at.study,
            dry_run=dry_run, confirmed=sent.confirmed,
        )  # fmt: skip
        return ForeseenChange(diff)

    return await changed(at, sent, work, dry_run=dry_run)


async def record_withdrawal_of_consent(
    at: Somebody, sent: ConsentToWithdraw, *, dry_run: DryRun = False
) -> ChangedPlan:
    """Record that a reporter does not agree any more: nothing more is asked."""

    async def work(*, dry_run: bool) -> ForeseenChange:
        diff = await withdraw_consent(
            at.does, at.code, sent.reporter, sent.covers, sent.on, by=at.by, reason=sent.reason, study=at.study,
            exclude_data=sent.exclude_data, dry_run=dry_run, confirmed=sent.confirmed,
        )  # fmt: skip
        return ForeseenChange(diff)

    return await changed(at, sent, work, dry_run=dry_run)


def add_consents(routes: ApiRoutes) -> None:
    """Add these routes."""
    at, tag = f"{OF_PERSON}/consents", "consents"
    routes.add(Act.see_people, at, consents_of_person, tag=tag)
    routes.add(Act.change_people, at, record_consent, method="POST", tag=tag)
    routes.add(Act.change_people, f"{at}/withdraw", record_withdrawal_of_consent, method="POST", tag=tag)
