"""What a page of a study does, a program can do: a table of every act, which a new page must be written into."""

from dataclasses import fields
from types import SimpleNamespace
from typing import Any, cast

from fastapi.routing import APIRoute

from pro_collector.runtime import Runtime
from pro_collector.web.api.guard import ApiGuard
from pro_collector.web.api.route import OF_STUDY, V1
from pro_collector.web.api.routes import routes_of_studies
from pro_collector.web.team.guard import act_of
from pro_collector.web.team.pages import TeamPages
from pro_collector.web.team.routes import OF_STUDY as PAGES

_CHECK_IN = "people/{code}/check-ins/{occasion}"
_WORKLIST = tuple(f"worklist/{{item}}/{act}" for act in ("claim", "release", "assign", "note", "snooze", "done"))
SAME: dict[str, tuple[str, ...]] = {
    "today": _WORKLIST,
    "today/{item}/{act}": _WORKLIST,
    "today/{item}/write": ("people/{code}/messages",),
    "people/new": ("people",),
    "people/import": ("people",),
    "people/find": (),
    "people/{code}/addresses": (),
    "people/{code}/calendar-link": (),
    "calendar/link": (),
    "people/{code}/erase": (),
    "roles/give": (),
    "roles/take": (),
    "protocol/try": (),
    "people/{code}/treatment": tuple(f"people/{{code}}/treatment{act}" for act in ("", "/correct", "/retract")),
    "people/{code}/state": ("people/{code}/states", "people/{code}/states/retract"),
    "people/{code}/leave": ("people/{code}/leave", "people/{code}/leave/retract"),
    "people/{code}/write": ("people/{code}/messages",),
    "people/{code}/consents": ("people/{code}/consents", "people/{code}/consents/withdraw"),
    "feeds": ("feeds/{feed}/ask",),
    "feeds/confirm": ("feeds/{feed}/confirm",),
    "protocol/check": ("check",),
    "protocol/rehearse": ("rehearse",),
    "protocol/preview": ("preview",),
    "protocol/apply": ("apply",),
    "protocol/cancel": ("jobs/{job}/cancel",),
    **{path: (path,) for path in (
        *(f"{_CHECK_IN}/{act}" for act in ("again", "now", "later", "apart", "release", "interview", "hospital")),
        "people/{code}/ask", "people/{code}/ask-unscheduled", "people/{code}/channels",
        "people/{code}/details", "people/{code}/address",
        "alerts/{alert}/acknowledge", "alerts/{alert}/close", "alerts/roster", "alerts/backtest",
        "webhooks", "exports", *(f"webhooks/{{webhook}}/{act}" for act in (
            "test", "pause", "resume", "resend", "roll", "revoke"
        )),
    )},
}  # fmt: skip
"""Each act of a page, and the operations that do the same. Without any: giving rights, showing addresses, erasing, and
trying how a reply is read are for somebody who sees what they do; a private link belongs to an account."""


def bare() -> Runtime:
    """A runtime with nothing behind it: routes are listed, and nobody asks for them."""
    settings = SimpleNamespace(public_url="https://pro.example.org", database_roles="pro_")
    database = SimpleNamespace(limited=lambda _scope: None)
    given = {"settings": settings, "database": database}
    return Runtime(**{each.name: cast(Any, given.get(each.name)) for each in fields(Runtime)})


def acts_of_pages() -> dict[str, str]:
    """What the pages of a study do: the path below the study, and the act that it needs."""
    guard = ApiGuard(bare())
    found = {}
    for group in PAGES:
        for path, method, endpoint in group(guard, TeamPages(guard)).routes():
            if method == "POST":
                act = act_of(endpoint)
                found[path.removeprefix("/team/study/{study}/")] = act.name if act else ""
    return found


def operations() -> dict[str, str]:
    """What programs do: the path below the study, and the act that it needs."""
    start = f"{V1}{OF_STUDY}/"
    return {
        route.path.removeprefix(start): (route.openapi_extra or {})["x-act"]
        for route in routes_of_studies().routes
        if isinstance(route, APIRoute) and "POST" in (route.methods or ())
    }


def test_each_act_of_a_page_has_its_operation_for_those_who_may_do_it() -> None:
    pages, programs = acts_of_pages(), operations()
    assert pages.keys() == SAME.keys(), "write into SAME which operation does the same"
    for page, same in SAME.items():
        for operation in same:
            assert programs[operation] == pages[page], f"{page} and {operation} are for different acts"


def test_no_operation_does_what_no_page_does() -> None:
    assert operations().keys() == {operation for same in SAME.values() for operation in same}
