-- The three roles of an installation. Run once by a superuser before the first migration; running it
-- again changes nothing. Passwords, where peer or certificate authentication is not used, are given
-- by the DBA with ALTER ROLE, so that none stands in a file.
--
--   providerd_owner    owns the tables and runs migrations; nothing that serves requests logs in as it.
--   providerd_app      what the servers use: no DDL, no UPDATE or DELETE on what must stay as written.
--   providerd_reports  for DBAs and report tools: SELECT on the schema "reports" and nothing else.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['providerd_owner', 'providerd_app', 'providerd_reports'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION', name);
        END IF;
    END LOOP;
END
$$;
