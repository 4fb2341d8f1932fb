-- depends: 0016.own-page-acts
-- What the processes tell each other about their work: who stalls, and who reads the provider's log, from when on.

CREATE TABLE stall (
    instance uuid NOT NULL,             -- a running process
    work text NOT NULL,                 -- scheduler | relay | worker | worker.message.received | ...
    seconds double precision NOT NULL,  -- for how long it has done nothing, although work waits
    seen_at timestamptz NOT NULL,       -- renewed while it lasts; an old row is of a process that is gone
    PRIMARY KEY (instance, work)
);

CREATE TABLE poll (
    provider text NOT NULL,             -- twilio
    sender text NOT NULL,               -- our own number or messaging service
    read_until timestamptz,             -- all that the provider recorded before is stored; null: nothing was read yet
    claimed_until timestamptz NOT NULL, -- until then one process reads the log alone, unless it renews this
    next_at timestamptz NOT NULL,       -- when the log is read again
    PRIMARY KEY (provider, sender)
);
