"""THE TABLE: which process handles which event with which handler. The whole flow on one screen.

study file, treatment events ─▶ planner ─▶ agenda ─▶ scheduler ─▶ survey.due ─▶ worker ─▶ message.requested
score_on_treatment ◀─ score.recorded ◀─ worker ◀─ response.completed ◀─ worker | web form ◀─ message.received
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pro_collector.domain import events as e
from pro_collector.handlers import (
    advice_due,
    alert_due,
    alert_raised,
    message_received,
    message_reported,
    message_requested,
    message_urgent,
    participant_enrolled,
    response_completed,
    silence_noticed,
    study_amended,
    survey_due,
    survey_expired,
    survey_reminder_due,
    survey_resume_due,
    survey_retry_due,
    survey_rung_due,
    timeline_changed,
    treatment_reported,
)
from pro_collector.kafka.broker import Broker
from pro_collector.kafka.consumer import BATCH, Handle, subscribe
from pro_collector.kafka.in_process_broker import InProcessBroker
from pro_collector.postgres.questions import oldest_work
from pro_collector.readiness import BEHIND
from pro_collector.runtime import Runtime
from pro_collector.watchdog import WatchedWork

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
        e.MessageUrgent: message_urgent.handle,
        e.MessageReceived: message_received.handle,
        e.MessageReported: message_reported.handle,
        e.ResponseCompleted: response_completed.handle,
        e.AlertDue: alert_due.handle,
        e.AdviceDue: advice_due.handle,
        e.SilenceNoticed: silence_noticed.handle,
        e.TreatmentReported: treatment_reported.handle,
    },
    "sender": {
        e.MessageRequested: message_requested.handle,
        e.AlertRaised: alert_raised.handle,
    },
}
"""`score.recorded`, `score.relinked`, `alert.changed` and the two states have no handler: charts, researchers and
webhooks take them."""

HANDLED_TYPES = frozenset(event.type for handlers in PIPELINE.values() for event in handlers)


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of work: the events that one consumer takes, one batch after the other, and how many in a batch."""

    group: str
    """The name of the consumer group, without the prefix of the topics."""
    events: tuple[type[e.Event], ...]
    batch: int = BATCH
    limit: float = BEHIND
    """For how many seconds its events may wait until the process counts as behind."""


WORK: Mapping[str, tuple[Work, ...]] = {
    "worker": (
        # each plan locks its participant until the batch is stored, and their replies wait so long
        Work("worker.plans", (e.ParticipantEnrolled, e.TimelineChanged, e.StudyAmended), batch=20),
        Work(
            "worker",
            (e.SurveyDue, e.SurveyReminderDue, e.SurveyRungDue, e.SurveyResumeDue, e.SurveyRetryDue, e.SurveyExpired),
        ),
        Work("worker.message.urgent", (e.MessageUrgent,), batch=20),
        Work("worker.message.received", (e.MessageReceived,), batch=100),
        Work("worker.message.reported", (e.MessageReported,)),
        Work("worker.response.completed", (e.ResponseCompleted,)),
        Work("worker.alert.due", (e.AlertDue, e.AdviceDue, e.SilenceNoticed)),
        Work("worker.treatment.reported", (e.TreatmentReported,), batch=20),
    ),
    "sender": (
        # many messages wait for the carrier's rate, and that is no fault
        Work("sender.message.requested", (e.MessageRequested,), batch=50, limit=3600.0),
        Work("sender", (e.AlertRaised,)),
    ),
}
"""The consumers of each process. No kind of work waits for another: a backlog of replies delays neither scores nor
reminders, and an alert does not wait behind hundreds of texts.

Handlers that wait for a carrier have small batches, because Kafka treats a consumer as dead when it works on one batch
for five minutes.
"""


def connect(broker: Broker | InProcessBroker, rt: Runtime, process: str) -> Sequence[WatchedWork]:
    """Subscribe a process to its events. Returns the work of each of its consumers, for the watchdog."""
    return [_subscribe(broker, rt, process, work) for work in WORK[process]]


def _subscribe(broker: Broker | InProcessBroker, rt: Runtime, process: str, work: Work) -> WatchedWork:
    handlers = {event: partial(PIPELINE[process][event], rt=rt) for event in work.events}
    consumer = subscribe(broker, rt.database, work.group, handlers, batch_size=work.batch)
    types = [event.type for event in work.events]
    return WatchedWork(
        work.group,
        lambda tx: oldest_work.unhandled(tx, types),
        lambda: consumer.done,
        partitions=lambda: consumer.partitions,
        limit=work.limit,
    )
