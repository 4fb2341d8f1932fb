-- depends: 0030.row-level-security
-- The worklist of the team: who has which item, until when it was put off, and what was done about it.

CREATE TABLE work (
    item uuid PRIMARY KEY,              -- the id of a task, of an alert of a rule, or of somebody's silence
    participant_id uuid NOT NULL REFERENCES participant,
    version int NOT NULL,               -- one more with each act: a form that was shown before is refused
    assignee text,                      -- who has a task or a silence; who has an alert is in `alert`
    held_until timestamptz,             -- without another act it is nobody's from then on
    snoozed_at timestamptz,
    snoozed_until timestamptz,          -- put off until then, unless something happens after `snoozed_at`
    done_at timestamptz,                -- only of a silence: tasks and alerts say it themselves
    CHECK ((assignee IS NULL) = (held_until IS NULL)),
    CHECK ((snoozed_at IS NULL) = (snoozed_until IS NULL))
);

-- Each act of the team on an item of the worklist, in order.
CREATE TABLE work_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item uuid NOT NULL,
    participant_id uuid NOT NULL REFERENCES participant,
    at timestamptz NOT NULL,
    what text NOT NULL,                 -- claimed | released | assigned | noted | wrote | snoozed | woken | done
    who text NOT NULL,
    assignee text,                      -- to whom it was given
    until timestamptz,                  -- until when it was put off
    note text
);
CREATE INDEX work_log_of ON work_log (item, id);
CREATE INDEX alert_not_closed ON alert (study) WHERE state <> 'closed';

CALL seen.restrict('work');
CALL seen.restrict('work_log');
