"""Renders the pages of `templates/team`: with the patients' design, strict headers, and the hidden field of forms."""

from collections.abc import Mapping

from starlette.responses import HTMLResponse

from pro_collector.web.team.guard import CSRF, StudyVisit, TeamGuard
from pro_collector.web.team.navigation import menu
from pro_collector.web.team_page import FILES, HEADERS, STYLE, environment

NO_MISTAKES: Mapping[str, str] = {}


class TeamPages:
    """Renders pages for somebody who is signed in, or who wants to be."""

    def __init__(self, guard: TeamGuard) -> None:
        self._guard = guard

    def show(
        self,
        template: str,
        *,
        session: str,
        status: int = 200,
        name: str = "",
        mistakes: Mapping[str, str] = NO_MISTAKES,
        passkey_options: str = "",
        **content: object,
    ) -> HTMLResponse:
        """Render a page. `session`: of the session or visit that its forms belong to; `mistakes`: by field.

        `name`: who is signed in. `passkey_options`: what a browser needs for a passkey; empty: the page offers none.
        """
        more = {"name": name, "mistakes": mistakes, "passkey_options": passkey_options, "menu": (), **content}
        return self._html(template, status, session, more)

    def of_study(
        self,
        template: str,
        visit: StudyVisit,
        current: str,
        *,
        status: int = 200,
        mistakes: Mapping[str, str] = NO_MISTAKES,
        **content: object,
    ) -> HTMLResponse:
        """Render a page about a study, with its menu. `current`: the name of the entry of the menu that is shown.

        In the template, `base` is the address of the pages of the study.
        """
        who, base = visit.who, f"{self._guard.prefix}/team/study/{visit.study}"
        links = menu(who.grants, visit.study, current, has_feeds=visit.study in who.with_feeds)
        shown = {"study": visit.study, "base": base, "menu": links}
        more = {"name": who.name, "mistakes": mistakes, "passkey_options": "", **shown, **content}
        return self._html(template, status, who.session, more)

    def _html(self, template: str, status: int, session: str, content: Mapping[str, object]) -> HTMLResponse:
        prefix = self._guard.prefix
        html = environment().get_template(f"team/{template}").render(
            prefix=prefix,
            styles=[prefix + STYLE.address("patient.css"), prefix + FILES.address("team.css")],
            csrf_field=CSRF,
            csrf=self._guard.csrf_of(session),
            passkey_script=prefix + FILES.address("passkey.js"),
            team_script=prefix + FILES.address("team.js"),
            asset=lambda name: prefix + FILES.address(name),
            **content,
        )  # fmt: skip
        return HTMLResponse(html, status, HEADERS)
