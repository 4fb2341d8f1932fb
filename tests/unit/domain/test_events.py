"""Events: the same happening makes the same event, another makes another, and whoever reads them reads them whole."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pydantic import ValidationError

from pro_collector.domain.alert_changed import AlertChange, AlertChanged
from pro_collector.domain.events import (
    EVENTS,
    FOLLOW_UPS,
    AdviceDue,
    AlertDue,
    AlertRaised,
    Event,
    MessageReceived,
    MessageReported,
    MessageRequested,
    MessageUrgent,
    OccasionRef,
    ParticipantEnrolled,
    ResponseCompleted,
    SilenceNoticed,
    StudyAmended,
    SurveyDue,
    SurveyExpired,
    SurveyReminderDue,
    SurveyResumeDue,
    SurveyRetryDue,
    SurveyRungDue,
    TimelineChanged,
    TreatmentReported,
    derived_id,
)
from pro_collector.domain.placement import Placement
from pro_collector.domain.stream_events import ScoreRecorded, ScoreRelinked, ScoresLatest, TimelineLatest

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ANN, BEN = UUID(int=1), UUID(int=2)
HERS, ANOTHER = OccasionRef(UUID(int=11), ANN), OccasionRef(UUID(int=12), ANN)
MESSAGE, RESPONSE, TASK = UUID(int=21), UUID(int=31), UUID(int=41)


def changed(change: AlertChange, at: datetime) -> AlertChanged:
    return AlertChanged.of(TASK, ANN, "s", "pain", "self", change, raised_at=NOW, at=at)


def different() -> list[Event]:
    """Events of which no two say the same."""
    return [
        ParticipantEnrolled.of(ANN, NOW), ParticipantEnrolled.of(BEN, NOW),
        TimelineChanged.of(ANN, NOW, "surgery", UUID(int=5)), TimelineChanged.of(ANN, NOW, "surgery", UUID(int=6)),
        StudyAmended.of(ANN, NOW, "s", "1"), StudyAmended.of(ANN, LATER, "s", "1"), StudyAmended.of(ANN, NOW, "s", "2"),
        SurveyDue.of(HERS, NOW), SurveyDue.of(HERS, LATER), SurveyDue.of(ANOTHER, NOW),
        SurveyReminderDue.of(HERS, NOW, 0), SurveyReminderDue.of(HERS, NOW, 1), SurveyReminderDue.of(HERS, NOW, 0, NOW),
        SurveyRungDue.of(HERS, NOW, 1), SurveyRungDue.of(HERS, NOW, 2), SurveyRungDue.of(HERS, NOW, 1, NOW),
        SurveyResumeDue.of(HERS, NOW), SurveyResumeDue.of(HERS, LATER),
        SurveyRetryDue.of(HERS, NOW, MESSAGE), SurveyRetryDue.of(HERS, NOW, RESPONSE, rung=1),
        SurveyExpired.of(HERS, NOW), SurveyExpired.of(HERS, NOW, "participation_ended"),
        MessageRequested.of(MESSAGE, ANN, "sms", NOW), MessageRequested.of(MESSAGE, ANN, "sms", NOW, 2),
        MessageUrgent.of(MESSAGE, ANN, NOW), MessageReceived.of(MESSAGE, ANN, NOW),
        MessageReported.of(MESSAGE, ANN, NOW, "sent", None, "SM1", "sent"),
        MessageReported.of(MESSAGE, ANN, NOW, "failed", "30003", "SM1", "failed"),
        ResponseCompleted.of(HERS, RESPONSE, "diary", NOW), ResponseCompleted.of(HERS, RESPONSE, "diary", LATER),
        AlertRaised.of_task(TASK, ANN, "urgent", NOW), AlertRaised.of_task(TASK, ANN, "urgent", NOW, "2026-03-03"),
        AlertRaised.of_study("s", "stranger", ANN, NOW), AlertRaised.of_study("s", "held", ANN, NOW),
        changed("raised", NOW), changed("closed", NOW), changed("closed", LATER),
        AlertRaised.of_study("t", "stranger", ANN, NOW), AlertRaised.of_study("s", "stranger", ANN, NOW, NOW),
        AlertRaised.of_task(TASK, ANN, "urgent", NOW).again(LATER),
        AlertRaised.of_rule(TASK, ANN, "ana", NOW), AlertRaised.of_rule(TASK, ANN, None, NOW),
        AlertRaised.of_rule(TASK, ANN, "ana", LATER), AlertDue.of(TASK, ANN, NOW), AlertDue.of(TASK, ANN, LATER),
        AlertDue.lost(TASK, ANN, NOW), AdviceDue.of(TASK, ANN, HERS.id, NOW), SilenceNoticed.of(ANN, NOW),
        SurveyDue.of(HERS, NOW).postponed(LATER + timedelta(hours=1)),
        SurveyRetryDue.of(HERS, NOW, MESSAGE, rung=1).postponed(LATER),
        SurveyRetryDue.of(HERS, NOW, MESSAGE).postponed(LATER),
    ]  # fmt: skip


def test_what_happens_twice_is_one_event_and_two_happenings_are_two() -> None:
    assert [event.id for event in different()] == [event.id for event in different()]
    ids = [event.id for event in different()]
    assert len(set(ids)) == len(ids)
    assert all(id.version == 5 for id in ids)


def test_an_id_is_of_its_parts_in_their_order() -> None:
    assert derived_id("a", 1) == derived_id("a", "1")
    assert derived_id("a", "b") != derived_id("b", "a")
    assert str(derived_id("survey.due", ANN)) == str(derived_id("survey.due", "00000000-0000-0000-0000-000000000001"))


def test_each_says_whom_it_concerns_and_when() -> None:
    for event in different():
        assert event.participant_id in (ANN, BEN)
        assert event.occurred_at >= NOW
        assert type(event).model_validate_json(event.model_dump_json()) == event


def test_every_event_bears_the_name_of_its_class() -> None:
    assert (SurveyDue.type, SurveyReminderDue.type, MessageReceived.type) == (
        "survey.due", "survey.reminder_due", "message.received"
    )  # fmt: skip
    assert all(EVENTS[name].type == name for name in EVENTS)
    of_streams = {ScoreRecorded, ScoreRelinked, ScoresLatest, TimelineLatest}
    assert {type(event) for event in different()} | of_streams | {TreatmentReported} == set(EVENTS.values())
    assert set(FOLLOW_UPS) < set(EVENTS.values())


def test_a_postponed_event_is_the_same_at_a_later_instant() -> None:
    before = SurveyRungDue.of(HERS, NOW, 2)
    after = before.postponed(LATER)
    assert (after.occurred_at, after.rung, after.occasion_id) == (LATER, 2, HERS.id)
    assert after.id != before.id
    assert after == before.postponed(LATER)
    assert after.id != SurveyRungDue.of(HERS, NOW, 3).postponed(LATER).id


def test_an_alert_of_a_study_is_its_own_alert_and_one_of_a_task_that_task_s() -> None:
    of_study = AlertRaised.of_study("s", "held", ANN, NOW)
    assert (of_study.alert_id, of_study.study, of_study.kind) == (of_study.id, "s", "held")
    of_task = AlertRaised.of_task(TASK, ANN, "urgent", NOW)
    assert (of_task.alert_id, of_task.study, of_task.kind) == (TASK, None, "urgent")
    again = of_task.again(LATER)
    assert (again.alert_id, again.occurred_at) == (TASK, LATER)


def test_what_an_older_release_wrote_as_a_reminder_is_read_as_what_it_meant() -> None:
    reminder = SurveyReminderDue.of(HERS, NOW, 1)
    assert reminder.as_written_now() is reminder
    rung = reminder.model_copy(update={"rung": 0}).as_written_now()
    assert (type(rung), getattr(rung, "rung", None)) == (SurveyRungDue, 0)
    resumed = reminder.model_copy(update={"resumes": True}).as_written_now()
    assert type(resumed) is SurveyResumeDue
    for new in (rung, resumed):
        assert (new.id, new.occasion_id, new.occurred_at) == (reminder.id, HERS.id, NOW)


@pytest.mark.parametrize("wrong", [{"occurred_at": "2026-03-02T12:00:00"}, {"n": -1}, {"occasion_id": "no id"}])
def test_what_is_no_event_of_ours_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SurveyReminderDue.model_validate({**SurveyReminderDue.of(HERS, NOW, 1).model_dump(), **wrong})


def test_what_a_newer_release_adds_is_left_aside() -> None:
    event = SurveyReminderDue.of(HERS, NOW, 1)
    assert SurveyReminderDue.model_validate({**event.model_dump(), "surprise": 1}) == event


def test_what_others_report_has_an_id_of_all_that_it_says() -> None:
    said = {
        "occurred_at": NOW.isoformat(), "study": "s", "feed": "bus", "record": "7", "code": "A", "kind": "cycle",
        "on": "2026-03-01",
    }  # fmt: skip
    first, again = (
        TreatmentReported.model_validate(dict(sorted(said.items(), reverse=back))) for back in (True, False)
    )
    assert first == again
    assert first.id != TreatmentReported.model_validate({**said, "deleted": True}).id
    assert TreatmentReported.model_validate_json(first.model_dump_json()) == first
    for wrong in ({"code": "Anna Meier"}, {"occurred_at": "2026-03-01T10:00:00"}, {"name": "Anna"}, {"record": ""}):
        with pytest.raises(ValidationError):
            TreatmentReported.model_validate({**said, **wrong})


def test_a_topic_that_keeps_the_newest_has_a_key_for_each_response_and_each_event() -> None:
    shared = {"id": UUID(int=1), "participant_id": ANN, "occurred_at": NOW, "study": "s"}
    latest = ScoresLatest.model_validate(
        {
            **shared, "occasion_id": HERS.id, "response_id": RESPONSE, "instrument": "diary", "instrument_version": "1",
            "reporter": "self",
            "completed_at": NOW, "scores": {"pain": 40.0}, "site": "a", "study_day": 8, "days_since": {"surgery": 3},
        }
    )  # fmt: skip
    assert latest.compaction_key == str(RESPONSE)
    assert latest.placement == Placement(site="a", study_day=8, days_since={"surgery": 3})
    believed = TimelineLatest.model_validate(
        {
            **shared, "event_id": UUID(int=5), "record_id": UUID(int=6), "source": "treatment", "kind": "surgery",
            "happened_on": "2026-03-02", "ends_on": None, "recorded_at": NOW,
        }
    )  # fmt: skip
    assert believed.compaction_key == str(UUID(int=5))
    assert SurveyDue.of(HERS, NOW).compaction_key is None, "its topic keeps everything"
