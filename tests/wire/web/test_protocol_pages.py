"""The pages of the study: what is in force, a file from its check to its application, questionnaires, replies."""

from html import unescape

import aiohttp

from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from pro_collector.jobs import work_once
from tests.shared.office import DEMO, STUDY, Office
from tests.shared.scenes import TREATED, treated
from tests.wire.web.team_browser import SESSION, Shown, TeamBrowser, browser, session_of

AT = f"/team/study/{STUDY}/protocol"
AN_HOUR_LATER = DEMO.replace('version: "1.0"', 'version: "1.1"').replace('at: "10:00"', 'at: "11:00"', 1)


async def enter(office: Office, page: TeamBrowser, handle: str, role: Role, site: str | None = None) -> None:
    """Be signed in with this role."""
    page.set_cookie(SESSION, await session_of(office.rt, handle, RoleAt(role, STUDY, site)))


async def finished(office: Office, page: TeamBrowser, asked: Shown) -> Shown:
    """The page of a job that was asked for, when it is done."""
    assert asked.status == 303, asked.html
    assert "is being done now" in (await page.get(asked.to)).html
    assert await work_once(await office.of_process("jobs"))
    return await page.get(asked.to)


async def test_a_study_is_amended_in_the_browser_and_taken_back(office: Office) -> None:
    await treated(office)
    await office.enrol("RT-2", phone="+12025550177", site="phoenix")
    await office.happened("treatment_start", TREATED, "RT-2")
    async with browser(office.rt) as page:
        await enter(office, page, "lead", Role.study_lead)
        form = await page.get(AT)
        assert form.status == 200
        for words in ("every week for 2 years", "Version 1.0 is in force", "A year of one person", "Change the study"):
            assert words in form.html, words
        for name in ('<span lang="es">Español</span>', "Arm: Observed only", "Arm: On treatment"):
            assert name in form.html, name
        downloaded = await page.get(f"{AT}/file")
        assert (downloaded.html, "attachment" in downloaded.headers["Content-Disposition"]) == (DEMO, True)

        upload = aiohttp.FormData(form.hidden)
        upload.add_field("upload", DEMO.replace("every: 1w", "every: often"), filename="mine.yaml")
        wrong = await page.post(f"{AT}/check", upload)
        line = next(n for n, text in enumerate(DEMO.splitlines(), 1) if "every: 1w" in text)
        assert (wrong.status, "Check of mine.yaml" in wrong.html) == (422, True)
        assert f"line {line}<" in wrong.html
        assert "every: often" in wrong.html, "what was sent is kept"
        other = await page.post(f"{AT}/check", {**form.hidden, "text": DEMO.replace(f"id: {STUDY}", "id: other")})
        assert (other.status, "the study of this page" in other.html) == (422, True)
        same = await page.post(f"{AT}/check", {**form.hidden, "text": AN_HOUR_LATER.replace('"1.1"', '"1.0"')})
        assert "give this one a new version" in same.html

        checked = await page.post(f"{AT}/check", {**form.hidden, "text": AN_HOUR_LATER})
        assert (checked.status, "1.1: no mistakes found" in checked.html) == (200, True)
        sizes = {"participants": "none", "years": "5", "price": "0.01", "starts": "2026-03-02"}
        refused = await page.post(f"{AT}/rehearse", {**form.hidden, "text": AN_HOUR_LATER, **sizes})
        assert (refused.status, "Expected a number from 1 to 1000" in refused.html) == (422, True)

        preview = await finished(office, page, await page.post(f"{AT}/preview", {**form.hidden, "text": AN_HOUR_LATER}))
        assert "check-ins of 2 of 2 people change" in preview.html
        assert {code in preview.html for code in ("RT-1", "RT-2", "weekly-symptoms")} == {True}
        job = preview.hidden["job"]
        typo = await page.post(f"{AT}/apply", {**preview.hidden, "version": "1.0"})
        assert (typo.status, "Type the version that you want in force: 1.1" in typo.html) == (422, True)
        applied = await finished(office, page, await page.post(f"{AT}/apply", {**preview.hidden, "version": "1.1"}))
        assert "Version 1.1 is in force, before it 1.0. 2 people are being planned again" in applied.html
        await office.settle()
        late = await page.post(f"{AT}/apply", {**preview.hidden, "job": job, "version": "1.1"})
        assert (late.status, "preview it again" in late.html) == (422, True)

        form = await page.get(AT)
        assert "Preview going back to 1.0" in form.html
        back = await finished(office, page, await page.post(f"{AT}/preview", {**form.hidden, "version": "1.0"}))
        assert "Put version 1.0 in force" in back.html
        await finished(office, page, await page.post(f"{AT}/apply", {**back.hidden, "version": "1.0"}))
        where = await office.rows("SELECT applied_by, client FROM study_application ORDER BY id")
        assert where[-1] == {"applied_by": "lead", "client": "127.0.0.1"}, "a worker did it for them"
        await office.settle()
        assert await office.one("SELECT version FROM study WHERE current") == "1.0"
        applications = await office.rows("SELECT version, applied_by FROM study_application ORDER BY id")
        assert [(row["version"], row["applied_by"]) for row in applications] == [
            ("1.0", "tester"), ("1.1", "lead"), ("1.0", "lead")
        ]  # fmt: skip

        for handle, role, site, seen in (
            ("nurse", Role.coordinator, "phoenix", {"RT-2"}), ("here", Role.study_lead, "bethesda", {"RT-1"}),
            ("watch", Role.monitor, None, {"RT-1", "RT-2"}),
        ):  # fmt: skip
            await enter(office, page, handle, role, site)
            shown = await page.get(f"{AT}/work?job={job}")
            assert {code for code in ("RT-1", "RT-2") if code in shown.html} == seen, role
            assert "Put it in force" not in shown.html
            form = await page.get(AT)
            assert "Change the study" not in form.html
            for act, fields in (("check", {"text": DEMO}), ("preview", {"version": "1.1"}), ("apply", {"job": job})):
                assert (await page.post(f"{AT}/{act}", {**form.hidden, **fields})).status == 404, (role, act)


