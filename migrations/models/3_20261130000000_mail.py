"""Accounts that wait for their address to be verified, and sign-ups with an address that had an account already."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return r"""
-- Stands for accounts that were made on condition that the address is verified: until then they do not sign in.
ALTER TABLE users ADD COLUMN verification_required boolean NOT NULL DEFAULT false;

-- A link may be mailed again; created_at is when it began.
ALTER TABLE mail_tokens ADD COLUMN mailed_at timestamptz NOT NULL DEFAULT now();

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

ALTER TABLE signup_claims ENABLE ROW LEVEL SECURITY;
ALTER TABLE signup_claims FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON signup_claims
    USING (tenant_id = (SELECT current_setting('app.tenant_id')::uuid))
    WITH CHECK (tenant_id = (SELECT current_setting('app.tenant_id')::uuid));

GRANT SELECT, INSERT, UPDATE, DELETE ON signup_claims TO address_book_app;
GRANT SELECT ON signup_claims TO address_book_backup;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return r"""
DROP TABLE signup_claims;
ALTER TABLE mail_tokens DROP COLUMN mailed_at;
ALTER TABLE users DROP COLUMN verification_required;
"""


MODELS_STATE = (
    "eJztXW1zozgS/isqf9nZqkwqk8m8nOfqqpyEmfFeYs85zszunq+IDLKtDRYsiCS+vfnvpxZgXoyJIX7BGeVDwJJawNMgdbe6W381"
    "prZJLO+wRVxqTBpN9FeD4SkRJ5maA9TAjhOXQwHHQ0s2xXGbocddbHBROsKWR0SRSTzDpQ6nNhOlzLcsKLQN0ZCycVzkM/qnT3Ru"
    "jwmfEFdU/Ps/opgykzwQL/rp3OojSiwzdavUhGvLcp3PHFnWZvyjbAhXG+qGbflTFjd2Znxis3lryjiUjgkjLuYEuueuD7cPdxc+"
    "Z/REwZ3GTYJbTNCYZIR9iyced6jHZQ1d73T7+pXW1/VGCYAMmwG44lY9+fRjuIWXx69O3p28f/325L1oIm9zXvLue3DpGJiAUMLT"
    "6Te+y3rMcdBCYhyDekdcD25pAdmzCXbzoU2QZPAVN57FN0KzCOCoIEY4fqu2AfEUP+gWYWMOn8bxmzcFgH5t9c4+t3ovRKuf4ZK2"
    "+AyCr6MTVh0HdYB6jDJ8VCUQDps/Q3RfHR2tgK5otRRdWZdGV1yRk+DTTiP8y1W3k49wgiSDskkNjv6HLOotjBV7gHYBuAAG9Dz1"
    "vD+tJKYvLlu/ZuE+u+ieSnBsj49d2Yvs4FRADwP06DYxmkDBEBu399g19YUa+9he1naxano8zZZghscSSHhieL5oyvJNyjXG3Vnu"
    "hBbXFk9q0E4Xr4JLibfS3NboMoKAYHaIbkzCMbW8GzSxxT0jw/YFIw6Qa1vEQ5iZyCXYEywSd0/EuIkw8ojhEn4w/w1vorjcTx6C"
    "MfqwkWHz5q+25hn5+rp9XmJK9n1qHgJNlY/t8Zm58feRzwzgHJJXgn8n/2hs/+uTH9rrtz9nPyr56MVTtBioMON6ObBTROvEvL4D"
    "3KMQJ+bjnMniXIDA6ZQsmZJz54qQ5DA6eV6A9tuX2lW/dfklNW2ct/oa1BzL0lmm9MXbzFQy7wR9a/c/I/iJfu92tCyX5u36vzfg"
    "nrDPbZ3Z9zo2k5hExVFRmq3yS19kbZ88LFETYopnIWwVMVP7tV88/c95edHtfIqaZ2WC71nAbbfkyJSkecLAFA71e4B8iXGJY1fM"
    "wrmALn+HU0SVXuP9wXIjb7FLxGN7ZWFPUyncy+NOHd1xyYg+lIE9RaRQL496qESU0ZYTJNvXlhMi/NCnFqfMO4TL7kKKf5Y69BXB"
    "VmOZCi0rDx7XoD3RbkX9uSVeF3aL7BES+iYKFBWhkE6wN0HGRLChiSgXmirYGWUT6BsNych2CdSAomvPteIFhXn93T9BQ5adlBSQ"
    "kjRKW1ba8s6lUuZPh8RdxPOUjpeuv8Q0j6/B7AGQ4TLM346PX79+d3z0+u37Nyfv3r15fzRfj1msKlqYOW1/grWZ1IQRLdbEwHvh"
    "4JuFnWF3lg97RJEBfTjjgXVzz2AvQjCcXedTsZiJT9udVu+3fOHoNGc2Pv2tr7VyMCemXt5ClCJUhqLaGYpqI3IJGYJxamBuu/li"
    "V7LBI6JXoumK0te3CeaIeuiWOByEJMxQqptD1OZeuG4A7Qgz3Jkj3tIPgdgESw5CPjIIwmhEXQ/KTALiFSwuiJIpMUXLRblsmxd+"
    "gsTme6SsRStBouQ1Ja/tXF4LvqGygkNEo0SHqqKDhT2hCHOS4+tRJCqnyLYnLR89K1FZvL2ATwW5LU2pBLfaCW4ZV59gpq/C6Azt"
    "Gli9R6bkfeB0TUT0HpHWwdmZ+JknoafqCwV0N2ypg6i6ooDenxBk0jHxAikZRX1IcfeDtFi69j0a28RD90J8BulYiMtCCDUXhe6n"
    "dvYEQTq4bDkpJKZZlxSyU+fdrckgSrzeonhdHw1xb+GsyUB/FnhD5o3xUVXh8B56U1a1vETemIfoJjCX30A1jMkC4dfH0RKWbZli"
    "kPbFAPgBfQmxRFN8S4K2wVvmoZHtIts1wc2TmbCo5RqTFawwW7oJ5WVag89OTRS1WDdby6LZCoFL9Vgze2Lo0gqhSkvxXB6ptEG7"
    "yqs9gVMeF7Bc7ngVtVeOshWcrsb0jjC9LORpKuXsVh73EZ5Sa1Ya+AyZQr488owat6WHmASNwrzCKEPEc+YIHBBpqgnhQqLeFreI"
    "mUEWR5s5dY2xb3zULlsXWhMFxwELfgXn3f5nrddE8pDVfJZMqunY31WCU4+Xx6YeL4SmCr2zhLwStq4kq9Ts1V+3tCKg0cF4KXTL"
    "Krb/HHJl/q+b+T/JbzLFNMf3bfncMSeo8eBV24nDEYiVmqnnBArtClFzpim+lJwIjII4xZhEIV4ecdsdY0b/i8uGh2bpFPblsf/D"
    "HuqccqvU+JIiUqhXUL/scMF0Zd0rIlBoVzEz3Nku5Tmv+KltWwSzZWaGmCy74C3oNmVXm5dsecm7271IIX/azkJ7fXmq9V68kmwQ"
    "jQCaXG1AeXtVevX3TQnwHbMim9OUis21ZrNJLFKNzWlKpdHXjcs18fNoszvKcQj+gqtHovagyNuDzttVD7WJ+4BwF6i0HcKQzzi1"
    "Qt87bBgEwl4OkEvu7Fs4sV1R5yF4h6V3nrNSdM06r6XcN7bxTSv3jd1DXDcH1vpCuakwmi2bfvcI8Y3orhI9/ZbMSkMeESnYqySd"
    "svMsYqut1Ea0dQa+0f3WkYuxcBiw1vllu9NE8jBg2nm73xWVwXHAvra1b9A4OGaFm90s3UrxSegWw5wPo0B+SVGp/HbKbvODqHqp"
    "KeXBoaK7CmxOUyo215rNkfZYxR8jTaosN3Xmc2gbqMDmNKXict24XBP73C/2sJFjmIPigyKL3B/2sHLslaA9RDcOnlk2NqOM+tQM"
    "8ujfivdpeRZ9hkJ3DMShW8P2LRMNCWTfzwnB3e6llaGuFiKvMtRtUauAT6aqKh3R1lqVvmy1L8DHuX1RRTU+WUU1PlmuGp8sqMYC"
    "S+7neJesBnlMvT3QG/+61q6185JDRUjVRMFxwHrXnU6786mJwpMBu7o+O9O0c2g0Px2wj4JVUBQcB+ys1TnTLmTR/LQeVg7Htcf5"
    "zogfxey0zPszQZTh4QioNsXFo8NNJS0qgPW8e316oaEvPe2sfdUO8z/PJTdZCUWxu0pPa10s+AdRy3dLhiDNSZRHVgWP5kC6WkR8"
    "eZbzBInKcl7MkBWznKe33OFk6vCcgWZ5OEyC5NnkRVtfRIzae0XZpncO8F6YOTKyq1uNzWlKZcyqM5dHlFFvUonNGVLF57rxuSZG"
    "yzBD1AUektztU1L1ByukkdItaLpylkDM4+RNyMAubGAqSmQnh6jFEHlwLGpQjuQlm9IlcBoVYTZ7ye2XcET30orIbI7uIRohsW9K"
    "XkLBrV33CabMCNFy0lGaSpk2lWlz50Kp/KpKIpqkUYDWJ9vg0plihSmizNSwuOAUjM0rrEzFDdU6Ug1eXDXYbjdfn8qItj0DrYDR"
    "zklVtBztOYEyh1dAWxm3lDq8UenmElOrb9+S3BC7uLJQypFBBRzaVRZ1oAtiItlJU0ayhenvsWUzsooMtEIPSjiqxcythKMtCkcq"
    "Gm430XCO74omlUOFEuR1FlMbX7Ve++Nvuha4OiV/DVhPA6ovraurb93eeROlf2eH9N340ahNIdY62qigRKUm7A8r9kFNUPFZPxyb"
    "YRevKrmTPLX4vRf8DTTVChxOEaqPuHZMrolJ59ojuTuUy/KDIkMOiLaVTThAvGw3quEM3U+oMcnsSYUMbFlQNl3FwvO0CwzYgN3c"
    "EZeOYN9y8RS6S/70xaxo3iBQwkwvTLEEPUTRWuIaAQmkWLqfEDfwdsCG3Ncc3WPYTMskghL2zgpju5hJoX8xhk6EChfuxDVghj2d"
    "QqSYRZnAM3OfNgSNyeRN91SQ+VzasxAWF8TyOWdwrqxY9VF6lBVr4xCrLbk25IMOI2nZVdMkjVLSKyjpEYBlzSNZOgV+1WxZpY1S"
    "Cu6nwK3sgLuBPZJYcxZ9irKaLxKr3OYlcpvnqhYlWbC0D8WJEpxwsOfd20KLnmBvUmYAWiBUg5DKkLgA/N5nSLQdQDHPi69wcEqS"
    "qfGoxHiEDU7vyu4xEhNtEevIHLO3UKuF0ErTwD4Y19UGIz8Em2uyhnJhjyn7TD0x380aebE/yfqDwhAgaKlPEk0fXVvpMoI83zCI"
    "5418C3l0zF5StrhEUtBOLRLUwoKtFgk2DrHy5dsQnBWyA6tJtZ6T6sJXIiY9lsPe4kWImEqFcpU3i1BHd1wyog9lYE8RKdRXQ70m"
    "ImSPjMRnO1kaXJWqLxQh3aBlqRCr/oREAVDSeSbsI4iPOkQdG/ke9B8URI42eYlDKvfzBBm0HlErj0uizyFmRcmoWxSqPKGrweJO"
    "OUzTVArULKiBDpxr0S4YMFJkFceM/ZleNxXopkyulYSdPVQbVFDCM+NvTQTlq2B2y5ORo6pC8TicHSs7rof0h6gVCrFCxiWuJ37A"
    "drvgsm1CrjxwzBYFq3iqV+hRGWxrIVQoYXiLcpsy2K4fTmXZU5a9HwJ1pXc8W7k0nUnV43pF5SNLq1hda1ar9AY/BJtF5URIG+Dm"
    "Xm0P2hx6xfJas9wjEBWtj+Q+NjlG2iJH2AVa5XtcwiGWiKer8pEl6ZThrs7fVsApIdJ6gZ2sSthFto8a6yNCQ/j0STvXu9f9JorP"
    "Idvc1+4/NZlmTp4MmPbrl3YPSsKTAYtyz+lC+eh8gqpsyYD1BXFH72nXV1Cf/DVg4n9PP9daZ/32V8F7UZ8tEfRap9URt3999UXr"
    "yA0msyVZA+L2okDqYvClY+Y7Zxam00ae0TdRfVBo+JUNdQNarmj9vQkNSDJ9yL3MzzHP9SHzeXxAN/M0Ozcy5wcL0m/cQ/IP0CgQ"
    "h7wd9ijXFryB/pVluBZ2NmUZ3jjEKldCLSxrKn5253lC1KrI2oYSZSeu9GbvmxpUm6SKStV9jj4qfSmuNXK0lbCmUFEJhL3KDirh"
    "5oqozT1041n+ONQuRDuH2A44XwvGHkjHkiivoJgR7qhBfvJCaiTmgQVtZbOXUopLLabC5YoL8LeMfBe1V2JdBbFO7VK2RbA9jrnv"
    "VTWHxtTbA78hTYhayQEkpGqi4DhgCbPj/HTAzrULMXt3PjVRdLY7G2SKTdKAV5lNc+otsqnd+drut/rtbqcsq7qCG00E/wcs7qWJ"
    "Mj3unClBwgLMOZk63NMdoVpOKfN5zui1NP1qYR+PZ2RdF7deHW1oPFt3QlbI9Ua8qmgvod4ezm+PxN8eQU1dEEt5zshTuBSdJVUr"
    "0So1k9LRVWqmH4TNOzXFfP8/bASSMQ=="
)
