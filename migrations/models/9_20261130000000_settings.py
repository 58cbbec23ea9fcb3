"""What tenants decided is behind the wall, too: a statement reads all of `tenants`, and changes the row alone whose door is open."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return r"""
-- Who could change another tenant's row would open it for sign-up, take its second factor away, or close it. The lobby reads.
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY all_rows ON tenants FOR SELECT USING (true);
CREATE POLICY own_new_row ON tenants FOR INSERT WITH CHECK (id = (SELECT held_tenant()));
CREATE POLICY own_row ON tenants FOR UPDATE USING (id = (SELECT held_tenant())) WITH CHECK (id = (SELECT held_tenant()));
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return r"""
DROP POLICY own_row ON tenants;
DROP POLICY own_new_row ON tenants;
DROP POLICY all_rows ON tenants;
ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY;
ALTER TABLE tenants DISABLE ROW LEVEL SECURITY;
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
