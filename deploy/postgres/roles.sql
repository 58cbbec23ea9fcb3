-- The three roles of the service, made once per cluster by a superuser, before the first migration. Logins and passwords come
-- from the deployment: ALTER ROLE address_book_app LOGIN PASSWORD '…'.
--   address_book_owner   owns the database, its tables and the doors to them, and migrates
--   address_book_app     serves: owns nothing, and row-level security binds it
--   address_book_backup  reads every row for a logical dump
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'address_book_owner') THEN
        CREATE ROLE address_book_owner NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'address_book_app') THEN
        CREATE ROLE address_book_app NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'address_book_backup') THEN
        CREATE ROLE address_book_backup NOSUPERUSER NOCREATEDB NOCREATEROLE BYPASSRLS;
    END IF;
END
$$;

-- Whose door is open stands in this setting of Postgres, which nobody else may set: the doors are functions that run as the owner.
GRANT SET ON PARAMETER backtrace_functions TO address_book_owner;
-- What the app role passes to its statements (keys, ids of sessions, people's data) never stands in Postgres' log.
ALTER ROLE address_book_app SET log_parameter_max_length = 0;
ALTER ROLE address_book_app SET log_parameter_max_length_on_error = 0;
