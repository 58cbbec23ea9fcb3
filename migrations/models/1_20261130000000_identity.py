"""What identity needs: a door that injected SQL does not open, second factors, mailed links, invitations, jobs, seals, moving in."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return r"""
DO $$
BEGIN
    IF NOT has_parameter_privilege('backtrace_functions', 'SET') THEN
        RAISE EXCEPTION 'the owner may not open doors: run deploy/postgres/roles.sql again, as a superuser' USING ERRCODE = '42501';
    END IF;
END
$$;

-- Digests of the keys that hold a tenant without a session; `migrate` puts those of SECRET_KEYS here. The app role cannot read it.
CREATE TABLE door_keys (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32)
);
GRANT SELECT ON door_keys TO address_book_backup;

-- The tenant whose door is open in this transaction. Strict: where none is, the cast of '' fails, loudly.
-- A setting of our own could be set by anybody. This one of Postgres only a role that was granted it sets, and it means nothing
-- here: it would log where in Postgres an error came from, in the C functions of the names in it, and no such name is a uuid.
CREATE FUNCTION held_tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN current_setting('backtrace_functions')::uuid;

-- Sets it until the transaction ends. For the doors below alone: only the owner may call it, and they run as the owner.
-- 25001: the transaction belongs to another tenant.
CREATE FUNCTION open_door(tenant uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    held text := current_setting('backtrace_functions');
    mark text := replace(tenant::text, '-', '');
BEGIN
    IF tenant IS NULL OR held NOT IN ('', mark) THEN
        RAISE EXCEPTION 'the transaction belongs to another tenant' USING ERRCODE = '25001';
    END IF;
    PERFORM set_config('backtrace_functions', mark, true);
END
$$;

CREATE FUNCTION knows_door_key(key bytea) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM door_keys k WHERE k.digest = sha256(key));
END
$$;

-- Holds a tenant for this transaction, for those who have no session yet (who signs in or up) and for maintenance: with a key
-- that the server has and no statement contains. 28000: the key is not known; 25001: the transaction belongs to another tenant.
DROP FUNCTION hold(uuid);
CREATE FUNCTION hold(tenant uuid, key bytea) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT knows_door_key(key) THEN
        RAISE EXCEPTION 'the key of the door is not known' USING ERRCODE = '28000';
    END IF;
    PERFORM open_door(tenant);
    RETURN tenant;
END
$$;

-- The door, as before, and: why the session is over stands in the error's detail, for whoever holds its token; where the tenant
-- asks for a second factor, a session without one enters with the mark ENROLLING alone (42501, with a message of its own).
-- It runs as the owner, whom row-level security binds as well.
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

