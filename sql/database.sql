-- The database of an installation, made once by a superuser with psql after sql/roles.sql and before the first
-- migration; running it again changes nothing.
--
--   psql -v ON_ERROR_STOP=1 -f sql/roles.sql -f sql/database.sql postgres

-- Text is ordered by its octets: the same on every machine, and comparing costs half as much in each index.
SELECT 'CREATE DATABASE providerd OWNER providerd_owner ENCODING ''UTF8'' LC_COLLATE ''C'' TEMPLATE template0'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'providerd')
\gexec

-- Nobody but the three roles connects; the application makes nothing, not even temporary tables.
REVOKE ALL ON DATABASE providerd FROM PUBLIC;
GRANT CONNECT ON DATABASE providerd TO providerd_app, providerd_reports;

-- A report that runs away does not take the database with it, and neither does a forgotten transaction.
ALTER ROLE providerd_reports IN DATABASE providerd SET default_transaction_read_only = on;
ALTER ROLE providerd_reports IN DATABASE providerd SET statement_timeout = '60s';
ALTER ROLE providerd_app IN DATABASE providerd SET idle_in_transaction_session_timeout = '30s';

-- What PostgreSQL lets every role do in every database, and reading reports needs nothing of: large objects, which fill
-- the disk; records of one's own in the write-ahead log; advisory locks, with which servers and migrations wait for each
-- other.
\connect providerd
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT p.oid::regprocedure AS signature, p.proname ~ 'advisory' AS is_lock
        FROM pg_proc p
        WHERE p.pronamespace = 'pg_catalog'::regnamespace
          AND (p.proname IN ('lo_create', 'lo_creat', 'lo_from_bytea', 'pg_logical_emit_message')
               OR p.proname ~ '^pg_(try_)?advisory_')
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', found.signature);
        IF found.is_lock THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO providerd_owner, providerd_app', found.signature);
        END IF;
    END LOOP;
END
$$;
