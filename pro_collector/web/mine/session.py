"""The cookies of an own page: the id of the session, and the language that the reader chose."""

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.domain.conversation.own_page import LONGEST_VISIT
from pro_collector.web.form.pages import Pages

PATH = "/m"
SESSION = "own_page"
LANGUAGE = "own_page_language"
_A_YEAR = 365 * 24 * 3600


def session_of(request: Request) -> str:
    """The id of the session in the cookie; empty without one."""
    return request.cookies.get(SESSION, "")


def begin_session(response: Response, pages: Pages, session: str) -> None:
    """Set the cookie of a session.

    SameSite is Lax, so that a link in a mail finds the session; a POST from another site does not get the cookie.
    """
    _set(response, pages, SESSION, session, int(LONGEST_VISIT.total_seconds()))


def end_session(response: Response, pages: Pages) -> None:
    """Delete the cookie of a session."""
    response.delete_cookie(SESSION, pages.prefix + PATH, secure=_secure(pages), httponly=True, samesite="lax")


def remember_language(request: Request, response: Response, pages: Pages) -> None:
    """Keep the language of the query parameter `lang` for the next pages."""
    chosen = request.query_params.get("lang", "")
    if chosen in pages.words:
        _set(response, pages, LANGUAGE, chosen, _A_YEAR)


def chosen_language(request: Request) -> str:
    """The language that the reader chose on this page or an earlier one; empty without a choice."""
    return request.query_params.get("lang") or request.cookies.get(LANGUAGE, "")


def _set(response: Response, pages: Pages, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name, value, max_age=seconds, path=pages.prefix + PATH, secure=_secure(pages), httponly=True, samesite="lax"
    )


def _secure(pages: Pages) -> bool:
    return pages.origin.startswith("https://")
