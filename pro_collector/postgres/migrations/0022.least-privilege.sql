-- What the web process may read of the vault: with the hash of a link or of a session, what belongs to its person.
-- The functions work with the rights of the owner. Who may call them stands in grants.yaml.
-- depends: 0021.data-keys

-- The addresses of the reporter whom a link was sent to, each behind its sealed key.
CREATE FUNCTION vault.addresses_behind(link_hash bytea) RETURNS TABLE (id uuid, sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT c.id, vault.with_key(c.participant_id::text, c.sealed)
    FROM public.link l JOIN public.message m ON m.id = l.message_id
    JOIN vault.contact k ON k.id = m.contact_id
    JOIN vault.contact c ON c.participant_id = k.participant_id AND c.reporter = k.reporter
    WHERE l.token_hash = link_hash;
$body$;

-- The texts and mails from the address of a session, about a person whose page the session opens.
CREATE FUNCTION vault.texts_behind(session_hash bytea, about uuid) RETURNS SETOF vault.inbound
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT i.* FROM public.own_page_session s
    JOIN vault.contact c ON c.participant_id = about AND c.reporter = s.reporter AND c.lookup = s.lookup
    JOIN vault.contact k ON k.participant_id = about AND k.reporter = s.reporter
    JOIN vault.inbound i ON i.sender_lookup = k.lookup
    WHERE s.id_hash = session_hash AND (s.reporter = 'proxy' OR s.participant_id = about);
$body$;
