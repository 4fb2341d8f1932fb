"""Scores by week and arm are those of the scores, whatever changes, refreshed or not."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

import psycopg
import pytest

Connection = psycopg.Connection[tuple[object, ...]]
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
WEEKS = """
SELECT study, site, arm, week, instrument, scale, reporter, scores, total, squares, lowest, highest
FROM research.score_weeks ORDER BY site, arm, week, scale, reporter
"""
PLAIN = """
SELECT study, site, arm, date_bin(interval '7 days', completed_at, timestamptz '2000-01-03 00:00+00'), instrument,
       scale, reporter, count(value), sum(value), sum(value * value), min(value), max(value)
FROM score_on_treatment GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 2, 3, 4, 6, 7
"""
STUDY = """
INSERT INTO study (id, version, document, hash, applied_at, applied_by, current, definition)
VALUES ('s', '1', '', 'h', now(), 'tester', true, '{"timeline": {}}');
INSERT INTO participant (id, study, study_version, code, zone, language, arm, site, enrolled_on)
SELECT gen_random_uuid(), 's', '1', 'P-' || n, 'Europe/Madrid', 'es', (ARRAY['a', 'b'])[1 + n % 2],
       (ARRAY['madrid', 'bethesda'])[1 + n / 2 % 2], '2026-03-01' FROM generate_series(1, 5) n
"""
OCCASION = """
INSERT INTO occasion (id, participant_id, study, study_version, assessment, anchor, anchor_n, anchor_on, anchor_key, n,
                      point, reporter, instruments, due_at, due_local, wanted_local, zone, opens_at, closes_at,
                      late_until, priority, state, reason, opened_at, ended_at)
SELECT %(id)s, %(person)s, 's', '1', 'weekly', 'enrolment', 1, '2026-03-01', %(id)s::text, 1, '1w', %(reporter)s, '{i}',
       at, at, at, 'UTC', at, at, at, 1, 'completed', 'every question answered', at, at
FROM (SELECT %(at)s::timestamptz AS at) d
"""
SCORE = """
INSERT INTO score (completed_at, response_id, participant_id, occasion_id, instrument, instrument_version,
                   scoring_version, scale, value, answered, of, reporter, mode, scored_at)
SELECT %(at)s, %(response)s, %(person)s, %(occasion)s, 'i', '1', %(version)s, scale, %(value)s, 1, 1, %(reporter)s,
       'sms', %(scored_at)s FROM unnest(ARRAY['pain', 'sleep']) scale
