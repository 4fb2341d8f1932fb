-- Creates a login for each process and for the team's command line. Each may act as its own role only
-- (pro_collector/postgres/grants.yaml); the owner's login is needed for `pro-collector migrate` alone. Run this after
-- each upgrade; it is idempotent.
\getenv scheduler PRO_SCHEDULER_PASSWORD
\getenv relay PRO_RELAY_PASSWORD
\getenv worker PRO_WORKER_PASSWORD
\getenv sender PRO_SENDER_PASSWORD
\getenv web PRO_WEB_PASSWORD
\getenv team PRO_TEAM_PASSWORD
CREATE TEMPORARY TABLE login AS
    SELECT 'pro_' || part AS name, 'pro_collector_' || part AS role, password
    FROM (VALUES ('scheduler', :'scheduler'), ('relay', :'relay'), ('worker', :'worker'), ('sender', :'sender'),
                 ('web', :'web'), ('team', :'team')) AS given (part, password);
SELECT format('CREATE ROLE %I LOGIN', name) FROM login
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
SELECT format('ALTER ROLE %I PASSWORD %L', name, password) FROM login \gexec
SELECT format('GRANT %I TO %I', role, name) FROM login \gexec
-- The nightly check runs in the process of the scheduler, which changes to this role for it.
GRANT pro_collector_nightly TO pro_scheduler WITH INHERIT FALSE, SET TRUE;
-- What a page of the team shows is read as the viewer; what somebody does on it is done with the rights of the team.
GRANT pro_collector_viewer, pro_collector_team TO pro_web WITH INHERIT FALSE, SET TRUE;
-- The background work of the team's pages runs in the process of the worker.
GRANT pro_collector_jobs TO pro_worker WITH INHERIT FALSE, SET TRUE;
