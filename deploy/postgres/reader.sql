-- Creates a login for researchers and dashboards that can read the research views and nothing else. Run this after each
-- upgrade; it is idempotent.
\getenv password PRO_READER_PASSWORD
SELECT 'CREATE ROLE pro_reader LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pro_reader') \gexec
ALTER ROLE pro_reader PASSWORD :'password';
ALTER ROLE pro_reader SET default_transaction_read_only = on;
ALTER ROLE pro_reader SET statement_timeout = '30s';
GRANT SELECT ON score_on_treatment, score_weekly, occasion_count TO pro_reader;
GRANT USAGE ON SCHEMA research TO pro_reader;
GRANT SELECT ON research.participants, research.visits, research.items, research.scores, research.events,
    research.messages, research.alerts, research.score_weeks, research.left_out, research.responses, research.studies,
    research.study_instruments, research.instruments, research.item_definitions, research.scale_definitions TO pro_reader;
