-- depends: 0048.bundle-of-visits
-- Exports of some sites of a study: made with their rows alone, and taken by whoever may see at least these sites.

-- Whether the viewer sees each of these sites, a list as JSON; null is all sites of the study.
CREATE FUNCTION seen.covers(sites jsonb) RETURNS boolean LANGUAGE sql STABLE
RETURN current_setting('pro.sites', true) = '*'
    OR CASE WHEN jsonb_typeof(sites) = 'array' THEN NOT EXISTS (
           SELECT FROM jsonb_array_elements_text(sites) AS one (site)
           WHERE one.site <> ALL (string_to_array(current_setting('pro.sites', true), E'\n')))
       ELSE false END;

-- The views for research ask this first. It is false for the viewer, and also where no such role could be made but a
-- transaction says which sites it is for: then the views have the rows of these sites, whoever reads them.
CREATE OR REPLACE FUNCTION seen.by_others() RETURNS boolean LANGUAGE sql STABLE
RETURN right(current_user::text, 6) <> 'viewer' AND coalesce(current_setting('pro.sites', true), '') = '';

-- Work that was asked for some sites tells of them, also by how many rows it has.
ALTER POLICY sites ON job USING (study = (SELECT current_setting('pro.study', true))
    AND CASE WHEN kind IN ('export', 'backtest') THEN seen.covers(input -> 'sites') ELSE true END);
ALTER POLICY sites ON export_piece USING (EXISTS (SELECT FROM job j WHERE j.id = job_id));