REVOKE EXECUTE ON FUNCTION open_door(uuid), knows_door_key(bytea), hold(uuid, bytea), enter(uuid, uuid, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION knows_door_key(bytea), hold(uuid, bytea), enter(uuid, uuid, text[]) TO address_book_app;

DO $$
DECLARE
    guarded regclass;
BEGIN
    FOR guarded IN SELECT polrelid FROM pg_policy WHERE polname = 'own_tenant' LOOP
        EXECUTE format('ALTER POLICY own_tenant ON %s USING (tenant_id = (SELECT held_tenant())) '
                       'WITH CHECK (tenant_id = (SELECT held_tenant()))', guarded);
    END LOOP;
END
$$;

-- A statement reads all of `tenants` and changes the row alone whose door is open: who could change another one would open it for
-- sign-up, take its second factor away, or close it.
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY all_rows ON tenants FOR SELECT USING (true);
CREATE POLICY own_new_row ON tenants FOR INSERT WITH CHECK (id = (SELECT held_tenant()));
CREATE POLICY own_row ON tenants FOR UPDATE USING (id = (SELECT held_tenant())) WITH CHECK (id = (SELECT held_tenant()));

ALTER TABLE tenants
    ADD COLUMN requests_per_minute integer NOT NULL DEFAULT 60000,
    ADD COLUMN require_totp boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT tenants_requests_per_minute_check CHECK (requests_per_minute BETWEEN 10 AND 1000000);

-- Stands for accounts that were made on condition that the address is verified: until then they do not sign in.
ALTER TABLE users ADD COLUMN verification_required boolean NOT NULL DEFAULT false;

-- authenticated_at: when the password, and the second factor where there is one, was last proved in this session.
ALTER TABLE sessions
    ADD COLUMN authenticated_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN second_factor boolean NOT NULL DEFAULT false;
-- Whether a tenant's people signed in from a network of late.
CREATE INDEX login_history_by_network ON login_history (tenant_id, ip_prefix, at DESC);

-- The secret is encrypted, and counts once it is confirmed; pending is the one that is to take its place. last_step: the time step
-- of the last code, which counts once; failures: wrong codes since, after too many of which none is looked at until held_until.
CREATE TABLE authenticators (
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    user_id uuid NOT NULL,
    secret bytea NOT NULL,
    pending bytea,
    last_step bigint NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    held_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz,
    PRIMARY KEY (tenant_id, user_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE recovery_codes (
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    user_id uuid NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    PRIMARY KEY (tenant_id, user_id, digest),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

-- A link that was mailed, perhaps again (mailed_at). Its secret is kept nowhere: it follows from the id and a key of the server.
CREATE TABLE mail_tokens (
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    id uuid NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    purpose text NOT NULL CHECK (purpose IN ('VERIFY_EMAIL', 'RESET_PASSWORD')),
    user_id uuid NOT NULL,
    email_key text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    mailed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT mail_tokens_digest_key UNIQUE (tenant_id, digest),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX mail_tokens_of_user ON mail_tokens (tenant_id, user_id, purpose);

-- A sign-up with the address of user_id, of which its sender is told nothing: the username is taken and the password right as
-- after any other, but it opens nothing.
CREATE TABLE signup_claims (
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    id uuid NOT NULL,
    username_key text COLLATE "C" NOT NULL,
    password_hash text NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    mailed_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT signup_claims_username_key UNIQUE (tenant_id, username_key),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX signup_claims_of_user ON signup_claims (tenant_id, user_id);

CREATE TABLE invitations (
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    id uuid NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    email text NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254),
    email_key text COLLATE "C" NOT NULL,
    role text NOT NULL CHECK (role IN ('OWNER', 'ADMIN', 'EDITOR', 'VIEWER')),
    invited_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    revoked_at timestamptz,
    CHECK (accepted_at IS NULL OR revoked_at IS NULL),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT invitations_digest_key UNIQUE (tenant_id, digest)
);
CREATE INDEX invitations_open ON invitations (tenant_id, email_key) WHERE accepted_at IS NULL AND revoked_at IS NULL;

-- What is done later, as its tenant sees it. payload holds ids and kinds: never a secret, never an address.
CREATE TABLE jobs (
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    id uuid NOT NULL,
    kind text NOT NULL CHECK (char_length(kind) <= 40),
    status text NOT NULL DEFAULT 'QUEUED' CHECK (status IN ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
    progress double precision NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    failure text CHECK (char_length(failure) <= 500),
    payload jsonb NOT NULL DEFAULT '{}',
    attempts integer NOT NULL DEFAULT 0,
    actor_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    CHECK ((finished_at IS NOT NULL) = (status IN ('SUCCEEDED', 'FAILED', 'CANCELLED'))),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX jobs_latest ON jobs (tenant_id, created_at DESC, id DESC);
CREATE INDEX jobs_by_status ON jobs (tenant_id, status, created_at DESC, id DESC);

-- The hash chain over the audit log: each seal covers the one before it and one entry. latest_at: the time of the latest entry of
-- the chain so far.
CREATE TABLE audit_seals (
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    number bigint NOT NULL CHECK (number > 0),
    entry_id uuid NOT NULL,
    seal bytea NOT NULL CHECK (octet_length(seal) = 32),
    sealed_at timestamptz NOT NULL DEFAULT now(),
    latest_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, number),
    CONSTRAINT audit_seals_entry_key UNIQUE (tenant_id, entry_id)
);
CREATE INDEX audit_entries_latest ON audit_entries (tenant_id, at DESC, id DESC);
CREATE INDEX audit_entries_of_action ON audit_entries (tenant_id, action, at DESC, id DESC);
CREATE INDEX audit_entries_of_actor ON audit_entries (tenant_id, actor_id, at DESC, id DESC);

-- Which row of the old database became which of ours. A row that was removed since stays known, and does not come back.
CREATE TABLE legacy_imports (
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    kind text NOT NULL CHECK (kind IN ('USER', 'CONTACT', 'LOGIN')),
    number integer NOT NULL,
    target_id uuid NOT NULL,
    checksum bigint NOT NULL,
    PRIMARY KEY (tenant_id, kind, number)
);

-- Lets the sequences of numbers go on after these. As the owner, since the role that serves may not set a sequence; so written
-- that it can neither go back nor use the sequence up, whoever calls it.
CREATE FUNCTION pass_numbers(users_to integer, contacts_to integer) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    which text;
    upto bigint;
    here bigint;
BEGIN
    FOR which, upto IN VALUES ('public.users_number_seq', users_to), ('public.contacts_number_seq', contacts_to) LOOP
        IF upto > 1000000000 THEN
            RAISE EXCEPTION 'numbers end at 1000000000' USING ERRCODE = '22003';
        END IF;
        EXECUTE format('SELECT last_value - (NOT is_called)::int FROM %s', which) INTO here;
        -- A short way is gone step by step, and so stays right whoever takes numbers meanwhile; nobody takes so many as a long way.
        IF upto - here > 10000 THEN
            PERFORM setval(which::regclass, upto);
        ELSIF upto > here THEN
            PERFORM nextval(which::regclass) FROM generate_series(here + 1, upto);
        END IF;
    END LOOP;
END
$$;
REVOKE EXECUTE ON FUNCTION pass_numbers(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pass_numbers(integer, integer) TO address_book_app;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['authenticators', 'recovery_codes', 'mail_tokens', 'signup_claims', 'invitations', 'jobs',
                                'audit_seals', 'legacy_imports']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I USING (tenant_id = (SELECT held_tenant())) '
                       'WITH CHECK (tenant_id = (SELECT held_tenant()))', name);
    END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON authenticators, recovery_codes, mail_tokens, signup_claims, invitations, jobs
    TO address_book_app;
GRANT SELECT, INSERT ON audit_seals, legacy_imports TO address_book_app;
GRANT SELECT ON authenticators, recovery_codes, mail_tokens, signup_claims, invitations, jobs, audit_seals, legacy_imports
    TO address_book_backup;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return r"""
DROP FUNCTION pass_numbers(integer, integer);
DROP TABLE legacy_imports, audit_seals, jobs, invitations, signup_claims, mail_tokens, recovery_codes, authenticators;
DROP INDEX audit_entries_of_actor, audit_entries_of_action, audit_entries_latest, login_history_by_network;
ALTER TABLE sessions DROP COLUMN second_factor, DROP COLUMN authenticated_at;
ALTER TABLE users DROP COLUMN verification_required;
ALTER TABLE tenants DROP COLUMN require_totp, DROP COLUMN requests_per_minute;

DROP POLICY own_row ON tenants;
DROP POLICY own_new_row ON tenants;
DROP POLICY all_rows ON tenants;
ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY;
ALTER TABLE tenants DISABLE ROW LEVEL SECURITY;

DO $$
DECLARE
    guarded regclass;
BEGIN
    FOR guarded IN SELECT polrelid FROM pg_policy WHERE polname = 'own_tenant' LOOP
        EXECUTE format('ALTER POLICY own_tenant ON %s USING (tenant_id = (SELECT current_setting(''app.tenant_id'')::uuid)) '
                       'WITH CHECK (tenant_id = (SELECT current_setting(''app.tenant_id'')::uuid))', guarded);
    END LOOP;
END
$$;

DROP FUNCTION enter(uuid, uuid, text[]);
DROP FUNCTION hold(uuid, bytea);
CREATE FUNCTION hold(tenant uuid) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    IF tenant IS NULL OR nullif(current_setting('app.tenant_id', true), '') <> tenant::text THEN
        RAISE EXCEPTION 'the transaction belongs to another tenant' USING ERRCODE = '25001';
    END IF;
    PERFORM set_config('app.tenant_id', tenant::text, true);
    RETURN tenant;
END
$$;

CREATE FUNCTION enter(tenant uuid, session uuid, roles text[]) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    allowed boolean;
BEGIN
    PERFORM hold(tenant);
    SELECT u.role = ANY (roles) OR (u.operator AND 'OPERATOR' = ANY (roles)) INTO allowed
      FROM sessions s
      JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
      JOIN tenants t ON t.id = s.tenant_id
     WHERE s.tenant_id = tenant AND s.id = session
       AND s.ended_at IS NULL AND s.expires_at > now() AND u.active AND t.status = 'ACTIVE';
    IF allowed IS NULL THEN
        RAISE EXCEPTION 'the session is over' USING ERRCODE = '28000';
    ELSIF NOT allowed THEN
        RAISE EXCEPTION 'the role does not suffice' USING ERRCODE = '42501';
    END IF;
    RETURN tenant;
END
$$;

DROP FUNCTION open_door(uuid), knows_door_key(bytea), held_tenant();
DROP TABLE door_keys;
"""


MODELS_STATE = (
    "eJztXf9z2jgW/1c0/LLdGTaTpl8vvbkZkrgtewn0EtLu7nFjhC1AFyN5bRHK7e7/fnqyDbaxXewEMKn6QyGSPrL5PFt67+np6Y/GlNvE8Y9aM5sKgwlv0ThFfzQYnh"
    "L5JaO2iRrYdVd1UCDw0FHNMbQziWxIiarBQ1942BKycoQdn8gim/iWR11BOQNIlxEEgMURGthEYOr4AzThju0ji8+Y8JvI4w7xEWY28gj2OfNPESP3xEMY+cTyiGgu"
    "/7Y4E/JyP/jIxgIfwS3Y3JL3QNl4J1ebMfr7jJiCj4mYEE9e89//kcWU2eSrpCT8070zR5Q4doJrakMHqtwUC1eV3d62L96rlvBLhqbFndmUrVq7CzHhbNl8NqP2EW"
    "CgbkwY8bAgdox8NnOcUFhRUXDHskB4M7K8VXtVYJMRnjkgwsbfRzNmgeSQuhL89/If4a3Fmplmp9szb4yeaTbWJA63kBJLWCTphKeFSjEAMX8F/a4IUaUNuMD5x9b1"
    "sxevf1QUcF+MPVWp6Gr8pYBSIAFUkb5iWRCGmTDLkZ0APSbnUcGK9NVrEtEZEVYzileUYrHO5YUkQdApyeYzQKSItEPIUfTlaRHaa18ZN73W1Sfofur7vzuKp1bPgJ"
    "oTVbpIlT4L+OdyCA0G2GUn6Eu79xHBn+i3bsdIS2nZrvdbA+4JzwQ3GZ+b2I5zEhVHRUmxqjd9XbQ98lXkiHWJSIlWUvTEhGn80kvIsfO5da1emavWLz8mZHnZ7XyI"
    "mq8E2Tm/7J6l3yNLcK/kyBTHPGBgCof6A2C+xLgksCdn4UxC85/hBKjSY3w4XG7lKfaI/Nl+WdqTKM17ed6pa7oeGdGvZWhPgDTr5VkPjYh1zn++6XayOY9B0hoQtQ"
    "T6EznUF9uaLmMq/HBGHUGZfwSX3YcWDxQVCyTNfWrMhw5AIGBSje5i6j4UDLF1N8eeba7V8BOe13a9anoyTZdghseKXvjF8PtCK/nWVwbfmvWsyptFdvNMttjQXv4y"
    "wQJRH90RVyA+klYogKU5y2bTIfEGUCctTyT5f3GChgs0n1BrooqkmSut25mQ5q2FHQfKpusm8mNfoM/6bCDtZTqiFoZfYcJYTz1iD5AvpJ3tI2l4U9UaSfVUytaHaw"
    "QQYjflBYhHgmpLWelojn00xTaRSFta4gJuWT53NoX+5Zg04T6Be5eYPrP4dArmvEOZ5DN1nxzseDA20JxK2EzIfuW9YHlBrH7nAr5r074++p027XeoQgfv/DqfbZaj"
    "UKwAKS7lfaVZDB/CGpMob1d+/HTy/OWbl29fvH75VjZRN7oseVPAc7vTS9EJI6n6XkJFi2O0WV1BRYsINO/IogrxEU6TX4F8AtNpGdaXAE13VbrLPugJkKa9Mu2Rxr"
    "rO/RnnDsGsiP44OCWDoURvSwjLkt1K4azbvUxI4aydpvn26sy4fvZciUQ2ooJkz6mZpkVJEeT2oSVRQhIu9v05l1b0BPuTMgPQGlAPQlUcr/IBX2f9fII9Q2rlivk2"
    "A4vbIuvu1xBbZ+Ib3S8d4/oUqY8+a11ctTunSH30mXHR7nVlZfDZZ5/bxhdoHHymnRw52v4UfzUdwsZiIv88OS4QYCSuk+O0nyqsOVFVSQFxF1jkGeZU4eAUh+nxqM"
    "R4BMuR9xmvRCHbK9AOuY7cMQdLteURoMQsHwqQROqQgFqHBMxcu6KYk0gt5tqJuSZrKK2ZmBAmQBfnmYspyQbN4mjEWNOqyysMJbo5Qm3hh4GA0I4wy1u48il9h6gI"
    "YwgRlyoWwmhEPR/KbIKkYgsLFLJkSmzZ8ggNXMJs+UBF6ynfXofZ1Z30WdhpsIAi+yDBCgtUcyTwHZE4H7kOtiSD0eJN0GDZdbDu42BfmL4g7nLZSK21QEnUPTQJbk"
    "31AUs7cAnWRIORNIxn8rkeqPUYaDz3OBur1vKnUwbXh6Wd4B4GE3j31PcBYhxWfmSv8roO53fyx2Lx0HUccAmWXF+IQfSKjl7R2fuKTvBuZyjFlGFvkc3oCpPWiRci"
    "iPN+OlSehXEGy3laGnRn7U7r+tds2/wsIy7h7Nee0Uo7R4JBthzxMVBF5g8nPGdbxC+noCzqx7kLmQnYt9cyH+uhP94S8eFK5t9OTl68eHNy/OL121cv37x59fZ4ua"
    "S5XlW0tnnW/gBWYEJFXTcLowl8nfpc3uOQJ0P7oy0grzScsgZYEvkIBtjhjCwHYX9pb8r3J+bIVqoi6BRWv9B1k3RNHCrXxOL3xFucyz8bGf6URH2zyJ3ihS1NZX5v"
    "5k7pSZvdpmPih6GkUR/KhH+nTHqPz9GYS3t+PiEMXBfSYJdGs70emfrQzh5g+AeXLae8rzCPZTV92+h/Cqq7dgc8VB4l3AH18WgdLJ01GejPg83oWWN8VFU4vIeb2S"
    "tvQwjxeRsFImfyMvT+HfoUcomm+I4EbYOnzEcj7iHuQWw/uHd9gj1rsslWhd3chN4JUIPXTk8UeifA4e4EkHqrn7m7PpfPGGJ3frHnB0Jn2U0VekPFAwINx/SeMLMs"
    "5UmU3mtcnvcRnlJnUZr4FEwzX555Rq270kNMDKM5rzDKENjbu874ZgHNK3SNuW+8N65al8YpCj77LPgr+N7tfVTRzvCRtnz2E78s7c4S+krYupKuUrNH/7G1FUmNCc"
    "5LaVtW8f1nwLX7v27u/z1ugjwgSW5j4nAlY6Vm6iVAs10haVmQsaMM3zGIZrw849wbY0b/h8tm50vjNPfluf8vH5qCiqyNdvnEJ0Ca9QrmFxdZMWQFtlcE0GxXcTPc"
    "cw92eq0RXrhxLg7T2xT13jltBOi9c9+hmG3ikGpiTiK1RV83KdckzqPN7qnAIflroR6x2mZRtAddtqu+MXLVB+xFhEruEhZuxgti77BlEdiT2EQeuYdNeE3IuAi7B9"
    "U+QIjOczeI63jca+nwjV280zp8Y/8U1y2Atb5Ubmv3mc5/t1PbVee/2wvtOvVUzVNPKfVJ2hbDjBejQH9JoPTxItpv852Yeokp5atLZXcVxJxEajHXWsyR9VglHiMJ"
    "1Z6bOss59A1UEHMSqaVcNynXxD/3Mx82MhxzUNws8sj9lw8r772SWMjjhRcOx3Z0oCm1g2NM7+TzlH+IKVueuRKeojJzbDQkcPhpxhbc3V5aO+pqofJqR90OrQp4Za"
    "qa0hG21qb0Vat9CTHO7csqpvHLTUzjl/mm8cs101hyKWYZ0SWbUb5C7470xr9ujVvjouRQEaJOUfDZZ9e3nU678+EUhV/67Ob2/NwwLqDR8mufvZeigqLgs8/OW51z"
    "41IVLb/Ww8vhenycHYz4Xs5OedGfMVBKhiNAbUuKx0fbSjpVQOtF9/bs0kCfro3z9k07PH5vqbmpSihahatcG63L7KReZTysMYiOyKoQ0RxoV+uM5x8yGYPoQyaLBb"
    "LhIZPJE88FmbqiTF67OETntctI1a+Pvta+6X0P3ofg5kjprl41MSeR2plVZymPKKP+pJKYU1At57rJuSZOyzBD1CUeEqeRn0EqqG9ukEbKdKDpxlkCsVglb0IW9jxK"
    "fFmiOjlCLYbIV9ehFhVIXfJUhQROoyLMFj8J/hN8ornyIjIu0Bx2IwRnDiiPU1ZCwZ1d9wGuzIjRctpREqVdm9q1uXelVL1VJRmNYzSh9ck2mDtTbDBFlJka1hecgr"
    "F5g5WpVUO9jlSDB1cPtrvN16czou3OQStpzDrWM5/tJUC7wyuwrZ1b2hzernZDxthatKcu9zITKifqi3Ud1dKkqumGOk+XBYnsY9mKYeYcYn91EJ9UY4ja3zbH/hEa"
    "WBNi3fmz6UDanI6j0t+DpgM749SBfxPM5A+F7jwSPziPcWnYemRdndrTPTxAUxPYk6CyOkQcpPU2rbftXW978vE/tzewOQb+77PzbqfXOu+dovBLn112P8DWGvWRHp"
    "T2E1Sy1cTXB/BYP/ZSbzRNrDNadBxfHPWUaN3BgXw10amuMHV6/I5kpi1YVRZqU2qjpoB2ld1H0AVoIdDJqcoOEB4phB3OMhShSj1oh1MtZlWtuOxQcdEZBvaTYcCd"
    "ebJJ5e3XMXit1cbPxnX7/a+mEYSPx//qs2sDUJ9aNzdfutcXpyj5dz3USH3Q1qOONjrRg3a9Ho4oDsH1qve8f3dihpNRq+Sj9HVA4UHIN7BUK0g4AdQvce2EXBOXTm"
    "tmU3FDcGYg0KqyWeTSwdDM9GW7DV06LeRQdhctTAU2+Q8+LDFNYI2JKp8MUidDB8d5Qt9oSEbcI1ADS06cEUSY8Bbr/p7H7/4BziDVSUmrIY7RjiHtGNq7qZa3gFLk"
    "7n+aayg7cPYndgeFg+/m/rgIob1xzYreOGCw2oasOFCrXLVTuZKB7PJ9EBWEnABqIddOyDXRqy/5mLKP1BfcW2Sp1on6Qu3agZbmJNZ0gyVTiM8CNXY+IQxhBG5o5H"
    "pS44UiDkrvAmGPnKLhAvl0zOQTgShTkWCyZLlAqvRowWUBI3PkYt+fcy8zp9T2L6gXZGuhFGq9e4d6t15xelQ6K+QF1dN8Paf5tbdETsMsQ7z5K4lJlN7EUX4lkbqm"
    "65ER/VqG9gRIs74Z6zVRaq/JSL62k9wQwER9oVLrBS1LBQL2JiQK01NBfGEfQRTfEepwqXVC/0FBFPCXlTKgcj8P0EHrEVv1bU30KfhytI66Q6XKJ74vL1yS0yRKk5"
    "omdWZZkqGsHamFzt84rOKYcTjT67YcwDpCqpKyc4Bmgw6deWLyrYmifBPMblk6clRVqB6Hs2PlHTIh/gi1QiVW6rgq2IFH8Q02ZMmaUzGRBZvsmKnQo3bY1kKp0Mrw"
    "DvU27bB9fDq1Z0979r4L1rXd8WT10mToiS/MisZHGqtFXWtR600434WYZeVEahvUqjh8Z+G1yGstcp/IH2ebI3WCRYaTlnOHYJbn+05h055aCd6WeJclO3bVdruXCd"
    "GetdMK0e3VmXH97LmS6erwovWQaCJ/XZWXLI7Tjrs6v1uBpKRK6wd+sqSUN8uJkO6jxvaItBA+fDAuzO5tT2XNCr9DToTP3X8aKhmC+tJnxi+f2tdQEn7psyhDgimN"
    "j84HqEqX9FlPgjvmtXF7A/Xxv/oMkniZF0brvNf+LGV/EaT1ipdIvNFpdeTt3958MjrqaLl0SdqBmLOFYgv5Geri8KVjNnPPHUynjSynb6y6Wej4VQ1NC1pu6P0dhA"
    "6kAThs5xPuk+WZrFRAXsd3aLDcDDpoBhG6Kh53DkG7YFEgAckh+SjTF7yF/rVnuBZ+Nu0Z3jrFSVcmfC+b8CSN0zlPKp2+GGwkMGEPcBn214Ca/gr061URfTLg3gk+"
    "ODOoNqk/tKn7FGNUekpda2RYK2FNoaESKHuVA1TCY9VQW/ho4DuzcWhdyHYu4S4EX0vBBsnlo+T1cka4pxb5wQ/RiGbuRNzmpbThUoupMN9wAfmW0e+i9lqtq6DW6f"
    "OJdki2L7CYZZxWvpk7dIXeHfkN5UI0Sg4gIeoUBZ99FnM7Lr/22YVxKWfvzodTFH3bnw8yISblwKsspiV6h2Jqdz63e61eu9spK6qulMYpgv/7bNXLKUr1uHehBCkU"
    "sBBk6grfdKVpOaVsJjJGr9x0RoV97C7D0fPjLY1nj31GhEfkj/Krsp2D3h3Pr4/lvwOimnqgloqMkadwKToN1SvRJVaitR+mknZ0CDZ6wnvp2hXFnERqMddOzDVxxb"
    "SIR61JIysDa1DTLEy/umrzLU9MvmAf2bORO7FnOjYy5vHQO/Ewj8YWn/zHmcPzHRmQm5bmhb9kUxuDPAkLO2UVvHq1iVnw6lW+XQB1qYRAbo6plhOn6e7YNtsZu8+P"
    "NzG6ZKtcdlVd+khlJjK37vx80+3kKEYrSHq6pJZAfyKH+oeYPbaAXCCj2FuUdgylJj/oYO9JYv76PzrlNL4="
)
