"""Every page of the team, with somebody of the made-up year on it."""

from collections.abc import Mapping

from tests.shared.year_study import YEAR
from tests.shared.year_web import ADMINISTRATOR, LEAD, YearWeb

OF_STUDY: Mapping[str, str] = {
    "today": "today",
    "item": "today/{reply}",
    "item-alert": "today/{alert}",
    "people": "people",
    "people-silent": "people?silent=yes",
    "enrol": "people/new",
    "import": "people/import",
    "person": "people/{code}",
    "conversation": "people/{code}/conversation",
    "check-in": "people/{code}/check-ins/{check_in}",
    "treatment": "people/{code}/treatment",
    "state": "people/{code}/state",
    "details": "people/{code}/details",
    "address": "people/{code}/address",
    "write": "people/{code}/write",
    "sheet": "people/{code}/sheet",
    "calendar": "calendar",
    "alerts": "alerts",
    "alert": "alerts/{alert}",
    "alert-figures": "alerts/figures",
    "roster": "alerts/roster",
    "backtest": "alerts/backtest",
    "charts": "charts",
    "charts-people": "charts/people",
    "charts-completion": "charts/completion",
    "protocol": "protocol",
    "questionnaires": "protocol/questionnaires",
    "try": "protocol/try",
    "exports": "exports",
    "webhooks": "webhooks",
    "audit": "audit",
    "roles": "roles",
}
"""The pages of the study by name, below its address."""
ELSEWHERE: Mapping[str, str] = {"account": "/team/account"}
OF_ADMINISTRATOR: Mapping[str, str] = {"accounts": "/team/accounts", "tokens": "/team/tokens", "groups": "/team/groups"}
EXAMPLES: Mapping[str, str] = {
    "reply": "SELECT id FROM task WHERE detail ? 'inbound' ORDER BY done_at IS NULL DESC, raised_at DESC",
    "alert": "SELECT id FROM alert ORDER BY state = 'closed', raised_at DESC",
    "code": "SELECT code FROM participant JOIN alert ON alert.participant_id = participant.id"
    " ORDER BY state = 'closed', enrolled_on, code",
    "check_in": "SELECT o.id FROM occasion o JOIN participant p ON p.id = o.participant_id"
    " WHERE o.state = 'completed' AND p.code = '{code}' ORDER BY o.due_at DESC",
}
"""What fills the paths: the query of each."""


async def paths(year: YearWeb) -> dict[str, tuple[str, str]]:
    """Every page by name: who looks at it, and its path."""
    filled: dict[str, str] = {}
    for name, query in EXAMPLES.items():
        filled[name] = await year.one(query.format(**filled))
    return {
        **{name: (LEAD, f"/team/study/{YEAR}/{path.format(**filled)}") for name, path in OF_STUDY.items()},
        **{name: (LEAD, path) for name, path in ELSEWHERE.items()},
        **{name: (ADMINISTRATOR, path) for name, path in OF_ADMINISTRATOR.items()},
    }
