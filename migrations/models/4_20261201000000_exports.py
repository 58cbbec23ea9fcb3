"""Exports: bundles of all that a tenant has, kept in pieces until they expire."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return r"""
-- One for each job that made one, with its id: without a reference, whose lock would keep the job from being cancelled. sha256 and size are those of the whole file, once all of its pieces are there.
CREATE TABLE exports (
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    id uuid NOT NULL,
    size bigint NOT NULL DEFAULT 0,
    sha256 bytea CHECK (octet_length(sha256) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE export_chunks (
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    export_id uuid NOT NULL,
    number integer NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (tenant_id, export_id, number),
    FOREIGN KEY (tenant_id, export_id) REFERENCES exports (tenant_id, id) ON DELETE CASCADE
);
ALTER TABLE export_chunks ALTER COLUMN content SET STORAGE EXTERNAL; -- it is compressed already

ALTER TABLE exports ENABLE ROW LEVEL SECURITY;
ALTER TABLE exports FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON exports USING (tenant_id = (SELECT held_tenant())) WITH CHECK (tenant_id = (SELECT held_tenant()));
ALTER TABLE export_chunks ENABLE ROW LEVEL SECURITY;
ALTER TABLE export_chunks FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON export_chunks USING (tenant_id = (SELECT held_tenant())) WITH CHECK (tenant_id = (SELECT held_tenant()));

GRANT SELECT, INSERT, UPDATE, DELETE ON exports, export_chunks TO address_book_app;
GRANT SELECT ON exports, export_chunks TO address_book_backup;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return "DROP TABLE export_chunks, exports;"


MODELS_STATE = (
    "eJztXX1zozjS/yoq/7N7Vd5UJvO2l7m6KidhZr2XsedJnJnde/wUlkG2dcESh+RkfLf73R+1ABswZgzxC85oqiZgSS3g1yB1t7pb/21MuUs8cdKauVRaTAbzxjn6b4PhKV"
    "EnObVN1MC+v6yDAomHnm6OoZ1NVENKdA0eChlgR6rKEfYEUUUuEU5AfUk5A5IuIwgI5ido4BKJqScGaMI9VyCHz5gUTRRwjwiEmYsCggVn4hwx8kAChJEgTkBkc/Hb4Uyq"
    "y/0gkIslPoFbcLmj7oGy8V6uNmP03zNiSz4mckICdc3//T9VTJlLvipIop/+vT2ixHNTWFMXOtDltpz7uuzurn31XreEJxnaDvdmU7Zs7c/lhLNF89mMuidAA3VjwkiAJX"
    "ET4LOZ50XMiovCO1YFMpiRxa26ywKXjPDMAxY2/jaaMQc4h/SV4M+rv0e3lmhm251uz761erbdWOE43EKGLVGRghPeFqrYAMD8Gfa7BESXNuACl7+0bn58+eYvGgIu5DjQ"
    "lRquxp+aUDEkJNWgL1GWhGEm7XJgp4i2iXlcsAR9+ZnEcMaA1QziJaRYrmJ5pUCQdEry8QwpMkC6EclJfPK8AO21P1q3vdbHT9D9VIh/exqnVs+CmjNdOs+U/hjiz9UQGg"
    "6wi07Ql3bvFwQ/0T+7HSvLpUW73j8bcE94JrnN+KON3SQmcXFclGar/tJXWdsjX+Uati4oMqxVED0zZlq/9VJ87Hxu3ehP5mPrt7+keHnd7XyImy8Z2bm87l5kvyNH8qDk"
    "yJSkecLAFA31R4B8iXFJ4kDNwrmArn+HU0SVXuPjwXInb3FA1GOLsrCnqQzu5XGnvu0HZES/loE9RWRQL496pESsYv7rbbeTj3mCJCsBUUeiP5BHhdzVdJkQ4Ycz6knKxA"
    "lc9hBSPEBUzJAs9pkxHzoAhoBKNbpPiPtQMMTO/SMOXHulhp/xdW1Xq6Zn02wJZnis4YUnhueLtOQ7oRW+Fe1ZlzeL9OaZarGhvvxlgiWiAt0TXyI+UlooECt1ls2mQxIM"
    "oE5pnkjh//IMDefocUKdiS5Saq7SbmdSqbcO9jwom66qyNu+QJ/12UDpy3REHQxPYcNYTwPiDpCQSs8WSCneVLdGSjxVvBVwjZCEuE11ARKQsNrRWjp6xAJNsUsUpas0cQ"
    "m3rN47l0L/akyacEHg3hVNnzl8OgV13qNM4Zm5Tw56PCgb6JEqsplU/ap7weqCWD/nHM6Nal8f+c6o9nsUocNvfhXPNlsjUCwJMliq+8qiGL2ENQZR3a46/HT24tXbVz+/"
    "fPPqZ9VE3+ii5G0Bzu1OLwMnjKT6vISIlqQxanUFES0G0L4n8yrAx3QG/ArgE5hOy6C+IDBwV4W77IueIjKwV4Y9llhXsb/g3COYFcGfJM7wYKiod8WERcl+uXDR7V6nuH"
    "DRzsJ89/HCuvnxhWaJakQlyZ9Tc1WLkixY24fhRAlO+FiIR6606AkWkzID0AqhGYSqGF7VC76K+uUEB5aSyjXybQYat0NWza8RbZ2Bb3S/dKybc6QPfda6+tjunCN96DPr"
    "qt3rqsrw2Gef29YXaBwes0aONdL+FH+1PcLGcqJ+np0WMDBm19lp1k4V1ZzpqjSDuA8o8hx1qnBwSpKZ8ajEeATLkQ85n0Qh2kuiPWIdm2OOFmonIACJXd4VIE1pXAJq7R"
    "Iw892KbE5TGjbXjs01WUNpzeSEMAmyOM9dTEk3aBZ7IyaaVl1eYSjVzQlqSxE5AkI7wpxg7qu39B2iMvIhRFyJWAijEQ0ElLkEKcEWFihUyZS4quUJGviEueqFitdTvr0O"
    "s6876bOo03ABRfVBwhUWqOZI4nui6ATyPewoBOPFm7DBoutw3cfDQtpCEn+xbKTXWqAk7h6ahLem+4ClHbgEa6LBSCnGM/VeD/R6DDR+DDgb69bq0SmD68PSTngPgwl8e/"
    "p8gBiHlR/Vq7qux/m9elgsn7qOAybBkusLCRKzomNWdA6+ohN+2zlCMWU4mOcjuqTJysRzGfp5Px8oLyI/g8U8rRS6i3andfN7vm5+keOXcPF7z2pljSPhIFsO+ARRReSP"
    "xz1nV8AvpqA86MdrFzJTZN9ey9zWS3+6I+Cjlcy/np29fPn27PTlm59fv3r79vXPp4slzdWqorXNi/YH0AJTIuqqWhhP4KvQr8U9SfJsYN/aAvJSwimrgKUpt6CAHc/Ich"
    "T6l7GmfH9sjnWlKozO0JoPum6crolB5YY4/IEE80v1s5FjT0nVN4vMKUHU0tbq92bmlJ7S2V06JiJyJY370Cr8O63SB/wRjbnS5x8nhIHpQinsSml2Vz1Tn9rZExT/8LLl"
    "hPclzba0pm8r/c9BdDfmgKfyo4Q5oD4WraOFsyYD/WUYjJ43xsdVhcN7FMxeOQwhol8XKBAbkxeu9+/QpwhLNMX3JGwbvmUCjXiAeAC+/WDeFQQHzmSTUIX93ISJBKjBZ2"
    "cmChMJcLyRAEpuFbnR9WvxTFDszy724kjgLBtUYQIqnuBoOKYPhNllIU9TmVjj8riP8JR689LAZ8gM8uWRZ9S5Lz3EJGgM5hVGGQKxvauIb+bQvKSuMfaN99bH1rV1jsJj"
    "n4W/wvNu7xft7QyHrOZzGP9lpXeWkFei1pVklZq9+tuWVhQ0NhgvlW5ZxfafQ27M/3Uz/x8wCPKIOLmLicNXiJWaqRcEBu0KScvCjB1l8E6QGMTLI86DMWb0P7hsdr4snc"
    "G+PPb/4kNbUpkXaLce+BSRQb2C+sVlng9Zge4VExi0q5gZHngAkV4rgBcGziXJTJiiiZ0zSoCJnfsO2ewSj1Rjc5rSaPR143JN/Dysrz4Pct08oppmkZcH0W0qO3kMZ8z1"
    "yDsd/zegbuRegRexgkrUDX/r7Iw6ulBM8NnrN7plB0IJw1g9SA+paEIPPXCiIJu4d+z68saxYx9fu3HsODzEiYBA+p88Ub8gNCqmeDbhOXuOigqHpDzMC0IwFzQmELBiIK"
    "DRs56taJZabPnqU9VdBTanKQ2ba8fmWkngl5MZu18vhofVG8jitgMtS+yW5lPikLQ8vPB2jtJ+jAI+Raf525+VI3+CRBw9XjlZLUVk5GMjHx9cPt6p4/MRoLht5xcI0SCs"
    "ZCxdgsikICkjANdkymy7ZOpzxUJn/g+Su8VopkXhxEmXbSFtdYm5U7WGqU8bgsJdTSIr0mOce0pbjmAvEESlmhkVwUCH/wyiHarCXFRhbKdoZqoczBiXaEjQWBUI4uqpNH"
    "caPsid9Fm8ywlYy1SPzWj3Fs68ubaqCe03CVnCjEGsPrORmfD3OOGbkNitwpm7GUHRXJ+/EYGZ5zc2dEWTQDnUE0QG+arI71tXqJlRd+uqgrHYGlPebvUS9kAljsBf1UmW"
    "tcX6yKJd9SzDyz4gsS9Ucp+waLk6XKfGjkMgwW8TBeQBMto2YftCkNp1Ul1IdeNvsIq+3WsZDaEW8pbREPYo0tYjG1R9odyVeGU2k9urI7jZTO4gsJt9nGq+j5MWn5RyMc"
    "z5MArklxTVE+bUmil925lSjapXafw5BlXPOOd8d2yOtccqyQ3SpCYMos58jmwDFdicpjRcrhuXa2Kf+5UPGzmGOShuFlnk/sWHlWNcFC1sioXnHsfuAE24ulFE1X9YYb9X"
    "75NQt0keIC1otP1WM/7NUJTbIIxCcfjMc2ENXokoOfms93tpY6irhchrDHV71Crgk6mqSse0tValrd8+dW96Sl3WR0gg1r6GBGLt6yqq8qtNVOVX61XlVyuqssJWznJSN2"
    "zGgiX1/pjQ+J876866Kjl0RFTnKDz22c1dp9PufDhH0Umf3d5dXlrWFTRanPbZe8UqKAqPfXbZ6lxa17pocVoPq4cf8HF+pp/3arZal1opQZTh4QiodsXF05NdhYwVwHrV"
    "vbu4ttCnG+uyfdvudtKSnK6EomUuiBurdZ2/Y1YZi2uCxKQ7qZAuLJS2VhH/9bbbWfNWL0mymgt1JPoDeVTs7NVOiDrDGfUkZeIELnsIaQcgKmZIFvvMnA0drGQUk5JMfV"
    "lm07gkybOJSt1euklH8rIejUkaY6s2turvxOyRkV2DamxOUxrjVp25PKKMikklNmdIDZ/rxueaGDGj7Zeu8ZB4jRxrZqq+ucEeTbYHTTfegg/L5c5IyMFBQIlQJbqTE9Ri"
    "iHz1PepQifQlz7WL4DQuwmz+k+Q/wRE9aqsiBBY9Qqo/HUUUWqDyduvb23WfYNqMES0nHaWpjKnTmDoPLpTqr6okokkaA2h9omXXzhQbTBFlpobVBahwbN5gpWrZ0Kwr1e"
    "DFNYPtfnNCmO3G9megVTDynJi69WgvCIw5vALaxrhl1OHdSjdkjJ15e7oujW2qvljW0S1tOi2R0xZyb8Au8YmtgGHmHGJBQs8ZJeZAPlgd7/aIxQkaOBPi3IvZdKB0Ts/T"
    "e8uDpAORchMskDPBTD1omEYWCcocEmbjYFwptnmJbQ90D0+Q1CQOFFFZGSJJZOQ2I7cdXG579v5Ad7cQLAN/++yy2+m1LnvnKDrps+vuBwi10YfsoHQYpxKTXG27S73xNL"
    "GKaFFC5yTVc4J1D3md6yJT8TFlv1AheZCbXS1VXyxTQUt7kmi6kUilswLI0OQP2ZCQH/AHJZBQeY6GcyWRjJliGKJMyzSqBCMIFFUtPMrukeSqgJFH5GMhHnmQ4y29s6sY"
    "A1YtZmkjCO1REDI5zrYKZ4UwN2MkqaeRZOUrURNuXrba9ebHNJWxQZa3QVLf9gMyol/LwJ4iMqhvhnpNxNePSkjr8XuSm4VrWVkouOq8IxLaVV79jGRF3cm5TnYVZu1B2O"
    "Nsow2qNujBiJu1mLyNuLlH+cgkzDpMwix/FqgmlbMJJchrbfX8bN203/9uW2H0Y/JXn91YQPWpdXv7pXtzdY7Sv+thBTXa2FZHG5O3zHgOHA8rjk0pNimcvgs2qwmm0l7l"
    "wsTDHAV/Q021AodThOYjrh2Ta2LSac1cKm8JzvVjX1Y2i0w6GJrZQrXb0KTTCtf5Ir+qUCf/QYCH1ARcpKi2ySCHP5BAb/uNoG80JCMewHbh2mMKdmQiTAbzVXvP9rt/yv"
    "aK0EnZ3RUTNMYwZAxDB1fV1vn/FHmrPE8XoH3vQR4Nvpvb42IKY41rVrTGAYLV8gkkCY3IVTuRKx2Hqb4HWYHJKULD5NoxuSZy9Q0ZqQeZrF0tTdUXStdB2LLUmmlvEu84"
    "Gq53Rn2EC54nqMPRTED/YUG8NpqXHKByP08QmeuxDPVtYfk5THtGjN6jGC2IEOrCJTFNUxlQs6DOHEchlBd7WignJ8kqjhnHY/fclaxsFpOerSBlVhmeN39rIijfhrNbno"
    "wcVxWKx9HsWNmZMKI/Qa1IiFUyrrYL89gU7EI+rEcqJ6pgE+fCCj0aZ8NaCBVGGN6j3Ga8qbYPpwmCMEEQ3wXqRu94tnJp2kovpF1R+cjSGlbXmtXGX/G7YLOqnChpgzoV"
    "h+88esPyWrNcEPVwrj3Se1XkGGk59whm62zfGdqspVYR74q9i5I9m2q73esUay/aWYHo7uOFdfPjC83T5TZFq94jRD1dlY8sSWcMd3X+tkJOKZFWhHayKuFj2T5qrI8oDe"
    "HDB+vK7t71dH6s6BzCxz53/2HpuDF90mfWb5/aN1ASnfRZHExmK+Wj8wGqsiV91lPEHfvGuruF+uSvPoN0XfaV1brstT8r3l+FCbySJYre6rQ66vbvbj9ZHb2JXLYka0Dc"
    "XyhbXQy+dMxm/qWH6bSRZ/RNVDcLDb+6oe1Ayw2tv4PIgDQAg+3jhAuy2I2VSsjg+A4NFn7zgyZkb2TgIDxHj5CvETQKJCENJB/l2oJ30L+xDNfCzmYswzuHOG3KhPOysa"
    "FZOhMeWmmfxTDnmg3hEmXQXyE08FeA36yKmD0ADw7w0alBtYmSNKruc/RR6WlxrZGjrUQ1hYpKKOxVdlCJNlBDbSnQQHizcaRdqHY+4T44XyvGhmnk4zT1akZ4oA75QUTU"
    "iOZkat3tpYziUoupcL3iAvwtI9/F7Y1YV0GsMzsR7RFsIbGc5exLvpk5dEm9P/Ab2oRolRxAIqpzFB77LGF2XJz22ZV1rWbvzodzFJ8dzgaZYpM24FVm04J6j2xqdz63e6"
    "1eu9spy6qu4sY5gr99tuzlHGV6PDhTwrzyWEoy9aWwfaVaTimbyZzRa23kd2Ef+wsGf3G6o/Fs27tBBEQ9lKiK9hrq/eH85lT9OyKoaQBiqcwZeQqXorOkZiW6xEq0scNU"
    "ko6OQUdPWS99tyKb05SGzbVjc01MMS0SUGfSyEtWFdY0CzNVLdt8yxKznrFbtmysndhzDRs583hknXiaRWOHb/525vD1hgxI40XXub/kQ5sgeRYadkYreP16E7Xg9ev1eg"
    "HUZfZO8deoamv8NP0962Z7Q/fF6SZKl2q1Fl1dl908mcnc0J1fb7udNYLRkiQ7XVJHoj+QR8UxJtoqABfAKLYWZQ1DmckPOjj4fhp//j9VqDx6"
)
