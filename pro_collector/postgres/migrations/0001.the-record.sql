-- The record: studies, participants, timelines, occasions, messages, answers, scores; the outbox and the agenda.
-- Instants are timestamptz (UTC). Identity lives in the schema `vault`, sealed by the application.

CREATE SCHEMA vault;

CREATE TABLE study (
    id text NOT NULL,
    version text NOT NULL,
    document text NOT NULL,             -- the study file as it was applied
    hash text NOT NULL,
    cycle_kind text,                    -- the timeline event that starts a treatment cycle
    applied_at timestamptz NOT NULL,
    applied_by text NOT NULL,
    current boolean NOT NULL,
    PRIMARY KEY (id, version)
);
-- Every time a version was put in force, in order: an older version again is a roll-back, and stays on record.
CREATE TABLE study_application (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    study text NOT NULL,
    version text NOT NULL,
    applied_at timestamptz NOT NULL,
    applied_by text NOT NULL,
    FOREIGN KEY (study, version) REFERENCES study (id, version)
);
CREATE UNIQUE INDEX study_current ON study (id) WHERE current;

CREATE TABLE instrument (
    id text NOT NULL,
    version text NOT NULL,
    hash text NOT NULL,
    document text NOT NULL,             -- structure and texts as they were published (YAML); immutable
    published_at timestamptz NOT NULL,
    PRIMARY KEY (id, version, hash)
);

-- What each version of a study asks with: pinned when the version was applied.
CREATE TABLE study_instrument (
    study text NOT NULL,
    study_version text NOT NULL,
    instrument text NOT NULL,
    instrument_version text NOT NULL,
    instrument_hash text NOT NULL,
    PRIMARY KEY (study, study_version, instrument),
    FOREIGN KEY (study, study_version) REFERENCES study (id, version)
);

CREATE TABLE participant (
    id uuid PRIMARY KEY,
    study text NOT NULL,
    study_version text NOT NULL,
    code text NOT NULL,                 -- the study's own pseudonym, e.g. RT-0042
    zone text NOT NULL,
    language text NOT NULL,
    birth_date date,
    sex text,
    arm text,
    site text,
    enrolled_on date NOT NULL,
    preferred_time time,                -- the hour this person asked for, where the study lets it vary
    planned_until timestamptz,
    FOREIGN KEY (study, study_version) REFERENCES study (id, version),
    UNIQUE (study, code)
);

-- A span of a participant's life that the planner and every later stage honour; open when ends_on is null.
CREATE TABLE participant_state (
    id uuid PRIMARY KEY,
    participant_id uuid NOT NULL REFERENCES participant,
    kind text NOT NULL,
    starts_on date NOT NULL,
    ends_on date,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    reason text NOT NULL DEFAULT ''
);
CREATE INDEX participant_state_of ON participant_state (participant_id);

CREATE TABLE vault.contact (
    id uuid PRIMARY KEY,
    participant_id uuid NOT NULL REFERENCES participant,
    reporter text NOT NULL,             -- self | proxy
    channel text NOT NULL,              -- sms | email | call
    sealed bytea NOT NULL,              -- the address, encrypted
    lookup bytea NOT NULL,              -- keyed hash of the address: finds it, cannot be read back
    opted_out_at timestamptz,
    broken_at timestamptz,              -- the provider says nothing can be delivered there
    broken_reason text,
    UNIQUE (participant_id, reporter, channel)
);
CREATE INDEX contact_lookup ON vault.contact (lookup);

-- Bitemporal: happened_on is when it was so in the patient's life, recorded_at when it was said here.
CREATE TABLE treatment_event (
    id uuid PRIMARY KEY,
    participant_id uuid NOT NULL REFERENCES participant,
    root_id uuid NOT NULL,              -- the first record of the same fact; a correction keeps it
    kind text NOT NULL,
    happened_on date NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    reason text NOT NULL DEFAULT '',
    retracted boolean NOT NULL DEFAULT false,
    superseded_at timestamptz           -- null: this is what is believed now
);
CREATE INDEX treatment_event_of ON treatment_event (participant_id) WHERE superseded_at IS NULL;
CREATE UNIQUE INDEX treatment_event_believed ON treatment_event (root_id) WHERE superseded_at IS NULL;

