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
    "eJztXf1z4jYa/lc0/NJ2Jstkk+zH0ZubIYl3120Ce4QkbY8bR9gC1BjZteUkXNv//STZBn8vdgiIXeWH"
    "GCS9snleW3reRx/+szV3LGT77W5gYaoR6i1aHfBni8A5Yh8Kcg9AC7ruKo8nUDi2RXHIyxmIFcRI5MCx"
    "Tz1oUpY5gbaPWJKFfNPDLsUO4SZ9ggA3WLTBnYUoxLZ/B2aObfnAdAJC/QPgOTbyASQW8BD0HeJ3AEEP"
    "yAMQ+Mj0ED1YfjcdQtnpvvOBBSls80uwHJNdAybTrZwtIPiPABnUmSI6Qx4753/+y5IxsdATgyT66t4b"
    "E4xsK4U1tngFIt2gC1ekXV/r5x9ESf5Lxobp2MGcrEq7CzpzyLJ4EGCrzW143hQR5EGKrAT4JLDtyFlx"
    "UnjFLIF6AVpeqrVKsNAEBjZ3Yeufk4CY3HNAnIn/O/lXdGmJYobR6w+NK21oGK2cx/klZNwSJTE4+d2C"
    "mRs4MH+H9a4AEaktfoKzT93B98dvfxAQOD6deiJTwNX6Wxgyh4SmAvQVyhQRSKhRD+yU0SYxjxNWoK8e"
    "kxjOGDDJIF5BCmkey3MGAsVzVIxnaJEB0opM2vGHrwvQoX6pXQ27l5959XPf/8MWOHWHGs85EqmLTOr3"
    "If4Oa0LDBnZZCbjVh58A/wp+6/e0rJeW5Ya/tfg1wYA6BnEeDWglMYmT46S0W8WTnnftED3RErcuLTKu"
    "ZRB9Zc7Ufhmm/Ni76Q7EI3PZ/eWHlC8v+r2PcfGVI3tnF/3T7HNkUser2TIlbZ7RMEVN/R4gX6NdotBj"
    "vXAhoOX3cMqo0W28P1i+yF3sIfaz/bqwp60U7vVxx67hemiCn+rAnjJSqNdHPQoi8pj/dNXvFWOeMMky"
    "IGxS8BewsU9fqrtMUPhxgG2Kid/mp90Fi+cQVTski32mzecVcIfwkGpyn6D7PGEMzftH6FlGLsc5csrK"
    "5rPmR/NsCiRwKuDlv5j/vmSUfIWg3SoLoUXmwZcjaJ+VWzN+7rLbhdwDZwJYvAnCQIUFpDPoz4A5Y27o"
    "AExZpMoiVl8U4XWDMZo4HuI5PNB1llFxLmDefPXPiJBFJTUJUtJGRcsqWt45KyXBfIy8PJ6neKqTkm56"
    "ZZOBk13aHgLJrpcdXv3j6Oj4+N3R4fHb929O3r178/7wPSsrrjif9a4C/VP9o97LdNY8IQ28HzW+WdgJ"
    "9BbFsMcWGdDHCxqqm3sGexWCUe+67IpZT3yq97qDX4vJ0WlBb3z661DrFmCOLKO+QpQyVEKRdEKRNJSL"
    "cQhCsQmp4xXTrmSBL1CvRNE12dftDFKAfXCPXMpJEiQgVU0b6NSPxg14OURMb+Gyu/THkDbxIQfGj0wE"
    "IJhgz+dpFuL0ig8usJQ5sljJPC/b5omfwdgCH9VVtBImiq8pvrZzvhY+Q3WJQ2yjqENT6mBDnwXCFLn1"
    "qHLKbHts+fCrosrs7uX4NOBtaUtF3KQjbik3xz19E0dnbDfg6j2SkvfB05JQ9AES6uDijH0tYuip/EqC"
    "7kUlDU5V1yTowxkCFp4iP2TJIK5D0N0fhWLpOY9g6iAfPDL6zNkxo8uMhFp50v3cyp5BpMPT1mMhK5tN"
    "sZAvk+ivgYMoer1Fei1PhLi3cErS0J+FsyGL2vg4q7J5j2ZTNlVe4tmYbXAXyuV3PJu3yQzh46N4CMux"
    "LdZIB6wB/BF8jrAEc3iPwrLhXeaDieMBx7P4NE9i8UEtz5ytocJs6SLULFMJHjvVUUgxbraRQbPoJpQY"
    "xEgIOHp98u7k/fHbk2X8v0ypCvvzIT4fsC+c3lmKZ8Jie7rK6z2BUxxzWJZPvIrLq4myDSZdTfEDIkZd"
    "yNNWarJbfdwncI7tRW3gM2YK+frIE2ze125iEjYK8watDGK/s4BwnM2gpzFyIVDX2SVCYqJ8a7O0lhj7"
    "1gftsnuhdUB4HJHwW/i5P/ykDTpAHLKRT0mnOodPho3IlM54T3pY4bHYP0eH2YmeUc6RyMoskJgWPACl"
    "fCUq3YirSHbrb5qtMGgMLl6y2LKJ9l9gruR/2eT/pL/RHOKCuW/lfcfSQOLGS9qOw2WI1eqplwYK7Qar"
    "5iyLPSkFKzAq1imuTBTi9RF3vCkk+H+w7vLQrJ3Cvj72vztjg2Jq12pfUkYK9QbhlxMNmK4de8UGCu0m"
    "MsOD42FacIufOo6NICmTGVZm2QFvZvdSutoyZctD3v3+RQr5Uz0L7fXlqTb4/rVwAyvEoSmMBtRsr0a3"
    "/r4FAYFrNXRz2lK5WWo3W8hGzdyctlQRvWxelmSeh04eMIUR+LmpHoncg6rZHnhZrvlSm1UdfLkLz3Rc"
    "REBAKLajuXfQNBFf9nIAPPTg3PMPjsfyfMDvYTE7z11rdc0mz6Wmb2zjmVbTN3YPsWwTWOWF8qWW0WxZ"
    "+t0jxF8kdhXoGfdoURvy2EjB3mTTKadIEVtvpDa2lRn4Vv+2JwZj+WFEuueXeq8DxGFEtHN92GeZ4XFE"
    "bnTtlhcOj1lys5uhW0GfWGwxLngwKvhLykrtb6d0m28k1Et1KU8uZtU1cHPaUrlZajfH0WOT+RhpU6Xc"
    "yOznSBto4Oa0pfKybF6WRJ/7yRm3CoQ5nnxQpcj97owbr71itm1w58KF7UAr3lEfW+E++vfsfirfRZ+A"
    "aDrGOsurNnYeJcFJQWaVBLfFeIE/H02D5NhW6iD5sqtf8NnL+kWToPdknaD3pDzoPckFvQxLGhTMG1kP"
    "8pX19kBv/ftau9bOazYVkVUHhMcRGVz3enrvYwdEH0bk6vrsTNPOeaHlxxH5wFzFk8LjiJx1e2fahUha"
    "fpRDv3A9Z1o8zfAD64rK5nUmjDI+nHCrl/LiYfultiOqgPW8f316oYHPA+1Mv9KjnZ2XnExk8qTVRJSB"
    "1r3IzfzBduDVXFy0NFFzrRrMVQ6pVB7x8v3LEyZq//Jqh6y5f3n6ZToUzV1a0NCUL3RJmHw1O55tbq2L"
    "equKUp13DvBeCBgZ7uo1c3PaUslUMnt5ggn2Z43cnDFVfpbNz5LIkdHeTxdwjApfjJLKP1hjgyjD5kXX"
    "3v8P0tW2TMCEHn81KUsRlbRBlwD05NrYxBSIU3bEZL95nATJ4hV1XvEjeHQC2wLEoeCRrzNIvBGlaKvA"
    "rZ33GVJmjGg9dpS2UtKmkjZ3TkrFU1UT0aSNAlSefQRLe4o1uog6XUN+dClsm9cYhloVVONIEty4qrHd"
    "7k58aq+z7Qm0DEanYBOicrSXBkoOb4C2ErdUOPyi7OYSYnvo3KPCxXOrzEqWI5YLUF6uMdXhVSALiEo6"
    "Yo1atLE9tB2C1uFAa9SgyJEUPbciR1skR2qd227WubmBx4o0XgSUMJeZprZutIH+4VdDC6c6Jb+NyEDj"
    "Vp+7V1e3/cF5B6S/Z5v03cyjUa972Ghro5YbqjBhf1yxD2GCWnn1zbmZv5+rya5Ivhr8lta/kkT7F84U"
    "k0/Yp463aBUNaSTzDypHNnhJY5Yo+sWov08Q8APTRL4/CWzg4yl5hUk+tq8opyJ4KQifiuC3yKlViLJR"
    "OBssZ1akSc5ONfeUsE6PFLi3PPRMW6kRqvqhJ3YN10MT/FQH9pSRQn091CWhkAM0YY/trHTMKJVfSSG9"
    "sGStkaP8K49FHeGwTxv0HBD4vP4wIR4hWufVyWvXo96avBdSvOKoWyRVPovV2IlrYpq2UqBmQQ1j4KLp"
    "NlUNRsqsYZuxP93rS43fKUm9EdnZw7BBaa1fmX8lIcpXYe9WxJHjrEp6HPWOjadURfZt0I1ILOO4yPPZ"
    "F74/ON+gyOJLgB4xnbGEdaZYNahRCbZSkApFhrfI25Rgu3k4lbKnlL1vAnUVd3y1vDS9QNSnRsPgI2ur"
    "XC21q9WsrW/CzSxzxtgGNhs230X2yuVSu9xH7MdZxkRsz1Ug0la9HTRnq14RWuMVoYj9uiYPWdJOCXcy"
    "P1uhpxil9Yte6r3eIppsHRLHIyxC+PhROzf618MOWH3mi2hu+j9rYvWM+DAi2i+f9QFPiT6MSLykxmDB"
    "R+8jz8qmjMiQGfeMgXZ9xfOT30aE/R8Y51r3bKjfMN+z/GwKs9d63R67/Ourz1pP7JubTckKiNtb0COJ"
    "4DsUqlirQO+Ncg6q5N5QU2us9kYbMAGd+uDOt4PpHc9/5OVc5Lh8JgMD90CotHzDJse2gI+8B2yi7/zI"
    "GmBrHRl4k6dS+rAUalu5Psz9W0cAisurdVwNxB+1k8kWwd7D3fBFf6zVbEAiqw4Ij3zv+2Ufvvw4Iufa"
    "BWN9fJP8+NPuOvSUm/CUBG5jNy2tt+gmvXejD7vDaNP5Oq7qM290AP8/IqtaOiBT486dEq7+iTf6Nlzk"
    "GXNMAlrQepVuE15Zx/b2DX+9LxuHe4j9KL8p2iXW28P57SH72yOoscdpKS1oeSp1naypknVqyDpq8KsR"
    "O9o3bSdwrYZuTlsqN0vnZkmkmGtfaAk5IUakH1TJMHzeSGMRhhu3wR1jpWPkCVWE6x/Mt8dHYLwAjzNs"
    "zpaSiOewPtgHJrRtnjZfR3p5/gmU4CK54KIm5G1+g1jxuNQgyyuDL/Pj6CaUGMRNs2PeCNVVqpI2Sq1q"
    "oFbFANbdXCtrp8BvAL7YoawO6ksDBXdTuNUucruB/QF5mJ2ygH5U6h55Y6V81FA+XOj7jw4Le2bQn9W5"
    "7XOG6tZvcOt77M5uOsQQ28oMfKt/29MGHSAOI9I9v9R7HSAOI6Kd68M+ywyPI3Kja7e8cHiUY8DBcTmK"
    "tWfZJc1Ue1SjPYIsin4oeCQq0V4ZbRHrWATYW6iV6N2oG9gHNVSJ3t+EmyURvbuMfJuzVoHsHeUcVAnf"
    "cFXmS8p3uWM3rC6XCnSFQmczcW6nuyFtRporF5NZPBZvNJCntsXQJkxkZrTrQ5xmpm/erENN37wp56Y8"
    "L0OW3JL5SSU0yd3yhKStofv6cB3iz0qVoivysm8cI7Rw8fdPV/1eCTFamWS7S2xS8Bewsf9iE11201Fy"
    "MKrD4mwEnOn8eAU732bw7/8DapsMJg=="
)
