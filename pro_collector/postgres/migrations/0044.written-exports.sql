-- depends: 0043.bundles
-- The files that exports made in the background wrote, in pieces, until they are two weeks old. They are made again at
-- any time, and no copy of them is needed: erasing a participant of the study deletes them.

CREATE TABLE export_piece (
    job_id uuid NOT NULL REFERENCES job,
    n int NOT NULL,
    piece bytea NOT NULL,
    PRIMARY KEY (job_id, n)
);

CALL seen.restrict('export_piece', $$(SELECT current_setting('pro.sites', true)) = '*'
    AND EXISTS (SELECT FROM job j WHERE j.id = job_id)$$);