CREATE TABLE occasion (
    id uuid PRIMARY KEY,
    participant_id uuid NOT NULL REFERENCES participant,
    study text NOT NULL,
    study_version text NOT NULL,
    assessment text NOT NULL,
    anchor text NOT NULL,
    anchor_n int NOT NULL,
    anchor_on date NOT NULL,
    anchor_key text NOT NULL,
    n int NOT NULL,
    point text NOT NULL,                -- the time point itself ("84d"), part of the identity
    reporter text NOT NULL,
    instruments text[] NOT NULL,
    due_at timestamptz NOT NULL,
    due_local timestamp NOT NULL,
    wanted_local timestamp NOT NULL,    -- what the rule asked for, before quiet hours or a late anchor moved it
    moved_by text,
    zone text NOT NULL,
    opens_at timestamptz NOT NULL,
    closes_at timestamptz NOT NULL,
    late_until timestamptz NOT NULL,
    priority int NOT NULL,
    reminders timestamptz[] NOT NULL DEFAULT '{}',
    state text NOT NULL CHECK (state IN
        ('planned', 'open', 'invited', 'started', 'completed', 'partial', 'missed', 'cancelled')),
    reason text,
    detail text,
    opened_at timestamptz,
    ended_at timestamptz,
    language text,                      -- set when opened: a survey keeps the language it began in
    rung int NOT NULL DEFAULT 0,        -- how far down the channel ladder it has come
    asked text,                         -- instrument/item of the question that waits for an answer
    asked_at timestamptz,
    clarified int NOT NULL DEFAULT 0    -- how often the waiting question was asked again
);
CREATE INDEX occasion_of ON occasion (participant_id, due_at);
CREATE INDEX occasion_begun ON occasion (participant_id) WHERE state IN ('open', 'invited', 'started');

-- The life of each occasion in order: one row for each thing that happened to it, and why.
CREATE TABLE occasion_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    occasion_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    at timestamptz NOT NULL,
    what text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX occasion_log_of ON occasion_log (occasion_id, id);

-- What is to happen when. The scheduler moves due rows to the outbox; a planner may move or remove them before.
CREATE TABLE agenda (
    event_id uuid PRIMARY KEY,
    due_at timestamptz NOT NULL,
    type text NOT NULL,
    participant_id uuid NOT NULL,
    occasion_id uuid,
    payload jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX agenda_due ON agenda (due_at, event_id);
CREATE INDEX agenda_occasion ON agenda (occasion_id);
CREATE INDEX agenda_participant ON agenda (participant_id) WHERE occasion_id IS NULL;

-- Every event, in the transaction that caused it. Kafka may lose all it holds: what is not handled is published again.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL UNIQUE,
    type text NOT NULL,
    participant_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    payload jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at timestamptz,
    handled_at timestamptz,
    published int NOT NULL DEFAULT 0    -- how often
);
CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_unhandled ON outbox (published_at) WHERE handled_at IS NULL;

CREATE TABLE dead_letter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid,                      -- null: the record could not be read as an event of ours
    topic text NOT NULL,
    participant_id uuid,
    value bytea NOT NULL,
    reason text NOT NULL,
    trace text NOT NULL DEFAULT '',
    died_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    redriven_at timestamptz
);
CREATE INDEX dead_letter_waiting ON dead_letter (id) WHERE redriven_at IS NULL;

CREATE TABLE message (
    id uuid PRIMARY KEY,
    participant_id uuid NOT NULL REFERENCES participant,
    occasion_id uuid REFERENCES occasion,
    contact_id uuid NOT NULL REFERENCES vault.contact,
    channel text NOT NULL,
    purpose text NOT NULL,              -- invitation, question, reminder, clarification, thanks, ...
    rung int NOT NULL DEFAULT 0,
    language text NOT NULL,
    subject text,
    body text NOT NULL,                 -- the words, with {link} where the link goes; the link itself is never stored
    html text,
    item text,                          -- instrument/item it asks, when it asks one
    urgency int NOT NULL,               -- 0 first: a reply in a conversation goes before a thousand invitations
    requested_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,    -- after this it must not reach anybody
    state text NOT NULL DEFAULT 'requested' CHECK (state IN
        ('requested', 'claimed', 'unknown', 'accepted', 'sent', 'delivered', 'failed', 'suppressed')),
    reason text,
    claimed_at timestamptz,
    not_before timestamptz,             -- when the provider said to come back, or we decided to
    attempts int NOT NULL DEFAULT 0,
    provider_id text,
    segments int,
    ended_at timestamptz
);
CREATE INDEX message_of_occasion ON message (occasion_id);
CREATE INDEX message_of_participant ON message (participant_id, requested_at);
CREATE INDEX message_provider ON message (provider_id);
CREATE INDEX message_waiting ON message (channel, urgency, requested_at) WHERE state = 'requested';
CREATE INDEX message_unsettled ON message (claimed_at) WHERE state IN ('claimed', 'unknown');

