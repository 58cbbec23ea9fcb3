-- Once in each new database of the service, by a superuser.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
-- A temporary table would stand in front of ours of that name, for whoever uses the connection next.
DO $$
BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END
$$;
GRANT CREATE, USAGE ON SCHEMA public TO address_book_owner;
-- Under row-level security the planner gives an index only what cannot leak a row to an error or a side effect. LIKE on text
-- cannot, but Postgres does not say so; without this the search reads every contact of the tenant, and is right all the same.
ALTER FUNCTION pg_catalog.textlike(text, text) LEAKPROOF;
