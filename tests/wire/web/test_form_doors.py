"""Who may come in and what leaks out: scanners, strange links, other sites, headers, logs, and stopping email."""

import asyncio
import logging
import re
from dataclasses import replace

import pytest
import structlog

from pro_collector.web.form.store import TeamContact
from tests.wire.web.all_kinds import all_kinds
from tests.wire.web.memory_store import CLINIC, TOKEN, desk
from tests.wire.web.test_form import diary
from tests.wire.web.visit import visit

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
PAGES = ["", "/", "/q/1", "/q/99", "/review", "/done", "/nowhere/at/all"]


async def test_looking_changes_nothing_however_often_scanners_and_previews_look() -> None:
    record = diary()
    before = record.survey
    async with visit(record) as scanner:
        for path in PAGES:
            for method in ("HEAD", "GET"):
                page = await scanner.ask(method, scanner.link + path)
                assert page.status in (200, 303)
                assert method == "GET" or page.html == ""
        for method in ("HEAD", "GET"):
            assert (await scanner.ask(method, f"/u/{TOKEN}")).status == 200
    assert record.survey is before
    assert set(record.calls) == {"open"}
    assert not record.stopped


@pytest.mark.parametrize(
    "path", ["/r/", "/r/x", f"/r/{TOKEN}x", f"/r/{TOKEN}x/q/1", "/r/%00%ff", "/r/a/b/c", "/r/..%2f.."]
)
async def test_an_unknown_link_and_an_expired_one_give_the_same_friendly_page(path: str) -> None:
    async with visit(diary()) as person:
        page = await person.get(path)
        expired = await person.get("/r/ThisLinkWasGoodLongAgo1")
    assert (page.status, page.html) == (404, expired.html)
    assert page.heading == "This link does not work"
    assert "Call +1 555 010 0199" in page.html
    assert page.headers["Cache-Control"] == "no-store"


async def test_an_unknown_link_speaks_the_browsers_language_and_needs_no_contact() -> None:
    async with visit(diary(), contact=None) as person:
        french = await person.get("/r/ThisLinkWasGoodLongAgo1", Accept_Language="nl;q=0.9, fr-CA, en")
        spanish = await person.get("/r/ThisLinkWasGoodLongAgo1?lang=es", Accept_Language="fr")
    assert french.heading == "Ce lien ne fonctionne pas"
    assert '<a href="?lang=es" lang="es" hreflang="es">Español</a>' in french.html
    assert spanish.heading == "Este enlace no funciona"
    assert "tel:" not in french.html


async def test_an_unknown_link_offers_the_languages_of_the_studies_in_force() -> None:
    async with visit(diary(), contact=replace(CLINIC, languages={"en", "es-MX"})) as person:
        page = await person.get("/r/ThisLinkWasGoodLongAgo1")
    assert 'hreflang="es"' in page.html
    assert 'hreflang="fr"' not in page.html


@pytest.mark.parametrize(
    ("accepted", "offered"),
    [("es-ES,es;q=0.9,en;q=0.8", True), ("da,es;q=0.5", True), ("en-US,es;q=0.5", False), ("da", False), ("", False)],
)
async def test_the_first_page_offers_the_language_of_the_browser(accepted: str, offered: bool) -> None:
    async with visit(diary()) as person:
        page = await person.get(person.link, Accept_Language=accepted)
        chosen = await person.get(f"{person.link}?lang=en", Accept_Language=accepted)
        offer = f'<p class="note"><a href="{person.link}?lang=es" lang="es" hreflang="es">Leer esto en español</a></p>'
    assert (offer in page.html) == offered
    assert 'class="note"' not in chosen.html, "whoever has chosen is asked no more"


