"""The channel ladder: speak on the first rung from here on that reaches somebody; the last is a call by a person."""

from dataclasses import replace

from pro_collector.casework.desk import NO_TEXTS, Case, Desk
from pro_collector.domain.survey import Step
from pro_collector.postgres.occasions import OccasionRow


def climb(table: Desk, case: Case, row: OccasionRow, step: Step, *, from_rung: int) -> OccasionRow:
    """Carry out `step` on the first rung from `from_rung` on that reaches the reporter.

    A call rung raises a task for the team and speaks to nobody. When no rung reaches anybody, the team is asked for
    an address; the occasion stays open, so that a form opened by hand or a later address still serves.
    """
    rungs = case.force_of(row).study.assessments[row.assessment].ladder
    channels = [rung.channel for rung in rungs] or ["sms"]
    for number, channel in enumerate(channels[from_rung:], start=from_rung):
        if channel == "call":
            row = table.change(case, replace(row, rung=number))
            table.note(row, "call", rung=number)
            table.ask_person(case, row, "call", "nobody answered by message", row.id)
            return row
        contact = case.contact(row.reporter, channel)
        if contact is not None:
            row = table.change(case, replace(row, rung=number))
            table.note(row, "rung", rung=number, channel=channel)
            return table.take(case, row, step, contact=contact)
        table.note(row, "rung_skipped", rung=number, channel=channel, reason=why_not(case, row.reporter, channel))
    table.ask_person(case, row, "contact", "no way left to reach this person", row.id)
    return row


def why_not(case: Case, reporter: str, channel: str) -> str:
    """Why a channel cannot be used for a reporter."""
    if channel == "sms" and case.state(NO_TEXTS):
        return "asked for no texts"
    for contact in case.contacts:
        if (contact.reporter, contact.channel) == (reporter, channel):
            return "opted out" if contact.opted_out_at else "the address does not work"
    return "no address"
