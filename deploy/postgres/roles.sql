-- The three roles of the service, made once per cluster by a superuser, before the first migration. Logins and passwords come
-- from the deployment: ALTER ROLE address_book_app LOGIN PASSWORD '…'.
--   address_book_owner   owns the database and its tables, and migrates
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
