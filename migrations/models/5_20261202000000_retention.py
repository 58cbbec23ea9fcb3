"""Retention and deletion: how long a tenant keeps what is over, legal hold, and how a tenant goes for good and leaves a stub."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return r"""
-- deletion_at: when a tenant that is DELETING goes for good; null in one that an operator closed, which stays. The next migration
-- validates the constraints.
ALTER TABLE tenants
    ADD COLUMN deletion_at timestamptz,
    ADD COLUMN trash_days integer NOT NULL DEFAULT 30,
    ADD COLUMN audit_days integer NOT NULL DEFAULT 365,
    ADD COLUMN legal_hold boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT tenants_deletion_at_check CHECK (deletion_at IS NULL OR status = 'DELETING') NOT VALID,
    ADD CONSTRAINT tenants_trash_days_check CHECK (trash_days BETWEEN 7 AND 3650) NOT VALID,
    ADD CONSTRAINT tenants_audit_days_check CHECK (audit_days BETWEEN 90 AND 3650) NOT VALID;

-- The run of retention that is under way: what it has removed so far, and the link up to which it cut the audit chain.
CREATE TABLE retention_runs (
    tenant_id uuid PRIMARY KEY REFERENCES tenants (id),
    began_at timestamptz NOT NULL DEFAULT now(),
    removed jsonb NOT NULL DEFAULT '{}',
    audit_through bigint
);
ALTER TABLE retention_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE retention_runs FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON retention_runs USING (tenant_id = (SELECT held_tenant())) WITH CHECK (tenant_id = (SELECT held_tenant()));
GRANT SELECT, INSERT, UPDATE, DELETE ON retention_runs TO address_book_app;

-- What is left of a tenant that was deleted: no name and no data. removed: how many rows of each table; audit_number, audit_head:
-- the last seal of its audit log.
CREATE TABLE deletions (
    id uuid PRIMARY KEY,
    slug_digest bytea NOT NULL CHECK (octet_length(slug_digest) = 32),
    deletion_at timestamptz NOT NULL,
    began_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    removed jsonb NOT NULL DEFAULT '{}',
    audit_number bigint NOT NULL,
    audit_head bytea
);
CREATE INDEX deletions_of_slug ON deletions (slug_digest);
GRANT SELECT ON deletions TO address_book_app;
GRANT SELECT ON retention_runs, deletions TO address_book_backup;

CREATE POLICY own_row_goes ON tenants FOR DELETE USING (id = (SELECT held_tenant()));

-- As before, and: a tenant on its way out lets its people in until its time, or while it is held, by the mark LEAVING alone
-- (42501, with a message of its own).
CREATE OR REPLACE FUNCTION enter(tenant uuid, session uuid, roles text[]) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    allowed boolean;
    proved boolean;
    stays boolean;
    why text;
BEGIN
    PERFORM open_door(tenant);
    SELECT u.role = ANY (roles) OR (u.operator AND 'OPERATOR' = ANY (roles)),
           s.second_factor OR NOT t.require_totp OR 'ENROLLING' = ANY (roles),
           t.status = 'ACTIVE' OR 'LEAVING' = ANY (roles)
      INTO allowed, proved, stays
      FROM sessions s
      JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
      JOIN tenants t ON t.id = s.tenant_id
     WHERE s.tenant_id = tenant AND s.id = session
       AND s.ended_at IS NULL AND s.expires_at > now() AND u.active
       AND (t.status = 'ACTIVE' OR t.deletion_at > now() OR (t.deletion_at IS NOT NULL AND t.legal_hold));
    IF allowed IS NULL THEN
        SELECT json_build_object('reason', coalesce(s.ended_reason, 'EXPIRED'), 'at', coalesce(s.ended_at, s.expires_at)) INTO why
          FROM sessions s
         WHERE s.tenant_id = tenant AND s.id = session AND (s.ended_at IS NOT NULL OR s.expires_at <= now());
        RAISE EXCEPTION 'the session is over' USING ERRCODE = '28000', DETAIL = coalesce(why, '');
    ELSIF NOT allowed THEN
        RAISE EXCEPTION 'the role does not suffice' USING ERRCODE = '42501';
    ELSIF NOT proved THEN
        RAISE EXCEPTION 'the second factor is missing' USING ERRCODE = '42501';
    ELSIF NOT stays THEN
        RAISE EXCEPTION 'the tenant is being deleted' USING ERRCODE = '42501';
    END IF;
    RETURN tenant;
