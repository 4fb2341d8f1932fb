"""The routes below `/team`."""

from collections.abc import Iterable
from typing import Protocol

from fastapi import APIRouter

from pro_collector.accounts.openid import ANSWER
from pro_collector.web.team.account_pages import ACCOUNT, AccountPages
from pro_collector.web.team.admin_pages import AdminPages
from pro_collector.web.team.alert_pages import AlertPages
from pro_collector.web.team.audit_pages import AuditPages
from pro_collector.web.team.backtest_pages import BacktestPages
from pro_collector.web.team.calendar_link_pages import CalendarLinkPages
from pro_collector.web.team.calendar_pages import CalendarPages
from pro_collector.web.team.chart_pages import ChartPages
from pro_collector.web.team.confirm_pages import ConfirmPages
from pro_collector.web.team.enrol_pages import EnrolPages
from pro_collector.web.team.export_pages import ExportPages
from pro_collector.web.team.feed_pages import FeedPages
from pro_collector.web.team.guard import CONFIRM, SIGN_IN, Endpoint, TeamGuard
from pro_collector.web.team.pages import TeamPages
from pro_collector.web.team.people_pages import PeoplePages
from pro_collector.web.team.person.routes import OF_PERSON
from pro_collector.web.team.program_pages import ProgramPages
from pro_collector.web.team.protocol_pages import ProtocolPages
from pro_collector.web.team.provider_pages import PROVIDER, ProviderPages
from pro_collector.web.team.questionnaire_pages import QuestionnairePages
from pro_collector.web.team.role_pages import RolePages
from pro_collector.web.team.roster_pages import RosterPages
from pro_collector.web.team.sign_in_pages import SignInPages
from pro_collector.web.team.start_page import StartPage
from pro_collector.web.team.today_acts import TodayForms
from pro_collector.web.team.webhook_pages import WebhookPages
from pro_collector.web.team_page import FILES, STYLE

Route = tuple[str, str, Endpoint]
"""A path, a method, and the guarded page."""


class StudyPages(Protocol):
    """Some pages of a study, or of those who manage accounts."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None: ...

    def routes(self) -> Iterable[Route]:
        """Their routes. The paths of pages of a study begin with `/team/study/{study}/`."""
        ...


OF_STUDY: tuple[type[StudyPages], ...] = (
    TodayForms,
    EnrolPages,  # before the page of one person, whose path has a code where these have a word
    PeoplePages,
    *OF_PERSON,
    CalendarPages,
    CalendarLinkPages,
    RosterPages,
    BacktestPages,
    AlertPages,
    ChartPages,
    ExportPages,
    ProtocolPages,
    QuestionnairePages,
    FeedPages,
    AuditPages,
    RolePages,
    WebhookPages,
)
OF_ADMINISTRATORS: tuple[type[StudyPages], ...] = (AdminPages, ProgramPages)


def team_routes(guard: TeamGuard) -> APIRouter:
    """The pages to sign in, those of one's own account, and those of each study."""
    routes = APIRouter(include_in_schema=False)
    pages = TeamPages(guard)
    provider = ProviderPages(guard)
    door, own = SignInPages(guard, pages, provider.offered), AccountPages(guard, pages)
    again = ConfirmPages(guard, pages, provider.offered)
    for path, method, endpoint in (
        (SIGN_IN, "GET", door.ask),
        (SIGN_IN, "POST", door.enter),
        (f"{SIGN_IN}/passkey", "POST", door.enter_with_passkey),
        (PROVIDER, "GET", provider.leave_for),
        (ANSWER, "GET", provider.come_back),
        ("/team/sign-out", "POST", door.leave),
        ("/team/accept/{token}", "GET", door.invitation),
        ("/team/accept/{token}", "POST", door.accept),
        ("/team/accept/{token}/passkey", "POST", door.accept_with_passkey),
        ("/team", "GET", guard.of_account(StartPage(guard, pages).show)),
        (ACCOUNT, "GET", guard.of_account(own.home)),
        ("/team/password", "GET", guard.of_account(own.ask_password)),
        ("/team/password", "POST", guard.of_account(own.set_password)),
        ("/team/passkeys", "POST", guard.of_account(own.add_passkey)),
        ("/team/passkeys/remove", "POST", guard.of_account(own.remove_passkeys)),
        ("/team/sign-out-elsewhere", "POST", guard.of_account(own.sign_out_elsewhere)),
        ("/team/calendar-links/revoke", "POST", guard.of_account(own.revoke_calendar)),
        (CONFIRM, "GET", guard.of_account(again.ask)),
        (CONFIRM, "POST", guard.of_account(again.confirm)),
        (f"{CONFIRM}/passkey", "POST", guard.of_account(again.confirm_with_passkey)),
    ):
        routes.add_route(path, endpoint, methods=[method])
    for group in (*OF_STUDY, *OF_ADMINISTRATORS):
        for path, method, endpoint in group(guard, pages).routes():
            routes.add_route(path, endpoint, methods=[method])
    for files in (STYLE, FILES):
        routes.include_router(files.routes())
    return routes
