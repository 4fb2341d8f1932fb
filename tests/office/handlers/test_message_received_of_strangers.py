"""message.received, from an address that nobody has: an emergency reaches the teams at once; nothing is answered."""

from datetime import timedelta
from email.message import EmailMessage

import pytest

from pro_collector.casework.inbound.receiving import receive, receive_mail
from pro_collector.channels.twilio import Inbound
from pro_collector.domain.conversation.stranger import ALERT_INTERVAL, ALERTS_PER_HOUR, HOUR
from pro_collector.rehearsal.letters import Letter
from pro_collector.rehearsal.mailbox import Trouble
from tests.office.handlers.test_alert_raised import TEAM
from tests.shared.office import DEMO, FIVE_SECONDS, PHONE, Office
from tests.shared.scenes import ASKED, DAY, SOON, in_conversation

STRANGER = "+12025550777"
SISTER = "Somebody <else@example.net>"
ALERT = "stranger: from an address that the study does not know"
OTHER_TEAM = "team@other-story.example.org"
OTHER = DEMO.replace("id: rare-tumour-story", "id: other-story").replace(TEAM, OTHER_TEAM)


def mails(office: Office, team: str = TEAM) -> list[Letter]:
    """What a team was mailed."""
    return office.world.mailbox.inboxes[team]


async def written(office: Office, words: str, number: str = STRANGER) -> None:
    """Somebody unknown texts."""
    assert await office.reply(words, number=number) == "", "nobody knows who reads there: nothing is said"


async def mailed(office: Office, words: str, key: str = "one", **headers: str) -> None:
    """Somebody unknown writes a mail that answers none."""
    message = EmailMessage()
    usual = {"From": SISTER, "To": "check-in@rare-tumour-story.example.org", "Message-ID": f"<{key}@mail.example>"}
    for name, value in {**usual, **headers}.items():
        message[name.replace("_", "-")] = value
    message.set_content(words)
    assert await receive_mail(office.rt, message.as_bytes()) == "mail of an unknown sender"
    await office.run(office.clock.now() + FIVE_SECONDS)


@pytest.mark.parametrize(
    "words", ["I can't breathe", "quiero morir", "je saigne beaucoup", "STOP. I want to die", "7, chest pain, help"]
)
async def test_an_emergency_is_told_at_once_in_any_language(office: Office, words: str) -> None:
    await written(office, words)
    (letter,) = mails(office)
    everything = f"{letter.headers} {letter.text} {letter.html}"
    assert letter.subject == ALERT
    assert "pro-collector tasks strangers" in letter.text
    for private in (STRANGER, "777", words, "breathe", "morir", "saigne", "die", "chest"):
        assert private not in everything
    assert await office.one("SELECT outcome FROM vault.inbound") == "unknown sender"
    assert await office.rows("SELECT * FROM task") == []


@pytest.mark.parametrize("words", ["7", "no chest pain", "is this the clinic?", "", 'Liked "I can\'t breathe"'])
async def test_anything_else_is_counted_at_night(office: Office, words: str) -> None:
    await written(office, words)
    assert mails(office) == []


async def test_every_study_in_force_hears_of_it_and_one_mailbox_once(office: Office) -> None:
    await office.apply(OTHER)
    await office.apply(DEMO.replace("id: rare-tumour-story", "id: third-story"))
    await written(office, "I can't breathe")
    assert [letter.subject for letter in mails(office)] == [ALERT]
    assert [letter.subject for letter in mails(office, OTHER_TEAM)] == [ALERT]


async def test_by_mail_too(office: Office) -> None:
    await mailed(office, "It is Maria, on my sister's computer. I cannot breathe.")
    (letter,) = mails(office)
    assert letter.subject == ALERT
    assert "breathe" not in f"{letter.headers} {letter.text}"
    assert list(office.world.mailbox.inboxes) == [TEAM]


async def test_a_machine_s_mail_is_none(office: Office) -> None:
    await mailed(office, "I am away. In an emergency call 911.", Auto_Submitted="auto-replied")
    assert mails(office) == []


