"""One participant with everything a handler needs: identity, contacts, surveys, answers and states."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector import rendering
from pro_collector.casework.consenting import Agreement
from pro_collector.casework.standing import day_of, standing
from pro_collector.domain.conversation.permission import (
    Address,
    MessagePurpose,
    OccasionStatus,
    OutgoingMessage,
    Refusal,
    Standing,
    refusal,
    still_asked,
)
from pro_collector.domain.conversation.survey import BEGUN, Mode, Place, RecordAnswer, Step, Survey
from pro_collector.domain.instrument.answers import Answer
from pro_collector.domain.study import quiet_hours
from pro_collector.domain.study.definition import Contact
from pro_collector.domain.study.emergency import Emergency, emergency_in
from pro_collector.postgres.tables.consents import ConsentRow
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.occasions import DueRow, OccasionRow
from pro_collector.postgres.tables.participants import ParticipantRow, StateRow
from pro_collector.postgres.tables.studies import StudyVersion
from scheduler.after_end import covers, follows
from scheduler.bundles import in_order, speaks_for
from scheduler.calendar import Silence, also_quiet, next_allowed, wall_time
from scheduler.occasion import STOPPED
from scheduler.person import age_on
from scheduler.rules import Channel, Reporter


@dataclass
class Case:
    """One locked participant, with the data that a handler needs.

    `may_stop`: the reporters who wrote something that may be a wish to stop, and that nobody has read yet.
    """

    person: ParticipantRow
    versions: dict[str, StudyVersion]
    contacts: list[ContactRow]
    occasions: dict[UUID, OccasionRow]
    answers: dict[UUID, dict[str, dict[str, Answer]]]
    modes: dict[UUID, Mode]
    states: list[StateRow]
    treatment_dates: list[tuple[str, date]]
    messages: int
    now: datetime
    due_around: list[DueRow] = field(default_factory=list)
    """The occasions that are due at about this time."""
    nickname: bytes | None = None
    """What the family calls this participant, sealed; None if they chose no name."""
    may_stop: frozenset[Reporter] = frozenset()
    consents: list[ConsentRow] = field(default_factory=list)

    def refusal(
        self, purpose: MessagePurpose, reporter: Reporter, channel: Channel, row: OccasionRow | None = None
    ) -> Refusal | None:
        """Why a message must not be sent to a reporter on a channel now; None when it may be sent.

        `row` is the survey that the message is about, if it is about one. A person of the team makes the calls, so a
        call needs no stored address.
        """
        contact = next((c for c in self.contacts if (c.reporter, c.channel) == (reporter, channel)), None)
        found = self._address(contact) if contact else None
        address = Address() if channel == "call" else found
        awaited = self._status(row) if row else None
        return refusal(self.standing_of(reporter, row), address, awaited, OutgoingMessage(purpose, channel), self.now)

    def _address(self, contact: ContactRow) -> Address:
        of_patient = any(each.reporter == "self" and each.lookup == contact.lookup for each in self.contacts)
        return Address(contact.opted_out_at is not None, contact.broken_at is not None, of_patient)

    def _status(self, row: OccasionRow) -> OccasionStatus:
        return OccasionStatus(row.state, row.reason, row.asked, follows(row.anchor), not self.waits_for_release(row))

    def waits_for_release(self, row: OccasionRow) -> bool:
        """Whether a person of the team must release this occasion before anything about it is sent."""
        if follows(row.anchor) is None or row.released_at is not None:
            return False
        after = self.version_of(row).study.assessment(row.assessment).after
        return after is None or after.needs_release

    def contact(self, reporter: Reporter, channel: Channel, row: OccasionRow | None = None) -> ContactRow | None:
        """The contact for questions to this reporter on this channel; None when a question must not be sent there.

        `row`: the survey that the question is of, where one is meant.
        """
        if self.refusal("question", reporter, channel, row):
            return None
        return next((c for c in self.contacts if (c.reporter, c.channel) == (reporter, channel)), None)

    def phone(self, reporter: Reporter) -> ContactRow | None:
        """The phone of this reporter, even when it must not be texted now."""
        return next((c for c in self.contacts if (c.reporter, c.channel) == (reporter, "sms")), None)

    def is_conversation(self, row: OccasionRow) -> bool:
        """Whether an occasion is asked by text, one question at a time."""
        return self.version_of(row).study.mode(row.assessment, self.country()) == "conversation"

    @property
    def standing(self) -> Standing:
        """The states of this participant today, and whether they have left the study."""
        return standing(
            self.current_version.study, self.states, self.treatment_dates, self.today, self.person.caregiver_goes_on
        )

    def standing_of(self, reporter: Reporter, row: OccasionRow | None = None) -> Standing:
        """What of the states of this participant counts for one reporter, and whether they agree to be asked `row`."""
        agrees = self.agreement.agrees(reporter, covers(row.anchor if row else ""))
        return self.standing.of(reporter, may_stop=reporter in self.may_stop, agrees=agrees)

    @property
    def agreement(self) -> Agreement:
        """What the reporters of this participant agree to today."""
        return Agreement(self.current_version.study, self.consents, self.today)

    @property
    def today(self) -> date:
        """The date where the participant lives."""
        return day_of(self.now, self.person.zone)

    def earliest_send(self, row: OccasionRow) -> datetime | None:
        """The next instant outside quiet hours for a message about an occasion: a late message must not ring at night.

        None when there is no such instant.
        """
        zone = ZoneInfo(self.person.zone)
        slot = next_allowed(self.now, wall_time(self.now, zone), zone, self.silence(row))
        return slot[0] if slot else None

    def earliest_by_hand(self) -> datetime | None:
        """The next instant at which a message about no survey may ring; None when there is none."""
        zone = ZoneInfo(self.person.zone)
        silence = also_quiet(
            self.current_version.silence_of(None, self.person.site), quiet_hours.parse(self.person.quiet)
        )
        slot = next_allowed(self.now, wall_time(self.now, zone), zone, silence)
        return slot[0] if slot else None

    def silence(self, row: OccasionRow) -> Silence:
        """The quiet hours and blackout days for an occasion: those of its study, and this participant's own hours."""
        general = self.version_of(row).silence_of(row.assessment, self.person.site)
        return also_quiet(general, quiet_hours.parse(self.person.quiet))

    @property
    def current_version(self) -> StudyVersion:
        """The study version this participant is under now."""
        return self.versions[self.person.study_version]

    def version_of(self, row: OccasionRow) -> StudyVersion:
        """The study version an occasion was planned under: a begun survey is finished under its old version."""
        return self.versions[row.study_version]

    def flagged(self, row: OccasionRow, step: Step) -> bool:
        """Whether a step of a survey records an answer that a person must look at."""
        instruments = self.version_of(row).instruments
        given = [effect for effect in step.effects if isinstance(effect, RecordAnswer)]
        return any(instruments[each.place.instrument].flagged(each.place.item, each.answer) for each in given)

    @property
    def language(self) -> str:
        """The language in which we answer this person: their own where we have words in it, else the study's first."""
        return self.language_of("self")

    def language_of(self, reporter: Reporter) -> str:
        """The language in which we answer a reporter: their own where we have words in it, else the study's first."""
        own = self.person.language_of(reporter)
        return own if own in rendering.languages() else self.current_version.study.languages[0]

    def country(self) -> str | None:
        """The country of the participant's site."""
        site = self.current_version.study.sites.get(self.person.site or "")
        return site.country if site else None

    @property
    def team(self) -> Contact:
        """The contact of the study team that this participant calls."""
        return self.current_version.study.team(self.person.site)

    def emergency(self, language: str) -> Emergency:
        """The emergency instructions for the place of this participant's site, in a language."""
        instructions = emergency_in(self.current_version.study.emergency_of(self.person.site), language)
        return instructions[0] if instructions else Emergency(medical="", crisis="")

    def has_others_that_day(self, row: OccasionRow) -> bool:
        """Whether the same reporter has another kind of check-in that is begun, or due on the same day as this one."""
        begun = {o.assessment for o in self.occasions.values() if o.state in BEGUN and o.reporter == row.reporter}
        together = {o.assessment for o in self.bundle_of(row)}
        today = (o for o in self.due_around if o.due_local.date() == row.due_local.date())
        due = {o.assessment for o in today if o.reporter == row.reporter}
        return bool((begun | due) - together)

    def bundle_of(self, row: OccasionRow) -> list[OccasionRow]:
        """The occasion and those that were asked together with it, in the order of their questions."""
        others = (o for o in self.occasions.values() if row.bundle and o.bundle == row.bundle and o.id != row.id)
        return in_order([row, *others])

    def speaking(self, row: OccasionRow) -> OccasionRow:
        """The occasion that speaks for the bundle of this one: of those still open, the one that closes first.

        Itself if it was asked alone, or if none of them is open.
        """
        begun = [each for each in self.bundle_of(row) if each.state in BEGUN]
        return speaks_for(begun) if row.bundle and begun else row

    def survey(self, row: OccasionRow) -> Survey:
        """What is asked when this occasion speaks: its own survey, or that of its whole bundle."""
        own = self.own_survey(row)
        together = [each for each in self.bundle_of(row) if each.state in BEGUN]
        if len(together) < 2 or self.speaking(row).id != row.id:
            return own
        surveys = [self.own_survey(each) for each in together]
        instruments = {each.id: each for survey in surveys for each in survey.instruments}
        given = {name: answers for survey in surveys for name, answers in survey.answers.items()}
        asked = Place.parse(row.asked) if row.asked else None
        return replace(own, instruments=tuple(instruments.values()), answers=given, asked=asked, bundled=True)

    def own_survey(self, row: OccasionRow) -> Survey:
        """An occasion as the pure state machine sees it. Nobody answers it after leaving the study."""
        asked = Place.parse(row.asked) if row.asked else None
        whose = self.standing_of(row.reporter, row)
        over = not (whose.agrees and still_asked(whose, follows(row.anchor)))
        left = row.ended_at if row.reason in STOPPED else self.now if over else None
        return Survey(
            occasion_id=row.id,
            participant_id=row.participant_id,
            reporter=row.reporter,
            instruments=tuple(self.version_of(row).instruments[name] for name in row.instruments),
            closes_at=left or row.closes_at,
            late_until=left or row.late_until,
            state=row.state,
            conversation=self.is_conversation(row),
            answers={name: given for name, given in self.answers.get(row.id, {}).items() if name in row.instruments},
            asked=asked if asked and asked.instrument in row.instruments else None,
            clarified=row.clarified,
            language=row.language or self.version_of(row).study.languages[0],
            explained=Place.parse(row.explained) if row.explained else None,
            age=self._age_of_reader(row),
        )

    def _age_of_reader(self, row: OccasionRow) -> int | None:
        """The age by which words are chosen: the patient's; None for a caregiver, an adult whose age is not known."""
        return None if row.reporter == "caregiver" else age_on(self.person.birth_date, row.due_local.date())
