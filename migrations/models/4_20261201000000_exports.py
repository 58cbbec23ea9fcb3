"""Exports: bundles of all that a tenant has, kept in pieces until they expire."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return r"""
-- One for each job that made one. sha256 and size are those of the whole file, once all of its pieces are there.
CREATE TABLE exports (
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    id uuid NOT NULL,
    size bigint NOT NULL DEFAULT 0,
    sha256 bytea CHECK (octet_length(sha256) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, id) REFERENCES jobs (tenant_id, id) ON DELETE CASCADE
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

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['exports', 'export_chunks'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I USING (tenant_id = (SELECT held_tenant())) '
                       'WITH CHECK (tenant_id = (SELECT held_tenant()))', name);
    END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON exports, export_chunks TO address_book_app;
GRANT SELECT ON exports, export_chunks TO address_book_backup;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return "DROP TABLE export_chunks, exports;"


MODELS_STATE = (
    "eJztXf9z2zay/1cw+qW9GdWTOGnSc968GdlmUrWOlLPlpL2nNxREQhLOFMAjICu6u/7vhwVJiaQoVqT1hXKQmZgUgAXJz5LA7mJ38e/GlLvEE2etmUulxWSwaFygfzcYnh"
    "J1klPbRA3s+6s6KJB46OnmGNrZRDWkRNfgoZABdqSqHGFPEFXkEuEE1JeUMyDpMoKAYHGGBi6RmHpigCbccwVy+IxJ0UQB94hAmLkoIFhwJi4QI48kQBgJ4gRENpe/Hc6k"
    "utx3ArlY4jO4BZc76h4oGx/kajNG/zkjtuRjIickUNf8v/9XxZS55KuCJPrpP9gjSjw3hTV1oQNdbsuFr8vu79vX73VLeJKh7XBvNmWr1v5CTjhbNp/NqHsGNFA3JowEWB"
    "I3AT6beV7ErLgovGNVIIMZWd6quypwyQjPPGBh439GM+YA55C+Evx5/b/RrSWa2Xan27PvrJ5tN9Y4DreQYUtUpOCEt4UqNgAwf4T9rgDRpQ24wNXPrdvvX735i4aACzkO"
    "dKWGq/GHJlQMCUk16CuUJWGYSbsc2CmiXWIeF6xAX30mMZwxYDWDeAUplutYXisQJJ2SfDxDigyQbkRyFp88L0B77Y/WXa/18RN0PxXin57GqdWzoOZcly4ypd+H+HM1hI"
    "YD7LIT9KXd+xnBT/T3bsfKcmnZrvf3BtwTnkluMz63sZvEJC6Oi9Js1V/6Omt75KvcwNYlRYa1CqJnxkzrt16Kj53PrVv9yXxs/faXFC9vup0PcfMVIztXN93L7HfkSB6U"
    "HJmSNE8YmKKh/gSQLzEuSRyoWTgX0M3vcIqo0mt8Olju5S0OiHpsURb2NJXBvTzu1Lf9gIzo1zKwp4gM6uVRj5SIdcx/uet28jFPkGQlIOpI9B/kUSH3NV0mRPjhjHqSMn"
    "EGlz2GFA8QFTMki31mzIcOgCGgUo0eEuI+FAyx8zDHgWuv1fBzvqntetX0fJotwQyPNbzwxPB8kZZ8L7TCt6Y96/Jmkd48Uy221Je/TLBEVKAH4kvER0oLBWKlzrLZdEiC"
    "AdQpzRMp/F+do+ECzSfUmegipeYq7XYmlXrrYM+Dsum6irzrC/RZnw2UvkxH1MHwFDaM9TQg7gAJqfRsgZTiTXVrpMRTxVsB1whJiNtUFyABCasdraWjORZoil2iKF2liU"
    "u4ZfXeuRT6V2PShAsC965o+szh0ymo8x5lCs/MfXLQ40HZQHOqyGZS9avuBasLYv2cCzg3qn195Duj2h9QhA6/+XU822yDQLEiyGCp7iuLYvQS1hhEdbvq8MP5y9dvX//0"
    "6s3rn1QTfaPLkrcFOLc7vQycMJLq8xIiWpLGqNUVRLQYQPuBLKoAH9MZ8CuAT2A6LYP6ksDAXRXusi96isjAXhn2WGJdx/6Sc49gVgR/kjjDg6Gi3hcTliWH5cJlt3uT4s"
    "JlOwvz/cdL6/b7l5olqhGVJH9OzVUtSrJgYx+GEyU44WMh5lxp0RMsJmUGoDVCMwhVMbyqF3wd9asJDiwllWvk2ww0boesm18j2joD3+h+6Vi3F0gf+qx1/bHduUD60GfW"
    "dbvXVZXhsc8+t60v0Dg8Zo0cG6T9Kf5qe4SN5UT9PH9RwMCYXecvsnaqqOZcV6UZxH1AkeeoU4WDU5LMjEclxiNYjnzM+SQK0V4RHRDr2BxzslA7AQFI7PKuAGlK4xJQa5"
    "eAme9WZHOa0rC5dmyuyRpKayYnhEmQxXnuYkq6QbPYGzHRtOryCkOpbs5QW4rIERDaEeYEC1+9pe8QlZEPIeJKxEIYjWggoMwlSAm2sEChSqbEVS3P0MAnzFUvVLye8ufr"
    "MIe6kz6LOg0XUFQfJFxhgWqOJH4gik4g38OOQjBevAkbLLsO1308LKQtJPGXy0Z6rQVK4u6hSXhrug9Y2oFLsCYajJRiPFPv9UCvx0DjecDZWLdWj04ZXB+WdsJ7GEzg29"
    "PnA8Q4rPyoXtV1Pc4f1MNi+dR1HDAJllxfSJCYFR2zonP0FZ3w284RiinDwSIf0RVNViZeyNDP+/lAeRn5GSznaaXQXbY7rdvf83Xzyxy/hMvfe1YraxwJB9lywCeIKiJ/"
    "Ou45+wJ+OQXlQT/euJCZIvvztcxdvfQv9gR8tJL51/PzV6/enr949eanH1+/ffvjTy+WS5rrVUVrm5ftD6AFpkTUdbUwnsDXod+Ie5Lk2cC+swXklYRTVgFLU+5AATudke"
    "Uk9C9jTfn22BzrSlUYnaE1H3TdOF0Tg8otcfgjCRZX6mcjx56Sqm8WmVOCqKWt1e/tzCk9pbO7dExE5Eoa96FV+HdapQ/4HI250ufnE8LAdKEUdqU0u+ueqU/t7AmKf3jZ"
    "csL7imZXWtOfK/3PQXQ35oCn8qOEOaA+Fq2ThbMmA/1VGIyeN8bHVYXDexTMXjkMIaLfFCgQG5OXrvfv0KcISzTFDyRsG75lAo14gHgAvv1g3hUEB85km1CFw9yEiQSowW"
    "dnJgoTCXC6kQBKbhW50fUb8UxQHM4u9vJE4CwbVGECKp7gaDimj4TZZSFPU5lY4/K4j/CUeovSwGfIDPLlkWfUeSg9xCRoDOYVRhkCsb3riG/n0LyirjH2jffWx9aNdYHC"
    "Y5+Fv8Lzbu9n7e0Mh6zmcxz/ZaV3lpBXotaVZJWavfq7llYUNDYYL5VuWcX2n0NuzP91M/8fMQjyhDi5j4nDV4iVmqmXBAbtCknLwowdZfBOkBjEyyPOgzFm9F+4bHa+LJ"
    "3Bvjz2/+BDW1KZF2i3GfgUkUG9gvrFZZ4PWYHuFRMYtKuYGR55AJFea4AXBs4lyUyYoomdM0qAiZ37BtnsEo9UY3Oa0mj0deNyTfw8rK8+D3LdPKKaZpGXB9FtKjt5DGfM"
    "9cg7Hf83oG7kXoGXsYJK1A1/6+yMOrpQTPD5j290yw6EEoaxepAeUtGEHnrgREG2ce/Y9+WNY8chvnbj2HF8iBMBgfRfeaJ+QWhUTPFswnMOHBUVDkl5mBeEYC5pTCBgxU"
    "BAo2c9W9Estdjy1aequwpsTlMaNteOzbWSwK8mM/awWQwPq7eQxW0HWpbYLc2nxCFpeXjp7Ryl/RgFfIpe5G9/Vo78CRJx9HjlZLUUkZGPjXx8dPl4r47PJ4Dirp1fIESD"
    "sJKxdAkik4KkjABckymz7ZKpzxULncWvJHeL0UyLwomTrtpC2uoSc6dqDVOfNgSFu5pEVqR5nHtKW45gLxBEpZoZFcFAh/8Moh2qwlxUYWynaGaqHMwYl2hI0FgVCOLqqT"
    "R3Gj7KnfRZvMsJWMtUj81o9xbOvIW2qgntNwlZwoxBrD6zkZnwDzjhm5DYncKZuxlB0VyfvxGBmee3NnRFk0A51BNEBvmqyB9aV6iZUXfnqoKx2BpT3n71EvZIJY7AX9dJ"
    "VrXF+siyXfUsw6s+ILEvVHKfsGi5Olynxo5DIMFvEwXkETLaNmH7QpDadVJdSHXjb7GKvttrGQ2hFvKW0RAOKNLWIxtUfaHcl3hlNpM7qCO42UzuKLCbfZxqvo+TFp+Ucj"
    "HM+TAK5JcU1RPm1JopfbuZUo2qV2n8OQVVzzjnfHNsjrXHKskN0qQmDKLOfI5sAxXYnKY0XK4bl2tin/uFDxs5hjkobhZZ5P7Bh5VjXBQtbIqFFx7H7gBNuLpRRNV/WGF/"
    "UO+TULdJHiEtaLT9VjP+zVCU2yCMQnH4zHNhDV6JKDn5rA97aWOoq4XIawx1B9Qq4JOpqkrHtLVWpa3fPnVve0pd1kdIINa+gQRi7ZsqqvLrbVTl15tV5ddrqrLCVs5yUj"
    "dsx4IV9eGY0PjbvXVvXZccOiKqCxQe++z2vtNpdz5coOikz+7ur64s6xoaLU/77L1iFRSFxz67anWurBtdtDyth9XDD/g4P9PPezVbbUqtlCDK8HAEVPvi4ouzfYWMFcB6"
    "3b2/vLHQp1vrqn3X7nbSkpyuhKJVLohbq3WTv2NWGYtrgsSkO6mQLiyUttYR/+Wu29nwVq9IspoLdST6D/Ko2NurnRB1hjPqScrEGVz2GNIOQFTMkCz2mTkbOljLKCYlmf"
    "qyzKZxSZJnE5W6u3STjuRlPRqTNMZWbWzV34jZIyO7BtXYnKY0xq06c3lEGRWTSmzOkBo+143PNTFiRtsv3eAh8Ro51sxUfXOLPZpsD5puvQUflqudkZCDg4ASoUp0J2eo"
    "xRD56nvUoRLpS15oF8FpXITZ4gfJf4AjmmurIgQWzSHVn44iCi1Qebv1Hey6TzBtxoiWk47SVMbUaUydRxdK9VdVEtEkjQG0PtGyG2eKLaaIMlPD+gJUODZvsVK1amjWlW"
    "rw4prB9rA5Icx2Y4cz0CoYeU5M3Wa0lwTGHF4BbWPcMurwfqUbMsbOoj3dlMY2VV8s6+iWNp2WyGkLuTdgl/jEVsAwcw6xIKHnjBJzIB+sjnebY3GGBs6EOA9iNh0ondPz"
    "9N7yIOlApNwEC+RMMFMPGqaRRYIyh4TZOBhXim1eYtsj3cMTJDWJA0VUVoZIEhm5zchtR5fbnr0/0P0dBMvA3z676nZ6raveBYpO+uym+wFCbfQhOygdx6nEJFfb7VJvPE"
    "2sI1qU0DlJ9ZxgPUBe57rIVHxM2c9USB7kZldL1RfLVNDSniSabiVS6awAMjT5QzYk5Af8UQkkVF6g4UJJJGOmGIYo0zKNKsEIAkVVC4+yByS5KmBkjnwsxJwHOd7Se7uK"
    "MWDVYpY2gtABBSGT42yncFYIczNGknoaSda+EjXh5mWr3Wx+TFMZG2R5GyT1bT8gI/q1DOwpIoP6dqjXRHz9qIS0Hn8guVm4VpWFgqvOOyKhXeXVz0hW1J1c6GRXYdYehD"
    "3OttqgaosejLhZi8nbiJsHlI9MwqzjJMzyZ4FqUjmbUIK81lbPz9Zt+/3vthVGPyZ/9dmtBVSfWnd3X7q31xco/bseVlCjje10tDF5y4znwOmw4tSUYpPC6Ztgs5pgKu1V"
    "Lkw8zEnwN9RUK3A4RWg+4toxuSYmndbMpfKO4Fw/9lVls8ikg6GZLVS7LU06rXCdL/KrCnXy7wR4SE3ARYpqmwxy+CMJ9LbfCPpGQzLiAWwXrj2mYEcmwmSwWLf37L77p2"
    "yvCJ2U3V0xQWMMQ8YwdHRVbZP/T5G3yvN0ATr0HuTR4Lu9PS6mMNa4ZkVrHCBYLZ9AktCIXLUTudJxmOp7kBWYnCI0TK4dk2siV9+SkXqQycbV0lR9oXQdhC1LrZn2JvGO"
    "o+F6Z9RHuOB5hjoczQT0HxbEa6N5yQEq9/MEkbkey1B/Liw/h2nPiNEHFKMFEUJduCSmaSoDahbUmeMohPJiTwvl5CRZxTHjdOye+5KVzWLSsxWkzCrD8+ZvTQTlu3B2y5"
    "OR46pC8TiaHSs7E0b0Z6gVCbFKxtV2YR6bgl3IhzWncqIKtnEurNCjcTashVBhhOEDym3Gm2r3cJogCBME8U2gbvSOZyuXpq30QtoVlY8srWF1rVlt/BW/CTaryomSNqhT"
    "cfjOozcsrzXLBVEP59ojvVdFjpGWc49gtsn2naHNWmoV8b7Yuyw5sKm2271JsfaynRWI7j9eWrffv9Q8XW1TtO49QtTTVfnIknTGcFfnbyvklBJpRWgnqxI+lu2jxvqI0h"
    "A+fLCu7e59T+fHis4hfOxz91dLx43pkz6zfvvUvoWS6KTP4mAyWykfnQ9QlS3ps54i7ti31v0d1Cd/9Rmk67KvrdZVr/1Z8f46TOCVLFH0VqfVUbd/f/fJ6uhN5LIlWQPi"
    "4ULZ6mLwpWM28688TKeNPKNvorpZaPjVDW0HWm5p/R1EBqQBGGznEy7IcjdWKiGD4zs0WPrND5qQvZGBg/ACzSFfI2gUSEIaSD7KtQXvoX9jGa6Fnc1YhvcOcdqUCedlY0"
    "OzdCY8tNI+i2HONRvCJcqgv0Zo4K8Av1kVMXsAHh3gk1ODahMlaVTd5+ij0tPiWiNHW4lqChWVUNir7KASbaCG2lKggfBm40i7UO18wn1wvlaMDdPIx2nq1YzwSB3ynYio"
    "Ec3J1LrfSxnFpRZT4WbFBfhbRr6L2xuxroJYZ3YiOiDYQmI5y9mXfDtz6Ir6cOA3tAnRKjmARFQXKDz2WcLsuDzts2vrRs3enQ8XKD47ng0yxSZtwKvMpiX1AdnU7nxu91"
    "q9drdTllVdxY0LBH/7bNXLBcr0eHSmhHnlsZRk6kth+0q1nFI2kzmj18bI78I+DhcM/vLFnsazXe8GERD1UKIq2huoD4fzmxfq3wlBTQMQS2XOyFO4FJ0lNSvRJVaijR2m"
    "knR0Cjp6ynrpuxXZnKY0bK4dm49qivnjv8PgFJc="
)
