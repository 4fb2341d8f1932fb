"""People who answer ten scales a week, straight into the tables; and what researchers ask about them.

They are at 8 sites in 2 arms; one in twenty crossed over after a year.
"""

import psycopg

SCALES = 10
"""Scales of each questionnaire."""
_FILL = (
    "INSERT INTO study (id, version, document, hash, applied_at, applied_by, current, definition)"
    " VALUES ('s', '1', '', 'h', now(), 'bench', true, '{\"timeline\": {}}')",
    "INSERT INTO participant (id, study, study_version, code, zone, language, arm, site, enrolled_on)"
    " SELECT md5('p' || n)::uuid, 's', '1', 'P-' || n, 'Europe/Madrid', 'es', (ARRAY['a', 'b'])[1 + n %% 2],"
    " 'site' || n %% 8, '2024-01-01' FROM generate_series(1, %(people)s) n",
    "INSERT INTO occasion (id, participant_id, study, study_version, assessment, anchor, anchor_n, anchor_on,"
    " anchor_key, n, point, reporter, instruments, due_at, due_local, wanted_local, zone, opens_at, closes_at,"
    " late_until, priority, state, reason, opened_at, ended_at)"
    " SELECT md5(p.id || '/' || n)::uuid, p.id, 's', '1', 'weekly', 'enrolment', 1, '2024-01-01', '', n, n || 'w',"
    " 'self', '{diary}', due, due AT TIME ZONE 'UTC', due AT TIME ZONE 'UTC', 'Europe/Madrid', due,"
    " due + interval '2 days', due + interval '3 days', 1, 'completed', 'every question answered', due, due"
    " FROM generate_series(0, %(visits)s - 1) n, participant p, LATERAL (SELECT timestamptz '2024-01-02T09:00Z'"
    " + make_interval(days => 7 * n + abs(hashtext(p.code)) %% 7) AS due) d",
    "INSERT INTO response (id, participant_id, occasion_id, instrument, instrument_version, instrument_hash, reporter,"
    " mode, language, status, completed_at) SELECT md5('r' || id)::uuid, participant_id, id, 'diary', '1.0.0', 'h',"
    " 'self', 'sms', 'es', 'completed', due_at + make_interval(secs => abs(hashtext(id::text)) %% 86400) FROM occasion",
    "INSERT INTO score (completed_at, response_id, participant_id, occasion_id, instrument, instrument_version,"
    " scoring_version, scale, value, answered, of, reporter, mode, scored_at)"
    " SELECT r.completed_at, r.id, r.participant_id, r.occasion_id, 'diary', '1.0.0', 'h', 'scale' || n,"
    " (hashtext(r.id::text || n) & 9999) / 100.0, 1, 1, 'self', 'sms', r.completed_at"
    " FROM (SELECT * FROM response ORDER BY completed_at) r, generate_series(1, %(scales)s) n",
    "INSERT INTO participant_state (id, participant_id, kind, starts_on, recorded_at, recorded_by, arm)"
    " SELECT gen_random_uuid(), id, 'crossed_over', '2025-01-01', now(), 'bench', CASE arm WHEN 'a' THEN 'b' ELSE 'a'"
    " END FROM participant WHERE hashtext(code) %% 20 = 0",
    "INSERT INTO score_day_stale SELECT DISTINCT day_of(completed_at) FROM score",
)
ONE = (
    "SELECT study_day, value FROM score_on_treatment WHERE study = 's' AND participant_code = 'P-7'"
    " AND scale = 'scale3'"
)
"""One participant's one scale."""
BY_ARM = (
    "SELECT week, arm, sum(total) / sum(scores) FROM research.score_weeks"
    " WHERE study = 's' AND instrument = 'diary' AND scale = 'scale3' GROUP BY week, arm"
)
"""The weekly mean of one scale by arm."""
RUNNING = (
    "INSERT INTO score_day_stale SELECT full_day FROM response,"
    " (SELECT max(day) - interval '24 hours' AS full_day FROM score_day) d"
    " WHERE completed_at >= full_day AND completed_at < full_day + interval '24 hours'"
)
"""A whole day is stale, with a mark for each response, as the worker leaves it; the last day of all is not whole."""


def store(connection: psycopg.Connection, people: int, visits: int) -> None:
    """Store `people` * `visits` * SCALES scores; all their days are stale, and the tables are analysed.

    The rows fit together, so foreign keys and triggers are left out: the connection is a superuser's, in autocommit.
    """
    connection.execute("SET session_replication_role = replica")
    for statement in _FILL:
        connection.execute(statement.encode(), {"people": people, "visits": visits, "scales": SCALES})
    connection.execute("RESET session_replication_role")
    connection.execute("VACUUM ANALYZE")
