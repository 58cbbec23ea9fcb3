"""Retention and deletion: how long a tenant keeps what is over, legal hold, and how a tenant goes for good and leaves a stub."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return r"""
-- deletion_at: when a tenant that is DELETING goes for good; null in one that an operator closed, which stays.
ALTER TABLE tenants
    ADD COLUMN deletion_at timestamptz,
    ADD COLUMN trash_days integer NOT NULL DEFAULT 30,
    ADD COLUMN audit_days integer NOT NULL DEFAULT 365,
    ADD COLUMN legal_hold boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT tenants_deletion_at_check CHECK (deletion_at IS NULL OR status = 'DELETING'),
    ADD CONSTRAINT tenants_trash_days_check CHECK (trash_days BETWEEN 7 AND 3650),
    ADD CONSTRAINT tenants_audit_days_check CHECK (audit_days BETWEEN 90 AND 3650);

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
        EXECUTE format('DELETE FROM %1$s WHERE tenant_id = $1 AND ctid = ANY '
                       '(ARRAY (SELECT ctid FROM %1$s WHERE tenant_id = $1 LIMIT $2))', which) USING home.id, most;
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
    "eJztXf9z4jiy/1dU+WX3qtjUTObbvsyrV0USZpa7BOYlZGb3Hq+MsAXoYiSfLYfh3e3//rplG2xjGOwEcBJN1QQjqWXzaVnqbnW3/nU0lQ5zg+Nm6HDVEsqfH52Sfx0J"
    "OmVwUVDbIEfU85Z1WKDo0NXNKbazGDTkTNfQYaB8aiuoHFE3YFDksMD2uae4FEjSFYwgwfyYDBymKHeDAZlI1wmILUOhggbxpcsCQoVDfEYDKYJTItg98wklAbN9phqL"
    "77YUCm73U0AcqugxPoIjbXgGLsZ7uVso+D9DZik5ZmrCfLjn//wvFHPhsO8ASfzVu7NGnLlOBmvuYAe63FJzT5fd3rYvPumW+EuGli3dcCqWrb25mkixaB6G3DlGGqwb"
    "M8F8qpiTAl+ErhszKymKnhgKlB+yxaM6ywKHjWjoIguP/nMUChs5R/Sd8M/b/4ofLdXMsjrdnnXT6lnW0QrH8RFybImLAE4cLRzYgMD8GfW7BESXHuENzn9rXv/85v1f"
    "NAQyUGNfV2q4jv7UhMCQiFSDvkRZMUGFssqBnSF6TMyTgiXoy9ckgTMBrGYQLyGlahXLCwBB8SkrxjOiyAHpxCTHycXzArTXvmrd9JpXX7D7aRD809U4NXstrDnRpfNc"
    "6c8R/hKm0GiCXXRCvrV7vxH8Sv7e7bTyXFq06/39CJ+JhkpaQs4s6qQxSYqToixb9Zu+ytoe+67WsHVBkWMtQPTMmNn6vZfhY+dr81q/MlfN3/+S4eVlt/M5ab5kZOf8"
    "snuWf49sJf2SM1Oa5gETUzzVPwHkS8xLivqwChcCun4MZ4gqDeOng+VORrHP4GcHZWHPUhncy+POPcvz2Yh/LwN7hsigXh71WIlYxfyvN91OMeYpkrwExG1F/k1cHqhd"
    "LZcpEX4YcldxERzjbQ8hxSNEmxmSxz4352MHyBBUqUZ3KXEfC4bUvptR37FWauSJXNd2tWp6Ms2XUEHHGl78xfj7Yi35NtAK34r2rMsbm/TmEFpsqS9/m1BFeEDumKeI"
    "HIEWisSgzopwOmT+AOtA8ySA/5sTMpyT2YTbE10Eai5ot6EC9damrotl01UV+bFv0Bd9MQB9mY+4TfFXWDjXc585AxIo0LMDAoo3160JiKfA2wDvEZEwpwE3YD6Lqm2t"
    "pZMZDciUOgwoHdDEFT4yjDuHY/8wJ01kwPDZgaYvbDmdojrvcgF45p5Toh6PygaZcSALFfQLz0LhhlT/zjleG9W+PvKdUe33KEJH7/wqnm2xRqBYEuSwhOfKoxgPwhqD"
    "CI8LH7+cvH774e2vb96//RWa6AddlHzYgHO708vBiTOpvi4hoqVpjFpdQURLALTu2LwK8AmdAb8C+AyX0zKoLwgM3FXhLjvQM0QG9sqwJxLrKvZnUrqMik3wp4lzPBgC"
    "9a6YsCjZLxfOut3LDBfO2nmYb6/OWtc/v9YsgUZcseI1tVC1KMmCtX0YTpTghEeDYCZBi57QYFJmAlohNJNQFcMrDPBV1M8n1G+BVK6RbwvUuG22an6NaesM/FH3W6d1"
    "fUr0R180L67anVOiP/qiddHudaEy+uyLr+3WN2wcfeaNHGuk/Sn9brlMjNUEvp682sDAhF0nr/J2qrjmRFdlGSQ9RFEWqFMbJ6c0mZmPSsxHuB15X/BKbER7SbRHrBNz"
    "zJOF2vYZQmKVdwXIUhqXgFq7BISeU5HNWUrD5tqxuSZ7KM1QTZhQKIvLws2UbIPGZm/EVNOq2yuCZLo5Jm0VxI6A2I4J2597MEo/Eq5iH0IiQcQilIy4H2CZwwgItrhB"
    "ASVT5kDLYzLwmHBgQCX7KT/eh9nXk/RF3Gm0gQJ9sGiHBaslUfSOAV1APJfagGCyeRM1WHQd7fu4NFBWoJi32DbSey1YknSPTaJH033g1g7eQjTIYASKcQjjeqD3Y7Dx"
    "zJdirFvDT+cC749bO9EzDCb47unrARESd36gV7ivK+Ud/FiqHrqPgybBkvsLKRKzo2N2dA6+oxO92wVCMRfUnxcjuqTJy8RzFfl5Px8oz2I/g8U6DQrdWbvTvP6jWDc/"
    "K/BLOPuj12rmjSPRJFsO+BRRReSfjnvOroBfLEFF0I/XbmRmyH68l/lYg/7VjoCPdzL/4+TkzZsPJ6/evP/13dsPH979+mqxpblatWlv86z9GbXAjIi6qhYmC/gq9Gtx"
    "T5M8G9gfbQN5KeGUVcCylI+ggD2dmeVJ6F/GmvLy2JzoSlUYnaM1L3TdOF0Tg8o1s+U98+fn8PWowJ6SqW9sMqf4cUtLq9/bmVN6oLM7fMyC2JU06UOr8B+1Su/LGRlL"
    "0OdnEybQdAEKOyjNzqpn6kM7e4DiH922nPC+pHksrenHSv9zEN2NOeCh/ChhDqiPRevJwlmTif48CkYvmuOTqo3TexzMXjkMIaZfFyiQGJMXrvcfyZcYSzKldyxqG42y"
    "gIykT6SPvv1o3g0Y9e3JNqEK+3kIEwlQg9fOLBQmEuDpRgKA3BoURtevxTNFsT+72OsnAmfZoAoTUPEAR8Mxv2fCKgt5lsrEGpfHfUSn3J2XBj5HZpAvj7zg9l3pKSZF"
    "YzCvMMswjO1dRXw7h+YldY2xP/rUumpetk5J9NkX0bfoutv7TXs740de8zmM/zLonSXklbh1JVmlZkP/saUVgMZC4yXollVs/wXkxvxfN/P/AYMgnxAnd7FweIBYqZV6"
    "QWDQrpC0LMrYUQbvFIlBvDzi0h9Twf+Pls3Ol6cz2JfH/h9yaCmuigLt1gOfITKoV1C/pCryIdugeyUEBu0qZoZ76WOk1wrgGwPn0mQmTNHEzhklwMTOvUA2O8xl1dic"
    "pTQafd24XBM/j7bDph7IN8Ke/40VntaQa9HY5PXBl20xA1CJQxugNfpTYHRgnCCSO9rdYpaE8ekMjZhWkXD1kQyAYKA9KQZxst8orC9ykwsauSqbCpDiyJCRMRQEzCEj"
    "X07zhtDDPUlfJAkj0WUEemzEiTClcOc6PjLQJmgMuDROI/XxaDBOIzuH2HgX7gjOwrxum1yQi3O6majNrYMH40WgHOopIoN8VeR36m9Wf2H5sbccjZGhyuA2ekkJvUTc"
    "c0Vj8Fd1kmXtZn1k0a56wpZlH5gjBSulx0ScJCSKCaK2zTBXSoP47B6TgzQwEzxK7To/CUYNeVv4mz/uvYyGUAt5y2gIexRp6xFYV18odyVembzce91TM3m5DwK7SYlb"
    "85S4WnwC5WJY8GJskF8yVObYQ6PqvRBVL7OkfPc4dFeBzVlKw+ZasznRHqv4iWdJzY5ynfkc2wYqsDlLabhcNy7XxD73Vzk8KjDMYXFjk0XuH3JYOScE0GJ+YTp3JXUG"
    "ZCLhQQmH/7jDfgfjKYDHZPeYYSHOZNxIvovFWZDx6Y6h6+AePIgoBamB9ntrY6irhchrDHV71CrwlamqSie0tValr5rtS4y9bF9WUY3fbqMav12vGr9dUY0BSxUWeL1v"
    "B/mSen+gH/33beu2dVFyqoipTkn02RfXt51Ou/P5lMQXfXFze37eal1go8VlX3wCVmFR9NkX583OeetSFy0u62Hl8Hw5Lg6S+gSr07qotBRRjocjpNoVF18d7yoZ7gZY"
    "L7q3Z5ct8uW6dd6+acfHgi8kN12JRUs3+utW87I42XAZC2uKxESKVIi0jKSrVcTxYPY1o3pJktdUuK3Iv4nLg50N7ZRoMwy5q7gIjvG2h5BuEKLNDMljn1ujsYOVYEyl"
    "2NRTZfJtp0lMvu2CI8RkWQ/GNI2xTRvb9Asxc+RkV78am7OUxphVZy6PuODBpBKbc6SGz3Xjc02MlnHm2ks6ZO7R+sy2UX1ji/S2lotNt85eTtUyqSyxqe9zFkCJ7uSY"
    "NAVh3z2X21wRfctT7RI4TYqomP+i5C/4SWbaioiBRDOMko7OQtMWp6JE53u77wNMmQmi5aSjLJUxbRrT5sGFUv1WlUQ0TWMArU8W9LUrxRZLRJmlYXXDKZqbt9iZWjY0"
    "+0g1GLhmst3rZGsyNe/RQAswyoIYuvVoLwiMObwC2sa4ZdTh3Uo3bEzteXvqSb/woJdM/WZZR7e0uG5aIusHHrCVOkUFV84hDZYHhIMYw3R824wGx2RgT5h9F4TTAeic"
    "rquP5UJJByPj9EHkEyrgh2J3Pksf6C0kKLY+WxWnDvQMD5DUFPWBqKwMkSYycpuR2w4utz17/5/bGwyOwb99cd7t9JrnvVMSX/TFZfczhtboj/ykdBinkn0nSKjbsH70"
    "DAnxMrGK6KZjwtNUzwnWPRwUXheZSo65+I0HSvqF2dQy9ZtlKmxpTVJNtxKpdBYAFZn8MfsR8Xx5DwIJV6dkOAeJZCyAYYQLLdNACSUYGAotXC7uiJJQINiMeDQIZtIv"
    "8I7e2V2MAasWq7QRhPYoCJmcZo8KZ4WwNmMkqaeRZOUtgQVXFLB3vfkxS2VskOVtkNyzPJ+N+PcysGeIDOrboV4T8fUKhLSevGOFWbeWlRsFV51nRGG7yrufsayoOznV"
    "ya2iLD2EulIU2PEq9WDEzVos3kbc3KN8ZBJkHSZBlhf60KRy9qAUea2tnl9b1+1Pf1itKPox/a0vrltI9aV5c/Ote31xSrLf62EFNdrYo842Jk+Z8Rx4Oqx4akqxSdn0"
    "ItgMC0ylY54CEw/zJPgbaaoVOJwhNC9x7ZhcE5PONQOVGLG/DgutOpn6xibDjp+0tPxwW9tOMw4P+ikgQLRwqgr1YUYzOj9Fc02AmZKoi5uINp6JFKdKwlOUsLlqEEbt"
    "CXGkDlsaUgVfOHQW+uIYj1aa4t7jAFMrwdDB3UZ0EVm1Eh34WR7i9VUrS8jLsD4N2ZiKCtNyms7MyrWblbNZEvXbusrh9RlHUiQm48hmzbVKxpHQ4cpSE1+G40mRlXK9"
    "69QK6TM6t+fluE81kYs3jBYG3S0rN4op0UgIoN3WMop2SoqdwBcywoQGE/Tn5noDCVZ0EAwC3QT7JkM2kiAUQA26d+NxkSAc+fMiseOxu3+AJKE7KSlIpGmMHGF2sQ5u"
    "V17nrLxpfXie/sp7WBkymXjiyXf7zcOEwmwdNipuHSKC1ZIfpQmNJlJrTcQF2ANVgckZQsPk2jG5JnL1NRvBD5msde3K1G+Urv2oZSkHr94kOQ49cs6K+4i8s45JR5Iw"
    "wP6jgsSRqyiTUeV+HiAy18Nn5sfC8nNY9owYvUcxOmBBgNb8cphmqQyoeVBDG/cNihJlbJST02QV54yaGa8OICsbz5dnK0gZl4jnzd+aCMo30epWJCMnVRvF43h1rBz5"
    "ENMfk2YsxIKMq+3CMjEFO5i8c8bVBAq2iYSo0KOJjKiFUGGE4T3Kbcb1+/HhNBGbJmLzRaBu9I5nK5dmrfSBsioqH3law+pas9oEV7wINkPlBH2a7YrTdxG9YXmtWR4w"
    "+HGONdIHaxUYaaV0GRXrbN852rylFoh3xd5FyZ5Ntd3uZYa1Z+28QHR7dda6/vm15unyTMVV7xEGv67KS5amM4a7Or9bEadApA0iO1mWy9vFuuf7qLE+AhrC58+tC6t7"
    "29PJPONrjHX/2v1bSwe564u+aP3+pX2NJfFFXySR7xYoH53PWJUv6YseEHes69btDdanv/UF5ha1LlrN8177K/D+Iso2mi4B+lan2YHHv7350uroE2/zJXkD4hpvsx3E"
    "3dfF4MvHIvTOXcqnR0VG31R1Y6PhVze0bGy5pfV3EBuQBmiwnU1kwBZHxXOF6aY/ksEiyG/QwFTTGLXE5mSGyaVRoyAKc1bLUaEteAf9G8twLexsxjK8c4izpky8LpvI"
    "Ik9ncllUOhQ6ShBrYbhEGfRXCA38FeA3uyLmwOKDA/zk1KDapHQwqu5z9FHpaXHtqEBbiWs2KiqRsFfZQSU+7ZW0VUAGgRuOY+0C2nlMeuh8DYyNzrxJztSBFeGe2+yn"
    "IKYmvCA7w25vZRSXWiyF6xUX5G8Z+S5pb8S6CmKdOTZxj2AHiqowqGoOXVLvD/wjbUJslZxAYqpTEn32RcrsuLjsi4vWJazenc+nJLk6nA0ywyZtwKvMpgX1HtnU7nxt"
    "95q9dpSJowyrusCNU4J/+2LZyynJ9XhwpkSH4FCl2NRTgeWBajnlIlQFs9fayO+NfewvGPz1qx3NZ499dJXP4EcFVdFeQ70/nN+/gn9PCGruo1iqCmaejVvReVKzE11i"
    "JxpuGEwsh84LluW1IztLtL8B/eapjOYo8U5JVLNEe0T1/bsnAiserutaE+kW6KEbp4gsoZkgSkwQDnOZznRZ3oaXIzVWvLpZ8YxB/sWxOfScimzOUho2147NNbHJN5nP"
    "7clRUdbCqKaxMWXhss2PTPLrGfvIJu61EluhhbtAUouXrYeZtnc48h9HTltv0cZ8jnydH2QxtCmSZ2FqzZmH3r3bxj707t16AxHW5ZQOb43Nbo264e3ZSLc3dF+/2sb6"
    "Bq3Woqvrcg4LUqjCGM71GZJTJPvPkHyYhfLRciEfdDH78/8Bm/Lyfw=="
)
