-- The three roles of an installation, made once by a superuser of the cluster before the first migration:
--   psql -v ON_ERROR_STOP=1 -f sql/roles.sql postgres
-- It can be run again. What each role may touch is granted table by table in the migrations; here is only
-- what holds for all of them. Passwords are set apart (\password), where the connection needs one.

SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', name)
FROM unnest(ARRAY['providerd_owner', 'providerd_app', 'providerd_reports']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

SELECT 'CREATE DATABASE providerd OWNER providerd_owner ENCODING ''UTF8'' TEMPLATE template0'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'providerd')
\gexec

-- Nobody reaches the database or makes anything in it by default.
REVOKE ALL ON DATABASE providerd FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE providerd TO providerd_owner;
GRANT CONNECT ON DATABASE providerd TO providerd_app, providerd_reports;

-- A report that runs away does not take the database with it.
ALTER ROLE providerd_reports SET default_transaction_read_only = on;
ALTER ROLE providerd_reports SET statement_timeout = '60s';
ALTER ROLE providerd_app SET idle_in_transaction_session_timeout = '30s';

\connect providerd

-- The owner runs the migrations; the application creates, alters and drops nothing.
ALTER SCHEMA public OWNER TO providerd_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO providerd_app;
