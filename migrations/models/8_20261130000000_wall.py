"""The wall against injected SQL: what says whose door is open can be written by the door alone."""

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

-- Digests of the keys that hold a tenant without a session; `migrate` puts those of SECRET_KEYS here. The app role does not read it.
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

-- As before. It runs as the owner, whom row-level security binds as well.
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
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return r"""
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

CREATE OR REPLACE FUNCTION enter(tenant uuid, session uuid, roles text[]) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    allowed boolean;
    proved boolean;
    why text;
BEGIN
    PERFORM hold(tenant);
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

REVOKE EXECUTE ON FUNCTION enter(uuid, uuid, text[]) FROM address_book_app;
GRANT EXECUTE ON FUNCTION enter(uuid, uuid, text[]) TO PUBLIC;
DROP FUNCTION open_door(uuid), knows_door_key(bytea), held_tenant();
DROP TABLE door_keys;
"""


MODELS_STATE = (
    "eJztXf9zmzgW/1c0/mW7M64nTdMv5725GSehrfccu+c47e6eb4gMsq0LllgQSXy7+7+fJMAGDNQQG+NU+SFgSU/A54H03kdP0h+NBTWR5bY6nomZRpizbLTBHw0CF4"
    "ifpOQ2QQPa9jpPJDA4sWRxKMrpiBfESObAicscaDCeOYWWi3iSiVzDwTbDlAiRAUFACCxb4NZEDGLLvQVzapkuMKhHmNsEDrWQCyAxgYOgS4nbBgTdIwdA4CLDQay5"
    "+m1QwvjlfnCBCRlsiVswqcHvAZNZJVfzCP7dQzqjM8TmyOHX/Pd/eDImJnrkkAQ/7Tt9ipFlxrDGpqhAputsacu0m5vu5QdZUjzJRDeo5S3IurS9ZHNKVsU9D5stIS"
    "PyZoggBzJkRsAnnmUFygqT/DvmCczx0OpWzXWCiabQs4QKG3+fesQQmgPySuLf2T+CW4sU0/X+YKRfayNdb2xoXNxCQi1BEodTvC2Yq0EA85df7xoQmdoQF7j41Bm+"
    "eP32RwkBddnMkZkSrsZfUpArxBeVoK9RZohAwvRiYMeEdol5mLAGff2ZhHCGgNUM4jWkkG1ieclBYHiB0vH0JRJAmoFIKzx5XoCOulfa9ahz9VlUv3Dd3y2JU2ekiZ"
    "xTmbpMpL7w8ae8CfUb2FUl4Gt39AmIn+C3QV9LamlVbvRbQ9wT9BjVCX3QoRnFJEwOk+JqlV/6pmpH6JFlqHUlkVAth+iZKVP7ZRTTY/9LZyg/mavOLz/GdNkb9D+G"
    "xdeK7F/0BufJ78hg1CnYMkVlntAwBU39ESBfoF1i0OG9cCqg2e9wTKjUa3w8WO7lLXYQf2y3KOxxKYV7cdyxrdsOmuLHIrDHhBTqxVEPnIhNzH++HvTTMY+IJC0gbD"
    "DwJ7Cwy/bVXUZM+ImHLYaJ2xKXPYQVLyDKV0gS+0SbLyoQChEu1fQuYu6LhAk07h6gY+obOfSUZpXdzFqcLpIpkMCZhFc8sXi+wEu+caXDt+E9y/Rmnt/s8RJb+stf"
    "55AB7II7ZDNAp9wLFcLcnSXeYoKcW5HHPU/A8X99CiZL8DDHxlwmcTeXe7ce4+6tAS1LpC02XeR9XEB5xbUwjZRXXKH16X8um3h2SUZfvBZIYMnvK4li8BLWGER+u/"
    "zw8vTV2buz96/fnr3nReSNrlLe5eDc7Y8ScIpGSJ4XsG6iMsojLWHdhADqd2hZBvhQToFfAny04GZiEdRXAgrusnAXfdFjQgr20rDfIwfzS6aYH+eUWgiSPPijwgkd"
    "TLj0vpSwSqlWC+eDQS+mhfNuEuabq3Nt+OKVVAkvhBlK71Nt6LoPlLs9c+jOi7z2G4Lq1S/DlPE3exP1izl0NG4LSuS7/AYhMdAmXxbI1hn4xuBrXxu2gTyMSefyqt"
    "tvA3kYE+2yOxrwTP84Jl+62ldR2D8mvdIMG3MBH3ULkRmbC8PyJEeBobpOT5LEQpBzKrPiCqK2QJGmGPG5rVJUTLVHBdojMX50n/JJ5KK9FqoQ65AEOFqoDQcJSPTi"
    "Y7dxSTWGW+sxXM82S6o5LqnUXDs114T07nhsjgjDhuzxUmPHogWa+eFjkaJl+XACYtW0QJe5QeSWKIeI4Sxt/pb+BDALgr4A5SYWgGCKHVekmQhww1aEd/GUBTJ5yR"
    "a4tREx+QsVEuDfJs6rupMxCSrlF5U0PEH86N8Mo4DBO8TlXGBb0OAI8utga1VgVXVrTMbk1oIu012G7BXPLz5vIFLC6kUR/9ZkHQ/8/sQlSBPcTrk75vH3+hZAB8nC"
    "Dw4lM1maPzom4voitM6/h9u5+Pbk+S0gdExkrfy6FqV3/GEhe+rogSCiCrLaERE1jqDGEQ4+juB/2ylGMSbQWaYjupZJ2sRL5gfmPh8oz4OB4VU/zR26826/M/w13T"
    "c/TxlIPv91pHWS5IjfyBYDPiJUEvnjiafYF/CrLigN+lnm8FlM7NsjaLt66U/2BHwwfva309PXr9+dnrx++/7N2bt3b96frAbSNrPyRtTOux+FFxgzUTfdwrAD34Q+"
    "E/eoyLOBfWfDlmsLp6gDFpfcgQN2PC3LUfhfik35/tQc+kplFJ2QVR903TRdE0JliAx6j5zlBf/ZSOFTYvnNPDrFCUrq0v3ejk4ZcZ/dxDPkBrF/YR3Shf9JuvQOfQ"
    "Azyv35hzkigrrgDjt3ms3NUMKnVvYEx9+/bDHjfS2zK6/p207/czDdFR3wVH0UoAPqw2gdLZw1aegv/NnDaW18mJXbvAezj0vHjQfyWZHdIZm8iun+CXwOsAQLeIf8"
    "sv5b5oIpdQB1TDEtmpjARdAx5tvElldzEyr+vAafneooVPz58cafc7vVTZ0OnYlnRKI6XuzVkcBZNJRfhfE/IdBwhu8R0YtCHpdSk0OL4z6FC2wtCwOfEFPIF0eeYO"
    "OucBMTkVGYl2hlEH/OFINju4DmtXSNsW980K46Pa0N/OOY+L/888Hok4x2Foek53OY+GXudxawV4LSpWyVmr36u7ZWODS6IC+5b1mG+08RV/R/3ej/A069OyJN7qPj"
    "sDlihXrqlYBCu8QqU6bJv5SUCI+cdb3WIgrx4ohTZwYJ/h8supxaUk5hXxz7/9KJzjBLm2iXDXxMSKFewv2iLC2GLMf3CgUU2mVohnvqiJleG4DnTpyLiqlpimrunH"
    "IC1Ny571DNJrJQOTXHJZVHXzct1yTOo0vuMYMB+BuhHpHcZl60B16VKz8xcl2HmIsoMqmNSDAZz4+9g4aBxJzEJnDQvZiE1wTUkbMH5TxAEZ1nbxHXsdtrqfCNKr5p"
    "Fb5xeIjrFsBaXyj3NftMrbpWqe+qVl07COxq6amaLz0lzSfuW0xSPowc+yUmpfaDULzNd+LqxbqURxvz6kqoOS6p1FxrNYfeY5l4jLioYm7qrOeAGyih5rik0nLdtF"
    "wTfu5nOmmkEHMiuZnHyP2XTkrPveKyYh0vuLQoNMMdKLHp7zt5x9+n7F0nCQjCMfzltwzqWSaYILFbZcoU3GovrYi6Wpi8iqir0KsQn0xZVzqUrbUrfdXp9kSMc7dX"
    "xjU+28Y1Pst2jc82XGOOJfNSoku2g3wtXR3ojX/daDfaZcGmIpBqA/84JsObfr/b/9gGwcmYXN9cXGjapSi0Oh2TD1xVIsk/jslFp3+h9WTS6rQeLIft0Fl6MOIH3j"
    "tlRX9GhBI6nAqpfWnxpLWvRadyYL0c3Jz3NPB5qF10r7vBfmkry01miqR1uMpQ6/TSF/UqwrBGRFREVomIZt+62kQ8e1fAiIjaFTBfIVvuChjfopqhhc2KrGsXFVHr"
    "2qUs1a/2Klbc9KEb72OgORK2q1NOzXFJRWbVWctTTLA7L6XmhKjSc930XBPSMlghqgcnyGpkryDl5ze3WEZKt0TRrVcJhGy9eBMwoONg5PIUWUkLdAhAj7aFDcyAvG"
    "RbhgQuwiRIli8ZfSmO4EGyiIQy8CBmI/h7DkjGKW1Bwcqu+wQqM0S0mHUUl1LUpqI2D26Uyq+qIKJRGQVofVYbzOwptugiinQNmwNOftu8xcjUuqAaR6rBi6sa22rX"
    "61MrolVH0HIY07b1zEZ7JaDo8BJoK3JLucP7tW7QDBrL7sKmTuqCyrH8fFtHltSxLLqlzTMg/kL2kdWKRc85ge56Iz5uxiA5v+0Bui1wa8yRced6i1vuc1qWXP5eWD"
    "piZpzc8G8OCX9QUZ2DohvnEcodWwdtmlMHuocnWGoMOlyoqA0RFVJ2m7LbDm63Pfv4n5trMTlG/B+Ti0F/1LkYtUFwMia9wUcxtUYeko3SYYJK9rrw9RG81rse6g27"
    "iU1E87bji0o9J1gr2JCvJjbVFcTWiN6h1GUL1pm51pScqMlEudL0kahCWCGikrZcHSDYUghalKQYQqVqUIRTLXpVZbhUaLioFQYOs8KA7Tm8SOnp1xHxWpuNX7Rh98"
    "OvuuaHj0d/jclQE1KfO9fXXwfDyzaI/66HGak22tppa6MWelDU6/Go4hioVzXn/btTs9gZtcx6lK4KKKytfmvi7Xc8E7NrBFNjRNaZzTxvH4piusvLbentd4CFyV04"
    "ZuG7az+4YvRhLoYfsHTXgdw02N/pUdQNJmhKHSRyxGgEd+EBIsxZblIBu6/+CTyBrKSgQRmVUZyB4gwObsVncet5TPDzpNcr4IFjE0eCxnd7qiaUUERNsyRRIxAsN1"
    "cnKqhM6tqZXPEYZ/49sBJKjgkqJddOyTWxq3t0hskn7DLqLNNM61h+rnVtiZL6PFJ0q8Ak1zMM5LpTzwIunpGXmKQHD2WUUyNjtTDBlJVboZWrqP+dwlligUbVqdaz"
    "U934SninR1LUmz2kE5dS0fTFh3SwrdsOmuLHIrDHhBTq26FeExNyiKb8s51nxmLF8nNNSMcvWSgiazRHYbyUjKYK6vDDqVqgT4Hnivr9hDDyKm3udul6nmCD1iPI5d"
    "uW6HNgTpSNWqFR5XJfjV+4IKZxKQVqElTfB06bGphLtUbFSrYZx9O97otuVaEqpYydI3QbVAzDM9NvTQzla793S7ORw6xc8zjoHUtPVQjkW6ATGLHcxpWhBTSMJjDF"
    "ckUPmM15wjZTF0rUqAjbWhgVyhiu0G5ThO3u4VTMnmL2vgvUld/xbO3SeKCHy/SSzkdSVqm61qpWsyG+CzXzzDm3NrBRsvlOk1cqr7XKXcQfztSnciuBFJKWUgtBks"
    "V9J2STTC0X3pd6VykVU7WDQS+m2vNu0iC6uTrXhi9eSZ2ud5HZDEBG/OnKfGRROUXc1fnb8jXFTVrX58niWt5ucnqyjhr7I9xD+PhRu9QHNyO5fFFwLianfxn8U5Oz"
    "0uXJmGi/fO4ORUpwMibhVHWdOx/9jyIrmTImIy7c14fazbXIj/4aE7Gakn6pdS5G3S9c95f++krRFC6v9Tt9fvs315+1vtzjK5mSJBAzJizsYaJ8TQjfkWTFGil8b5"
    "DTzKN7fU6tNNsbLBYPuswFt67lzW5F/oMoZyNqi0gGDq6/ZF64JJ+LnHtsoB/cQBrgrfbs3OWlFD9cC7Ytmx8W+i1CAIXl1foIJcgftepyhWAf4c6dsj/WCjYggVQb"
    "+EexT+eqD1+djsml1uNWn9jQMzw7XIceUxOeEc8uraaVdIVq6va/dEedUbBBZhFVDbg22kD8H5N1LW2QqPHgSvFn/4SbEuo2cvQFJh5Lab0yZ+Lm1lHd5NxXx7LJoY"
    "P4Q7ll0c6Qrg7ntyf874igxo4wS1lKy5PL6yRFFa1TgNZRg1+lrKNj43Y82yyp5rikUnPt1FwTKqaDHGzMG2mLB/k5zdyVg9ZlvsXEZCt2x8xGZseeSmyk9OMBO1Hb"
    "iSG76cOziQyxrBLO4pLToY2IPAsPO+EVvHmzjVvw5k22XyDyErNr7QxXLWPQ067YN6sM3Vcn2zhdvFQmujIvuVEUYalxcGKX+QzDaC2S7C6xwcCfwMLuMS58lAOuAC"
    "OfLUoSQ4nOT1Rw8BmXf/0f0iCJig=="
)
