"""THE TABLE: which process handles which event with which handler. The whole flow on one screen.

study file, treatment events ─▶ planner ─▶ agenda ─▶ scheduler ─▶ survey.due ─▶ worker ─▶ message.requested
score_on_treatment ◀─ score.recorded ◀─ worker ◀─ response.completed ◀─ worker | web form ◀─ message.received
"""

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from pro_collector.domain import events as e
from pro_collector.handlers import (
    alert_raised,
    message_received,
    message_reported,
    message_requested,
    participant_enrolled,
    response_completed,
    study_amended,
    survey_due,
    survey_expired,
    survey_reminder_due,
    survey_resume_due,
    survey_retry_due,
    survey_rung_due,
    timeline_changed,
)
from pro_collector.kafka.broker import Broker
from pro_collector.kafka.consumer import Consumer, Handle, subscribe
from pro_collector.postgres.questions import oldest_work
from pro_collector.runtime import Runtime
from pro_collector.watchdog import Work

PIPELINE: Mapping[str, Mapping[type[e.Event], Handle]] = {
    "worker": {
        e.ParticipantEnrolled: participant_enrolled.handle,
        e.TimelineChanged: timeline_changed.handle,
        e.StudyAmended: study_amended.handle,
        e.SurveyDue: survey_due.handle,
        e.SurveyReminderDue: survey_reminder_due.handle,
        e.SurveyRungDue: survey_rung_due.handle,
        e.SurveyResumeDue: survey_resume_due.handle,
        e.SurveyRetryDue: survey_retry_due.handle,
        e.SurveyExpired: survey_expired.handle,
        e.MessageReceived: message_received.handle,
        e.MessageReported: message_reported.handle,
        e.ResponseCompleted: response_completed.handle,
    },
    "sender": {
        e.MessageRequested: message_requested.handle,
        e.AlertRaised: alert_raised.handle,
    },
}
"""`score.recorded` has no handler: dashboards and researchers consume it."""

HANDLED_TYPES = frozenset(event.type for handlers in PIPELINE.values() for event in handlers)


OWN_CONSUMER: Mapping[type[e.Event], int] = {e.MessageRequested: 50, e.MessageReceived: 100}
"""Events whose handler waits for a carrier, with their batch size.

Each has its own consumer. Otherwise an alert would wait behind hundreds of texts, and all reminders would wait while a
carrier is slow to say when one text was written. The batches are small because Kafka treats a consumer as dead when it
works on one batch for five minutes.
"""


def connect(broker: Broker, rt: Runtime, process: str) -> Sequence[Work]:
    """Subscribe a process to its events. Returns the work of each of its consumers, for the watchdog."""
    works = list[Work]()
    handlers = {event: partial(handle, rt=rt) for event, handle in PIPELINE[process].items()}
    for event in OWN_CONSUMER.keys() & handlers.keys():
        apart = {event: handlers.pop(event)}
        name = f"{process}.{event.type}"
        consumer = subscribe(broker, rt.database, name, apart, batch_size=OWN_CONSUMER[event])
        works.append(_work(name, apart, consumer))
    works.append(_work(process, handlers, subscribe(broker, rt.database, process, handlers)))
    return works


def _work(name: str, events: Collection[type[e.Event]], consumer: Consumer) -> Work:
    types = [event.type for event in events]
    return Work(name, lambda tx: oldest_work.unhandled(tx, types), lambda: consumer.done)
