"""Idempotency keys: what was made with each, so that it is made once."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return r"""
CREATE TABLE idempotency_keys (
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    key bytea NOT NULL CHECK (octet_length(key) = 32),
    request bytea NOT NULL CHECK (octet_length(request) = 32),
    number integer,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT idempotency_keys_key UNIQUE (tenant_id, user_id, key),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX idempotency_keys_oldest ON idempotency_keys (tenant_id, created_at);

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON idempotency_keys USING (tenant_id = (SELECT held_tenant())) WITH CHECK (tenant_id = (SELECT held_tenant()));

GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO address_book_app;
GRANT SELECT ON idempotency_keys TO address_book_backup;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return "DROP TABLE idempotency_keys;"


MODELS_STATE = (
    "eJztXXFz27aS/yoY/dO+GdXjOEnTc25uRraZVH22lLPlpH2nG4oiIQnPFMBHQlZ0r/3utwuSEklRjEhLMuUgMzEpAAuSvyWB3cXu4t+NqXCoG5y0Zg6TBpf+onFO/t3g"
    "1pTCSU5tkzQsz1vVYYG0hq5qbmE7k0JDRlWNNQykb9kSKkeWG1Aocmhg+8yTTHAk6XJKkGBxQgYOlRZzgwGZCNcJiC1mXAZN4guXBsTiDvGpFQgenBNOH6lPLBJQ26ey"
    "ufxtCy7hcj8ExLGkdYK34Agb7oHx8UGuNuPsXzNqSjGmckJ9uOb//C8UM+7QrwBJ9NN7MEeMuk4Ka+ZgB6rclAtPld3ft68+qJb4JEPTFu5syletvYWcCL5sPpsx5wRp"
    "sG5MOfUtSZ0E+HzmuhGz4qLwjqFA+jO6vFVnVeDQkTVzkYWN/xzNuI2cI+pK+OfNf0W3lmhmmp1uz7wzeqbZWOM43kKGLVERwIlvCwM2IDB/hf2uAFGlDbzA5a+t2x9f"
    "//w3BYEI5NhXlQquxl+KEBgSkirQVyhLyi0uzXJgp4h2iXlcsAJ99ZnEcMaA1QziFaSWXMfyCkCQbErz8QwpMkA6EclJfPKyAO21b4y7XuvmE3Y/DYJ/uQqnVs/AmjNV"
    "usiU/hjiL2AIDQfYZSfkS7v3K8Gf5B/djpHl0rJd7x8NvCdrJoXJxdy0nCQmcXFclGar+tLXWdujX+UGti4pMqwFiF4YM43feyk+dj63btUnc9P6/W8pXl53Ox/j5itG"
    "di6vuxfZ78iWwi85MiVpnjAwRUP9ESBfYlySlg+zcC6gm9/hFFGl1/h4sNzLW+xTeOygLOxpKo17edyZZ3o+HbGvZWBPEWnUy6MeKRHrmP921+3kY54gyUpAzJbkT+Ky"
    "QO5rukyI8MMZcyXjwQle9jmkeISomCFZ7DNjPnaADEGVavSQEPexYGjZD3PLd8y1GnEmNrVdr5qeTbMlFrfGCl58Yny+SEu+D5TCt6Y9q/Jmkd48gxZb6stfJpYkLCAP"
    "1JNEjEALRWJQZ/lsOqT+AOtA8ySA/+szMlyQ+YTZE1UEai5otzMJ6q1tuS6WTddV5F1foM/7fAD6Mhsx28KnMHGsZz51BiSQoGcHBBRvploTEE+BtwFeIyShThMuQH0a"
    "VttKSydzKyBTy6FA6YAmLvGW4b1zGPYPY9JEBBTvHWj63BbTKarzLuOAZ+Y+BerxqGyQOQOymYR+4V4suKClnnOB51q1r498p1X7A4rQ4Te/jmebbxAoVgQZLOG+sihG"
    "L2GNQYTbhcNPZ6/evHvzy+uf3/wCTdSNLkveFeDc7vQycOJIqs5LiGhJGq1WVxDRYgDNB7qoAnxMp8GvAD7F6bQM6ksCDXdVuMu+6CkiDXtl2GOJdR37CyFcavEi+JPE"
    "GR4MgXpfTFiWHJYLF93udYoLF+0szPc3F8btj68US6ARkzR/Ts1VLUqyYGMfmhMlOOFZQTAXoEVPrGBSZgBaI9SDUBXDK7zg66hfTizfAKlcId/mqHHbdN38GtHWGfhG"
    "90vHuD0n6tDnraubduecqEOfG1ftXhcqw2Off24bX7BxeMwaOTZI+1Prq+lSPpYT+Hl2WsDAmF1np1k7VVRzpqrSDBIeoihy1KnCwSlJpsejEuMRLkc+5nwShWiviA6I"
    "dWyOOVqobZ8iJGZ5V4A0pXYJqLVLwMxzKrI5TanZXDs212QNpTWTE8olyuIidzEl3aBZ7I2YaFp1eYWTVDcnpC2DyBEQ21Fu+wsP3tL3hMnIh5AIELGIRUbMD7DMoQQE"
    "W1yggJIpdaDlCRl4lDvwQsXrKd9ehznUnfR51Gm4gAJ90HCFBasFkdYDBbqAeK5lA4Lx4k3YYNl1uO7jWoE0A0m95bKRWmvBkrh7bBLemuoDl3bwErxJBiNQjGfwXg/U"
    "egw2nvuCj1VreHTG8fq4tBPew2CC3546HxAucOUHeoXrukI8wMNa8qnrOGgSLLm+kCDRKzp6RefZV3TCbztHKGbc8hf5iK5osjLxQoZ+3i8HyovIz2A5T4NCd9HutG7/"
    "yNfNL3L8Ei7+6BmtrHEkHGTLAZ8gqoj88bjn7Av45RSUB/1440Jmiuzba5m7eulP9wR8tJL5H2dnr1+/Ozt9/fMvb9+8e/f2l9PlkuZ6VdHa5kX7I2qBKRF1XS2MJ/B1"
    "6DfiniR5MbDvbAF5JeGUVcDSlDtQwI5nZDkK/UtbU74/Nse6UhVGZ2j1B103TtfEoHJLbfFI/cUl/Gzk2FNS9c0ic4oftTSV+r2dOaUHOrvDxjSIXEnjPpQK/16p9L6Y"
    "k7EAfX4+oRxNF6Cwg9LsrHumPrWzJyj+4WXLCe8rml1pTd9W+l+C6K7NAU/lRwlzQH0sWkcLZ00G+sswGD1vjI+rCof3KJi9chhCRL8pUCA2Ji9d79+TTxGWZGo90LBt"
    "+JYFZCR8Inz07UfzbkAt355sE6pwmJvQkQA1+Oz0RKEjAY43EgDk1iA3un4jngmKw9nFXh0JnGWDKnRAxRMcDcfskXKzLORpKh1rXB73kTVl7qI08BkyjXx55DmzH0oP"
    "MQkajXmFUYZibO864ts5NK+oa4x944Nx07o2zkl47PPwV3je7f2qvJ3xkNV8nsd/GfTOEvJK1LqSrFKzV3/X0gpAY6LxEnTLKrb/HHJt/q+b+f8ZgyCPiJP7mDg8QKzU"
    "TL0k0GhXSFoWZuwog3eCRCNeHnHhjy3O/s8qm50vS6exL4/9P8XQlEzmBdptBj5FpFGvoH4JmedDVqB7xQQa7SpmhkfhY6TXGuCFgXNJMh2mqGPntBKgY+e+QzY71KXV"
    "2Jym1Bp93bhcEz+PtkOnHsg33F78nebu1pBp0Szy+mCrtpgBqMSmDdAa/SkwOjBKEMkc5W4xj8P4VIZGTKtImHxPBkAwUJ4UgyjZbxjWF7rJBc1MlW1xkOLIkJIxFATU"
    "ISNfTLOG0Oe7kz6PE0aiywj02IwSYQruLlR8ZKBM0BhwqZ1G6uPRoJ1G9g6x9i7cE5y5ed2KXJDzc7rpqM2tgwejSaAc6gkijXxV5Pfqb1Z/YXnXS47ayFDl5dZ6SQm9"
    "hD8yaUXgr+skq9pifWTZrnrCllUfmCMFK4VHeZQkJIwJsmybYq6UJvHpIyYHaWImeJTaVX4SjBrytvA33+21tIZQC3lLawgHFGnrEVhXXyj3JV7pvNwHXVPTebmfBXad"
    "ErfmKXGV+ATKxTDnwyiQX1JUettDrep9J6peakr56jHorgKb05SazbVmc6w9VvETT5PqFeU68zmyDVRgc5pSc7luXK6Jfe43MWzkGOawuFlkkfunGFbOCQG0mF/YWrjC"
    "cgZkIuBGCYP/uML+AO9TALdJHzHDQpTJuBn/5su9IKPdHWeug2vwIKLkpAY67KW1oa4WIq821B1Qq8BPpqoqHdPWWpW+abWvMfayfV1FNX6zjWr8ZrNq/GZNNQYs5SzH"
    "6307yFfUhwO98d/3xr1xVXKoiKjOSXjs89v7Tqfd+XhOopM+v7u/vDSMK2y0PO3zD8AqLAqPfX7Z6lwa16poeVoPK4fni3F+kNQHmJ02RaUliDI8HCHVvrh4erKvZLgF"
    "sF517y+uDfLp1rhs37WjbcGXkpuqxKKVG/2t0brOTzZcxsKaINGRIhUiLUPpah1x3Jh9w1u9IslqKsyW5E/ismBvr3ZCtBnOmCsZD07wss8h3SBExQzJYp+Zo7GDtWBM"
    "KenUk2XybSdJdL7tnC3ERFkPxiSNtk1r2/R3YubIyK5+NTanKbUxq85cHjHOgkklNmdINZ/rxueaGC2jzLXX1pC6jc2ZbcP65hbpbU0Xm26dvdySq6SyxLZ8n9EASlQn"
    "J6TFCf3qucxmkqhLniuXwGlcZPHFT1L8hEcyV1ZEDCSaY5R0uBeasjjlJTo/2HWfYMqMES0nHaWptGlTmzafXShVX1VJRJM0GtD6ZEHfOFNsMUWUmRrWF5zCsXmLlalV"
    "Q72OVIMXVw+2Bx1sdabmAxpoAUaRE0O3Ge0lgTaHV0BbG7e0Orxf6YaOLXvRnnrCz93oJVVfLOuoliZTTUtk/cANthK7qODMObSC1QbhIMZQFd82t4ITMrAn1H4IZtMB"
    "6Jyuq7blQkkHI+PURuQTi8ODYnc+TW7ozQUotj5dF6ee6R6eIKlJyweisjJEkkjLbVpue3a57cX7/9zfYXAM/u3zy26n17rsnZPopM+vux8xtEYdsoPS8ziVHDpBQt1e"
    "651nSIimiXVEi7YJT1K9JFgPsFF4XWQqMWb8VxZI4edmU0vVF8tU2NKcJJpuJVKpLAAyNPlj9iPi+eIRBBImz8lwARLJmAPDCONKpoESi2BgKLRwGX8gUkABp3PiWUEw"
    "F36Od/TerqINWLWYpbUgdEBBSOc02ymcFcLatJGknkaSta8EJlyew97N5sc0lbZBlrdBMs/0fDpiX8vAniLSqG+Hek3E1xsQ0nrigeZm3VpVFgquKs+IxHaVVz8jWVF1"
    "cq6SW4VZeojlCp5jx6vUgxY3azF5a3HzgPKRTpD1PAmyvJkPTSpnD0qQ19rq+dm4bX/4wzTC6Mfkrz6/NZDqU+vu7kv39uqcpH/XwwqqtbGdjjY6T5n2HDgeVhybUqxT"
    "Nn0XbIYJptI2T4GOhzkK/oaaagUOpwj1R1w7JtfEpNOaOUzeUSvXj31V2Swy6VjYzAyg3ZYmnVa4zhf5VYU6+Q8BekhN0EWKKZsMscUj9QPVBPsmQzoSPsUa9JjCHZgo"
    "l/5i3d6z++6fYAxSnZTUGpI02jCkDUPPrqpt8v8p8lZ5mS5AB/BVSQW3R4Pv9va4mEJb45oVrXGIYLV8AklCLXLVTuRKx2HC9yArMDlFqJlcOybXRK6+pSN4kMnG1dJU"
    "faF07YctS62Z9ibxDqPhemfUR7jgeUI6gswC7D8siNdG85IDVO7nCSJzPZahvi0sv4RpT4vRBxSjAxoEcOGSmKapNKhZUGe2DQjlxZ4WyslJsopjxvHYPfclK+vFpBcr"
    "SOlVhpfN35oIynfh7JYnI8dVheJxNDtWdiaM6E9IKxJiQcZVdmERm4IdzIc1Z3ICBds4F1boUTsb1kKo0MLwAeU27U21ezh1EIQOgvguUNd6x4uVS9NW+kCaFZWPLK1m"
    "da1Zrf0Vvws2Q+UEpA1mVxy+8+g1y2vN8oDCwznmSO1VkWOkFcKlFt9k+87QZi21QLwv9i5LDmyq7XavU6y9aGcFovubC+P2x1eKp6ttita9Ryg8XZWPLEmnDXd1/rZC"
    "ToFIG4R2sirhY9k+aqyPgIbw8aNxZXbveyo/VnSO4WOfu383VNyYOulz4/dP7VssiU76PA4mM0H56HzEqmxJn/eAuGPeGvd3WJ/81eeYrsu8MlqXvfZn4P1VmMArWQL0"
    "RqfVgdu/v/tkdNQmctmSrAHxcKFsdTH4sjGfeZeuxaaNPKNvorpZaPhVDU0bW25p/R1EBqQBGmznExHQ5e6rTGIGx/dksPSbHzQxeyNHB+EFmWO+RtQoiMQ0kGKUawve"
    "Q//aMlwLO5u2DO8d4rQpE8/LxoZm6XR4aKV9FsOcayaGS5RBf41Qw18Bfr0qovcAfHaAj04Nqk2UpFZ1X6KPSk+Ja40cbSWqKVRUQmGvsoNKtIEaacuADAJ3No60C2jn"
    "UeGh8zUwNkwjH6ephxnhkdn0hyCiJiwnU+t+L6UVl1pMhZsVF+RvGfkubq/Fugpind6J6IBgB9KSs5x9ybczh66oDwd+Q5kQjZIDSER1TsJjnyfMjsvTPr8yrmH27nw8"
    "J/HZ89kgU2xSBrzKbFpSH5BN7c7ndq/Va3c7ZVnVBW6cE/zb56tezkmmx2dnSphX3pKSTj0ZmB6ollPGZzJn9NoY+V3Yx+GCwV+d7mk82/VuED6Fhwqqor2B+nA4/3wK"
    "/44IauajWCpzRp7CpegsqV6JLrESre0wlaSjY9DRU9ZLz6nI5jSlZnPt2FwTU0yL+syeNPKSVYU1zcJMVas237LEbGbsji0bGyf2XMNGzjweWSeeZtHY45u/mzl8syED"
    "03ixTe4v+dAmSF6Ehp3RCt6+3UYtePt2s16AdZm9U7wNqtoGP03vwLrZwdB9dbqN0gWtNqKr6rKbJ3OZG7rz2123s0EwWpFkp0tmS/IncVlwjIm2CsBFMIqtRVnDUGby"
    "ww6efT+Nv/4f3WA89w=="
)