async def test_what_we_wrote_ourselves_is_no_emergency_of_theirs(office: Office) -> None:
    """From another mailbox, above our own mail as a program quotes it that marks nothing."""
    await in_conversation(office)
    await office.run(ASKED + DAY + SOON)
    await office.write("I cannot breathe")
    ours, before = office.world.mailbox.inboxes["rt-1@example.org"][-1], len(mails(office))
    assert "very unwell" in ours.text
    usual = {"Subject": f"Re: {ours.subject}", "In_Reply_To": str(ours.headers["Message-ID"]).strip()}
    await mailed(office, f"Thank you, it is better.\n\n{ours.text}", **usual)
    assert len(mails(office)) == before
    await mailed(office, f"I cannot breathe.\n\n{ours.text}", "two", **usual)
    assert len(mails(office)) == before + 1


async def test_the_team_s_own_answer_to_an_alert_alerts_nobody(office: Office) -> None:
    await in_conversation(office)
    await office.reply("I can't breathe")
    await written(office, "I can't breathe")
    assert [letter.subject for letter in mails(office)] == ["urgent: RT-1", ALERT]
    for letter in list(mails(office)):
        await office.world.mailbox.answer(letter, "I have called. Chest pain since Monday.", From="nurse@example.net")
        await office.run(office.clock.now() + FIVE_SECONDS)
    assert len(mails(office)) == 2
    assert await office.one("SELECT count(*) FROM vault.inbound WHERE outcome = 'unknown sender'") == 3


async def test_the_alert_itself_does_not_sound_like_one(office: Office) -> None:
    """A program that answers by itself, marks nothing and names no mail must not have the team alerted for ever."""
    await written(office, "I can't breathe")
    (letter,) = mails(office)
    await mailed(office, f"Ticket opened:\n{letter.text}", Subject=f"[#1] {letter.subject}")
    assert len(mails(office)) == 1


async def test_the_same_number_is_alerted_of_once_until_hours_have_passed(office: Office) -> None:
    for _ in range(4):
        await written(office, "I can't breathe")
    assert len(mails(office)) == 1
    await office.run(office.clock.now() + ALERT_INTERVAL)
    await written(office, "I still can't breathe")
    assert len(mails(office)) == 2


async def test_what_waited_together_is_one_alert(office: Office) -> None:
    """No worker ran for a while: one batch."""
    for n in range(3):
        await office.carrier.reply(STRANGER, f"I can't breathe {n}")
    await office.run(office.clock.now() + FIVE_SECONDS)
    assert len(mails(office)) == 1


async def test_a_storm_is_told_of_a_few_times_and_then_once_an_hour(office: Office) -> None:
    start = office.clock.now()
    for n in range(ALERTS_PER_HOUR + 10):
        await office.carrier.reply(f"+120255507{n:02}", "I can't breathe")
    await office.run(start + FIVE_SECONDS)
    assert len(mails(office)) == ALERTS_PER_HOUR
    await office.run(start.replace(minute=0, second=0) + HOUR + FIVE_SECONDS)
    assert len(mails(office)) == ALERTS_PER_HOUR + 1, "what came last is told of too"
    await office.run(start + DAY)
    assert len(mails(office)) == ALERTS_PER_HOUR + 1
    assert (
        await office.one("SELECT count(*) FROM vault.inbound WHERE outcome = 'unknown sender'") == ALERTS_PER_HOUR + 10
    )


async def test_delivered_again_it_is_told_once(office: Office) -> None:
    await written(office, "I can't breathe")
    await office.redeliver()
    await office.settle()
    assert len(mails(office)) == 1


async def test_a_relay_that_is_down_is_tried_again(office: Office) -> None:
    await office.apply(OTHER)
    office.world.mailbox.trouble(TEAM, Trouble("451 4.3.0 not now"))
    await written(office, "I can't breathe")
    assert [len(mails(office)), len(mails(office, OTHER_TEAM))] == [0, 1]
    await office.run(office.clock.now() + timedelta(minutes=10))
    assert [len(mails(office)), len(mails(office, OTHER_TEAM))] == [1, 1], "and who has heard of it not twice"


async def test_an_alert_that_came_back_is_known(office: Office) -> None:
    await written(office, "I can't breathe")
    (letter,) = mails(office)
    assert await office.world.mailbox.bounce(letter) == "bounce: failed 5.1.1"


async def test_whoever_was_enrolled_meanwhile_is_answered_as_themselves(office: Office) -> None:
    """The text waited for a worker, and the team has found out whose number it is."""
    await receive(office.rt, Inbound("SM1", PHONE, "+12025550100", "I can't breathe", 0, {}))
    await office.enrol()
    await office.run(office.clock.now() + FIVE_SECONDS)
    assert [letter.subject for letter in mails(office)] == ["urgent: RT-1"]
    assert "Call 911" in office.texts()[-1]
