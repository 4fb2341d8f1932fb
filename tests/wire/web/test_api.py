"""The API over HTTP, as a program uses it: every operation with every role, and a day of a registry."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from pro_collector.commands.ask_job import ask_job
from pro_collector.commands.export_job import ask_export
from pro_collector.commands.webhooks import make_webhook
from pro_collector.commands.write_export import ToExport
from pro_collector.domain.account.acts import OF_PROGRAMS, WHOLE_INSTALLATION, Act, Role
from pro_collector.domain.account.permission import ALL_SITES, RoleAt, sites_for
from pro_collector.jobs import work_once
from tests.shared.alerts import answered
from tests.shared.office import STUDY, Office
from tests.shared.scenes import first_occasion, treated
from tests.shared.team import bearer
from tests.wire.web.api_client import V1, Answered, Program, program
from tests.wire.web.team_browser import SESSION, session_of

pytestmark = pytest.mark.usefixtures("quick_passwords")
AT = f"{V1}/studies/{STUDY}"
NEW = {
    "code": "RT-9", "site": "madrid", "arm": "treated", "enrolled_on": "2026-03-03", "language": "es",
    "zone": "Europe/Madrid", "birth_date": "1980-01-01", "phone": "+34600000102",
}  # fmt: skip
IDS = ("occasion", "item", "alert", "job", "feed", "webhook", "export")
OF_SOMEBODY = ("{code}", "{alert}", "{item}")


def is_problem(got: Answered, status: int, *pointers: str) -> bool:
    """Whether a program was refused with problem details, for mistakes at these places."""
    found = [each["pointer"] for each in got.json["mistakes"]]
    assert got.headers["Content-Type"].startswith("application/problem+json"), got
    assert (got.status, got.json["status"], found) == (status, status, list(pointers)), got.json
    assert got.json["title"]
    return True


async def test_each_role_does_at_each_site_what_the_table_says_and_no_more(office: Office) -> None:
    places = {"study": STUDY, "code": "RT-1", "feed": "lisbon", "alert": await answered(office)}
    await office.reply("QUESTION when is my next visit?")
    places["occasion"] = str((await first_occasion(office))["id"])
    places["item"] = str(await office.one("SELECT id FROM task"))
    places["webhook"] = "pager"
    await make_webhook(office.rt, STUDY, "pager", "https://example.org/", ["score.recorded"], by="lead")
    places["export"] = str(await ask_export(office.rt, STUDY, ToExport("visits", "csv"), by="lead"))
    assert await work_once(await office.of_process("jobs"))
    places["job"] = str(await ask_job(office.rt, STUDY, "preview", {"text": "", "file": ""}, by="garcia"))
    async with program(office.rt) as nobody:
        operations = await nobody.operations()
        assert len(operations) > 40
        assert {each.method for each in operations} == {"GET", "POST"}
        for each in operations:
            path = each.path.format(**places)
            got = await (nobody.get(path) if each.method == "GET" else nobody.post(path))
            assert is_problem(got, 401), each
    for role in sorted(Role):
        for site in (None,) if role in WHOLE_INSTALLATION else (None, "madrid"):
            study = None if role in WHOLE_INSTALLATION else STUDY
            grants = [RoleAt(role, study, site)]
            async with program(office.rt) as asks:
                if role in OF_PROGRAMS:
                    asks.headers["Authorization"] = await bearer(office.rt, role, study, site)
                else:
                    session = await session_of(office.rt, f"{role}-{site or 'all'}", *grants)
                    asks.client.cookie_jar.update_cookies({SESSION: session})
                    asks.headers["X-CSRF-Token"] = (await asks.get(f"{V1}/session")).json["csrf"]
                for each in operations:
                    sites, path = sites_for(grants, each.act, STUDY), each.path.format(**places)
                    seen_here = bool(sites) and (sites == ALL_SITES or not re.search("{webhook}|{export}", each.path))
                    of_somebody = any(part in each.path for part in OF_SOMEBODY)
                    seen = "bethesda" in sites if of_somebody else seen_here
                    if each.method == "GET":
                        got = await asks.get(path)
                        assert got.status == (200 if seen else 404), (role, site, each, got.json)
                        assert ("RT-1" in json.dumps(got.json)) <= ("bethesda" in sites), (role, site, each)
                    else:
                        got = await asks.post(path, [])  # nothing takes a list, so that little is done
                        if each.act is Act.amend_study and site:  # a study is changed for all of its sites
                            seen = False
                        done = (200, 202, 409, 412, 422) if seen else (404, 422) if sites else (404,)
                        assert got.status in done, (role, site, each, got.json)
                    if not sites:
                        assert is_problem(got, 404)


async def test_a_registry_enrols_and_records_and_nothing_is_done_twice(office: Office) -> None:
    await treated(office)  # RT-1
    async with program(office.rt, Role.write, STUDY) as registry:
        wrong = [{**NEW, "zone": "Mars/Base"}, {**NEW, "site": "atlantis"}]
        refused = await registry.post(f"{AT}/people", {"people": wrong})
        assert is_problem(refused, 422, "/people/0/zone", "/people/1/site", "/people/1/code")
        assert is_problem(
            await registry.post(f"{AT}/people", {"people": [{**NEW, "name": "x"}]}), 422, "/people/0/name"
        )
        async with registry.client.post(
            f"{registry.origin}{AT}/people", data=b"{", headers={**registry.headers, "Content-Type": "application/json"}
        ) as got:
            assert got.status == 400
        people = {"people": [NEW]}
        shown = await registry.post(f"{AT}/people?dry_run=true", people)
        assert (shown.status, shown.json["done"], shown.json["codes"]) == (201, False, ["RT-9"])
        assert (await registry.get(f"{AT}/people/RT-9")).status == 404
        once = await registry.post(f"{AT}/people", people, Idempotency_Key="monday-1")
        again = await registry.post(f"{AT}/people", people, Idempotency_Key="monday-1")
        assert (once.status, once.json) == (again.status, again.json)
        assert (once.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
        assert is_problem(await registry.post(f"{AT}/people", people), 422, "/people/0/code")
        other = {"people": [{**NEW, "code": "RT-10"}]}
        assert is_problem(
            await registry.post(f"{AT}/people", other, Idempotency_Key="monday-1"), 422, "Idempotency-Key"
        )
        assert is_problem(await registry.post(f"{AT}/people", other, Idempotency_Key="x" * 201), 400, "Idempotency-Key")
        await office.settle()

        at = f"{AT}/people/RT-9/treatment"
        event = {"kind": "treatment_start", "on": "2026-03-02"}
        first = await registry.post(f"{at}?dry_run=true", event)
        assert (first.json["done"], first.json["totals"]["added"] > 0) == (False, True), first.json
        stale = await registry.post(at, {**event, "confirmed": "0" * 32})
        assert (is_problem(stale, 412), stale.json["code"]) == (True, "outdated")
        done = await registry.post(at, {**event, "confirmed": first.json["fingerprint"]})
        assert (done.status, done.json["done"], done.json["changes"]) == (200, True, first.json["changes"])
        office.clock._now += timedelta(seconds=1)
        assert is_problem(await registry.post(at, event), 409)
        corrected = {"kind": "treatment_start", "was": "2026-03-02", "on": "2026-03-01", "reason": "typed wrong"}
        assert (await registry.post(f"{at}/correct", corrected)).json["totals"]["moved"] > 0
        assert is_problem(await registry.post(f"{at}/correct", corrected), 404), "it says which are recorded"
        assert is_problem(await registry.post(f"{at}/retract", {"kind": "x"}), 422, "/reason", "/was")
        states = f"{AT}/people/RT-9/states"
        assert is_problem(await registry.post(states, {"kind": "withdrew"}), 422, "/kind")
        assert (await registry.post(states, {"kind": "hospital", "reason": "fever"})).json["done"]
        assert (await registry.post(f"{states}/retract", {"kind": "hospital"})).json["done"]
        assert is_problem(await registry.post(f"{AT}/people/RT-9/leave", {"kind": "withdrew"}), 404)

        person = (await registry.get(f"{AT}/people/RT-9")).json
        assert (person["person"]["code"], person["addresses"][0]["masked"]) == ("RT-9", "")
        assert "600000102" not in json.dumps(person)
        assert await whole_list(registry, f"{AT}/research/participants", "participant_code") == ["RT-1", "RT-9"]
        visits = await whole_list(registry, f"{AT}/research/visits", "visit_id")
        assert len(visits) == len(set(visits)) == await office.one("SELECT count(*) FROM occasion")
        foreign = (await registry.get(f"{AT}/research/visits", limit="1")).json["next"]
        for cursor in (foreign, "x", foreign[:-2], "é"):
            assert is_problem(await registry.get(f"{AT}/research/participants", cursor=cursor), 422, "/cursor")
    acts = await office.rows(
        "SELECT DISTINCT by_whom, page FROM team_act WHERE participant_id IS NOT NULL ORDER BY page"
    )
    assert {row["by_whom"] for row in acts} == {f"write-{STUDY}-all"}
    assert "/api/v1/studies/{study}/people/{code}/treatment" in [row["page"] for row in acts]
    assert await office.one("SELECT count(*) FROM participant_change WHERE recorded_by = %s", f"write-{STUDY}-all") > 0


async def whole_list(asks: Program, path: str, name: str) -> list[Any]:
    """All items of a list, a few at a time."""
    found: list[Any] = []
    params = {"limit": "3"}
    while True:
        page = (await asks.get(path, **params)).json
        found += [item[name] for item in page["items"]]
        if page["next"] is None:
            return found
        params["cursor"] = page["next"]


async def test_somebody_works_with_their_session_and_nobody_acts_on_what_has_changed(office: Office) -> None:
    alert = await answered(office)
    await office.reply("QUESTION when is my next visit?")
    async with program(office.rt) as garcia, program(office.rt) as silva:
        for asks, name in ((garcia, "garcia"), (silva, "silva")):
            session = await session_of(office.rt, name, RoleAt(Role.study_lead, STUDY))
            asks.client.cookie_jar.update_cookies({SESSION: session})
        listed = (await garcia.get(f"{AT}/worklist")).json["rows"]
        (item,) = (row["item"] for row in listed if row["item"]["kind"] != "alert")
        path, version = f"{AT}/worklist/{item['id']}", f'"{item["version"]}"'
        assert is_problem(await garcia.post(f"{path}/claim", If_Match=version), 403), "without the token of the session"
        for asks in (garcia, silva):
            asks.headers["X-CSRF-Token"] = (await asks.get(f"{V1}/session")).json["csrf"]
        one = await garcia.get(path)
        assert (one.headers["ETag"], one.json["task"]["written"][0]["words"]) == (
            version, "QUESTION when is my next visit?",
        )  # fmt: skip
        assert is_problem(await garcia.post(f"{path}/claim"), 422, "If-Match")
        assert (await garcia.post(f"{path}/claim", If_Match=version)).json["done"] == "claim"
        late = await silva.post(f"{path}/note", {"note": "he phoned"}, If_Match=version)
        assert (is_problem(late, 412), "garcia has it now" in late.json["detail"]) == (True, True)
        now = (await garcia.get(path)).headers["ETag"]
        assert (await garcia.post(f"{path}/done", {"note": "answered"}, If_Match=now)).status == 200
        assert (await garcia.get(path)).json["row"]["item"]["closed"]

        ask, visit = f"{AT}/people/RT-1/ask-unscheduled", {"assessment": "weekly-symptoms", "at_hospital": True}
        assert is_problem(await garcia.post(ask, visit), 422, "/reason")
        asked = (await garcia.post(ask, {**visit, "reason": "came with pain", "over_budget": True})).json
        assert "/r/" in asked["url"]
        apart = f"{AT}/people/RT-1/check-ins/{asked['occasion_id']}/apart"
        assert is_problem(await garcia.post(apart, {"reason": "delayed"}), 404), "it was not asked for a wrong day"

        shown = (await garcia.get(f"{AT}/alerts")).json["open"]
        assert [each["row"]["id"] for each in shown] == [alert]
        at = f"{AT}/alerts/{alert}"
        assert (await garcia.post(f"{at}/acknowledge")).json["done"] == "acknowledged"
        assert is_problem(await silva.post(f"{at}/acknowledge"), 409)
        assert is_problem(await garcia.post(f"{at}/close", {"done": "wrong"}), 422, "/note")
        assert (await garcia.post(f"{at}/close", {"done": "phoned", "note": "RT-1 is well"})).status == 200
        async with program(office.rt, Role.read, STUDY) as reads:
            for asks, note in ((garcia, "RT-1 is well"), (reads, None)):
                assert (await asks.get(at)).json["alert"]["row"]["note"] == note

        channels = f"{AT}/people/RT-1/channels"
        assert is_problem(await garcia.post(channels, {"channels": "fax"}), 422, "/channels")
        stored = await garcia.post(channels, {"channels": "sms", "reason": "has no mail now"})
        assert stored.json == {"channels": "sms", "reporter": "self"}

        consents = f"{AT}/people/RT-1/consents"
        agreed = {"reporter": "proxy", "covers": "exit"}
        assert (await garcia.post(consents, agreed)).json["done"]
        assert is_problem(await garcia.post(consents, agreed), 409)
        assert (await garcia.post(f"{consents}/withdraw", {**agreed, "reason": "not now"})).json["done"]
        (row,) = (await garcia.get(consents)).json
        assert (row["recorded_by"], row["withdrawal_reason"]) == ("garcia", "not now")

        text = (await garcia.get(f"{AT}/file")).json["text"]
        wrong = await garcia.post(f"{AT}/check", {"text": text + "\nnonsense: 1\n"})
        assert (wrong.status, wrong.json["mistakes"][0]["pointer"][:5]) == (422, "/text"), wrong.json
        assert wrong.json["mistakes"][0]["line"] > 1
        assert (await garcia.post(f"{AT}/check", {"text": text})).status == 200
        job = (await garcia.post(f"{AT}/preview", {"text": text})).json["job"]
        assert (await garcia.get(f"{AT}/jobs/{job}")).json["head"]["kind"] == "preview"
        asked = {"job": job, "version": "1"}
        assert is_problem(await garcia.post(f"{AT}/apply", asked), 409), "the preview is not done"
        office.clock._now += timedelta(minutes=16)
        assert is_problem(await garcia.post(f"{AT}/apply", asked), 403), "who it is was not confirmed of late"
        assert (await garcia.post(f"{AT}/jobs/{job}/cancel")).status == 200

        trail = (await garcia.get(f"{AT}/audit", by="garcia")).json
        assert {line["by_whom"] for line in trail["items"]} == {"garcia"}
        assert is_problem(await garcia.get(f"{AT}/audit", since="2026-01-01T00:00"), 422, "since")
    looks = await office.rows("SELECT looked_by, door FROM look")
    assert {"looked_by": "garcia", "door": "api"} in looks


async def test_what_is_no_route_or_no_request_is_a_problem_too(office: Office) -> None:
    await treated(office)
    async with program(office.rt) as asks:
        assert is_problem(await asks.get(f"{V1}/nothing"), 404)
        assert is_problem(await asks.post(f"{V1}/openapi.json"), 405)
        operations = await asks.operations()
        asks.headers |= {
            "Authorization": await bearer(office.rt, Role.write, STUDY),
            "Content-Type": "application/json",
        }
        for each in operations:
            asked_of = {
                "study": STUDY,
                "code": "RT-1",
                **dict.fromkeys(IDS, "x"),
            }
            path = each.path.format(**asked_of)
            for body in (b"{", b"[" * 100_000, b'"\\ud800"', b'{"reason": "\\u0000"}', b"\xff", b"1e999"):
                if each.method == "POST":
                    async with asks.client.post(asks.origin + path, data=body, headers=asks.headers) as got:
                        assert got.status in (400, 404, 422), (each, body)
                        assert got.headers["Content-Type"] == "application/problem+json"
        asks.headers["Host"] = "evil.example"
        assert is_problem(await asks.get(f"{V1}/openapi.json"), 421)
