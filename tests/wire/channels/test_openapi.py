"""Our requests, and the rehearsal carrier's answers, against Twilio's published OpenAPI description."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from jsonschema import Draft202012Validator
from yarl import URL

from pro_collector.channels.outcome import Accepted
from tests.shared.places import ROOT
from tests.shared.provider import (
    ACCOUNT,
    CLINIC,
    PATIENT,
    SERVICE,
    START,
    TOKEN,
    LeapClock,
    answers,
    inbound,
    network,
    provider,
    twilio,
)

DESCRIPTION = ROOT.parent / "shared" / "facts" / "twilio-messages-openapi.json"
MANY = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
ONE = "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json"
OTHER_THAN_TEXT = ("integer", "number", "boolean")


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    if not DESCRIPTION.is_file():
        pytest.skip("Twilio's OpenAPI description (../shared/facts) is not here")
    described: dict[str, Any] = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    return described


def as_json_schema(description: Mapping[str, Any], schema: Any, *, closed: bool) -> Any:
    """An OpenAPI 3.0 schema as JSON Schema: references resolved, `nullable` said aloud, no unknown properties."""
    if isinstance(schema, list):
        return [as_json_schema(description, item, closed=closed) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return as_json_schema(description, description["components"]["schemas"][name], closed=closed)
    read = {
        key: as_json_schema(description, value, closed=closed)
        for key, value in schema.items()
        if key not in ("format", "x-twilio", "description", "nullable", "title", "example")
    }
    if closed and isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        read["additionalProperties"] = False
    return {"anyOf": [read, {"type": "null"}]} if schema.get("nullable") else read


def typed(fields: Mapping[str, str], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Form fields as the types that the description gives them."""
    kinds = {name: described.get("type") for name, described in schema["properties"].items()}
    return {name: json.loads(value) if kinds.get(name) in OTHER_THAN_TEXT else value for name, value in fields.items()}


def check(instance: Any, schema: Any) -> None:
    Draft202012Validator.check_schema(schema)
    found = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(instance)]
    assert found == []


@pytest.mark.parametrize("sender", [CLINIC, SERVICE])
async def test_a_request_to_send_is_as_described(description: dict[str, Any], sender: str) -> None:
    body = description["paths"][MANY]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]
    schema = as_json_schema(description, body["schema"], closed=True)
    async with provider(answers("400 Bad Request")) as it, twilio(it.url, sender=sender) as channel:
        await channel.send(to=PATIENT, body="¿0-10?", delivery_id=uuid4(), validity=timedelta(hours=2))
    check(typed(it.requests[0].fields, schema), schema)
    account = description["paths"][MANY]["post"]["parameters"][0]["schema"]
    check(it.requests[0].target.split("/")[3], as_json_schema(description, account, closed=True))
    assert it.requests[0].headers["content-type"] == "application/x-www-form-urlencoded"
    with pytest.raises(AssertionError):
        check(typed({**it.requests[0].fields, "Bodi": "x"}, schema), schema)


async def test_a_request_for_the_log_is_as_described(description: dict[str, Any]) -> None:
    described = {one["name"]: one["schema"] for one in description["paths"][MANY]["get"]["parameters"]}
    page = json.dumps({"messages": [], "next_page_uri": None})
    async with provider(answers("200 OK", page)) as it, twilio(it.url) as channel:
        await channel.find(to=PATIENT, body="x", since=START)
        await inbound(channel, START)
    for request in it.requests:
        query = dict(URL(request.target).query)
        assert set(query) <= set(described)
        check(int(query["PageSize"]), as_json_schema(description, described["PageSize"], closed=True))


async def test_the_rehearsal_carrier_answers_as_described(description: dict[str, Any]) -> None:
    def schema(path: str, method: str, status: str) -> Any:
        content = description["paths"][path][method]["responses"][status]["content"]["application/json"]
        return as_json_schema(description, content["schema"], closed=True)

    clock, credentials = LeapClock(), {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN)}
    async with (
        network(clock) as (it, base_url),
        twilio(base_url, sender=SERVICE) as channel,
        aiohttp.ClientSession(headers=credentials) as session,
    ):
        accepted = await channel.send(to=PATIENT, body="0-10?", delivery_id=uuid4())
        assert isinstance(accepted, Accepted)
        many, one = f"{base_url}{MANY}".format(AccountSid=ACCOUNT), f"{base_url}{ONE}"
        fields = {"To": PATIENT, "From": CLINIC, "Body": "again"}
        async with session.post(many, data=fields) as answer:
            check(await answer.json(), schema(MANY, "post", "201"))
        await it.reply(PATIENT, "7")
        for moment in range(3):
            async with session.get(many, params={"PageSize": "2"}) as answer:
                listed = await answer.json()
                check(listed, schema(MANY, "get", "200"))
                assert listed["next_page_uri"]
            async with session.get(one.format(AccountSid=ACCOUNT, Sid=accepted.provider_id)) as answer:
                check(await answer.json(), schema(ONE, "get", "200"))
            await clock.run(it.idle, START + timedelta(seconds=moment))