async def test_what_to_do_in_an_emergency_is_said_in_another_language_rather_than_not() -> None:
    async with visit(diary()) as person:
        french = await person.get("/r/ThisLinkWasGoodLongAgo1?lang=fr")
        spanish = await person.get("/r/ThisLinkWasGoodLongAgo1?lang=es")
    assert '<p class="emergency" lang="en" dir="auto">In an emergency call 911.' in french.html
    assert '<p class="emergency">En una emergencia llame al 911.</p>' in spanish.html
    assert '<p class="emergency">Si piensa en hacerse daño, llame al 988.</p>' in spanish.html


@pytest.mark.parametrize("tail", [".", ")", "%E2%80%9D.", "/", "./"])
async def test_a_link_with_the_punctuation_of_its_sentence_still_opens(tail: str) -> None:
    async with visit(diary()) as person:
        page = await person.get(person.link + tail)
    assert (page.status, page.heading) == (200, "Your check-in")
    assert f'action="{person.link}"' in page.html


async def test_every_page_has_strict_headers_and_sets_no_cookie() -> None:
    async with visit(diary()) as person:
        pages = [await person.get(person.link + path) for path in PAGES]
        pages += [await person.get("/r/x"), await person.get(f"/u/{TOKEN}"), await person.post(person.link)]
        pages.append(await person.post(person.link, Sec_Fetch_Site="cross-site"))
    for page in pages:
        assert page.headers["Content-Security-Policy"] == POLICY
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "Strict-Transport-Security" not in page.headers
        assert "Set-Cookie" not in page.headers
        own = r'<script src="/read-aloud\.js\?[0-9a-f]{12}" defer data-read="[^"<>]+" data-stop="[^"<>]+"></script>'
        assert "<script" not in re.sub(own, "", page.html)  # ours from our own address, and nothing inline
        assert len(re.findall(own, page.html)) == ("<fieldset" in page.html)
        assert "style=" not in page.html.replace('rel="stylesheet"', "")
        assert "http" not in page.html


async def test_behind_https_and_a_path_of_its_own_every_address_keeps_the_path() -> None:
    async with visit(diary(), public_url="https://clinic.example/pro/") as person:
        page = await person.get(person.link)
        begun = await person.post(person.link)
    assert page.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    assert f'action="/pro{person.link}"' in page.html
    assert 'href="/pro/patient.css?' in page.html
    assert begun.goes_to == f"/pro{person.link}/q/1"


async def test_the_style_sheet_is_small_and_may_be_kept() -> None:
    async with visit(diary()) as person:
        style = await person.get("/patient.css")
    assert style.headers["Content-Type"].startswith("text/css")
    assert "immutable" in style.headers["Cache-Control"]
    assert len(style.html) < 8000
    assert "url(" not in style.html


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 303), ("none", 303)]
)
async def test_a_post_that_another_site_causes_is_refused_kindly(site: str, status: int) -> None:
    record = diary()
    async with visit(record) as person:
        page = await person.question(1)
        sent = await person.post(f"{person.link}/q/1", {**page.hidden, "answer": "3"}, Sec_Fetch_Site=site)
    assert sent.status == status
    assert len(record.records) == (1 if status == 303 else 0)
    assert status == 303 or sent.heading == "Please open your link again"


async def test_following_the_link_from_an_email_on_another_site_is_fine() -> None:
    async with visit(diary()) as person:
        assert (await person.get(person.link, Sec_Fetch_Site="cross-site")).status == 200


async def test_an_endless_answer_and_a_thousand_fields_do_no_harm() -> None:
    record = desk(all_kinds())
    async with visit(record) as person:
        page = await person.question(5)
        long = await person.send(page, 5, answer="x" * 900_000)
        assert (long.status, long.html.count("longer than 4000 characters")) == (422, 2)
        many = await person.send(page, 5, answer="3", **{f"f{number}": "" for number in range(1000)})
        assert many.goes_to == f"{person.link}/q/1"
    assert not record.records


