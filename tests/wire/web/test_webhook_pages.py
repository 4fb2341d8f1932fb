"""The pages about webhooks, and the same by program: a secret is shown once, and kept nowhere in the clear."""

import re
from datetime import timedelta

import pytest

from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from tests.shared.office import STUDY, Office
from tests.wire.web.api_client import V1, program
from tests.wire.web.team_browser import SESSION, browser, session_of

pytestmark = pytest.mark.usefixtures("quick_passwords")
PAGE = f"/team/study/{STUDY}/webhooks"


async def test_the_lead_of_a_study_makes_tries_and_revokes_a_webhook(office: Office) -> None:
    session = await session_of(office.rt, "lead", RoleAt(Role.study_lead, STUDY))
    async with browser(office.rt) as page:
        page.set_cookie(SESSION, session)
        form = (await page.get(PAGE)).hidden
        wrong = {"name": "a pager", "url": "https://192.168.1.1/"}
        refused = await page.post(PAGE, {**form, **wrong})
        assert refused.status == 422
        assert all(said in refused.html for said in ("expected letters", "private address", "expected some of"))
        right = {"name": "pager", "url": "https://pager.example.org/x", "alert.changed": "yes"}
        made = await page.post(PAGE, {**form, **right})
        (secret,) = re.findall(r"whsec_[\w+/=]+", made.html)
        shown = await page.get(f"{PAGE}/pager")
        assert "whsec_" not in shown.html
        again = await page.post(PAGE, {**form, **right})
        assert (again.status, "is in force" in again.html) == (422, True)
        for act, said in (("test", "on its way"), ("pause", "waits"), ("resume", "goes on"), ("resend", "sent again")):
            done = await page.post(f"{PAGE}/pager/{act}", form)
            assert said in (await page.get(done.to)).html
        assert "webhook.test" in (await page.get(f"{PAGE}/pager")).html
        assert (await page.post(f"{PAGE}/pager/roll", form)).status == 409, "at the very moment of the first one"
        office.clock._now += timedelta(seconds=1)
        assert "whsec_" in (await page.post(f"{PAGE}/pager/roll", form)).html
        asked = await page.post(f"{PAGE}/pager/revoke", form)
        assert "cannot be undone" in asked.html
        assert "revoked" in (await page.get((await page.post(f"{PAGE}/pager/revoke", asked.hidden)).to)).html
    assert secret not in str(await office.rows("SELECT * FROM vault.webhook_secret"))

    async with program(office.rt) as asks:
        asks.client.cookie_jar.update_cookies({SESSION: session})
        asks.headers["X-CSRF-Token"] = (await asks.get(f"{V1}/session")).json["csrf"]
        at, new = f"{V1}/studies/{STUDY}/webhooks", {**right, "events": ["score.recorded"]}
        kept = await asks.post(at, new, Idempotency_Key="once")
        assert (kept.status, kept.json["mistakes"][0]["pointer"]) == (422, "/Idempotency-Key")
        assert (await asks.post(at, new)).json["secret"].startswith("whsec_")
        assert (await asks.post(at, new)).status == 409
        assert (await asks.post(f"{at}/pager/test")).status == 200
        assert [each["type"] for each in (await asks.get(f"{at}/pager")).json["deliveries"]] == ["webhook.test"]
        assert (await asks.post(f"{at}/pager/resend", {})).json["sent"] == 0
        states = [(each["name"], each["state"]) for each in (await asks.get(at)).json]
        assert states == [("pager", "active"), ("pager", "revoked")]
    assert "whsec_" not in str(await office.rows("SELECT answer FROM api_request"))
    told = await office.rows("SELECT what FROM account_event WHERE what LIKE 'webhook%%' ORDER BY id")
    assert [row["what"] for row in told][:3] == ["webhook made", "webhook tried", "webhook paused"]
