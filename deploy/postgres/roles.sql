-- The roles of the service, made once per cluster by a superuser, before the first migration. Logins and passwords come
-- from the deployment: ALTER ROLE address_book_app_a LOGIN PASSWORD '…'.
--   address_book_owner   owns the database, its tables and the doors to them, and migrates
--   address_book_app     the rights of who serves: owns nothing, and row-level security binds it
--   address_book_app_a,  sign in and serve as address_book_app, one of them at a time: the other's password is changed meanwhile
--   address_book_app_b
--   address_book_backup  reads every row for a logical dump
DO $$
DECLARE
    one text;
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
    FOREACH one IN ARRAY ARRAY['address_book_app_a', 'address_book_app_b'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = one) THEN
            EXECUTE format('CREATE ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS IN ROLE address_book_app', one);
        END IF;
    END LOOP;
    -- What the app passes to its statements (keys, ids of sessions, people's data) never stands in Postgres' log; no role inherits that.
    FOREACH one IN ARRAY ARRAY['address_book_app', 'address_book_app_a', 'address_book_app_b'] LOOP
        EXECUTE format('ALTER ROLE %I SET log_parameter_max_length = 0', one);
        EXECUTE format('ALTER ROLE %I SET log_parameter_max_length_on_error = 0', one);
    END LOOP;
END
$$;

-- Whose door is open stands in this setting of Postgres, which nobody else may set: the doors are functions that run as the owner.
GRANT SET ON PARAMETER backtrace_functions TO address_book_owner;
