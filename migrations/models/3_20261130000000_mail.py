"""Accounts that wait for their address to be verified, and sign-ups with an address that had an account already."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return r"""
-- Stands for accounts that were made on condition that the address is verified: until then they do not sign in.
ALTER TABLE users ADD COLUMN verification_required boolean NOT NULL DEFAULT false;

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
ALTER TABLE users DROP COLUMN verification_required;
"""


MODELS_STATE = (
    "eJztXW1zozgS/isqf9nZqkwqk8m8nOfqqpyEmfFeYs85zszunq+IDLKtDRYsiCS+vfnvpxZgXoyJIX7BGeVDjCW1wE+D9HSr1fzV"
    "mNomsbzDFnGpMWk00V8NhqdEHGRqDlADO05cDgUcDy3ZFMdthh53scFF6QhbHhFFJvEMlzqc2kyUMt+yoNA2REPKxnGRz+ifPtG5"
    "PSZ8QlxR8e//iGLKTPJAvOirc6uPKLHM1KVSE84ty3U+c2RZm/GPsiGcbagbtuVPWdzYmfGJzeatKeNQOiaMuJgT6J67Plw+XF34"
    "O6NfFFxp3CS4xISMSUbYt3ji5w71uKyh651uX7/S+rreKAGQYTMAV1yqJ3/9GC7h5fGrk3cn71+/PXkvmsjLnJe8+x6cOgYmEJTw"
    "dPqN77Iecxy0kBjHoN4R14NLWkD2bILdfGgTIhl8xYVn8Y3QLAI4KogRju+qbUA8xQ+6RdiYw6Nx/OZNAaBfW72zz63eC9HqZzil"
    "LR6D4OnohFXHQR2gHqMMD1UJhMPmzxDdV0dHK6ArWi1FV9al0RVn5CR4tNMI/3LV7eQjnBDJoGxSg6P/IYt6C2PFHqBdAC6AAT1P"
    "Pe9PK4npi8vWr1m4zy66pxIc2+NjV/YiOzgV0MMAPbpNjCZQMMTG7T12TX2hxj62l7VdrJoeT7MlmOGxBBJ+Mfy+aMryTco1xt1Z"
    "7oQW1xZPatBOF7eCS4m30tzW6DKCQGB2iG5MwjG1vBs0scU1I8P2hSIOkGtbxEOYmcgl2BMqEldPxLiJMPKI4RJ+MP8Od6I43U8e"
    "gjH6sJFR8+bPtuYZ+fq6fV5iSvZ9ah6CTJWH7fGZufH3kc8M0BySZ4J/J/9obP/pkw/a67c/Zx8q+dOLp2gxUGHG9XJgp4TWiXl9"
    "B7hHIU7MxzmTxbkAgdMpWTIl584VochhdPC8AO23L7WrfuvyS2raOG/1Nag5lqWzTOmLt5mpZN4J+tbuf0bwFf3e7WhZLc3b9X9v"
    "wDVhn9s6s+91bCYxiYqjorRa5ZO+qNo+eVhiJsQSz4JsFSlT+7VfPP3PdXnR7XyKmmc5wfcs4LZbcmRKyjxhYAqH+j1AvsS4xLEr"
    "ZuFcQJffwymhSrfx/mC5kbvYJeJne2VhT0sp3MvjTh3dccmIPpSBPSWkUC+PemhElLGWEyLbt5YTFH7oU4tT5h3CaXfB4p+lDX1F"
    "sNVYZkLLyoPHLWhPtFvRfm6J24XdInuEhL2JAkNFGKQT7E2QMRFqaCLKhaUKfkbZBPpGQzKyXQI1YOjac6t4wWBef/dPsJBlJyUJ"
    "UlJGWcvKWt45K2X+dEjcRTxP6Xjp+kss8/gazB4AGS7D/O34+PXrd8dHr9++f3Py7t2b90fz9ZjFqqKFmdP2J1ibSU0Y0WJNDLwX"
    "Dr5Z2Bl2Z/mwRxIZ0IczHng39wz2IgTD2XU+FYuZ+LTdafV+yydHpzmz8elvfa2Vgzkx9fIeopSgchTVzlFUG8olOATj1MDcdvNp"
    "V7LBI9Qr0XRF9vVtgjmiHrolDgeShBlKdXOI2twL1w2gHWGGO3PEXfohoE2w5CD4kUEQRiPqelBmEqBXsLggSqbEFC0Xedk2T/wE"
    "xuZ7pKxHKyGi+Jriazvna8EzVJY4RDKKOlSlDhb2hCHMSU6sRxFVToltjy0fPSuqLO5ewKcCb0tLKuJWO+KWCfUJZvoqis7IrkHV"
    "e+RK3gdN14Si94j0Ds7OxNc8hp6qLyTobthSB6q6IkHvTwgy6Zh4AUtGUR+S7n6QHkvXvkdjm3joXtBnYMeCLgsSai6S7qd29gQi"
    "HZy2HAuJZdbFQnYavLs1DqLo9RbpdX0sxL2FsyYD/VkQDZk3xkdVhcN7GE1Z1fMSRWMeopvAXX4D1TAmC4RfH0dLWLZlikHaFwPg"
    "B/QlxBJN8S0J2gZ3mYdGtots14QwT2bCopZrTFbwwmzpIlSUaQ0eOzVR1GLdbC2LZitsXKrHmtkTty6tsFVpKZ7Ldypt0K/yak/g"
    "lJ8LWC4PvIraq0DZCkFXY3pHmF4W8rSUCnYrj/sIT6k1Kw18RkwhXx55Ro3b0kNMQkZhXmGUIeJ35hAO2GmqCXIhUW+LS8TMIIuj"
    "zVy6xtg3PmqXrQutiYLPAQu+Bcfd/met10TyI2v5LJlU03t/V9mcerx8b+rxwtZUYXeW4Cth60pcpWa3/rrZioBGB+elsC2r+P5z"
    "xJX7v27u/6S+yRTTnNi35XPHXKDGg1dtJw5HIFZqpp4LKLQr7JozTfGk5OzAKNinGIsoxMsjbrtjzOh/cdntoVk5hX157P+whzqn"
    "3Co1vqSEFOoVzC87XDBd2faKBBTaVdwMd7ZLec4tfmrbFsFsmZshFssueAu5TfnV5iVbXvLudi9SyJ+2s9BeX55qvRevpBpEI4Am"
    "1xpQ0V6Vbv19MwJ8x6yo5rSkUnOt1WwSi1RTc1pSWfR103JN4jza7I5yHIK/EOqRqD0oivag83bVt9rEfcB2F6i0HcKQzzi1wtg7"
    "bBgEtr0cIJfc2bdwYLuizkNwD8voPGel3TXrPJcK39jGM63CN3YPcd0CWOsL5aa20WzZ9btHiG/EdpXo6bdkVhrySEjBXiXplJ3n"
    "EVttpTaSrTPwje63jlyMhY8Ba51ftjtNJD8GTDtv97uiMvgcsK9t7Rs0Dj6z5GY3S7eSPgnbYpjzYBTwl5SUym+n/DY/iKmXmlIe"
    "HCq6q6DmtKRSc63VHFmPVeIx0qLKc1NnPYe+gQpqTksqLddNyzXxz/1iDxs5jjkoPijyyP1hDyvvvRKyh+jGwTPLxmaUUZ+aQR79"
    "W3E/Lc+iz1AYjrHK9qq1nUe54GpBZpULbov2AjwfVY3kSLbWRvJlq30B0cvtiypG78kqRu/JcqP3ZMHoFVhyPyduZDXIY+ntgd74"
    "17V2rZ2XHCpCqSYKPgesd93ptDufmig8GLCr67MzTTuHRvPDAfsoVAVFweeAnbU6Z9qFLJof1sN/4bj2OD/M8KOYipbFdSaEMjoc"
    "gdSmtHh0uKl0RAWwnnevTy809KWnnbWv2mFm5zknk5VQFAei9LTWxULkD7V8t+TmormIirWqEKscUKlFxJfnL0+IqPzlxQpZMX95"
    "+mU6nEwdnjPQLN/okhB5NhnP1rfXRb1VRXmddw7wXjgwMtzVrabmtKRyU9VZyyPKqDeppOaMqNJz3fRcE3dkmPvpAg9J7otRUvUH"
    "KySI0i1ounL+P8zjtEzIwC68mlSUyE4OUYsh8uBY1KAcyVM2ZbDfNCrCbPaS2y/hE93bvmUiZnN0D/sMEm9EyUsVuLXzPsGVGSFa"
    "jh2lpZRrU7k2d05K5VNVEtGkjAK0PnkEl84UK0wRZaaGxdWlYGxeYRkqbqjWkWpw46rBdruZ+FSus+05aAWMdk4SouVozwWUO7wC"
    "2sq5pczhjbKbS0ytvn1LcjfPxZWFLEduF+DQrjLVgS6IiWQnTblHLUxsjy2bkVU40Ao9KHJUi5lbkaMtkiO1z203+9wc3xVNKm8C"
    "SojXmaY2vmq99sffdC0IdUp+G7CeBlJfWldX37q98yZKf88O6buJo1Gve1jraKO2GyozYX9UsQ9mgtp59cOpGd7PVSUrkqcWv2ur"
    "35pY+9ceyX0ttSw/KLLxgfVUtu5BeNkriIYzdD+hxiTzIiJkYMuCsukqxv/TTjBgA3ZzR1w6gpdVi1+hu+RPXwyY5g0Cfm56YV4d"
    "6CHctQPnCEQgr879hLjBQjg25Mus0T2GNyiZREjCC5M4XLK4p00K/YvHayLYffj6pQEz7OkUdgxZlAk8M9dpw+YhmbHnngoxn0tX"
    "B8LihFj+zhkcKwdHffiwcnBs0eRQ72FqrDM8GUbSsgtqSRllv1Ww3yIAy1rOWTkFftUUSaX9FQrup8CtXES7gT1irDnrAUWprBeF"
    "VULrEgmtc02LkipY2ofSRAlNONjz7m1hRU+wNykzAC0IqkFIpcVbAH7v0+LZDqCYF+BVODglxdR4VGI8wgand2VfLBELbRHryB2z"
    "t1CrNbJK08A+ONfVWyV+CDXXZA3lwh5T9pl6Yr6bNfK2hSTrDwp3h0BLfZJo+ujaSpcR5PmGQTxv5FvIo2P2krLFJZKCdmqRoBYe"
    "bLVIsHGIVZjXhuCskBJWTar1nFQXnhIx6bEc9RYvQsRSapdPebcIdXTHJSP6UAb2lJBCfTXUa0Ihe2QkHtvJ0n03qfpCCukGLUvt"
    "vulPSLQ3RgbPhH0EW2cOUcdGvgf9BwVRoE1eTonK/TyBg9ZjQ8PjTPQ5bGdQHHWLpMoTthos7pTDNC2lQM2CGtjAuR7tggEjJVZx"
    "zNif6XVTe6CUy7US2dlDs0HFqz8z/daEKF8Fs1seR46qCulxODtWDlwP5Q9RKySxguMS1xNf4B2rELJtQho1CMwWBatEqlfoUTls"
    "a0EqFBneIm9TDtv1w6k8e8qz90OgruyOZ8tL00k2Pa5XND6yskrVtVa12vn+Q6hZVE4E24Aw92ovHs2RVyqvtco9Arui9ZF8xUmO"
    "k7YoEHZBVsUelwiIJeLXVXnIknLKcVfnZyvQlKC0XuAnq7LtIttHje0RYSF8+qSd693rfhPFx5CI7Gv3n5rMQCYPBkz79Uu7ByXh"
    "wYBFacl0YXx0PkFVtmTA+kK4o/e06yuoT34bMPG/p59rrbN++6vQvajPlgh5rdPqiMu/vvqideS7B7MlWQfi9naB1MXhS8fMd84s"
    "TKeNPKdvovqg0PErG+oGtFzR+3sTOpBk+pB7mZ9jnutD5vP4gG6CJKNi8LuROT9YkH7jHpJ/gEWBOOTtsEe5vuAN9K88w7XwsynP"
    "8MYhVrkSauFZU/tnd54nRK2KrG0oUX7iSnf2vplBc1JVVsspQWXq1k3HNTFZ+pKuNXKslbCm0FAJyF7lAJXwvXuozT1041n+OLQu"
    "RDuH2A4EXwvFHsjAkiivoJgR7qhBfvJCaSTmgQVrZbOnUoZLLabC5YYL6LcMv4vaK1pXgdapF1htEWyPY+7nvM5+NXdoLL098BvS"
    "haiVHEBCqSYKPgcs4XacHw7YuXYhZu/OpyaKjnbng0ypSTrwKqtpLr1FNbU7X9v9Vr/d7ZRVVVdoo4ng/4DFvTRRpsedKyVIWIA5"
    "J1OHe7ojTMspZT7PGb2Wpl8t7OPxjKzr0tarow2NZ+tOyAq53ohXFe0l0tvD+e2R+NsjqKkLtJTnjDyFS9FZUbUSrVIzKRtdpWb6"
    "QdS8U1fM9/8D82vqtA=="
)