async def test_a_questionnaire_as_patients_meet_it_and_a_reply_on_trial(office: Office) -> None:
    async with browser(office.rt) as page:
        await enter(office, page, "nurse", Role.coordinator, "madrid")
        shown = await page.get(f"{AT}/questionnaires?questionnaire=symptom-diary&language=es&question=2")
        assert (shown.status, 'lang="es"' in shown.html) == (200, True)
        assert "segment" in shown.html
        assert "<button>" not in shown.html.partition("As a page of the form")[2], "nothing can be sent"
        assert (await page.get(f"{AT}/questionnaires?questionnaire=nothing")).status == 404
        proxy = await page.get(f"{AT}/questionnaires?questionnaire=symptom-diary&language=en&reporter=proxy")
        assert proxy.status == 200

        form = await page.get(f"{AT}/try?language=en")
        for reply, found in {
            "7": ("Read as an answer: 7", "Stored as the answer</dt><dd>7"),
            "it depends": ("Read as unclear", "Stored as the answer</dt><dd>nothing"),
            "STOP": ("a wish to get no more messages", "no more messages go to this number"),
            "I want to die": ("Read as an emergency", "urgent:"),
        }.items():
            fields = {**form.hidden, "question": "symptom-diary/pain", "reply": reply}
            read = await page.post(f"{AT}/try", fields)
            words = unescape(read.html)
            assert (read.status, [each for each in found if each not in words]) == (200, []), reply
            assert f">{reply}</textarea>" in words
        assert await office.one("SELECT count(*) FROM task") == 0
        assert await office.one("SELECT count(*) FROM message") == 0
