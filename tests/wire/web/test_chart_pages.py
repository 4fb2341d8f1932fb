"""The charts of a made-up study in a browser without script: their numbers against SQL and the research model."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any
from xml.etree import ElementTree

from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import ALL_SITES, RoleAt
from pro_collector.domain.research.missingness import completion
from pro_collector.domain.research.tables import ParticipantOfStudy, PlannedVisit
from pro_collector.postgres.questions import research
from pro_collector.views.charts import ChartChoice, count_completion
from tests.shared.office import Office
from tests.shared.team_year import seed_year
from tests.shared.year_study import YEAR
from tests.wire.web.team_browser import SESSION, TeamBrowser, browser, session_of

AT = f"/team/study/{YEAR}/charts"
SCALE = "symptom-diary/symptom_burden"
ASKED = f"scale={SCALE}&anchor=treatment_start&by=arm&statistic=median&every=14"
BY_HAND = """
WITH day0 AS (SELECT participant_id, min(happened_on) AS on_day FROM timeline_event WHERE kind = 'treatment_start'
              GROUP BY participant_id),
     known AS (SELECT DISTINCT ON (p.id, floor((d.day + 7) / 14.0)) p.arm, floor((d.day + 7) / 14.0)::int AS stretch,
                      s.value
               FROM score_current s JOIN participant p ON p.id = s.participant_id
               JOIN day0 ON day0.participant_id = p.id JOIN occasion o ON o.id = s.occasion_id
               CROSS JOIN LATERAL (SELECT (s.completed_at AT TIME ZONE p.zone)::date - day0.on_day AS day) d
               WHERE p.study = 'rare-tumour-year' AND s.instrument = 'symptom-diary' AND s.scale = 'symptom_burden'
                 AND s.value IS NOT NULL AND o.reporter = 'self' AND ({site} IS NULL OR p.site = {site})
               ORDER BY p.id, floor((d.day + 7) / 14.0), abs(d.day - 14 * floor((d.day + 7) / 14.0)), d.day,
                        s.completed_at)
SELECT arm, stretch, count(*) AS n, percentile_cont(0.5) WITHIN GROUP (ORDER BY value) AS value FROM known
GROUP BY arm, stretch
"""
"""The same numbers in one statement of SQL: median by arm in stretches of 14 days."""


async def table(page: TeamBrowser, path: str) -> list[dict[str, str]]:
    """A CSV file, row by row."""
    got = await page.get(f"{AT}/{path}")
    assert (got.status, got.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert "attachment" in got.headers["Content-Disposition"]
    return list(csv.DictReader(StringIO(got.html)))


def the_numbers_agree(shown: Sequence[Mapping[str, str]], by_hand: Sequence[Mapping[str, Any]]) -> None:
    """Each group and stretch has the number of people and the median that SQL finds; no median of fewer than 5."""
    found = {(row["arm"], 14 * row["stretch"] - 7): row for row in by_hand}
    own = [row for row in shown if row["reporter"] == "self"]
    assert {(row["group"], int(row["from_day"])) for row in own if row["n"] != "0"} == set(found)
    few = 0
    for row in own:
        known = found.get((row["group"], int(row["from_day"])), {"n": 0, "value": None})
        assert int(row["n"]) == known["n"]
        assert int(row["n"]) <= int(row["at_risk"])
        assert int(row["received"]) <= int(row["expected"])
        few += 0 < known["n"] < 5
        assert row["value"] == "" if known["n"] < 5 else abs(float(row["value"]) - known["value"]) < 1e-9
    assert few, "the data have no group of fewer than five"


async def test_the_charts_have_the_numbers_of_the_record_at_each_site(office: Office) -> None:
    await seed_year(office.rt, people=45, days=80)
    async with browser(office.rt) as page:
        page.set_cookie(SESSION, await session_of(office.rt, "lead", RoleAt(Role.study_lead, YEAR)))
        for site, literal in (("", "NULL::text"), ("madrid", "'madrid'")):
            shown = await table(page, f"scores.csv?{ASKED}&site={site}")
            the_numbers_agree(shown, await office.rows(BY_HAND.format(site=literal)))
        drawn = await page.get(f"{AT}?{ASKED}")
        assert drawn.status == 200
        for words in ("Standard treatment", "fewer than 5", "In the study", "Higher is worse", "data-svg"):
            assert words in drawn.html, words
        file = await page.get(f"{AT}/scores.svg?{ASKED}&reporter=proxy")
        assert file.headers["Content-Type"].startswith("image/svg+xml")
        assert ElementTree.fromstring(file.html).tag.endswith("svg")
        one_by_one = await page.get(f"{AT}/people?{ASKED}")
        assert one_by_one.html.count('class="multiple"') == 24
        assert "Page 1 of 2" in one_by_one.html
        assert (await page.get(f"{AT}/people?{ASKED}&page=x")).status == 200
        assert len(await table(page, f"people.csv?{ASKED}")) > 100
        await completion_is_that_of_the_research_model(office, await table(page, "completion.csv?by=arm"))
        assert "no answer" in (await page.get(f"{AT}/completion?by=site")).html
        assert (await page.get(f"{AT}?scale=none/none&anchor=%20&by=&every=5&site=nowhere")).status == 200
        await only_what_the_roles_allow(office, page)


async def completion_is_that_of_the_research_model(office: Office, shown: Sequence[Mapping[str, str]]) -> None:
    """The page counts from the tables of the record; the export counts from the views of the research model."""
    async with office.rt.database.snapshot() as tx:
        await research.see(tx, None)
        people = await research.rows(tx, ParticipantOfStudy, YEAR)
        visits = await research.rows(tx, PlannedVisit, YEAR)
    now = office.clock.now()
    due = [visit for visit in visits if visit.due_at <= now]
    rows = {(row.visit, row.reporter, row.arm): row for row in completion(people, due) if row.by == "arm"}
    assert len(shown) > 20
    for each in shown:
        row = rows[each["visit"], each["reporter"], each["group"]]
        counts = tuple(int(each[name]) for name in ("expected", "received", "complete"))
        assert counts == (row.expected, row.received, row.complete), each
    assert sum(row.expected for row in rows.values()) == sum(int(each["expected"]) for each in shown)
    counted = await count_completion(office.rt, YEAR, ALL_SITES, ChartChoice(by="arm"))
    ends = Counter[str]()
    for count in counted.rows:
        for (place, _), n in count.reasons.items():
            ends[place] += n
    assert ends["missing"] == sum(row.missing for row in rows.values()) > 0


async def only_what_the_roles_allow(office: Office, page: TeamBrowser) -> None:
    """Who may not take data out sees the charts without files; who is of one site sees that site."""
    page.set_cookie(SESSION, await session_of(office.rt, "lopez", RoleAt(Role.coordinator, YEAR, "madrid")))
    shown = await page.get(f"{AT}?by=site")
    assert shown.status == 200
    assert "Saguaro" not in shown.html
    assert "scores.csv" not in shown.html
    for file in ("scores.csv", "scores.svg", "people.csv", "completion.csv", "completion.svg"):
        assert (await page.get(f"{AT}/{file}")).status == 404
    codes = {row["code"] for row in await office.rows("SELECT code FROM participant WHERE site <> 'madrid'")}
    people = await page.get(f"{AT}/people")
    assert not {code for code in codes if code in people.html}
