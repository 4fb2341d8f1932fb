"""What is recorded of each request of the team: every change, and every look at a person, at words, at an export."""

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.accounts.sessions import Present
from pro_collector.domain.account.acts import Act
from pro_collector.postgres.tables import team_acts
from pro_collector.postgres.tables.team_acts import TeamAct
from pro_collector.runtime import Runtime

LOOKS = frozenset({Act.read_words, Act.see_addresses, Act.export, Act.read_audit})
"""Pages for these acts are recorded also when they only show something; so is every page about one person."""
_LONGEST = 200


def client_of(request: Request) -> str:
    """The network address of whoever asks."""
    return request.client.host if request.client else ""


async def record_request(rt: Runtime, request: Request, who: Present, act: Act | None) -> int | None:
    """Record a request before it is answered, so that nothing is shown or done without a record; the id of the row.

    None: it is one of those that are not recorded.
    """
    names = {name: _clean(value) for name, value in request.path_params.items()}
    acts = request.method == "POST"
    if not acts and "code" not in names and act not in LOOKS:
        return None
    others = [value for name, value in names.items() if name not in ("study", "code")]
    row = TeamAct(
        rt.clock.now(), who.name, client_of(request), "acted" if acts else "looked", _page(request, names), act,
        names.get("study"), names.get("code", ""), " ".join(others),
    )  # fmt: skip
    async with rt.database.transaction() as tx:
        return await team_acts.add(tx, row)


async def record_answer(rt: Runtime, recorded: int | None, response: Response) -> None:
    """Record how a request was answered."""
    if recorded is not None:
        async with rt.database.transaction() as tx:
            await team_acts.answered(tx, recorded, response.status_code)


def _page(request: Request, names: dict[str, str]) -> str:
    """The path, with `{code}` where the code of a person stands, and so for the rest that differs."""
    places = {value: f"{{{name}}}" for name, value in names.items()}
    parts = [_clean(part) for part in request.scope["path"].split("/")]
    return "/".join(places.get(part, part) for part in parts)


def _clean(value: object) -> str:
    """A part of a path as text that PostgreSQL can store; anybody may send anything."""
    return str(value).replace("\0", "")[:_LONGEST]
