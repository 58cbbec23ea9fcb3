-- The role of prometheus-postgres-exporter, which reads statistics and, of tenants, how many have which status. By a superuser, in the
-- service's database once it is migrated. Then: ALTER ROLE address_book_monitor LOGIN CONNECTION LIMIT 5, and psql's \password for the
-- password, so that none stands in pg_stat_activity, whose statements this role reads.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'address_book_monitor') THEN
        CREATE ROLE address_book_monitor NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    END IF;
END
$$;
ALTER ROLE address_book_monitor SET statement_timeout = '5s';
GRANT pg_monitor TO address_book_monitor;
GRANT SELECT (status) ON tenants TO address_book_monitor;
-- Counts what each statement costs, once Postgres is started with shared_preload_libraries = 'pg_stat_statements'.
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
-- It would keep ALTER ROLE … PASSWORD as it stands, and this role reads what it keeps. For sessions from now on, of all databases.
ALTER ROLE ALL SET pg_stat_statements.track_utility = off;
