"""Renders the pages of `templates/team`: with the patients' design, strict headers, and the hidden field of forms."""

from collections.abc import Mapping

from starlette.responses import HTMLResponse

from pro_collector.web.team.guard import CSRF, TeamGuard
from pro_collector.web.team_page import HEADERS, Assets, environment

STYLE = Assets("/team/style", "patient", ("patient.css",))
FILES = Assets("/team/files", "team", ("team.css", "passkey.js"))
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
        prefix = self._guard.prefix
        html = environment().get_template(f"team/{template}").render(
            prefix=prefix,
            styles=[prefix + STYLE.address("patient.css"), prefix + FILES.address("team.css")],
            csrf_field=CSRF,
            csrf=self._guard.csrf_of(session),
            name=name,
            mistakes=mistakes,
            passkey_options=passkey_options,
            passkey_script=prefix + FILES.address("passkey.js"),
            **content,
        )  # fmt: skip
        return HTMLResponse(html, status, HEADERS)
