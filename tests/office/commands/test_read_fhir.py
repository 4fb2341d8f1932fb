"""A FHIR server as a feed: what is read of whom, and what a server may say."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest
from aiohttp import web

from pro_collector.errors import Misconfigured, ProCollectorError, Unavailable
from tests.shared.fhir import TOKEN, StandInFhir, patient, procedure, serving_fhir
from tests.shared.fhir_life import live, read, stands
from tests.shared.office import Office


@pytest.fixture
async def porto(office: Office, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[StandInFhir, str]]:
    monkeypatch.setenv("PORTO_TOKEN", TOKEN)
    fhir = StandInFhir(lambda: office.rt.clock.now().replace(microsecond=0))
    async with serving_fhir(fhir) as url:
        yield fhir, url


def _same(answer: web.Response) -> web.Response:
    return answer


async def test_a_life_in_fhir(office: Office, porto: tuple[StandInFhir, str]) -> None:
    fhir, url = porto
    fhir.page = 2
    await live(office, fhir, url)
    fhir.asked.clear()
    await read(office, url, hours=30)
    assert [kind for kind, form in fhir.asked if "_lastUpdated" not in form and "_id" not in form] == ["Patient"]
    fhir.asked.clear()
    await read(office, url, whole=True)
    for kind, form in fhir.asked:
        if kind == "Patient":
            assert (form["_elements"], form["identifier"].endswith("|RT-1")) == ("identifier,deceased", True)
        else:
            assert form.get("patient", "p1") == "p1", "nobody else's resources are asked for"
            assert {"patient", "_id"} & form.keys()


async def test_a_death_and_what_a_server_says_instead(office: Office, porto: tuple[StandInFhir, str]) -> None:
    fhir, url = porto
    await office.enrol("RT-1")
    await fhir.put(patient("p1", "RT-1", deceasedDateTime="2026-02-27T22:00:00+01:00"))
    await fhir.put(procedure("s1", "p1", "174776001", "2026-02-02"))
    refusals: tuple[tuple[web.Response, type[ProCollectorError], str], ...] = (
        (web.json_response({}, status=401), Misconfigured, "refused with HTTP 401"),
        (web.json_response({}, status=400), Misconfigured, "does not know this search"),
        (web.json_response({}, status=429), Unavailable, "HTTP 429"),
        (web.Response(text="<html>Anna Meier", content_type="text/html"), Unavailable, "is no bundle"),
        (
            web.json_response({"resourceType": "Bundle", "link": [{"relation": "next", "url": "https://evil.example"}]}),
            Misconfigured, "on another server",
        ),
    )  # fmt: skip
    for answer, kind, words in refusals:
        fhir.answers = [partial(_same, answer)]
        with pytest.raises(kind, match=words):
            await read(office, url, hours=1)
    failures = await office.rows("SELECT failure FROM feed_run ORDER BY ended_at")
    assert len(failures) == 5
    assert "Anna" not in str(failures)
    assert await read(office, url) == {"add": 2}
    assert await stands(office) == [("surgery", "2026-02-02"), ("death", "2026-02-27")]
    await office.run(office.rt.clock.now() + timedelta(hours=1))
