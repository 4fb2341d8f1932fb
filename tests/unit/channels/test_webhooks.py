"""What inbound texts and delivery reports say, whatever order and shape they come in."""

import base64
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.channels.outcome import Policy
from pro_collector.channels.twilio import RANKS, Twilio
from pro_collector.channels.twilio.webhooks import decode_body
from pro_collector.errors import BadInput

INBOUND = {
    "MessageSid": "SM1",
    "SmsSid": "SM1",
    "AccountSid": "AC1",
    "From": "+15551234567",
    "To": "+15550001111",
    "Body": "a bit",
    "NumMedia": "0",
    "FromCity": "",
    "OptOutType": "",
}


def test_an_inbound_text() -> None:
    text = Twilio.parse_inbound(INBOUND)
    assert (text.provider_id, text.sender, text.recipient) == ("SM1", "+15551234567", "+15550001111")
    assert (text.body, text.media_count, text.at) == ("a bit", 0, None)
    assert text.raw == INBOUND


def test_a_picture_without_words() -> None:
    fields = {name: value for name, value in INBOUND.items() if name != "Body"}
    text = Twilio.parse_inbound({**fields, "NumMedia": "2", "MediaUrl0": "https://m.example/0"})
    assert (text.body, text.media_count) == ("", 2)


@pytest.mark.parametrize("count", ["", "x", "²", "-1"])
def test_a_media_count_that_is_none(count: str) -> None:
    assert Twilio.parse_inbound({**INBOUND, "NumMedia": count}).media_count == 0


@pytest.mark.parametrize("name", ["MessageSid", "From"])
def test_what_must_be_there(name: str) -> None:
    fields = {key: value for key, value in INBOUND.items() if key not in (name, "SmsSid")}
    with pytest.raises(BadInput) as caught:
        Twilio.parse_inbound(fields)
    assert caught.value.problems[0].where == name


LONG = "Desde ayer me cuesta tragar y he dormido mal; hoy un 7 de cansancio, quizá 8 por la tarde. ¿Debo llamar?"


@pytest.mark.parametrize(
    "text", [LONG, LONG + "\n" + LONG, "أشعر بتعب شديد اليوم، ولا أستطيع النوم منذ يومين" * 2, "🙂" * 20]
)
def test_a_long_text_in_base64_is_read(text: str) -> None:
    encoded = base64.b64encode(text.encode()).decode()
    parsed = Twilio.parse_inbound({**INBOUND, "Body": encoded})
    assert parsed.body == text
    assert parsed.raw["Body"] == encoded


@pytest.mark.parametrize(
    "body",
    [
        "7",
        "a" * 64,
        "haha" * 20,
        "A" * 60,
        "https://c.example/r/" + "Ab3" * 20,
        "n" * 59 + "o",
        "no " * 30,
        base64.b64encode(b"short one").decode(),
        base64.b64encode(bytes(range(256))).decode(),
        "é" * 64,
    ],
)
def test_what_people_type_is_left_alone(body: str) -> None:
    assert Twilio.parse_inbound({**INBOUND, "Body": body}).body == body


@given(st.text(st.sampled_from("ABCDEFGHIJKLMNOPabcdefghijklmnop0123456789+/ aeiou"), max_size=200))
def test_reading_never_fails(body: str) -> None:
    assert isinstance(decode_body(body), str)


REPORT = {"MessageSid": "SM1", "MessageStatus": "delivered", "AccountSid": "AC1"}


def test_a_report() -> None:
    report = Twilio.parse_report(REPORT)
    assert (report.provider_id, report.status, report.final) == ("SM1", "delivered", True)
    assert (report.error_code, report.policy, report.retries) == (None, None, 0)
    assert report.raw == REPORT


@pytest.mark.parametrize(
    ("code", "policy", "retries"),
    [
        ("30003", Policy.RETRY_LATER, 1),
        ("30005", Policy.STOP_ADDRESS, 0),
        ("30007", Policy.FIX_CONFIG, 0),
        ("30008", Policy.AMBIGUOUS, 0),
        ("30036", Policy.WINDOW_PASSED, 0),
        ("21610", Policy.OPTED_OUT, 0),
        ("77777", Policy.ALERT, 0),
        ("nonsense", Policy.ALERT, 0),
    ],
)
def test_why_it_was_not_delivered(code: str, policy: Policy, retries: int) -> None:
    report = Twilio.parse_report({**REPORT, "MessageStatus": "undelivered", "ErrorCode": code})
    assert (report.error_code, report.policy, report.retries) == (code, policy, retries)


@pytest.mark.parametrize("code", ["", "0"])
def test_no_error(code: str) -> None:
    assert Twilio.parse_report({**REPORT, "ErrorCode": code}).error_code is None


def test_older_field_names() -> None:
    report = Twilio.parse_report({"SmsSid": "SM1", "SmsStatus": "sent"})
    assert (report.provider_id, report.status, report.final) == ("SM1", "sent", False)


@pytest.mark.parametrize("name", ["MessageSid", "MessageStatus"])
def test_a_report_of_nothing(name: str) -> None:
    with pytest.raises(BadInput):
        Twilio.parse_report({key: value for key, value in REPORT.items() if key != name})


def test_the_highest_rank_wins_whatever_the_order() -> None:
    def folded(statuses: tuple[str, ...]) -> str:
        reports = [Twilio.parse_report({**REPORT, "MessageStatus": status}) for status in statuses]
        return max(reports, key=lambda report: report.rank).status

    assert {folded(order) for order in permutations(("queued", "sent", "delivered", "sending"))} == {"delivered"}
    assert {folded(order) for order in permutations(("sent", "undelivered", "accepted"))} == {"undelivered"}
    assert {folded(order) for order in permutations(("sent", "something-new", "delivered"))} == {"delivered"}
    assert {folded(order) for order in permutations(("undelivered", "delivered"))} == {"delivered"}


def test_what_is_final() -> None:
    final = {status for status in RANKS if Twilio.parse_report({**REPORT, "MessageStatus": status}).final}
    assert final == {"canceled", "failed", "undelivered", "partially_delivered", "delivered", "read"}
