"""The page that tries alert rules on the stored answers: those in force, or changed ones."""

from collections.abc import Iterable, Mapping

import yaml
from starlette.requests import Request
from starlette.responses import Response

from pro_collector.commands.backtest_alerts import RuleFile, ask_backtest
from pro_collector.domain.account.acts import Act
from pro_collector.domain.study.definition import Study
from pro_collector.errors import BadInput, NotFound
from pro_collector.web.request import fields_of
from pro_collector.web.team.alert_pages import MENU, PATH
from pro_collector.web.team.guard import Endpoint, StudyVisit, TeamGuard
from pro_collector.web.team.navigation import study_path
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages

FILE = "rules.yaml"
IN_FORCE = "the rules in force"


class BacktestPages:
    """What rules would have raised about people at the sites of whoever asks. Nobody is alerted, nothing changes."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages = guard, pages

    def routes(self) -> Iterable[tuple[str, str, Endpoint]]:
        """Their routes."""
        yield f"{PATH}/backtest", "GET", self._guard.of_study(Act.see_people, self.ask)
        yield f"{PATH}/backtest", "POST", self._guard.of_study(Act.see_people, self.tried)

    async def ask(self, _request: Request, visit: StudyVisit) -> Response:
        """Show the rules in force, to be tried or changed."""
        return await self._shown(visit, NO_MISTAKES)

    async def tried(self, request: Request, visit: StudyVisit) -> Response:
        """Have the rules that were sent tried in the background, beside those in force."""
        fields = await fields_of(request)
        days, nurses = _number(fields.get("days", ""), 0, 365), _number(fields.get("nurses", ""), 1, 99)
        mistakes = {} if days is not None else {"days": "Write a number of days from 0 to 365."}
        mistakes |= {} if nurses is not None else {"nurses": "Write a number from 1 to 99."}
        if days is None or nurses is None:
            return await self._shown(visit, fields, mistakes=mistakes, status=422)
        old = rules_in_force(await self._study(visit))
        try:
            job = await ask_backtest(
                visit.acts, visit.study, RuleFile(fields.get("rules", ""), FILE),
                old=RuleFile(old, IN_FORCE) if old else None, event=fields.get("event") or None, days=days,
                nurses=nurses, sites=visit.sites, by=visit.who.name,
            )  # fmt: skip
        except (BadInput, NotFound) as error:
            field = "event" if isinstance(error, NotFound) else "rules"
            return await self._shown(visit, fields, mistakes={field: str(error)}, status=422)
        return self._guard.go(f"{study_path(visit.study, 'protocol')}/work?job={job}&done=asked")

    async def _shown(
        self, visit: StudyVisit, typed: Mapping[str, str], *, mistakes: Mapping[str, str] = NO_MISTAKES,
        status: int = 200,
    ) -> Response:  # fmt: skip
        study = await self._study(visit)
        rules = typed.get("rules", rules_in_force(study))
        return self._pages.of_study(
            "backtest.html", visit, MENU, status=status, mistakes=mistakes, typed=typed, rules=rules,
            events=sorted(study.timeline),
        )  # fmt: skip

    async def _study(self, visit: StudyVisit) -> Study:
        async with visit.rt.database.transaction() as tx:
            return (await visit.rt.studies.in_force(tx, visit.study)).study


def rules_in_force(study: Study) -> str:
    """The section `alerts` of a study file, as text; empty if it has none."""
    if study.alerts is None:
        return ""
    section = study.alerts.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return yaml.safe_dump({"alerts": section}, sort_keys=False, allow_unicode=True)


def _number(text: str, least: int, most: int) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and least <= int(text) <= most else None
