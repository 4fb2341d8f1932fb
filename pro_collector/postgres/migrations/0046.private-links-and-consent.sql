-- depends: 0045.caregivers
-- The older view of scores leaves out whoever withdrew consent to the use of their data, as the views of `research` do.

CREATE OR REPLACE VIEW score_on_treatment AS
SELECT p.study, p.code AS participant_code, p.id AS participant_id, p.site, coalesce(crossed.arm, p.arm) AS arm,
       s.instrument, s.instrument_version, s.scale, s.value, s.answered, s.of, s.reason, s.band, s.reporter, s.mode,
       s.completed_at, day.on_day,
       day.on_day - p.enrolled_on + CASE WHEN day.on_day >= p.enrolled_on THEN 1 ELSE 0 END AS study_day,
       cycle.n AS cycle, day.on_day - cycle.happened_on + 1 AS cycle_day,
       o.assessment, o.anchor, o.n AS occasion_n, day.on_day - o.anchor_on AS days_since_anchor,
       (SELECT jsonb_object_agg(latest.kind, day.on_day - latest.happened_on)
          FROM (SELECT DISTINCT ON (t.kind) t.kind, t.happened_on
                  FROM timeline_event t
                 WHERE t.participant_id = p.id AND t.happened_on <= day.on_day
                 ORDER BY t.kind, t.happened_on DESC) latest) AS days_since,
       s.response_id, s.occasion_id
FROM score_current s
JOIN participant p ON p.id = s.participant_id
JOIN study ON study.id = p.study AND study.version = p.study_version
JOIN occasion o ON o.id = s.occasion_id
LEFT JOIN research_parts.arms crossed
    ON crossed.participant_id = p.id AND o.due_local::date >= crossed.from_on
   AND (crossed.until_on IS NULL OR o.due_local::date < crossed.until_on)
CROSS JOIN LATERAL (SELECT (s.completed_at AT TIME ZONE p.zone)::date AS on_day) day
LEFT JOIN LATERAL (
    SELECT t.n, t.happened_on FROM timeline_event t
    WHERE t.participant_id = p.id AND t.kind = study.cycle_kind AND t.happened_on <= day.on_day
    ORDER BY t.happened_on DESC LIMIT 1) cycle ON true
WHERE NOT EXISTS (
    SELECT FROM research_parts.left_out l WHERE l.participant_id = s.participant_id AND l.reporter = s.reporter);

-- A private link to a calendar of check-ins, which calendar programs fetch without a session. Whoever made it must still
-- be allowed to see the people at each fetch.
CREATE TABLE calendar_link (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account,
    study text NOT NULL,
    participant_id uuid REFERENCES participant,  -- null: everybody whom the account may see
    secret_hash bytea NOT NULL UNIQUE,  -- SHA-256
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_on date,                       -- the last day on which it was fetched
    revoked_at timestamptz
);
CREATE INDEX calendar_link_of ON calendar_link (account_id);
CREATE INDEX calendar_link_about ON calendar_link (participant_id) WHERE participant_id IS NOT NULL;
CALL seen.restrict('calendar_link');