END
$$;

-- The three functions below remove what the role that serves may only append to, in the tenant whose door is open. They want the key
-- that opens doors without a session, which no statement contains: whoever gets SQL into the role that serves cannot use them.
-- Each of them keeps to what the tenant's row allows. 28000: the key is not known.

-- When what is older than audit_days was, at a moment that lies not ahead; null while the tenant is under legal hold.
CREATE FUNCTION audit_horizon(key bytea, moment timestamptz) RETURNS timestamptz
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT knows_door_key(key) THEN
        RAISE EXCEPTION 'the key of the door is not known' USING ERRCODE = '28000';
    END IF;
    RETURN (SELECT least(moment, now()) - make_interval(days => t.audit_days)
              FROM tenants t WHERE t.id = held_tenant() AND NOT t.legal_hold);
END
$$;

-- Removes so many entries of the login history that are too old; how many those were.
CREATE FUNCTION forget_logins(key bytea, moment timestamptz, most integer) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    horizon timestamptz := audit_horizon(key, moment);
    removed bigint;
BEGIN
    DELETE FROM login_history WHERE tenant_id = held_tenant() AND id IN (
        SELECT h.id FROM login_history h WHERE h.tenant_id = held_tenant() AND h.at < horizon LIMIT most);
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END
$$;

