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
    "eJztXVFz2zYS/isYvbSdUT2OkzQ99+ZmZJtJ1bOlnC0nbU83FExCEs4UwBJQHN1d//thQVIiKZIRaUuiHOQhkgF8IPUtCewuFov/tmbcJZ446sxdKi0mg0XrFP23xf"
    "CMqC85tW3Uwr6/qoMCie883RxDO5uohpToGnwnZIAdqSrH2BNEFblEOAH1JeUMIH1GEAAWR2jkEompJ0Zoyj1XIIfPmRRtFHCPCISZiwKCBWfiFDHyiQQII0GcgMj2"
    "8m+HM6ku941ALpb4CG7B5Y66B8omO7nanNE/5sSWfELklATqmv/8lyqmzCWfFSXRn/69PabEc1NcUxc60OW2XPi67Pa2e/FWt4Rfcmc73JvP2Kq1v5BTzpbN53PqHg"
    "EG6iaEkQBL4ibIZ3PPi4QVF4V3rApkMCfLW3VXBS4Z47kHImz9dTxnDkgO6SvBf6/+Ft1aoplt9/oD+8Ya2HZrTeJwCxmxREWKTnhaqBIDEPNn2O+KEF3agguc/9y5"
    "/vblD99pCriQk0BXarpaf2qgEkgI1aSvWJaEYSbtamSnQE/JeVywIn31msR0xoQ1jOIVpViuc3mhSJB0RvL5DBEZIt0IchR/eV6EDrpX1s2gc/Ueup8J8YeneeoMLK"
    "g50aWLTOm3If9cDaHhALvsBH3sDn5G8Cf6vd+zslJathv83oJ7wnPJbcYfbOwmOYmL46K0WPWbvi7aAfksC8S6RGREqyh6ZsK0fh2k5Nj70LnWr8xV59fvUrK87Pfe"
    "xc1XguydX/bPsu+RI3lQcWRKYh4xMEVD/QEwX2FckjhQs3AuocXPcApU6zE+HC638hQHRP1sUZX2NMrwXp136tt+QMb0cxXaUyDDenXWIyNinfNfbvq9fM4TkKwGRB"
    "2J/oc8KuS2psuECn83p56kTBzBZfehxQNF5QLJcp8Z86EDEAiYVOP7hLoPBXfYuX/AgWuv1fATXtR2vWp2MsuWYIYnml74xfD7Iiv5VmiDb8161uXtMrt5rlpsaC9/"
    "nGKJqED3xJeIj5UVCmBlzrL57I4EI6hTlidS/L88QXcL9DClzlQXKTNXWbdzqcxbB3selM3WTeSnvsCQDdlI2ct0TB0Mv8KGsZ4GxB0hIZWdLZAyvKlujZR6qmQr4B"
    "ohhLhtdQESkLDa0VY6esACzbBLFNJVlriEW1bPnUuhfzUmTbkgcO8KM2QOn83AnPcoU3xm7pODHQ/GBnqgCjaXql91L1hdEOvfuYDvxrRvjn5nTPsdqtDhO7/OZ5cV"
    "KBQrQIZLdV9ZFqOHsMEkqttVH9+fvHj15tWPL3949aNqom90WfKmhOdub5ChE0ZS/b2CipbEGLO6hooWE2jfk0Ud4mOcIb8G+QSm0yqsLwGG7rp0V33QUyBDe23aY4"
    "11nfszzj2CWRn9SXBGBncKvS0hLEt2K4Wzfv8yJYWzbpbm26sz6/rbF1okqhGVJH9OzTUtKoqgsA8jiQqS8LEQD1xZ0VMsplUGoDWgGYTqOF7VA77O+vkUB5bSyjXz"
    "XQYWt0PW3a8RtsnEt/ofe9b1KdIfQ9a5uOr2TpH+GDLrojvoq8rwc8g+dK2P0Dj8zDo5CrT9Gf5se4RN5FT9eXJcIsBYXCfHWT9VVHOiq9IC4j6wyHPMqdLBKQkz41"
    "GF8QiWIz/lvBKlbK9AO+Q6dsccLNVOQIASu3ooQBppQgIaHRIw992aYk4jjZgbJ+aGrKF05nJKmARdnOcupqQbtMujERNN6y6vMJTq5gh1pYgCAaEdYU6w8NVT+hOi"
    "MoohRFypWAijMQ0ElLkEKcUWFihUyYy4quURGvmEueqBitdTvrwOs6s7GbKo03ABRfVBwhUWqOZI4nuicAL5HnYUg/HiTdhg2XW47uNhIW0hib9cNtJrLVASdw9Nwl"
    "vTfcDSDlyCtdForAzjuXquR3o9Bho/BJxNdGv10ymD68PSTngPoym8e/r7CDEOKz+qV3Vdj/N79WOxfOw6DrgEK64vJCBmRces6Ox9RSd8t3OUYspwsMhndIXJ6sQL"
    "GcZ5Px8qz6I4g+U8rQy6s26vc/1bvm1+lhOXcPbbwOpknSPhIFuN+ASoJvOHE56zLeKXU1Ae9ZPChcwU7MtrmU/10B9vifhoJfMvJycvX745OX75w4+vX7158/rH4+"
    "WS5npV2drmWfcdWIEpFXXdLIwn8HXqC3lPQp4N7U+2gLzScKoaYGnkExhghzOyHIT9ZbwpX5+YY1upjqAzWPNCN03SDXGoXBOHfyLB4lz92crxp6Tq22XulCBqaWvz"
    "ezN3ykDZ7C6dEBGFksZ9aBP+J23SB/wBTbiy5x+mhIHrQhnsymh21yNTH9vZIwz/8LLVlPcV5qmspi8b/c9BdTfugMfKo4I7oDkerYOlsyED/Xm4GT1vjI+rSof3aD"
    "N77W0IEb5oo0DsTF6G3v+E3kdcohm+J2Hb8CkTaMwDxAOI7Qf3riA4cKabbFXYzU2YnQANeO3MRGF2AhzuTgClt4rc3fWFfCYQu/OLvTgQOqtuqjAbKh4RaDihnwiz"
    "q1KeRpm9xtV5H+MZ9RaVic/ADPPVmWfUua88xCQwhvMaowyBvb3rjG8W0LxCN5j71lvrqnNpnaLwc8jCv8Lv/cHPOtoZPrKWz37il5XdWUFfiVrX0lUa9ug/tbaiqL"
    "HBealsyzq+/xy4cf83zf2/x02QByTJbUwcvmKs0ky9BBi2ayQtCzN2VOE7ATGMV2ecBxPM6H9w1ex8WZzhvjr3/+Z3tqQyb6NdMfEpkGG9hvnFZV4MWYntFQMM23Xc"
    "DJ94ADu91ggv3TiXhJltimbvnDECzN65r1DMLvFIPTGnkcaib5qUGxLn0WWfqMQR+WuhHonadlm0B122q78xctUH7EWESu4TFm3GC2PvsOMQ2JPYRgH5BJvw2pBxEX"
    "YP6n2AEJ3nbxDX8bTXMuEbu3inTfjG/iluWgBrc6nc1u4zk/9up7aryX+3F9pN6qmGp57S6pOyLe5yXowS/SWFMseLGL/NV2LqpaaUzz5V3dUQcxppxNxoMcfWY514"
    "jDTUeG6aLOfIN1BDzGmkkXLTpNwQ/9wv/K6V45iD4naZR+7f/K723iuFhTxeeOFx7MYHmlI3PMb0Xj1PxYeYsuWZK9EpKnPPRXcEDj/N2YK720sbR10jVF7jqNuhVQ"
    "GvTF1TOsY22pS+6nQvIca5e1nHNH61iWn8qtg0frVmGisu5TwnumQzylfo3ZHe+setdWtdVBwqItQpCj+H7Pq21+v23p2i6MuQ3dyen1vWBTRafh2yt0pUUBR+Dtl5"
    "p3duXeqi5ddmeDn8gE/ygxHfqtmpKPozAcrIcAyobUnx+GhbSadKaL3o355dWuj9tXXevelGx+8tNTddCUWrcJVrq3OZn9Srioc1ATERWTUimkPtap3x4kMmExBzyG"
    "S5QDY8ZDJ94rkkM19WyWuXhJi8djmp+s3R18Y3ve/B+xDcHBndNagn5jTSOLOaLOUxZVRMa4k5AzVybpqcG+K0jDJEXeI74rWKM0iF9e0N0kjZHjTdOEsglqvkTcjB"
    "QUCJUCW6kyPUYYh89j3qUIn0JU91SOAsLsJs8b3k38MnetBeRMYleoDdCOGZA9rjlJdQcGfXfYQrM2a0mnaURhnXpnFt7l0p1W9VRUaTGENoc7INFs4UG0wRVaaG9Q"
    "WncGzeYGVq1dCsIzXgwTWD7W7z9ZmMaLtz0Coa8471LGZ7CTDu8BpsG+eWMYe3q92QCXYW3ZnPg9yEyqn6cl1Ht7SpbrqhztNnYSL7RLZimDnvsFgdxKfUGKL3tz1g"
    "cYRGzpQ492I+Gymb0/N0+nvQdGBnnD7wb4qZ+qHQXUCSB+cxrgzbgKyrU3u6h0doahIHClRVh0iCjN5m9La9623PPv7n9gY2x8D/Q3be7w0654NTFH0Zssv+O9haoz"
    "+yg9J+gkq2mvj6AB7rp17qjaeJdUbLjuNLop4TrTs4kK8hOtUVpt6A35PctAWrylJtSm/UlNCutvsIugAtBDo51dkBoiOFsMdZjiJUqwfjcGrErGoUlx0qLibDwH4y"
    "DPjzQDWpvf06AW+02vjBuu6+/c22wvDx5F9Ddm0B6n3n5uZj//riFKX/boYaaQ7aetLRxiR6MK7XwxHFIbhezZ73r07McDJqnXyUwgQUHoR8Q0u1hoRTQPMSN07IDX"
    "HpdOYulTcE5wYCrSrbZS4dDM1sodpt6NLpII+y+3hhKrTJvxGwxDSFNSaqfTJInwwdHucJfaM7MuYBgRpYcuKMIMJksFj39zx9949wBulOKloNSYxxDBnH0N5NtaIF"
    "lDJ3//NcQ9mBsz+1OygafDf3x8UI441r1/TGAYP1NmQlgUblapzKlQ5kV++DrCHkFNAIuXFCbohefcknlP1MheTBIk+1TtWXatcetLSniaYbRZ+JueMQIcZzDwk6Yd"
    "9Tlh8hVtDOLH82QgUzWu4OtVyzvvOkdNbIwmkm1WZOqmtviZr0WI54i9ft0iizZaL6uh31bT8gY/q5Cu0pkGF9M9YbokJek7F6baeFAXep+lIVMghbVgq7G0xJHBSn"
    "Q+aiPsKYuSPU42guoP+wIA6vy9ugX7ufR+igzYhk+rIm+hw8J0ZH3aFSJZStpi5ckdM0ypCaJTW0gfP2f5a6WpOwmmPG4Uyv23K3mnikWsrOAZoNJlDlmcm3IYryTT"
    "i75enIcVWpehzNjrX3o0T4I9SJlFil4+rQAh5HE7iQk+qByqkq2GR/So0ejcO2EUqFUYZ3qLcZh+3T02k8e8az91WwbuyOZ6uXpgM9hLRrGh9ZrBF1o0Vttrx8FWJW"
    "lVOlbVCn5vCdhzcib7TIBVE/zrXH+ryIHCct5x7BrMj3ncFmPbUKvC3xLkt27Krt9y9Toj3rZhWi26sz6/rbF1qmq6OC1gOQifp1dV6yJM447pr8boWSUiqtCP1kaS"
    "lvloEg20eD7RFlIbx7Z13Y/duBzlEVfYcMBB/6f7d06gH9ZcisX993r6Ek+jJkcT4CWxkfvXdQlS0ZsoEC9+xr6/YG6pN/DRmkzLIvrM75oPtByf4iTKKVLFF4q9fp"
    "qdu/vXlv9fRBbtmSrAOxYMPCFrIhNMXhSyds7p97mM5aeU7fRHW71PGrG9oOtNzQ+zuKHEgjcNg+TLkgyxNQqYQsij+h0XLr5agNGRQZ7DFboAfImQgWBZKQipGPc3"
    "3BW+jfeIYb4WcznuGtU5x2ZcL3qulFsjiTYaTWWYdCPHA1yMOO2yrsrwEN/TXoN6si5hy+vRN8cGZQYxJtGFP3OcaoDLS61sqxVqKaUkMlVPZqB6hEh5ihrhRoJLz5"
    "JLIuVDufcB+Cr5Vgw1Tucap4NSN8og75RkRopOaBNWtlu5cyhksjpsJiwwXkW0W/i9sbta6GWmdOA9oh2UJiOc85G3wzd+gKvTvyW9qFaFUcQCLUKQo/hyzhdlx+Hb"
    "IL61LN3r13pyj+tj8fZEpM2oFXW0xL9A7F1O196A46g254pH0VUfWVNE4R/D9kq15OUabHvQslTFiApSQzXwrbV6bljLK5zBm9CpMHlfaxu3xCL463NJ499YkMAVE/"
    "StRluwC9O55/OFb/DohqGoBaKnNGntKl6CzUrERXWIk2fpha2tEh2Ogp76Xv1hRzGmnE3DgxN8QV0yEBdaatvHynYU27NNnpqs2XPDHFgn1iz0bhxJ7r2MiZxyPvxO"
    "M8Glt88p9mDi92ZEAmWFoU/pJPbQLyLCzsjFXw+vUmZsHr18V2AdRlEgL5BaZaQZymv2PbbGfsvjjexOhSrQrZ1XXZA4yZzN2688tNv1egGK0g2emSOhL9D3lUHGKu"
    "1hJygYxyb1HWMZSZ/KCDvSeJ+fP/8r8CTg=="
)
