"""The signature of a webhook: the same verdict as Twilio's own validator, and never an exception."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from multidict import MultiDict
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from pro_collector.channels.twilio import Twilio, read_form
from tests.shared.properties import examples
from tests.shared.provider import ACCOUNT, CLINIC

URL = "https://pro.clinic.example/webhooks/twilio/inbound"
FIELDS = {"From": "+15551234567", "Body": " ¿7 o 8? ", "FromCity": "", "MessageSid": "SM1"}


def channel(*tokens: str) -> Twilio:
    return Twilio(ACCOUNT, tokens or ("one",), sender=CLINIC, public_url="https://pro.clinic.example")


def signed(url: str, params: Any, token: str = "one") -> str:
    return str(RequestValidator(token).compute_signature(url, params))


def verdict_of_twilio(token: str, url: Any, params: Any, signature: Any) -> bool:
    """What the SDK says; where it raises, the request is malformed and nobody has signed it."""
    try:
        return bool(RequestValidator(token).validate(url, params, signature))
    except Exception:
        return False


texts = st.text(st.characters(codec="utf-8"), max_size=12)
hosts = st.sampled_from(
    ["pro.example", "pro.example:443", "pro.example:8443", "u:p@pro.example:8443", "[::1]:80", "[::1", ""]
)
urls = st.builds(
    "{}://{}/{}{}".format,
    st.sampled_from(["https", "http", "HTTPS", ""]),
    hosts,
    texts.map(lambda text: text.replace("#", "")),
    st.sampled_from(["", "?a=b", "?bodySHA256=00", "?bodySHA256=" + "e3b0c442" * 8]),
)
forms = st.dictionaries(texts, texts, max_size=5)
params_of_any_kind = st.one_of(
    forms,
    forms.map(MultiDict),
    st.lists(st.tuples(texts, texts), max_size=6).map(MultiDict),
    st.none(),
    texts,
    st.binary(max_size=8),
    st.dictionaries(texts, st.one_of(st.none(), st.integers(), st.lists(texts)), max_size=3),
)
signatures = st.one_of(
    st.none(), texts, st.binary(max_size=28), st.binary(min_size=20, max_size=20).map(base64.b64encode)
)


@examples(300)
@given(url=urls, params=params_of_any_kind, signature=signatures, honest=st.booleans())
@example(url="https://[::1", params={}, signature="x", honest=False)
@example(url=URL, params="{}", signature="x", honest=False)
@example(url=URL, params=b"a=b", signature="x", honest=False)
def test_the_same_verdict_as_twilios_validator(url: str, params: Any, signature: Any, honest: bool) -> None:
    if honest:
        try:
            signature = signed(url, params)
        except Exception:
            signature = None
    ours = channel("one").verify(url, params, signature)
    assert ours is verdict_of_twilio("one", url, params, signature)
    assert channel("other", "one").verify(url, params, signature) is ours
    assert channel("other").verify(url, params, signature) is False


@examples(100)
@given(params=forms, extra=texts)
def test_honest_calls_pass_and_changed_ones_do_not(params: dict[str, str], extra: str) -> None:
    signature = signed(URL, params)
    assert channel().verify(URL, params, signature)
    assert not channel().verify(URL, {**params, "Body": params.get("Body", "") + "9"}, signature)
    assert not channel().verify(URL + "/" + extra.partition("#")[0], params, signature)


def test_two_tokens_are_good_while_one_is_rotated() -> None:
    for token in ("old", "new"):
        assert channel("new", "old").verify(URL, FIELDS, signed(URL, FIELDS, token))
    assert not channel("new", "old").verify(URL, FIELDS, signed(URL, FIELDS, "older"))


def test_blank_fields_and_spaces_are_part_of_what_is_signed() -> None:
    body = urlencode(FIELDS).encode()
    assert channel().verify(URL, read_form(body), signed(URL, FIELDS))
    without = {name: value for name, value in FIELDS.items() if value}
    assert not channel().verify(URL, without, signed(URL, FIELDS))


def test_connection_overrides_are_not_signed() -> None:
    assert channel().verify(f"{URL}#rc=5&rp=all", FIELDS, signed(URL, FIELDS))


def test_a_path_is_checked_under_our_public_address() -> None:
    assert channel().verify_path("/webhooks/twilio/inbound", FIELDS, signed(URL, FIELDS))
    assert not channel().verify_path("/webhooks/twilio/inbound?x=1", FIELDS, signed(URL, FIELDS))


def test_a_shared_keys_signature() -> None:
    """Newer webhooks say in a header which algorithm signed them."""
    signature = str(RequestValidator("one").compute_signature(URL, FIELDS, "HMAC_SHA256"))
    assert channel().verify(URL, FIELDS, signature, "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256")
    assert not channel().verify(URL, FIELDS, signature)
    assert not channel().verify(URL, FIELDS, signature, "key=1,algorithm=ROT13")


@pytest.mark.parametrize("signature", [None, "", 7, b"abc", "é", "A" * 28, ["x"]])
@pytest.mark.parametrize("params", [FIELDS, {}, None, "{}", "", b"From=1", {"From": None}, [("a", "b")], 7])
def test_malformed_is_false_and_never_an_exception(params: Any, signature: Any) -> None:
    assert channel().verify(URL, params, signature) is False
    assert channel().verify(f"{URL}?bodySHA256=abc", params, signature) is False
    assert channel().verify("https://[half/", params, signature) is False


def test_a_json_body_is_covered_by_its_hash() -> None:
    body = json.dumps({"a": 1})
    digest = RequestValidator("one").compute_hash(body)
    url = f"{URL}?bodySHA256={digest}"
    assert channel().verify(url, body, signed(url, {}))
    assert not channel().verify(url, body + " ", signed(url, {}))


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"", {}),
        (b"a=1&b=", {"a": "1", "b": ""}),
        (b"Body=%C2%BFqu%C3%A9%3F+%2B1", {"Body": "¿qué? +1"}),
        (b"\xff\xfe", {}),
        (b"&".join(b"a%d=1" % n for n in range(900)), {}),
    ],
)
def test_any_body_can_be_read_as_a_form(body: bytes, fields: Mapping[str, str]) -> None:
    assert dict(read_form(body)) == fields