async def test_neither_the_token_nor_an_answer_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    record = diary(failing=RuntimeError(f"no row for /r/{TOKEN}, which said 'took two pills'"))
    with structlog.testing.capture_logs() as told:
        async with visit(record) as person:
            page = await person.question(1)
            assert (await person.send(page, 1, answer="7")).status == 500
            await person.get("/r/x")
    assert told[0]["event"] == "a page for patients failed"
    assert told[0]["error"] == "RuntimeError"
    assert "raise self.failing" in told[0]["trace"], "where it failed"
    assert TOKEN not in repr(told) + caplog.text
    assert "pills" not in repr(told) + caplog.text


async def test_a_visitor_who_leaves_in_the_middle_of_a_post_is_no_error() -> None:
    with structlog.testing.capture_logs() as told:
        async with visit(diary()) as person:
            host, port = person.origin.removeprefix("http://").split(":")
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(f"POST {person.link}/q/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nplace=".encode())
            await writer.drain()
            writer.close()
            await writer.wait_closed()
            assert (await person.get(person.link)).status == 200
    assert told == []


async def test_stopping_email_takes_one_press_and_looking_stops_nothing() -> None:
    record = diary()
    async with visit(record) as person:
        page = await person.get(f"/u/{TOKEN}")
        assert page.heading == "Stop our emails"
        assert not record.stopped
        done = await person.post(f"/u/{TOKEN}", page.hidden)
    assert (done.status, done.heading) == (200, "You will get no more emails")
    assert "still in the study" in done.html
    assert record.stopped == ["page"]


async def test_the_link_of_a_text_stops_texts_and_says_so_and_only_from_our_own_page() -> None:
    record = diary(channel="sms", language="es")
    async with visit(record) as person:
        page = await person.get(f"/u/{TOKEN}")
        assert page.heading == "No recibir más mensajes de texto"
        assert "correos o una llamada" in page.html
        assert (await person.post(f"/u/{TOKEN}", page.hidden, Sec_Fetch_Site="cross-site")).status == 403
        assert (await person.post(f"/u/{TOKEN}", page.hidden, Origin="https://evil.example")).status == 403
        program = await person.post(f"/u/{TOKEN}", {"List-Unsubscribe": "One-Click"})
        assert (program.status, program.heading) == (200, page.heading), "it asks again"
        assert not record.stopped
        done = await person.post(f"/u/{TOKEN}", page.hidden, Origin=person.origin)
    assert (done.status, done.heading) == (200, "No recibirá más mensajes de texto")
    assert record.stopped == ["page"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://evil.example", 403), ("https://clinic.example", 303), ("null", 303), ("ours", 303)],
)
async def test_where_an_old_browser_says_only_the_origin_a_strange_one_is_refused(origin: str, status: int) -> None:
    record = diary()
    async with visit(record, public_url="https://clinic.example/pro/") as person:
        page = await person.question(1)
        from_where = person.origin if origin == "ours" else origin
        sent = await person.post(f"{person.link}/q/1", {**page.hidden, "answer": "3"}, Origin=from_where)
    assert sent.status == status
    assert len(record.records) == (1 if status == 303 else 0)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        (
            '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
        ("", "text/plain"),
    ],
)
async def test_a_mail_providers_one_click_stops_email_without_redirect_cookie_or_page(body: str, kind: str) -> None:
    record = diary()
    async with visit(record) as provider:
        done = await provider.ask("POST", f"/u/{TOKEN}", body, Content_Type=kind, Sec_Fetch_Site="cross-site")
    assert done.status == 200
    assert record.stopped == ["one-click"]


async def test_stopping_with_an_unknown_link_or_a_failing_record_is_not_called_done() -> None:
    record = diary()
    async with visit(record, contact=TeamContact(phone="+44 20 7946 0000")) as person:
        unknown = await person.post("/u/ThisLinkWasGoodLongAgo1")
        record.failing = RuntimeError()
        failed = await person.post(f"/u/{TOKEN}", {"List-Unsubscribe": "One-Click"})
    assert unknown.status == 404
    assert "Call +44 20 7946 0000" in unknown.html
    assert failed.status == 500
    assert failed.hidden == {"List-Unsubscribe": "One-Click"}
