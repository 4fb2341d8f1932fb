"""Made-up participants and visits of the research model."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

from pro_collector.domain.research.tables import ParticipantOfStudy, PlannedVisit, ScaleValue, VisitState

DAY_ONE = date(2026, 3, 2)


def person(code: str, **fields: object) -> ParticipantOfStudy:
    """A participant who is still in the study; `fields` replace the defaults."""
    someone = ParticipantOfStudy(
        study="s", participant_code=code, participant_id=uuid5(NAMESPACE_OID, code), study_version="1", site="a",
        country="US", arm="x", sex=None, language="en", age_at_enrolment=50, enrolled_on=DAY_ONE, died_on=None,
        withdrew_on=None, off_study_on=None, off_study_reason=None, off_study_day=None,
    )  # fmt: skip
    return replace(someone, **fields)  # type: ignore[arg-type]


def left(code: str, reason: str, day: int, **fields: object) -> ParticipantOfStudy:
    """A participant who died or withdrew on a day of the study."""
    on = DAY_ONE + timedelta(days=day - 1)
    own = {"died": {"died_on": on}, "withdrew": {"withdrew_on": on}}.get(reason, {})
    return person(code, off_study_on=on, off_study_reason=reason, off_study_day=day, **own, **fields)


def visit(
    of: ParticipantOfStudy, n: int, state: VisitState, reason: str | None = None, **fields: object
) -> PlannedVisit:
    """The `n`th weekly visit of a participant."""
    due_on = of.enrolled_on + timedelta(days=7 * (n - 1))
    due_at = datetime(due_on.year, due_on.month, due_on.day, 10, tzinfo=UTC)
    came = state in ("completed", "partial")
    planned = PlannedVisit(
        study=of.study, participant_code=of.participant_code, participant_id=of.participant_id, site=of.site,
        arm=of.arm, visit_id=uuid5(of.participant_id, f"weekly {n}"), visit=f"weekly {7 * (n - 1)}d",
        study_version="1", assessment="weekly", planned=True, anchor="enrolment", anchor_n=1, anchor_on=of.enrolled_on,
        visit_n=n, point=f"{7 * (n - 1)}d", reporter="self", due_at=due_at, due_on=due_on, due_day=7 * (n - 1) + 1,
        opens_at=due_at, closes_at=due_at + timedelta(days=4), late_until=due_at + timedelta(days=5), moved_by=None,
        state=state, reason=reason, ended_at=None, instruments="diary", instruments_expected=1,
        instruments_received=int(came),
        items_answered=0, items_declined=0, items_not_asked=0, first_answer_at=due_at if came else None,
        last_answer_at=due_at if came else None, answered_on=due_on if came else None,
        answered_day=7 * (n - 1) + 1 if came else None, late=False if came else None, mode="sms" if came else None,
        language="en" if came else None, cycle=None, cycle_day=None, days_since_anchor=7 * (n - 1),
    )  # fmt: skip
    return replace(planned, **fields)  # type: ignore[arg-type]


def scale_value(of: PlannedVisit, instrument: str, scale: str, value: float) -> ScaleValue:
    """The score of one scale at a visit."""
    return ScaleValue(
        study=of.study, participant_code=of.participant_code, participant_id=of.participant_id, site=of.site,
        arm=of.arm, visit_id=of.visit_id, visit=of.visit, response_id=uuid5(of.visit_id, instrument),
        instrument=instrument, instrument_version="1.0.0", scale=scale, value=value, status="scored", items_answered=1,
        items_expected=1, band=None, reporter=of.reporter, mode="sms", completed_at=of.due_at, on_day=of.due_on,
        study_day=of.due_day, cycle=None, cycle_day=None, assessment=of.assessment, visit_n=of.visit_n,
        anchor=of.anchor, anchor_n=of.anchor_n, days_since_anchor=0, scoring_version="h", scored_at=of.due_at,
    )  # fmt: skip
