-- Roles of the bench, beside the product's own. The first two bypass row-level security, as a service does that trusts its own WHERE.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['bench_bare', 'bench_open', 'bench_setting'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I LOGIN BYPASSRLS IN ROLE address_book_app', name);
        END IF;
        EXECUTE format('ALTER ROLE %I PASSWORD %L', name, '{password}');
    END LOOP;
    -- It says itself whose rows it wants, as a server does that knows nothing of our doors, and row-level security binds it.
    ALTER ROLE bench_setting NOBYPASSRLS;
    GRANT SET ON PARAMETER backtrace_functions TO bench_setting;
END
$$;

-- To bench_open the door is an open one: the same statements, and nothing is checked.
CREATE SCHEMA opened;
GRANT USAGE ON SCHEMA opened TO bench_open;
CREATE FUNCTION opened.enter(tenant uuid, session uuid, roles text[]) RETURNS uuid LANGUAGE plpgsql VOLATILE
    AS 'BEGIN RETURN tenant; END';
CREATE FUNCTION opened.hold(tenant uuid, key bytea) RETURNS uuid LANGUAGE plpgsql VOLATILE
    AS 'BEGIN RETURN tenant; END';
ALTER ROLE bench_open SET search_path = opened, public;
