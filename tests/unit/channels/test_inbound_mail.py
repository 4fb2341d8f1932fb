"""Mails as mail programs write them, and bytes that are hardly a mail: what is read of them."""

from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.channels.html_text import text_of_html
from pro_collector.channels.inbound_mail import parse_mail
from tests.shared.properties import examples


def mail(body: str = "hello", **headers: str) -> bytes:
    """A plain mail with some headers."""
    lines = {"From": "Ana <ana@mail.example>", "Subject": "x", "Message_ID": "<1@mail.example>", **headers}
    return ("".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items()) + f"\r\n{body}").encode()


def multipart(**parts: str) -> bytes:
    """A mail with alternatives; `plain` and `html`."""
    message = EmailMessage()
    message["From"] = "ana@mail.example"
    message.set_content(parts.get("plain", ""))
    message.add_alternative(parts.get("html", ""), subtype="html")
    message.add_attachment(b"STOP", maintype="text", subtype="plain", filename="notes.txt")
    forwarded = EmailMessage()
    forwarded.set_content("STOP")
    message.add_attachment(forwarded)
    return message.as_bytes()


def test_what_is_read() -> None:
    found = parse_mail(mail(Subject="=?utf-8?q?=C2=BFQu=C3=A9?=\r\n =?utf-8?q?_tal=3F?="))
    assert (found.sender, found.subject, found.text) == ("ana@mail.example", "¿Qué tal?", "hello")
    assert not found.automatic


def test_the_key_is_that_of_the_message_id_and_names_nothing() -> None:
    one, again = parse_mail(mail()), parse_mail(b"Received: by somebody\r\n" + mail("other words"))
    assert one.key == again.key != parse_mail(mail(Message_ID="<2@mail.example>")).key
    assert parse_mail(b"a").key != parse_mail(b"b").key
    assert "mail" not in one.key


@pytest.mark.parametrize(
    ("value", "ours"),
    [
        ("<11111111-2222-3333-4444-555555555555@example.org>", "11111111-2222-3333-4444-555555555555"),
        ("\r\n <11111111-2222-3333-4444-555555555555@example.org> (Monday)", "11111111-2222-3333-4444-555555555555"),
        ("<1@mail.example>", None),
        ("<11111111-2222-3333-4444-55555555555@example.org>", None),
        ("<-1111111-2222-3333-4444-555555555555@example.org>", None),
        ("", None),
    ],
)
def test_which_of_ours_it_answers(value: str, ours: str | None) -> None:
    assert parse_mail(mail(In_Reply_To=value)).answers == (UUID(ours) if ours else None)


@pytest.mark.parametrize(
    "value",
    ["ana@mail.example", "Ana <ana@mail.example>", '"Maria, Ana" <ana@mail.example>', "<ana@mail.example>",
     "=?utf-8?q?An=C3=A1?= <ana@mail.example>", "ana@mail.example (Ana)", "Aná <ana@mail.example>"],
)  # fmt: skip
def test_who_wrote(value: str) -> None:
    assert parse_mail(mail(From=value)).sender == "ana@mail.example"


@pytest.mark.parametrize("value", ["", "Ana", "undisclosed:;", "<>", "@", "=?bad"])
def test_nobody_wrote(value: str) -> None:
    assert "ana" not in parse_mail(mail(From=value)).sender


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner-email=x"},
        {"Precedence": "Bulk"},
        {"List_Id": "<x>"},
        {"Return_Path": "<>"},
        {"X_Autoreply": "yes"},
        {"Content_Type": "multipart/report; report-type=disposition-notification"},
    ],
    ids=str,
)
def test_machines(headers: dict[str, str]) -> None:
    assert parse_mail(mail(**headers)).automatic


@pytest.mark.parametrize("headers", [{"Auto_Submitted": "no"}, {"Return_Path": "<ana@mail.example>"}], ids=str)
def test_people(headers: dict[str, str]) -> None:
    assert not parse_mail(mail(**headers)).automatic


def test_the_plain_text_is_read_and_no_attachment() -> None:
    assert parse_mail(multipart(plain="hello", html="<p>other")).text.strip() == "hello"
    assert parse_mail(multipart(plain=" \n", html="<p>I feel&nbsp;<b>worse</b></p>")).text.strip() == "I feel worse"


@pytest.mark.parametrize(
    ("charset", "words"),
    [("utf-8", "años".encode()), ("iso-8859-1", "años".encode("latin-1")), ("windows-1252", b"a\xf1os"),
     ("us-ascii", "años".encode()), ("no-such-charset", b"a\xf1os"), ("punycode", b"a\xf1os"), ("hex", b"a\xf1os")],
)  # fmt: skip
def test_whatever_charset_it_says(charset: str, words: bytes) -> None:
    head = f"From: a@b.example\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode()
    assert parse_mail(head + words).text == "años"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two<br>three", "One\nTwo\nthree"),
        ("<style>p {}</style><script>STOP</script><title>x</title>Hi", "Hi"),
        ("New<blockquote><p>old</p><blockquote>older</blockquote></blockquote>new", "New\n> old\n> older\nnew"),
        ("a &lt; b &amp; c", "a < b & c"),
        ("<div>One</div></blockquote></style><td>two<td>three", "One\ntwo\nthree"),
        ("x <![STOP] y", "x"),
        ("<head><meta name=x>Hi", "Hi"),
        ("<script>if (a<b) x</script><STYLE>a>b {}</Style >Hi", "Hi"),
        ("<style>STOP", "STOP"),
        ('<a title="a > b">1 <2 & 3<4</a>', "1 <2 & 3<4"),
        ("<!-- a > b -->x <!-- y", "x !-- y"),
        ('<img src="data:image/png;base64,' + "A" * 5000 + '">Hi', "Hi"),
        ("", ""),
    ],
)
def test_the_text_of_html(html: str, text: str) -> None:
    assert text_of_html(html).startswith(text)


PIECES = [
    b"From: \xff <a@b>\r\n", b"From: a@b.example\r\n", b"From \r\n", b"Subject: =?x?q?\xff?=\r\n",
    b"Subject: =?utf-8?b?!!?=\r\n", b"Message-ID: \x00\r\n", b"Auto-Submitted:\r\n", b"Content-Type: ;;\r\n",
    b"Content-Type: multipart/mixed; boundary=b\r\n", b"Content-Type: multipart/report\r\n",
    b"Content-Type: text/html; charset=\xff\r\n", b"Content-Type: text/plain; charset*=utf-8'\xff\r\n",
    b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: x-uuencode\r\n",
    b"Content-Disposition: \xff; filename*=x''%ff\r\n", b"\r\n", b"--b\r\n", b"--b--\r\n", b"<![",
    b"<!DOCTYPE [", b"<p>",
]  # fmt: skip
BYTES = st.one_of(
    st.binary(max_size=300),
    st.tuples(st.lists(st.sampled_from(PIECES), max_size=12), st.binary(max_size=60)).map(
        lambda made: b"".join(made[0]) + made[1]
    ),
)
"""Anything, and what is nearly a mail."""


@examples(300)
@given(BYTES)
def test_no_bytes_make_it_raise(content: bytes) -> None:
    found = parse_mail(content)
    assert len(found.key) == 64
    (found.sender + found.subject + found.text).encode()  # nothing in it that cannot be stored


def test_a_mail_of_a_thousand_levels() -> None:
    nest = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2000))
    assert parse_mail(b"From: a@b.example\r\n" + nest).key
