-- depends: 0041.feeds-by-themselves
-- What consumers of the streams need to have been told: where scores are in the treatment, and what is believed of it.

-- The place of each response in the study and in the treatment, by what is believed. It is made of the same parts as
-- research.scores, so that the stream and every export agree.
CREATE VIEW research.placements AS
SELECT p.study, p.participant_code, p.participant_id, v.visit_id, r.id AS response_id, r.instrument, p.site,
       coalesce(crossed.arm, p.arm) AS arm, v.visit, v.assessment, v.visit_n, v.anchor, v.anchor_n,
       day.on_day - v.anchor_on AS days_since_anchor, day.on_day,
       research.day_number(day.on_day, p.enrolled_on) AS study_day, cycle.n AS cycle,
       day.on_day - cycle.happened_on + 1 AS cycle_day,
       coalesce((SELECT jsonb_object_agg(latest.kind, day.on_day - latest.happened_on)
                 FROM (SELECT t.kind, max(t.happened_on) AS happened_on FROM research_parts.treatment t
                       WHERE t.participant_id = p.participant_id AND t.happened_on <= day.on_day
                       GROUP BY t.kind) latest), '{}') AS days_since
FROM research_parts.people p
JOIN response r ON r.participant_id = p.participant_id
JOIN research_parts.occasions v ON v.visit_id = r.occasion_id
CROSS JOIN LATERAL (SELECT (r.completed_at AT TIME ZONE p.zone)::date AS on_day OFFSET 0) day
LEFT JOIN research_parts.treatment cycle
    ON cycle.participant_id = p.participant_id AND cycle.kind = p.cycle_kind AND day.on_day >= cycle.happened_on
   AND (cycle.next_on IS NULL OR day.on_day < cycle.next_on)
LEFT JOIN research_parts.arms crossed
    ON crossed.participant_id = p.participant_id AND v.due_on >= crossed.from_on
   AND (crossed.until_on IS NULL OR v.due_on < crossed.until_on);

-- The key of a record in a topic that keeps the newest record of each key; null: the key is the participant.
ALTER TABLE outbox ADD COLUMN compaction_key text;

-- What such a topic was last told about a key: of scores their place, of a treatment event all of it.
CREATE TABLE stream_state (
    topic text NOT NULL,                -- name of the event: scores.latest or timeline.latest
    key uuid NOT NULL,                  -- the response; the treatment event or the state
    participant_id uuid NOT NULL,
    state jsonb NOT NULL,
    PRIMARY KEY (topic, key)
);
CREATE INDEX stream_state_of ON stream_state (participant_id);
CALL seen.restrict('stream_state');

-- For a page whose stream was cut: the end of the outbox, and which scores were published since a point in it. Only those
-- of the study and the sites that are set, like seen.person.
CREATE FUNCTION seen.outbox_end() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$ SELECT coalesce(max(id), 0) FROM public.outbox $body$;
CREATE FUNCTION seen.published_scores(after bigint) RETURNS TABLE (participant_id uuid, instrument text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT DISTINCT e.participant_id, e.payload ->> 'instrument' FROM public.outbox e
    WHERE e.id > after AND e.type IN ('score.recorded', 'score.relinked')
      AND e.participant_id IN (SELECT id FROM seen.person)
$body$;
