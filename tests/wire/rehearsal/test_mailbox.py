"""The mail catcher keeps what comes, and misbehaves once per instruction."""

import asyncio

from pro_collector.channels.outcome import Accepted, NotSent, Rejected
from pro_collector.channels.smtp import Smtp
from pro_collector.rehearsal.mailbox import Letter, Mailbox, Trouble, read_letter
from tests.unit.channels.test_mail import mail

ANA = "ana@mail.example"


async def test_letters_arrive_in_order_and_are_announced() -> None:
    box, announced = Mailbox(), list[Letter]()
    box.subscribe(announced.append)
    relay = Smtp("127.0.0.1", await box.start(), security="none", timeout=2)
    await relay.send([mail(ANA, subject=f"week {number}") for number in range(3)])
    await box.stop()
    assert [letter.subject for letter in box.inboxes[ANA]] == ["week 0", "week 1", "week 2"]
    assert announced == box.inboxes[ANA]
    assert announced[0].headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_each_trouble_is_met_once() -> None:
    box = Mailbox()
    relay = Smtp("127.0.0.1", await box.start(), security="none", timeout=2)
    box.trouble(ANA, Trouble("451 4.7.1 later"), Trouble("550 5.1.1 gone", at="data"))
    outcomes = await relay.send([mail(ANA) for _ in range(3)])
    await box.stop()
    assert [type(outcome) for outcome in outcomes] == [NotSent, Rejected, Accepted]
    assert box.tally == {"connections": 1, "refused": 2, "kept": 1}


async def test_it_stops_with_connections_open() -> None:
    box = Mailbox()
    port = await box.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    await asyncio.wait_for(box.stop(), 2)
    assert await reader.read() == b""
    writer.close()


async def test_it_starts_again_on_the_port_it_was_given() -> None:
    first = Mailbox()
    port = await first.start()
    await first.stop()
    second = Mailbox(port=port)
    assert await second.start() == port
    await second.stop()


def test_a_mail_that_is_hardly_one() -> None:
    letter = read_letter(b"\xff\xfe no headers", "", ANA)
    assert (letter.subject, letter.html) == ("", "")
    assert read_letter(b"Subject: only html\r\nContent-Type: text/html\r\n\r\n<p>x", "", ANA).text == ""
