"""Every route of the web process, in one application."""

import asyncio
from typing import Any

import aiohttp
import pytest
import yaml
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pro_collector.cli.health import health as ask_health
from pro_collector.errors import Misconfigured, Unavailable
from pro_collector.settings import Settings
from pro_collector.web.traces import OFF, telemetry
from tests.shared.office import DEMO, STUDY, Office
from tests.shared.scenes import in_conversation
from tests.shared.team import bearer


def without_english(found: Any) -> Any:
    """A study file whose English texts are left out."""
    if isinstance(found, dict):
        return {key: without_english(value) for key, value in found.items() if not (key == "en" and "es" in found)}
    return [without_english(each) for each in found] if isinstance(found, list) else found


async def test_a_study_without_english_has_its_charts_too(office: Office) -> None:
    """Every text of the demo study in Spanish alone."""
    spanish = {**without_english(yaml.safe_load(DEMO)), "id": "historia", "languages": ["es"]}
    await office.apply(yaml.safe_dump(spanish, allow_unicode=True, sort_keys=False))
    login = await bearer(office.rt, study="historia")
    url = f"{office.rt.settings.public_url}/team/study/historia/charts"
    async with aiohttp.ClientSession() as session, session.get(url, headers={"Authorization": login}) as answer:
        assert answer.status == 200
        assert "Inicio del tratamiento" in await answer.text()


async def test_it_says_that_it_is_alive_and_that_it_can_work(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    url = office.rt.settings.public_url
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok"})
        async with session.get(f"{url}/readyz") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ready", "parts": {"web": []}})
    monkeypatch.setattr(Settings, "load", lambda *_: office.rt.settings)
    await asyncio.to_thread(ask_health, "web")
    with pytest.raises(Misconfigured, match="PRO_HEALTH_PORT: is not set"):
        await asyncio.to_thread(ask_health, "worker")


async def test_a_trace_has_the_pattern_of_a_route_and_no_link(traces: InMemorySpanExporter, office: Office) -> None:
    url = office.rt.settings.public_url
    async with aiohttp.ClientSession() as session:
        for path in ("/r/a-secret?of=a-secret", "/healthz", "/no/a-secret"):
            async with session.get(f"{url}{path}", headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}):
                pass
    spans = traces.get_finished_spans()
    assert [span.name for span in spans] == ["GET /r/{token}", "GET /healthz", "GET"]
    assert [(span.attributes or {})["http.response.status_code"] for span in spans] == [404, 200, 404]
    assert "secret" not in "".join(span.to_json() for span in spans)
    assert all(span.parent is None for span in spans)


def test_without_a_collector_requests_are_not_traced() -> None:
    assert telemetry() == OFF
    assert not any(OFF.values())


async def test_what_a_process_does_not_run_is_no_part_of_its_health(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = office.rt.settings.web_port
    monkeypatch.setattr(Settings, "load", lambda *_: office.rt.settings.model_copy(update={"health_port": port}))
    with pytest.raises(Unavailable, match=f"worker: the process at 127.0.0.1:{port} does not run it, but web"):
        await asyncio.to_thread(ask_health, "worker")
    monkeypatch.setattr(Settings, "load", lambda *_: office.rt.settings.model_copy(update={"health_port": 1}))
    with pytest.raises(Unavailable, match=r"relay: no answer from its process at 127.0.0.1:1 \(ConnectionRefused"):
        await asyncio.to_thread(ask_health, "relay")


async def test_who_lost_a_part_of_a_link_gets_a_page_and_a_program_what_it_can_read(office: Office) -> None:
    browser = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": "es-US,es"}
    async with aiohttp.ClientSession() as session:
        for path in ("/", "/favicon.ico", "/wp-login.php"):
            async with session.get(office.rt.settings.public_url + path, headers=browser) as answer:
                assert answer.status == 404
                assert '<html lang="es"' in await answer.text()
                assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            async with session.get(office.rt.settings.public_url + path) as answer:
                assert (answer.status, await answer.json()) == (404, {"error": "no such page"})


async def test_without_kafka_the_live_stream_ends_so_that_the_browser_comes_back(office: Office) -> None:
    await in_conversation(office)  # in the office no broker answers
    url = f"{office.rt.settings.public_url}/team/study/{STUDY}/charts/live"
    login = await bearer(office.rt, study=STUDY)
    async with aiohttp.ClientSession() as session:
        for _ in range(2):
            async with session.get(url, headers={"Authorization": login}) as answer:
                assert (answer.status, answer.content_type) == (200, "text/event-stream")
                assert await answer.text() == ""
