"""Retention and deletion: how long a tenant keeps what is over, legal hold, and how a tenant goes for good and leaves a stub."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return r"""
-- deletion_at: when a tenant that is DELETING goes for good; null in one that an operator closed, which stays. deletion_began: part of
-- it is gone, and nobody is let in again, also under legal hold. held_by_operator: the hold is lifted at the machine alone. The next
-- migration validates the constraints.
ALTER TABLE tenants
    ADD COLUMN deletion_at timestamptz,
    ADD COLUMN trash_days integer NOT NULL DEFAULT 30,
    ADD COLUMN audit_days integer NOT NULL DEFAULT 365,
    ADD COLUMN legal_hold boolean NOT NULL DEFAULT false,
    ADD COLUMN held_by_operator boolean NOT NULL DEFAULT false,
    ADD COLUMN deletion_began boolean NOT NULL DEFAULT false,
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

-- As before, and: a tenant on its way out lets its people in until its time, or while it is held and whole, by the mark LEAVING
-- alone (42501, with a message of its own).
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
       AND (t.status = 'ACTIVE' OR t.deletion_at > now() OR (t.deletion_at IS NOT NULL AND t.legal_hold AND NOT t.deletion_began));
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
    DELETE FROM login_history WHERE tenant_id = held_tenant() AND id = ANY (ARRAY (
        SELECT h.id FROM login_history h WHERE h.tenant_id = held_tenant() AND h.at < horizon LIMIT most));
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
    UPDATE tenants t SET deletion_began = true WHERE t.id = home.id AND NOT t.deletion_began;
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
ALTER TABLE tenants DROP COLUMN deletion_began, DROP COLUMN held_by_operator, DROP COLUMN legal_hold, DROP COLUMN audit_days, DROP COLUMN trash_days, DROP COLUMN deletion_at;
"""


MODELS_STATE = (
    "eJztXW1z27gR/isYfbl0xqdJnLer0umMbDM5XR0pleXkrlWHgkhIwpkCVBK0o7b334sFSYmkSFqkLYmykZmYFIAFyWdJYHexu/hvY85t4njNNnGpNWu00H8bDM+JPEnVnKAGXizW5VAg8NhRTf"
    "G6zdgTLraELJ1gxyOyyCae5dKFoJzJUuY7DhRySzakbLou8hn9t09MwadEzIgrK/75L1lMmU2+Ey/6ubgxJ5Q4duJWqQ3XVuWmWC5UWYeJj6ohXG1sWtzx52zdeLEUM85WrSkTUDoljLhYEOhe"
    "uD7cPtxd+JzREwV3um4S3GKMxiYT7Dsi9rhjc13WMM1ub2BeGQPTbJQAyOIMwJW36qmnn8It/Hj66s37Nz+9fvfmJ9lE3eaq5P0fwaXXwASECp7uoPGHqscCBy0UxmtQb4nrwS1tIHs+w242tD"
    "GSFL7yxtP4RmgWARwVrBFev1X7gHiOv5sOYVMBn8bp27cFgH5t989/bvdfyFZ/gkty+RkEX0c3rDoN6gD1NcrwUZVAOGz+BNF99fLlFujKVrnoqrokuvKKggSfdhLhX6563WyEYyQplG1qCfQ/"
    "5FBvY6w4ArQLwAUwoOe55/3biWP64nP71zTc55e9MwUO98TUVb2oDs4k9DBAT25iowkUjLF1c4dd29yo4ac8r+1m1fx0ni7BDE8VkPDE8HzRlOXbVBhMuMvMCW1dWzypQTtTvgouJd5Wc1ujxw"
    "gCgmUTjWwiMHW8EZpxec/I4r5kxAlyuUM8hJmNXII9ySJ590SOmwgjj1guESer3/Amysv94CEYo5uNFJt3f7VHnpGvrzsXJaZk36d2E2iqfGz3z8yNv0x8ZgHnkLoS/Hnz18b+vz71ob1+96f0"
    "R6UevXiKlgMVZsIsB3aC6DExr+8Ady/Esfk4Y7K4kCAIOic5U3LmXBGSNKOTpwXooPPZuBq0P39JTBsX7YEBNaeqdJkqffEuNZWsOkHfOoOfEfxE/+h1jTSXVu0G/2jAPWFfcJPxOxPbcUyi4q"
    "goyVb1pW+ydkC+56gJa4onIWwVMdP4dVA8/a94ednrfoqap2WCP9KAc7fkyBSnecDAFA71R4B8iXFJYFfOwpmA5r/DCaJKr/HxYLmTt9gl8rG9srAnqTTu5XGnC3Phkgn9Xgb2BJFGvTzqoRJR"
    "RluOkexfW46J8GOfOoIyrwmXPYQU/yR16CuCnUaeCq0qT+7XoD3Zbkv9uS1fF3aD+ARJfRMFiopUSGfYmyFrJtnQQlRITRXsjKoJ9I3GZMJdAjWg6PKVVryhMD9+9w/QkFUnJQWkOI3WlrW2fH"
    "CplPnzMXE38Tyj09z1lzXN/WswRwBkuAzz59PT16/fn758/e6nt2/ev3/708vVesxmVdHCzFnnE6zNJCaMaLFmDbwXDr5p2Bl2l9mwRxQp0MdLEVg3jwz2IgTD2XU1FcuZ+KzTbfd/yxaOzjJm"
    "47PfBkY7A3Nim+UtRAlCbSiqtaHIkbBL1a08kxOEmsm1Y3Jt5GopKDJBLSy4my1bxxvcI1/Hmm4pYn+bYYGoh27IQoAkjBlKdNNEHeGFi0PQjjDLXS7kW/ohkI1hXUkKwRZBGE2o60GZTUCGhh"
    "UkWTIntmzZRKMFYbZ8oUbQi7zAhjR+sDsZsrDTUBEAkV6ENyM4EvgGpH0PLRxsSQTldaizarDqujlkQzZysPzmPUEWUecIPm8EJVH30CS4NdXHnbw/uAQ7QaOJ1J19+V6PEHaJanzncjZVreWj"
    "UwbXB60juIfRDL49dT5CjA+Z6lVe1+H8Rj4sFg9VSnyPlDXaxki0SqJVkoOrJMG3XVY2jmi0dFxVOg4H2XLAx4gqIn88JttdAb+agsqp4Qmy/WniL3cE/GHU8GgC34Q+F/c4yZOB/YFOqGtA1x"
    "JOWf0rSfkICtjxjCxHoX8l3DJdArhX0LKTlFrNrjebI12pCqNTtPqDrhuna2JQOQ/8VhsZppSo6qTIiBL6vVY1n0R+s000ChY2VoYAyefXpysbg2Mjl/tSpv2AvoTgozm+IUHb4L330IS7iLs2"
    "OORKrd8j2LVmm+uYh7oJ7Q9cC11XmxN2DvH9K5yPsry5RYhZPVY3H02+zw0qy8UzP6Zsh+rSqyOBUx03sMx3kYvaa5fmCu5xU3pLmFkW8iSVdkssj/sEz6mzLA18ikwjXx55Rq2b0kNMjEZjXm"
    "GUIfI5MwQOiAk2pHChUO/IW8TMIpujzYq6xtg3Phqf25dGCwXHIQt+Bee9wc9Gv4XUIa355EyqySjtbcKIT/OjiE83goil3llCXglbV5JVavbqP7a0IqExXWKBblnFJJRBrq1CdbMKxflN5jjL"
    "jp8/d6wIajx41XbiWEjESs3UKwKNdoX4RtuWX0rGwl9BROmaRCNeHnHuTjGj/8FlA3nTdBr78tj/zsemoMIpNb4kiDTqFdQvLrJcCwp0r4hAo13FzHDLXSoyXvEzzh2CWZ6ZYU2W9mGSdLuyq6"
    "1K9uzE1OtdJpA/66Shvf58ZvRfvFJskI0AmkxtQDsBVHr1j00J8Bd2RTYnKTWba81mmzikGpuTlFqjrxuX6+XncYnHJDMmPVF/soXHh+lA0y39PgbgcrHys0AWdiErnCxRnTRRmyHyfeFQiwqk"
    "LtmCeBY6j4owW/4o+I9wRHfcd2wkZTV0B4JDLBh909Vjj9d9gHdHhGg5x4Mklfb20N4eB4I47ksvv6qSiMZpNKD1yWBifF9wN9MvMKwpnCSIalPZK3DsM9shH1Qc4YjaoT8eXsUc/s7Hwe85hh"
    "A+8NzzZvj07TvVsgshiUHMH3YcoKEi9OhzyTb+gLu+vPYErMF3pueG/QYW0v9k2YYKQqwiiicT5rPvJCdqSMrCvCCUc0WjAworBhRqw1wVbhyFLp9Ynf++oLK7CmxOUmo2147NtZLAz2c+u8kX"
    "w4PqLWRx04KWJTLxLyixSFIeXoXHhOlDJi6fo5fZqfXLkT8kE2DweCVTAcaJtHys5eODy8c7jZQ5AhQf21syd++aIvE3f/cancqkUACuyZTZscl8wSULreXfSOb2NakWhRMnXbc1b8iyxNwpW8"
    "PUpwxBHnGbKyvSXZTDSlmO7qiYISrkzCgJRipedBRmPw9yWtl0Ks+9k1SVhRmsQ4wJmsoCj9hqKs2chg9yJ0MG/XFfKGuZ7PFEXo5aM3kbzlJZ1TzlaA/ZxrRBrD6zkZ7w9zjh1ydZ3JOA8yYY"
    "zbef60MCPc+Xmeczdvcoh3qMSCNfFfl96wo1M+o+uqqgLbbalLdbvYTdUoFD8Dd1knVtsT6yalc9W/G6D0gQDJV8QVi4XB2sU2PLIpAo+AS55BYy454g7iqpXSXnlS38xRar6I97La0h1ELe0h"
    "rCHkXaQOcuJ1+tabR4VVW82nPg7REhvpPIIYWemam/3QO5ma3Dadi32pyRZ8UjbpcnI6KtM/CN3reuSoUBhyFrX3zudFtIHYbMuOgMerIyOA7Z147xDRoHx7Rwk6OG7DhxhhKfpHIxzvgwCuSX"
    "BJXeB1ares9E1dPOOc+OzZH2WCUbTpJUx83Vmc+hbaACm5OUmst143JN7HO/8HEjwzAHxSdFFrnf+bhyjIukhc218NLh2B6hGZc3iqj8DyvsN/J98uRtklvIIx1u43US/WYoTIYTRKFYKjJxTJ"
    "AUUext4lt2eWltqKuFyKsNdXvUKuCTqapKR7S1VqWNX7/0+gOpLqsjZJzsXELGyc5lFVX5zTaq8pt8VfnNhqossRV+Rq6f7Viwpt4fExp/vzaujYuSQ0dI1ULBccj6191up/uphcKTIbu6Pj83"
    "jAtotDodso+SVVAUHIfsvN09Ny5V0eq0HlaPhcun2anhPsrZKi8XX4woxcMJUO2Kiy+buwoZK4D1ond9dmmgL33jvHPV6XWTkpyqhKJ18qC+0b7M3nmrjMU1RqLzY1XILxlIW5uI/3LV6+a81W"
    "uStOZCLYH+hxzq7ezVjok6Y586gjKvCZc9hLQDEBUzJI19as6GDjZSUApB5gtRZvO5OMmTiUp9vPzEluBlPRrjNNpWrW3Vz8TskZJd3WpsTlJq41aduTyhjHqzSmxOkWo+143PNTFi5uZ22yKp"
    "W5lkbpv2xCCb2haGx3VDbSashbShzYR7FOj0dmN71LcljDwjRCIf7RWBtm5UQFvrKlq62a10Q6bYWnbmeVkJE/XFso5qadJ5iRSFEErt8rv4VsAwc46xR4KFUCnmQHo/Fb5wh70mGlkzYt14/n"
    "yEBHEcCLhWkg4EPsywh6wZZvJBg6yAyKPMIkFwNeNozrPyFB7oHh4gqUn9VBKVlSHiRFpu03LbweW2J7+8e30Fvs/wd8jOe91B+3zQQuHJkF32PoHntDqkB6XDrBHqXDmPa7mPpolNRIvyc8ap"
    "nhKse0jTWReZik8p+5l6gruZyXIS9cUyFbQ0Z7GmW4lUKshTBEn6IbkFWrj8VgokVLTQeCklkimTDEOUKZlGlmAEcT+yhUPZDRJcFjByhxbY8+64m+H8trOraANWLWZpLQjtURDSKWseFc4KUQ"
    "vaSFJPI8nGVyIn3Kzkg/nmxySVtkGWt0HShblwyYR+LwN7gkijvh3qNRFfP0shbcBvSGZSlXVloeCqwsgFtKu8+hnKiqqTlspdEiRhQNjhbKv9RrboQYubtZi8tbi5R/lI5z85TP6The/KJpWT"
    "Q8TIa231/Gr0Ox9/M40gmCX+a8j6BlB9aV9dfev1L1oo+bseVlCtjT3qaKPT0GjPgeNhxbEpxTojx7Ngs5xgKu1V7mn35qPgb6CpVuBwglB/xLVjck1MOn1i8VviLs/lz0aGVSdRf1Jk2HHDlv"
    "IdtMnW25RHG10EdpmoDwR9fFBeV+CANeVEuVKxMIktjF5Ze48/rLMHWHzqoTjfb/d5Cmqztgg9lB96AfIZbi/eJxN5X7Nc832i/p6BXrUsZcTfHJtVH4EFvom6XA7D0H9QEBnrtxnjt+5HD+96"
    "eNfjUSqND/E8eeGSmCapNKhpUH3LkghlBUMV7gQeJ9ObgevNwLXGrM1ez4m/tRGUYUdaiX3fzxGUY/X3CMphS9P1txWU2yiQWH7wkCRahZn5avfOO7xsot4EeZAaFDvgVg1TBvEQtBKIYGuGbL"
    "BvYDTGQv6gsgvflZLxyCVz8MFe7QU+XqrEo5si9kHu4CExb7USC5+H782YTDGrMP7G6fQMW7sROJkCXH2tmxzOT58XI9Hp8xJ8fpT0eb5NhSlmLvensyzVIj9wbIP0CW1K+XyCx64CtTtLJomq"
    "CsWRUG2v7HYb0jdRO7SuuWRCXA/CteTMD1HsNoWllWBn823ccCv0qN1yay4a1Escq69AoBdhDgqnDhfS4ULPAnVtEK3EimNT1xzsCbOiVTRNq1lda1Zrz95nwWZZOQPzsVVx+M6i1yyvNcs9Ih"
    "/ONicqSX+GiYdzh2CWtyifok0vIUviXbF3VbLnNeRe7zLB2rNOWiC6/nxm9F+8Ujxd78+ymZCJyKer8pHF6fSKYp2/rYBTUqT1AjtZlUDLdB811kekhvDpk3Fh9q4HKpNceA6Bll97fzNUhKU6"
    "GTLj1y+dPpSEJ0MWhV2aUvnofoKqdMmQDSRx1+wb11dQH/81ZJDYzrww2ueDzlfJ+4sg1V28RNIb3XZX3v711Rejq3bPSpekDYj7C/qsi8GXTpm/OHcwnTeyjL6x6pNCw69qaFrQckvr7yg0II"
    "3AYHs34x5ZbUNJBeQ6/YBGqwiT0UngTy/ljSW6g8ymoFEgAQlT+STTFryD/rVluBZ2Nm0Z3jnESVMmnJeNok7T6UDqShvMBdkJzRn2MhZk89HfINTwV4Bfr4rozc8ODvDRqUG1iSfWqu5TdJ4d"
    "KHGtkaGthDWFikog7FV2UAnIm6gjPDTyHH8aahey3YLwBUSFScYGGy5EGzrIGeGWWuQHL6RGNMMldreX0opLLabCfMUF+FtGvovaa7Guglin9+zaI9iewMLP2JB5O3Pomnp/4DeUCdEoOYCEVC"
    "0UHIcsZnZcnQ7ZhXEpZ+/upxaKzg5ng0ywSRnwKrNpRb1HNnW6XzuD9qATOEKXYVVPcqOF4O+QrXtpoVSPB2dKsANDtEO5uZCq5ZwyX2SMXrmO2YV97G+Lj1fHsuO5S+RDeVXRzqHeH87vXsp/"
    "RwQ1dUEsFRkjT+FSdJpUr0SXWImWF/Rmpo2XGdNy7pudJNrfC/36WN7mIAKmJKpJoj2i+u7tkcAKOzs65ow7GXpo4RCRJNQDRIkBYga9j5cmXwA4pf2Essg1/iXwt4lDVFB3eRtqilRbUetmRc"
    "3kswpaLvmVbRLrb6zEN6YXo57FJ+Yv7IpsTlJqNteOzTVZj7r21ILKxmqUKj8pWosCX4HKK1FA3ESjYBdctTQEi0CSt69PIe3J3Yxas9W6kMt9QTxkYceBsvk2608Pu8CQDdnolrh0AtEBKkFN"
    "oLLbIwRGRBvSvQiqWq/98jwUkBBb+eO5JKi2VDoX8NlDc2yTMFGMShsDHukU+peCivLxC3ZSHzKLz+ewNOZQJvFM3Sd3YYENthCFwG9ZprZrQlheEHuBEyB++FbpeulM+/zVZ0wv4aiz0724w5"
    "ewxiA+tgkjcoUss+YYp9HrjhV997Tf6oHAV1solUF9RaDhrgq33ubqMLBHEmtJ880msTbflDDfZKoWJVmQ24fmRAlO6BiFgw5CrnzBN1Hfzm0noq0z8I3et67RbyF1GLL2xedOt4XUYciMi86g"
    "JyuD45B97RjfoHFwTBs5DuPEU3ERTS+eVRyPsCXobcYnUYj2mmiPWEfmmKOFWq+hVJoGjsG4rtdQngWbD7qG8sf/AX1m4AU="
)