-- Cuts the beginning off the audit log: so many sealed entries, all of them too old. The last of their seals stays, as the checkpoint
-- from which the chain is walked; `through` is its number, null where nothing is to be cut.
CREATE FUNCTION cut_audit(key bytea, moment timestamptz, most integer, OUT removed bigint, OUT through bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    horizon timestamptz := audit_horizon(key, moment);
BEGIN
    -- latest_at never falls along the chain: before the horizon lies a beginning of it, and no entry of that is younger.
    SELECT max(b.number) INTO through
      FROM (SELECT s.number, s.latest_at FROM audit_seals s WHERE s.tenant_id = held_tenant() ORDER BY s.number LIMIT most) b
     WHERE b.latest_at < horizon;
    DELETE FROM audit_entries a USING audit_seals s
     WHERE a.tenant_id = held_tenant() AND s.tenant_id = held_tenant() AND s.number <= through AND a.id = s.entry_id;
    GET DIAGNOSTICS removed = ROW_COUNT;
    DELETE FROM audit_seals s WHERE s.tenant_id = held_tenant() AND s.number < through;
END
$$;

-- Removes so many rows of a tenant whose time has come, from the first table that has any and on which none depends; how many. 0: none
-- was left, and the tenant itself is gone; its row in `deletions` tells so. 55000: it is not to be deleted, or not yet.
CREATE FUNCTION erase_tenant(key bytea, most integer) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    home tenants;
    which regclass;
    rows bigint;
BEGIN
    IF NOT knows_door_key(key) THEN
        RAISE EXCEPTION 'the key of the door is not known' USING ERRCODE = '28000';
    END IF;
    -- Until the transaction ends nobody adds a row of this tenant: each would refer to this one.
    SELECT * INTO home FROM tenants t WHERE t.id = held_tenant() FOR UPDATE;
    IF home.deletion_at IS NULL OR home.deletion_at > now() OR home.legal_hold THEN
        RAISE EXCEPTION 'the tenant is not to be deleted' USING ERRCODE = '55000';
    END IF;
    INSERT INTO deletions (id, slug_digest, deletion_at, audit_number, audit_head)
    SELECT home.id, sha256(convert_to(home.slug, 'UTF8')), home.deletion_at, coalesce(s.number, 0), s.seal
      FROM (SELECT) one LEFT JOIN LATERAL (
           SELECT a.number, a.seal FROM audit_seals a WHERE a.tenant_id = home.id ORDER BY a.number DESC LIMIT 1) s ON true
    ON CONFLICT DO NOTHING;
    FOR which IN
        WITH RECURSIVE below (name, depth) AS (
            SELECT conrelid, 1 FROM pg_constraint WHERE contype = 'f' AND confrelid = 'tenants'::regclass
            UNION
            SELECT f.conrelid, b.depth + 1 FROM below b JOIN pg_constraint f ON f.contype = 'f' AND f.confrelid = b.name
        )
        SELECT name FROM below GROUP BY name ORDER BY max(depth) DESC, name::text
    LOOP
        -- Pieces of bundles are of a megabyte each: a thousand would take longer than a statement may.
        EXECUTE format('DELETE FROM %1$s WHERE tenant_id = $1 AND ctid = ANY '
                       '(ARRAY (SELECT ctid FROM %1$s WHERE tenant_id = $1 LIMIT $2))', which)
          USING home.id, CASE which WHEN 'export_chunks'::regclass THEN greatest(most / 20, 1) ELSE most END;
        GET DIAGNOSTICS rows = ROW_COUNT;
        IF rows > 0 THEN
            UPDATE deletions d
               SET removed = d.removed || jsonb_build_object(which::text, coalesce((d.removed ->> which::text)::bigint, 0) + rows)
             WHERE d.id = home.id;
            RETURN rows;
        END IF;
    END LOOP;
    UPDATE deletions d SET finished_at = clock_timestamp() WHERE d.id = home.id;
    DELETE FROM tenants t WHERE t.id = home.id;
    RETURN 0;
END
$$;

REVOKE EXECUTE ON FUNCTION audit_horizon(bytea, timestamptz), forget_logins(bytea, timestamptz, integer),
    cut_audit(bytea, timestamptz, integer), erase_tenant(bytea, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_logins(bytea, timestamptz, integer), cut_audit(bytea, timestamptz, integer),
    erase_tenant(bytea, integer) TO address_book_app;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return r"""
CREATE OR REPLACE FUNCTION enter(tenant uuid, session uuid, roles text[]) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    allowed boolean;
    proved boolean;
    why text;
BEGIN
    PERFORM open_door(tenant);
    SELECT u.role = ANY (roles) OR (u.operator AND 'OPERATOR' = ANY (roles)),
           s.second_factor OR NOT t.require_totp OR 'ENROLLING' = ANY (roles)
      INTO allowed, proved
      FROM sessions s
      JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
      JOIN tenants t ON t.id = s.tenant_id
     WHERE s.tenant_id = tenant AND s.id = session
       AND s.ended_at IS NULL AND s.expires_at > now() AND u.active AND t.status = 'ACTIVE';
    IF allowed IS NULL THEN
        SELECT json_build_object('reason', coalesce(s.ended_reason, 'EXPIRED'), 'at', coalesce(s.ended_at, s.expires_at)) INTO why
          FROM sessions s
         WHERE s.tenant_id = tenant AND s.id = session AND (s.ended_at IS NOT NULL OR s.expires_at <= now());
        RAISE EXCEPTION 'the session is over' USING ERRCODE = '28000', DETAIL = coalesce(why, '');
    ELSIF NOT allowed THEN
        RAISE EXCEPTION 'the role does not suffice' USING ERRCODE = '42501';
    ELSIF NOT proved THEN
        RAISE EXCEPTION 'the second factor is missing' USING ERRCODE = '42501';
    END IF;
    RETURN tenant;
END
$$;
DROP FUNCTION erase_tenant(bytea, integer);
DROP FUNCTION cut_audit(bytea, timestamptz, integer);
DROP FUNCTION forget_logins(bytea, timestamptz, integer);
DROP FUNCTION audit_horizon(bytea, timestamptz);
DROP POLICY own_row_goes ON tenants;
DROP TABLE deletions, retention_runs;
ALTER TABLE tenants DROP COLUMN legal_hold, DROP COLUMN audit_days, DROP COLUMN trash_days, DROP COLUMN deletion_at;
"""


MODELS_STATE = (
    "eJztXW1z27gR/isYfbl0xqdJnLer0umMbDM5XR0pleXkrlWHgkhIwpkCVBK0o7b334sFSYmkSFqkLYmykZmYFIAFyWdJYHexu/hvY85t4njNNnGpNWu00H8bDM+JPEnVnKAGXizW5V"
    "Ag8NhRTfG6zdgTLraELJ1gxyOyyCae5dKFoJzJUuY7DhRySzakbLou8hn9t09MwadEzIgrK/75L1lMmU2+Ey/6ubgxJ5Q4duJWqQ3XVuWmWC5UWYeJj6ohXG1sWtzx52zdeLEUM85W"
    "rSkTUDoljLhYEOheuD7cPtxd+JzREwV3um4S3GKMxiYT7Dsi9rhjc13WMM1ub2BeGQPTbJQAyOIMwJW36qmnn8It/Hj66s37Nz+9fvfmJ9lE3eaq5P0fwaXXwASECp7uoPGHqscCBy"
    "0UxmtQb4nrwS1tIHs+w242tDGSFL7yxtP4RmgWARwVrBFev1X7gHiOv5sOYVMBn8bp27cFgH5t989/bvdfyFZ/gkty+RkEX0c3rDoN6gD1NcrwUZVAOGz+BNF99fLlFujKVrnoqrok"
    "uvKKggSfdhLhX6563WyEYyQplG1qCfQ/5FBvY6w4ArQLwAUwoOe55/3biWP64nP71zTc55e9MwUO98TUVb2oDs4k9DBAT25iowkUjLF1c4dd29yo4ac8r+1m1fx0ni7BDE8VkPDE8H"
    "zRlOXbVBhMuMvMCW1dWzypQTtTvgouJd5Wc1ujxwgCgmUTjWwiMHW8EZpxec/I4r5kxAlyuUM8hJmNXII9ySJ590SOmwgjj1guESer3/Amysv94CEYo5uNFJt3f7VHnpGvrzsXJaZk"
    "36d2E2iqfGz3z8yNv0x8ZgHnkLoS/Hnz18b+vz71ob1+96f0R6UevXiKlgMVZsIsB3aC6DExr+8Ady/Esfk4Y7K4kCAIOic5U3LmXBGSNKOTpwXooPPZuBq0P39JTBsX7YEBNaeqdJ"
    "kqffEuNZWsOkHfOoOfEfxE/+h1jTSXVu0G/2jAPWFfcJPxOxPbcUyi4qgoyVb1pW+ydkC+56gJa4onIWwVMdP4dVA8/a94ednrfoqap2WCP9KAc7fkyBSnecDAFA71R4B8iXFJYFfO"
    "wpmA5r/DCaJKr/HxYLmTt9gl8rG9srAnqTTu5XGnC3Phkgn9Xgb2BJFGvTzqoRJRRluOkexfW46J8GOfOoIyrwmXPYQU/yR16CuCnUaeCq0qT+7XoD3Zbkv9uS1fF3aD+ARJfRMFio"
    "pUSGfYmyFrJtnQQlRITRXsjKoJ9I3GZMJdAjWg6PKVVryhMD9+9w/QkFUnJQWkOI3WlrW2fHCplPnzMXE38Tyj09z1lzXN/WswRwBkuAzz59PT16/fn758/e6nt2/ev3/708vVesxm"
    "VdHCzFnnE6zNJCaMaLFmDbwXDr5p2Bl2l9mwRxQp0MdLEVg3jwz2IgTD2XU1FcuZ+KzTbfd/yxaOzjJm47PfBkY7A3Nim+UtRAlCbSiqtaHIkbBL1a08kxOEmsm1Y3Jt5GopKDJBLS"
    "y4my1bxxvcI1/Hmm4pYn+bYYGoh27IQoAkjBlKdNNEHeGFi0PQjjDLXS7kW/ohkI1hXUkKwRZBGE2o60GZTUCGhhUkWTIntmzZRKMFYbZ8oUbQi7zAhjR+sDsZsrDTUBEAkV6ENyM4"
    "EvgGpH0PLRxsSQTldaizarDqujlkQzZysPzmPUEWUecIPm8EJVH30CS4NdXHnbw/uAQ7QaOJ1J19+V6PEHaJanzncjZVreWjUwbXB60juIfRDL49dT5CjA+Z6lVe1+H8Rj4sFg9VSn"
    "yPlDXaxki0SqJVkoOrJMG3XVY2jmi0dFxVOg4H2XLAx4gqIn88JttdAb+agsqp4Qmy/WniL3cE/GHU8GgC34Q+F/c4yZOB/YFOqGtA1xJOWf0rSfkICtjxjCxHoX8l3DJdArhX0LKT"
    "lFrNrjebI12pCqNTtPqDrhuna2JQOQ/8VhsZppSo6qTIiBL6vVY1n0R+s000ChY2VoYAyefXpysbg2Mjl/tSpv2AvoTgozm+IUHb4L330IS7iLs2OORKrd8j2LVmm+uYh7oJ7Q9cC1"
    "1XmxN2DvH9K5yPsry5RYhZPVY3H02+zw0qy8UzP6Zsh+rSqyOBUx03sMx3kYvaa5fmCu5xU3pLmFkW8iSVdkssj/sEz6mzLA18ikwjXx55Rq2b0kNMjEZjXmGUIfI5MwQOiAk2pHCh"
    "UO/IW8TMIpujzYq6xtg3Phqf25dGCwXHIQt+Bee9wc9Gv4XUIa355EyqySjtbcKIT/OjiE83goil3llCXglbV5JVavbqP7a0IqExXWKBblnFJJRBrq1CdbMKxflN5jjLjp8/d6wIaj"
    "x41XbiWEjESs3UKwKNdoX4RtuWX0rGwl9BROmaRCNeHnHuTjGj/8FlA3nTdBr78tj/zsemoMIpNb4kiDTqFdQvLrJcCwp0r4hAo13FzHDLXSoyXvEzzh2CWZ6ZYU2W9mGSdLuyq61K"
    "9uzE1OtdJpA/66Shvf58ZvRfvFJskI0AmkxtQDsBVHr1j00J8Bd2RTYnKTWba81mmzikGpuTlFqjrxuX6+XncYnHJDMmPVF/soXHh+lA0y39PgbgcrHys0AWdiErnCxRnTRRmyHyfe"
    "FQiwqkLtmCeBY6j4owW/4o+I9wRHfcd2wkZTV0B4JDLBh909Vjj9d9gHdHhGg5x4Mklfb20N4eB4I47ksvv6qSiMZpNKD1yWBifF9wN9MvMKwpnCSIalPZK3DsM9shH1Qc4YjaoT8e"
    "XsUc/s7Hwe85hhA+8NzzZvj07TvVsgshiUHMH3YcoKEi9OhzyTb+gLu+vPYErMF3pueG/QYW0v9k2YYKQqwiiicT5rPvJCdqSMrCvCCUc0WjAworBhRqw1wVbhyFLp9Ynf++oLK7Cm"
    "xOUmo2147NtZLAz2c+u8kXw4PqLWRx04KWJTLxLyixSFIeXoXHhOlDJi6fo5fZqfXLkT8kE2DweCVTAcaJtHys5eODy8c7jZQ5AhQf21syd++aIvE3f/cancqkUACuyZTZscl8wSUL"
    "reXfSOb2NakWhRMnXbc1b8iyxNwpW8PUpwxBHnGbKyvSXZTDSlmO7qiYISrkzCgJRipedBRmPw9yWtl0Ks+9k1SVhRmsQ4wJmsoCj9hqKs2chg9yJ0MG/XFfKGuZ7PFEXo5aM3kbzl"
    "JZ1TzlaA/ZxrRBrD6zkZ7w9zjh1ydZ3JOA8yYYzbef60MCPc+Xmeczdvcoh3qMSCNfFfl96wo1M+o+uqqgLbbalLdbvYTdUoFD8Dd1knVtsT6yalc9W/G6D0gQDJV8QVi4XB2sU2PL"
    "IpAo+AS55BYy454g7iqpXSXnlS38xRar6I97La0h1ELe0hrCHkXaQOcuJ1+tabR4VVW82nPg7REhvpPIIYWemam/3QO5ma3Dadi32pyRZ8UjbpcnI6KtM/CN3reuSoUBhyFrX3zudF"
    "tIHYbMuOgMerIyOA7Z147xDRoHx7Rwk6OG7DhxhhKfpHIxzvgwCuSXBJXeB1ares9E1dPOOc+OzZH2WCUbTpJUx83Vmc+hbaACm5OUmst143JN7HO/8HEjwzAHxSdFFrnf+bhyjIuk"
    "hc218NLh2B6hGZc3iqj8DyvsN/J98uRtklvIIx1u43US/WYoTIYTRKFYKjJxTJAUUext4lt2eWltqKuFyKsNdXvUKuCTqapKR7S1VqWNX7/0+gOpLqsjZJzsXELGyc5lFVX5zTaq8p"
    "t8VfnNhqossRV+Rq6f7Viwpt4fExp/vzaujYuSQ0dI1ULBccj6191up/uphcKTIbu6Pj83jAtotDodso+SVVAUHIfsvN09Ny5V0eq0HlaPhcun2anhPsrZKi8XX4woxcMJUO2Kiy+b"
    "uwoZK4D1ond9dmmgL33jvHPV6XWTkpyqhKJ18qC+0b7M3nmrjMU1RqLzY1XILxlIW5uI/3LV6+a81WuStOZCLYH+hxzq7ezVjok6Y586gjKvCZc9hLQDEBUzJI19as6GDjZSUApB5g"
    "tRZvO5OMmTiUp9vPzEluBlPRrjNNpWrW3Vz8TskZJd3WpsTlJq41aduTyhjHqzSmxOkWo+143PNTFi5uZ22yKpW5lkbpv2xCCb2haGx3VDbSashbShzYR7FOj0dmN71LcljDwjRCIf"
    "7RWBtm5UQFvrKlq62a10Q6bYWnbmeVkJE/XFso5qadJ5iRSFEErt8rv4VsAwc46xR4KFUCnmQHo/Fb5wh70mGlkzYt14/nyEBHEcCLhWkg4EPsywh6wZZvJBg6yAyKPMIkFwNeNozr"
    "PyFB7oHh4gqUn9VBKVlSHiRFpu03LbweW2J7+8e30Fvs/wd8jOe91B+3zQQuHJkF32PoHntDqkB6XDrBHqXDmPa7mPpolNRIvyc8apnhKse0jTWReZik8p+5l6gruZyXIS9cUyFbQ0"
    "Z7GmW4lUKshTBEn6IbkFWrj8VgokVLTQeCklkimTDEOUKZlGlmAEcT+yhUPZDRJcFjByhxbY8+64m+H8trOraANWLWZpLQjtURDSKWseFc4KUQvaSFJPI8nGVyIn3Kzkg/nmxySVtk"
    "GWt0HShblwyYR+LwN7gkijvh3qNRFfP0shbcBvSGZSlXVloeCqwsgFtKu8+hnKiqqTlspdEiRhQNjhbKv9RrboQYubtZi8tbi5R/lI5z85TP6The/KJpWTQ8TIa231/Gr0Ox9/M40g"
    "mCX+a8j6BlB9aV9dfev1L1oo+bseVlCtjT3qaKPT0GjPgeNhxbEpxTojx7Ngs5xgKu1V7mn35qPgb6CpVuBwglB/xLVjck1MOn1i8VviLs/lz0aGVSdRf1Jk2HHDlvIdtMnW25RHG1"
    "0EdpmoDwR9fFBeV+CANeVEuVKxMIktjF5Ze48/rLMHWHzqoTjfb/d5Cmqztgg9lB96AfIZbi/eJxN5X7Nc832i/p6BXrUsZcTfHJtVH4EFvom6XA7D0H9QEBnrtxnjt+5HD+96eNfj"
    "USqND/E8eeGSmCapNKhpUH3LkghlBUMV7gQeJ9ObgevNwLXGrM1ez4m/tRGUYUdaiX3fzxGUY/X3CMphS9P1txWU2yiQWH7wkCRahZn5avfOO7xsot4EeZAaFDvgVg1TBvEQtBKIYG"
    "uGbLBvYDTGQv6gsgvflZLxyCVz8MFe7QU+XqrEo5si9kHu4CExb7USC5+H782YTDGrMP7G6fQMW7sROJkCXH2tmxzOT58XI9Hp8xJ8fpT0eb5NhSlmLvensyzVIj9wbIP0CW1K+XyC"
    "x64CtTtLJomqCsWRUG2v7HYb0jdRO7SuuWRCXA/CteTMD1HsNoWllWBn823ccCv0qN1yay4a1Escq69AoBdhDgqnDhfS4ULPAnVtEK3EimNT1xzsCbOiVTRNq1lda1Zrz95nwWZZOQ"
    "PzsVVx+M6i1yyvNcs9Ih/ONicqSX+GiYdzh2CWtyifok0vIUviXbF3VbLnNeRe7zLB2rNOWiC6/nxm9F+8Ujxd78+ymZCJyKer8pHF6fSKYp2/rYBTUqT1AjtZlUDLdB811kekhvDp"
    "k3Fh9q4HKpNceA6Bll97fzNUhKU6GTLj1y+dPpSEJ0MWhV2aUvnofoKqdMmQDSRx1+wb11dQH/81ZJDYzrww2ueDzlfJ+4sg1V28RNIb3XZX3v711Rejq3bPSpekDYj7C/qsi8GXTp"
    "m/OHcwnTeyjL6x6pNCw69qaFrQckvr7yg0II3AYHs34x5ZbUNJBeQ6/YBGqwiT0UngTy/ljSW6g8ymoFEgAQlT+STTFryD/rVluBZ2Nm0Z3jnESVMmnJeNok7T6UDqShvMBdkJzRn2"
    "MhZk89HfINTwV4Bfr4rozc8ODvDRqUG1iSfWqu5TdJ4dKHGtkaGthDWFikog7FV2UAnIm6gjPDTyHH8aahey3YLwBUSFScYGGy5EGzrIGeGWWuQHL6RGNMMldreX0opLLabCfMUF+F"
    "tGvovaa7Guglin9+zaI9iewMLP2JB5O3Pomnp/4DeUCdEoOYCEVC0UHIcsZnZcnQ7ZhXEpZ+/upxaKzg5ng0ywSRnwKrNpRb1HNnW6XzuD9qATOEKXYVVPcqOF4O+QrXtpoVSPB2dK"
    "sANDtEO5uZCq5ZwyX2SMXrmO2YV97G+Lj1fHsuO5S+RDeVXRzqHeH87vXsp/RwQ1dUEsFRkjT+FSdJpUr0SXWImWF/Rmpo2XGdNy7pudJNrfC/36WN7mIAKmJKpJoj2i+u7tkcAKOz"
    "s65ow7GXpo4RCRJNQDRIkBwiYOUUHF5W14KVJtxaubFU8b5J8dm/2FXZHNSUrN5tqxuSY2+WtPGZU3LPKq/KTIHg/rpZWt8UDcRKNgJ1BlHgdDuOTt61NI/XA3o9ZsZRt3uVTGPGRh"
    "x4Gy+TY2+IddYMiGbHRLXDoBD2mVpCNQW+wRAkOKDSkvBFWt175JHgpIiK18klwSVFsqpQX4LaE5tkmYLEOlzgCvXAr9y8lS+TkFu0kPmcXnc1gecCiTeKbuk7uwyADbKELwqyxTW9"
    "YgLC+IvcARCj98u2i9fKD9nuozppdwVtjpfsThS1hjEB9bjYvcwcqsu8Rp9NpLRf8l7bt3IPDVNjJlUF8RaLirwq23+jkM7JHEWtJEt0mszXQlzHSZqkVJFuT2oTlRghPaT/ugg5Ar"
    "X/BN1LdzXYho6wx8o/eta/RbSB2GrH3xudNtIXUYMuOiM+jJyuA4ZF87xjdoHBzTRo7DODLwBaBYOuA4TqbHoxLjEbYEvc34JArRXhPtEevIHHO0UOs1lErTwDEY1/UayrNg80HXUP"
    "74P3Fz6wA="
)
