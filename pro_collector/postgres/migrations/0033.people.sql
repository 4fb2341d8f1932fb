-- depends: 0032.jobs
-- What the team's list of people and their calendar read, of one person or of one day, without reading all occasions.

CREATE INDEX occasion_expected ON occasion (participant_id, due_at DESC) INCLUDE (state, ended_at)
    WHERE opened_at IS NOT NULL AND state IN ('completed', 'partial', 'missed');
CREATE INDEX occasion_to_come ON occasion (participant_id, due_at) WHERE state = 'planned';
CREATE INDEX occasion_due ON occasion (study, due_at) WHERE state = 'planned';
CREATE INDEX task_open_for ON task (participant_id) WHERE done_at IS NULL;
