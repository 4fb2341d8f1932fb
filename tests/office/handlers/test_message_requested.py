"""message.requested: what is most urgent goes first, nothing goes to who said stop, nothing is ever sent twice."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.save import save
from pro_collector.commands.record_state import record_state
from pro_collector.domain.events import Event
from pro_collector.handlers import message_requested
from pro_collector.postgres.tables import occasions
from pro_collector.rehearsal.hostility import CALM, Hostility
from tests.shared.office import PHONE, Office
from tests.shared.scenes import ASKED, DAY, SOON, TREATED, first_occasion, history, in_conversation, treated

MINUTE = timedelta(minutes=1)


async def queued(office: Office) -> list[Event]:
    """The first question of the weekly symptoms is requested and not yet sent; its tickets."""
    await treated(office)
    await office.run(ASKED - SOON)
    office.outage(ASKED)
    await office.handle_only("survey.due")
    return (await office.published("message.requested"))["message.requested"]


async def state(office: Office) -> dict[str, object]:
    """The newest message in the record."""
    rows = await office.rows("SELECT * FROM message ORDER BY requested_at DESC, urgency LIMIT 1")
    return rows[0]


async def test_a_reply_goes_before_invitations_that_wait_longer(office: Office) -> None:
    await in_conversation(office)
    for n in range(5):
        await office.enrol(f"RT-2{n}", phone=f"+1202555030{n}")
        await office.happened("treatment_start", TREATED + 2 * DAY, f"RT-2{n}")
    office.outage(ASKED + 2 * DAY)
    await office.handle_only("survey.due")
    tickets = (await office.published("message.requested"))["message.requested"]
    await office.read("7")
    await office.handle("message.requested", tickets[:1])
    sent = [message for message in office.carrier.log.all() if message.direction == "outbound-api"][-1]
    assert (sent.to, sent.body[:4]) == (PHONE, "2/6 ")
    await office.handle("message.requested", tickets[1:])
    await office.run(ASKED + 2 * DAY + SOON)
    came = [[text for text in office.carrier.phones[f"+1202555030{n}"] if text.at > ASKED + 2 * DAY] for n in range(5)]
    assert [sum("short questions" in text.body for text in texts) for texts in came] == [1] * 5


async def opts_out(office: Office) -> None:
    await office.rows("UPDATE vault.contact SET opted_out_at = now() RETURNING id")


async def breaks(office: Office) -> None:
    await office.rows("UPDATE vault.contact SET broken_at = now() RETURNING id")


async def expires(office: Office) -> None:
    office.outage(ASKED + 5 * DAY)


async def finishes(office: Office) -> None:
    await office.rows("UPDATE occasion SET state = 'completed' WHERE state = 'open' RETURNING id")


def lives(kind: str) -> Callable[[Office], Awaitable[None]]:
    async def tell(office: Office) -> None:
        await record_state(office.rt, "RT-1", kind, office.clock.now().date(), None, by="tester")

    return tell


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (opts_out, "opted out"),
        (breaks, "address does not work"),
        (expires, "its time had passed"),
        (finishes, "no longer waited for"),
        (lives("withdrew"), "has left the study"),
        (lives("died"), "has left the study"),
        (lives("stopped_texting"), "asked for no texts"),
        (lives("hospital"), "hospital"),
    ],
    ids=["opt-out", "broken", "expired", "completed", "withdrew", "died", "stopped-texting", "hospital"],
)
async def test_what_must_not_leave_is_asked_when_it_is_claimed(
    office: Office, happens: Callable[[Office], Awaitable[None]], why: str
) -> None:
    tickets = await queued(office)
    before = len(office.carrier.log.all())
    await happens(office)
    await office.handle("message.requested", tickets)
    assert len(office.carrier.log.all()) == before
    found = await state(office)
    assert (found["state"], found["reason"]) == ("suppressed", why)
    assert found["ended_at"] == office.clock.now()
    occasion = await first_occasion(office)
    told = [detail["reason"] for name, detail in await history(office, occasion) if name == "suppressed"]
    assert told == [why]
    await office.rows("UPDATE occasion SET state = 'open' WHERE state = 'completed' RETURNING 1")
    await office.settle()


async def test_what_did_not_leave_goes_later(office: Office) -> None:
    tickets = await queued(office)
    office.carrier.hostility = replace(CALM, rate_limited=1.0)
    await office.handle("message.requested", tickets)
    assert (await state(office))["state"] == "requested"
    office.carrier.hostility = CALM
    await office.run(ASKED + 5 * MINUTE)
    found = await state(office)
    assert (found["state"], found["attempts"]) == ("delivered", 2)
    assert len([text for text in office.texts() if "short questions" in text]) == 1


async def test_what_never_leaves_is_given_up_and_the_next_way_is_taken(office: Office) -> None:
    tickets = await queued(office)
    assert office.letters() == []
    office.carrier.hostility = replace(CALM, rate_limited=1.0)
    await office.handle("message.requested", tickets)
    await office.run(ASKED + timedelta(minutes=30))
    rows = await office.rows("SELECT state, attempts FROM message WHERE channel = 'sms' AND item IS NOT NULL")
    assert rows == [{"state": "failed", "attempts": 6}]
    ready = "The Story Team: your check-in is ready: Weekly symptoms"
    assert office.letters() == [ready], "nobody has seen the text: the mail is the invitation"
    assert (await first_occasion(office))["rung"] == 1


async def test_nobodys_ticket_hurries_what_must_wait(office: Office) -> None:
    tickets = await queued(office)
    office.carrier.hostility = replace(CALM, rate_limited=1.0)
    await office.handle("message.requested", tickets)
    office.carrier.hostility = CALM
    await office.enrol("RT-2", phone="+12025550102", zone="Europe/Madrid")  # where it is past the hour: asked at once
    rows = await office.rows("SELECT attempts FROM message WHERE item IS NOT NULL AND channel = 'sms'")
    assert rows == [{"attempts": 1}], "the provider said when to come back"
    assert await office.one("SELECT count(*) FROM message m JOIN participant p ON p.id = m.participant_id "
                            "WHERE p.code = 'RT-2' AND m.state = 'accepted'") == 1  # fmt: skip
    await office.run(ASKED + SOON)
    rows = await office.rows("SELECT attempts, state FROM message WHERE item IS NOT NULL AND channel = 'sms'")
    assert rows == [{"attempts": 2, "state": "delivered"}]


@pytest.mark.parametrize(
    ("trouble", "arrives"),
    [({"failed_after": 1.0}, 1), ({"reset_after": 1.0}, 1), ({"failed_before": 1.0}, 0)],
    ids=["500-but-taken", "reset-but-taken", "503"],
)
async def test_an_unknown_outcome_is_never_sent_again_blindly(
    office: Office, trouble: dict[str, float], arrives: int
) -> None:
    tickets = await queued(office)
    before = len(office.texts())
    office.carrier.hostility = Hostility(**trouble)  # type: ignore[arg-type]  # probabilities by name
    await office.handle("message.requested", tickets)
    office.carrier.hostility = CALM
    assert (await state(office))["state"] in ("unknown", "accepted")
    await office.run(ASKED + SOON)
    assert len(office.texts()) == before + arrives
    found = await state(office)
    assert found["attempts"] == 1
    if arrives:
        assert found["state"] == "delivered", "the provider's report says that it did leave"
        assert found["provider_id"]


async def test_killed_between_claim_and_record_it_stays_claimed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = await queued(office)

    async def killed(*_: object) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(message_requested, "record", killed)
    with pytest.raises(asyncio.CancelledError):
        await office.handle("message.requested", tickets)
    monkeypatch.undo()
    assert (await state(office))["state"] == "claimed"
    sent = len(office.carrier.log.all())
    await office.handle("message.requested", tickets)  # Kafka delivers it again
    assert len(office.carrier.log.all()) == sent
    assert (await state(office))["state"] == "claimed"


async def test_stop_while_it_is_queued_behind_others(office: Office) -> None:
    tickets = await queued(office)
    await office.read("STOP")
    before = len(office.texts())
    await office.handle("message.requested", tickets)
    await office.settle()
    assert len(office.texts()) == before
    states = await office.rows("SELECT state, purpose FROM message WHERE state IN ('requested', 'claimed')")
    assert states == [], "a message whose ticket went to a more urgent one is settled too"


async def test_a_batch_larger_than_one_claim_leaves_none_behind(office: Office) -> None:
    phones = await office.crowd(60)
    await office.run(office.clock.now() + timedelta(hours=5))
    assert [len(office.texts(phone)) for phone in phones] == [1] * 60


async def test_without_a_provider_it_waits(office: Office) -> None:
    tickets = await queued(office)
    bare = replace(office.rt, twilio=None)
    await message_requested.handle(tickets, rt=bare)  # type: ignore[arg-type]  # they are of that type
    found = await state(office)
    assert (found["state"], found["held_since"]) == ("requested", ASKED)
    await office.settle()
    occasion = await first_occasion(office)
    assert (occasion["rung"], (await history(office, occasion))[-1][1]["reason"]) == (0, "it is not set up here")
    assert await office.rows("SELECT kind FROM task") == []


async def test_a_message_that_leaves_while_its_survey_is_worked_on_has_invited(office: Office) -> None:
    await in_conversation(office)
    person, survey = await office.one("SELECT id FROM participant"), (await first_occasion(office))["id"]
    await office.rows("UPDATE occasion SET state = 'open' WHERE id = %s RETURNING id", survey)
    async with office.rt.database.transaction() as tx:
        desk = await open_desk(tx, office.rt, [person])
        case = desk.cases[person]
        desk.change(case, replace(case.occasions[survey], clarified=1))
        async with office.rt.database.transaction() as sender:
            await occasions.mark_invited(sender, [survey])
        await save(desk)
    row = await first_occasion(office)
    assert (row["state"], row["clarified"]) == ("invited", 1)