"""


class Record:
    """A study of five people in two arms at two sites, and what may happen to their scores."""

    def __init__(self, connection: Connection, random: Random) -> None:
        self._connection, self._random = connection, random
        connection.execute(STUDY.encode())
        self._people = [UUID(str(row[0])) for row in connection.execute("SELECT id FROM participant ORDER BY code")]
        self._scored: list[dict[str, object]] = []
        self._clock = MONDAY + timedelta(days=365)

    def answered(self) -> None:
        at = MONDAY + timedelta(minutes=self._random.randrange(5 * 7 * 24 * 60))
        given = {
            "person": self._random.choice(self._people), "id": uuid4(), "response": uuid4(), "version": "v1", "at": at,
            "reporter": self._random.choice(["self", "self", "proxy"]),
        }  # fmt: skip
        self._connection.execute(OCCASION.encode(), given)
        self._scored.append({**given, "occasion": given["id"]})
        self._score(self._scored[-1])

    def rescored(self) -> None:
        self._score({**self._random.choice(self._scored), "version": f"v{self._random.randrange(2, 5)}"})

    def corrected(self) -> None:
        """A late answer: the response is completed again, perhaps in another week."""
        given = self._random.choice(self._scored)
        later = {**given, "at": given["at"] + timedelta(days=self._random.choice([0, 6]), microseconds=1)}  # type: ignore[operator]
        self._connection.execute(
            "UPDATE score SET superseded_at = %(now)s WHERE response_id = %(response)s"
            " AND scoring_version = %(version)s AND superseded_at IS NULL AND completed_at < %(at)s",
            {**later, "now": self._clock},
        )
        given["at"] = later["at"]
        self._score(later)

    def crossed_over(self) -> None:
        self._connection.execute(
            "INSERT INTO participant_state (id, participant_id, kind, starts_on, recorded_at, recorded_by, arm)"
            " VALUES (%s, %s, 'crossed_over', %s, now(), 'tester', %s)",
            (uuid4(), self._person(), self._day(), self._random.choice("abc")),
        )

    def not_crossed_over(self) -> None:
        self._connection.execute(
            "UPDATE participant_state SET retracted_at = now() WHERE id ="
            " (SELECT id FROM participant_state WHERE retracted_at IS NULL ORDER BY starts_on, id LIMIT 1)"
        )

    def state_erased(self) -> None:
        self._connection.execute("DELETE FROM participant_state WHERE participant_id = %s", (self._person(),))

    def arm_corrected(self) -> None:
        self._connection.execute(
            "UPDATE participant SET arm = %s WHERE id = %s", (self._random.choice(["a", "b", None]), self._person())
        )

    def moved_to_another_site(self) -> None:
        site = self._random.choice(["madrid", "bethesda"])
        self._connection.execute("UPDATE participant SET site = %s WHERE id = %s", (site, self._person()))

    def visit_moved(self) -> None:
        given = self._random.choice(self._scored)
        self._connection.execute("UPDATE occasion SET due_local = %s WHERE id = %s", (self._day(), given["occasion"]))

    def consent_withdrawn(self) -> None:
        self._connection.execute(
            "INSERT INTO consent (id, participant_id, reporter, covers, given_on, recorded_at, recorded_by,"
            " withdrawn_on, withdrawal_recorded_at, excludes_data)"
            " VALUES (%s, %s, %s, 'participation', '2026-03-01', now(), 'tester', '2026-03-02', now(), true)",
            (uuid4(), self._person(), self._random.choice(["self", "proxy"])),
        )

    def consent_erased(self) -> None:
        self._connection.execute("DELETE FROM consent WHERE participant_id = %s", (self._person(),))

    def erased(self) -> None:
        given = self._random.choice(self._scored)
        self._connection.execute("SET pro_collector.erasing = 'yes'")
        self._connection.execute("DELETE FROM score WHERE response_id = %s", (given["response"],))
        self._connection.execute("RESET pro_collector.erasing")

    def refreshed(self) -> None:
        self._connection.execute("CALL refresh_score_weekly()")

    def _score(self, given: dict[str, object]) -> None:
        self._clock += timedelta(seconds=1)
        value = self._random.choice([None, *range(0, 101, 10)])
        statement = f"{SCORE} ON CONFLICT DO NOTHING".encode()
        self._connection.execute(statement, {**given, "value": value, "scored_at": self._clock})

    def _person(self) -> UUID:
        return self._random.choice(self._people)

    def _day(self) -> date:
        return (MONDAY + timedelta(days=self._random.randrange(35))).date()


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with psycopg.connect(database_url, autocommit=True) as opened:
        yield opened


def the_weeks_are_those_of_the_scores(connection: Connection, after: str = "") -> None:
    expected = connection.execute(PLAIN.encode()).fetchall()
    assert connection.execute(WEEKS.encode()).fetchall() == expected, after


@pytest.mark.parametrize("seed", range(2))
def test_after_every_change_the_weeks_are_those_of_the_scores(connection: Connection, seed: int) -> None:
    random = Random(seed)
    record = Record(connection, random)
    for _ in range(25):
        record.answered()
    record.refreshed()
    acts = [
        record.answered, record.rescored, record.corrected, record.crossed_over, record.crossed_over, record.erased,
        record.not_crossed_over, record.state_erased, record.arm_corrected, record.moved_to_another_site,
        record.visit_moved, record.consent_withdrawn, record.consent_erased, record.refreshed, record.refreshed,
    ]  # fmt: skip
    done = []
    for _ in range(90):
        act = random.choice(acts)
        act()
        done.append(act.__name__)
        the_weeks_are_those_of_the_scores(connection, " ".join(done))
    assert {each.__name__ for each in acts} == set(done)
    record.refreshed()
    assert connection.execute("SELECT count(*) FROM score_day_stale").fetchall() == [(0,)]
    the_weeks_are_those_of_the_scores(connection)


def test_what_is_stored_during_a_refresh_is_not_lost(connection: Connection, database_url: str) -> None:
    record = Record(connection, Random(1))
    record.answered()
    with psycopg.connect(database_url) as other:
        other.execute(
            "INSERT INTO score SELECT completed_at, gen_random_uuid(), participant_id, occasion_id, instrument,"
            " instrument_version, scoring_version, scale, 50, 1, 1, NULL, NULL, reporter, mode, scored_at FROM score"
        )
        record.refreshed()
        the_weeks_are_those_of_the_scores(connection, "what is not committed counts nowhere")
        other.commit()
    the_weeks_are_those_of_the_scores(connection, "what was committed after the refresh")
    assert connection.execute("SELECT count(*) FROM score_day_stale").fetchall() != [(0,)]
    record.refreshed()
    the_weeks_are_those_of_the_scores(connection)
    connection.execute("SET research.as_of = '2026-05-01T00:00Z'")
    assert connection.execute(WEEKS.encode()).fetchall() == [], "of the past there is none"