CREATE TABLE link (
    token_hash bytea PRIMARY KEY,       -- SHA-256 of the token; the token is derived from the message id and never stored
    occasion_id uuid NOT NULL REFERENCES occasion,
    message_id uuid NOT NULL,
    opened_at timestamptz
);

-- The first copy: what came in, as it came, before anybody tried to understand it.
CREATE TABLE vault.inbound (
    id uuid PRIMARY KEY,
    provider text NOT NULL,
    provider_id text NOT NULL,
    received_at timestamptz NOT NULL,
    sender_lookup bytea NOT NULL,
    sealed bytea NOT NULL,              -- the provider's fields as JSON, encrypted
    outcome text,                       -- how it was understood
    occasion_id uuid,
    UNIQUE (provider, provider_id)
);

CREATE TABLE report (
    message_id uuid NOT NULL,
    provider_id text NOT NULL,
    status text NOT NULL,
    error_code text,
    received_at timestamptz NOT NULL,
    fields jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (message_id, provider_id, status)
);

-- Replies no machine should read alone, call tasks, undeliverable addresses, urgent words: what a person must see.
CREATE TABLE task (
    id uuid PRIMARY KEY,
    participant_id uuid NOT NULL REFERENCES participant,
    occasion_id uuid,
    kind text NOT NULL,                 -- urgent, review, call, contact, ...
    detail jsonb NOT NULL DEFAULT '{}',
    raised_at timestamptz NOT NULL,
    done_at timestamptz,
    done_by text,
    note text
);
CREATE INDEX task_open ON task (raised_at) WHERE done_at IS NULL;

-- Answers: a correction is a new row; the row with the highest `seq` of an item is what is believed.
CREATE TABLE answer (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    answered_at timestamptz NOT NULL,
    participant_id uuid NOT NULL,
    occasion_id uuid NOT NULL,
    instrument text NOT NULL,
    instrument_version text NOT NULL,
    instrument_hash text NOT NULL,
    item text NOT NULL,
    value double precision,             -- the code, when it is a number
    code text,                          -- the code, always; null when absent
    absent text,                        -- FHIR data-absent-reason, when there is no answer
    reporter text NOT NULL,
    mode text NOT NULL,                 -- sms | web | call
    rung int NOT NULL,
    language text NOT NULL,
    inbound_id uuid,
    nonce text,                         -- names the page of the web form it was given on
    late boolean NOT NULL DEFAULT false,
    PRIMARY KEY (occasion_id, instrument, item, seq, answered_at)
);
CREATE INDEX answer_of ON answer (participant_id, answered_at);

CREATE TABLE response (
    id uuid PRIMARY KEY,
    participant_id uuid NOT NULL,
    occasion_id uuid NOT NULL,
    instrument text NOT NULL,
    instrument_version text NOT NULL,
    instrument_hash text NOT NULL,
    reporter text NOT NULL,
    mode text NOT NULL,
    language text NOT NULL,
    status text NOT NULL,               -- completed | partial
    completed_at timestamptz NOT NULL,
    UNIQUE (occasion_id, instrument)
);

CREATE TABLE score (
    completed_at timestamptz NOT NULL,
    response_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    occasion_id uuid NOT NULL,
    instrument text NOT NULL,
    instrument_version text NOT NULL,
    scoring_version text NOT NULL,
    scale text NOT NULL,
    value double precision,
    answered int NOT NULL,
    of int NOT NULL,
    reason text,
    band text,
    reporter text NOT NULL,
    mode text NOT NULL,
    scored_at timestamptz NOT NULL,
    superseded_at timestamptz,          -- when a later answer made the same scoring of this response anew; null: it stands
    PRIMARY KEY (response_id, scale, scoring_version, completed_at)
);
CREATE INDEX score_of ON score (participant_id, instrument, scale, completed_at);
