"""Backfills: how far each has come that was started."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return r"""
CREATE TABLE backfills (
    name text PRIMARY KEY CHECK (char_length(name) BETWEEN 1 AND 80),
    status text NOT NULL CHECK (status IN ('RUNNING', 'PAUSED', 'DONE')),
    per_second integer NOT NULL CHECK (per_second BETWEEN 1 AND 100000),
    home uuid,
    after uuid,
    looked bigint NOT NULL DEFAULT 0,
    changed bigint NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    CHECK ((finished_at IS NULL) = (status <> 'DONE'))
);

GRANT SELECT, INSERT, UPDATE ON backfills TO address_book_app;
GRANT SELECT ON backfills TO address_book_backup;

ALTER TABLE tenants VALIDATE CONSTRAINT tenants_deletion_at_check;
ALTER TABLE tenants VALIDATE CONSTRAINT tenants_trash_days_check;
ALTER TABLE tenants VALIDATE CONSTRAINT tenants_audit_days_check;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return r"""
DROP TABLE backfills;
ALTER TABLE tenants
    DROP CONSTRAINT tenants_deletion_at_check,
    DROP CONSTRAINT tenants_trash_days_check,
    DROP CONSTRAINT tenants_audit_days_check,
    ADD CONSTRAINT tenants_deletion_at_check CHECK (deletion_at IS NULL OR status = 'DELETING') NOT VALID,
    ADD CONSTRAINT tenants_trash_days_check CHECK (trash_days BETWEEN 7 AND 3650) NOT VALID,
    ADD CONSTRAINT tenants_audit_days_check CHECK (audit_days BETWEEN 90 AND 3650) NOT VALID;
"""


MODELS_STATE = (
    "eJztXX1z4jjS/yoq/tm5qiw1k3k95uqqSOKZZS+BeQiZ2b2Hp4ywBWhjJM6Wk+Hu9rs/avkF29gMdgKYRFM1MUhq2fzakrpb3a3/NObcJo7XbBOXWrNGC/2nwfCcyA+ZmhPUwIvFqhwKBB47qi"
    "letRl7wsWWkKUT7HhEFtnEs1y6EJQzWcp8x4FCbsmGlE1XRT6j//KJKfiUiBlxZcX//p8spswm34kXfV3cmhNKHDv1qNSGe6tyUywXqqzDxCfVEO42Ni3u+HO2arxYihlncWvKBJROCSMuFgS6"
    "F64Pjw9PF/7O6BcFT7pqEjxigsYmE+w7IvFzx+aqrGGa3d7AvDYGptkoAZDFGYArH9VTv34Kj/Dz6as37998eP3uzQfZRD1mXPL+z+DWK2ACQgVPd9D4U9VjgYMWCuMVqHfE9eCR1pA9n2E3H9"
    "oESQZf+eBZfCM0NwEcFawQXr1V+4B4jr+bDmFTAUPj9O3bDYB+bffPf2n3X8hWf4FbcjkMgtHRDatOgzpAfYUyDKoSCIfNnyC6r16+3AJd2aoQXVWXRlfeUZBgaKcR/vW6181HOEGSQdmmlkD/"
    "RQ711uaKI0B7A7gABvQ897x/OUlMX1y1f8vCfX7ZO1PgcE9MXdWL6uBMQg8T9OQ2MZtAwRhbt/fYtc21Gn7Ki9quV81P59kSzPBUAQm/GH5ftGT5NhUGE+4yd0Fb1W5e1KCdKV8FlxJvq7Wt0W"
    "MEAcGyiUY2EZg63gjNuHxmZHFfMuIEudwhHsLMRi7BnmSRfHoi502EkUcsl4iT+Du8ifJ2P3kI5uhmI8Pm3d/tkVfkm5vORYkl2fep3QSaKoPtxytz428Tn1nAOaTuBH/e/L2x/9GnBtrrd3/J"
    "Dir10zcv0XKiwkyY5cBOET0m5vWd4H4IcWI9zlksLiQIgs5JwZKcu1aEJM3ow9MCdNC5Mq4H7asvqWXjoj0woOZUlS4zpS/eZZaSuBP0rTP4BcFX9M9e18hyKW43+GcDngn7gpuM35vYTmISFU"
    "dFabaqkb7O2gH5XqAmrCiehLC1iZnGb4PNy3/My8te93PUPCsT/JkFnLslZ6YkzQMmpnCqPwLkS8xLArtyFc4FtPgdThFVeo2PB8udvMUukT/bKwt7mkrjXh53ujAXLpnQ72VgTxFp1MujHioR"
    "ZbTlBMn+teWECD/2qSMo85pw20NI8U9Sh74m2GkUqdCq8uTHGrQn222pP7fl68JuEZ8gqW+iQFGRCukMezNkzSQbWogKqamCnVE1gb7RmEy4S6AGFF0ea8VrCvPjd/8ADVl1UlJAStJobVlryw"
    "eXSpk/HxN3Hc8zOi3cf1nR/HgP5giADLdh/np6+vr1+9OXr999ePvm/fu3H17G+zHrVZs2Zs46n2FvJrVgRJs1K+C9cPLNws6wu8yHPaLIgD5eisC6eWSwb0IwXF3jpViuxGedbrv/e75wdJaz"
    "Gp/9PjDaOZgT2yxvIUoRakNRrQ1FjoRdqm7lmZwi1EyuHZNrI1dLQZEJamHB3XzZOtngB/J1oumWIva3GRaIeuiWLARIwpihVDdN1BFeuDkE7Qiz3OVCvqUfA9kY9pWkEGwRhNGEuh6U2QRkaN"
    "hBkiVzYsuWTTRaEGbLF2oEvcgbrEnjB3uSIQs7DRUBEOlF+DCCI4FvQdr30MLBlkRQ3oc6cYO46+aQDdnIwXLMe4Isos4RDG8EJVH30CR4NNXHvXw+uAU7QaOJ1J19+V6PEHaJanzvcjZVreVP"
    "pwzuD1pH8AyjGYw99XmEGB8y1au8r8P5rfyxWDxUKfE9UtZomyDRKolWSQ6ukgRju6xsHNFo6biqdBxOsuWATxBVRP54TLa7Aj5egsqp4Smy/WniL3cE/GHU8GgBX4e+EPckyZOB/YFOqCtAVx"
    "JOWf0rTfkICtjxzCxHoX+l3DJdArhX0LLTlFrNrjebI12pCqMztHpA143TNTGonMleJtTJ3aeM6042mVHGYasSTr6xJu8J7MoXTtkhmlJB53OysgQoPQ3dSx1cbR9S7wR1wdgQ7ihCG2W4+IhG"
    "eCKIO1rZC1x+D1/cyDIhwK6xZkI53KMM2ZgQJktc7k9nYKpBU068qABsLq4p1SrO7BH04AUex/Irkn1A33P5Cj7UXKGuaxNLcfRE1P5xPPoOG/2TCp74sE3sxIfi0IkPYeREsaVCvl3Cz5FzAW"
    "yD+XMFeEc+Ipav37qCHVPX2Zmy0b/pdjvdzy0UfhiyL+2ba+OihYLrkF3ICbSFLsJptHQE0TZsOi1m0+lagMtqmJVQQdJET2kX9vH0EJ43sxTb5KL22m014wYMi0kZIGMCjWTGzKNs/CVtPDHN"
    "k7E07NnAY80wm5aFPUGkca/o3xIIs1WcLVKU2kJQO70xZT+ljHqzSnzOkGr7QN34XBP7wHkQ19rIMQ9EVSebrANhXGxV94oorlZq5IHjY6yTSz6/Po19EBxbqsm+IN5H9CUEH83xLQnaBq+9h6"
    "SyjrhrQ8Cu1KQ9gl1rtu7nfKiH0PHCtZAZtbvBHsXyIg/oR3F/3iIFzRPTuwuTzhTiWZxzZofC9qsjgTPfQFocQve4BtL6DvCdhM9N6R1hZlnI01Q6bLE87hM8p86yNPAZMo18eeQZtW5LTzEJ"
    "Go15hVmGyN+ZI3BstxGzoq4x9o1PxlX70mih4Dpkwbfgc2/wi9FvIXWpxx6M1DtLyCth60qySs1e/ceWViQ0pkss0C2rWIRyyLVVqG5WoSS/yRzn+fkVrx0xQY0nr9ouHAuJWKmVOibQaFfIf2"
    "TbcqTkOExsyDi1ItGIl0ecu1PM6L9x2URfWTqNfXns/+BjU1DhlJpfUkQa9QrqFxd5oQcbdK+IQKNdxcxwx10qcl7xM84dglmRmWFFlo1xknS7sqvFJXsOcur1LlPIn3Wy0N5cnRn9F68UG2Qj"
    "gCZXG9BBApVe/WNTAvyFXZHNaUrN5lqz2SYOqcbmNKXW6OvG5Xr5eVziMcmNBUnVn2zh8WE60HRLv48BuFzEfhbIwi5kjZclqpMmajNEvi8calGB1C1bkO+CzqMizJY/C/4zXNE99x0bSVkN3Y"
    "PgkAjgWHf12ON9H+DdESFazvEgTaW9PbS3x4EgTsbay1FVEtEkjQa0PhlOje8L7ub6BYY1GxcJotpU9goc+8x2yEeVZ2hE7dAfD8c5if7g4+D7HEOKH/Dc82b49O071VKF7gU5gbDjAA0VoUef"
    "S7bxB9z17bUnYA3GmV4b9pt4iP47zza0IU4kotBBIhWDRNSUlIf5hlRPMY1OOFQx4ZA2zFXhxlHo8qnd+e8LKrurwOY0pWZz7dhcKwn8fOaz22IxPKjeQhY3LWhZIonHghKLpOXhODwmTC86cf"
    "kcvcw/eq8c+UNOCgh+XsmjApJEWj7W8vHB5eOdRsocAYqP7S1ZeLbtJvG3+HRbnep0owBckyWzY5P5gksWWst/kNzjbTMtNi6cdNXWvCXLEmunbA1LnzIEecRtxlak+ygdlbIc3VMxQxSySkmC"
    "kYoXHYWnowU5r206lZ+9k0yVhRnsQ4wJmsoCj9hqKc1dhg/yJEMG/XE/SGUlezyRt6PWTD6Gs1RWNU852kOqLG0Qq89qpBf8PS749Ukm/yTgvA1m8+3X+pBAr/Nl1vmc0z/LoZ4g0shXRX7fuk"
    "LNjLqPripoi6025e1WL2F3VOAQ/HWdZFW7WR+J21U/zWjVh8pKKyv5grBwuzrYp8aWReAgoRPkkjvIkHeCuKukdnV4j2zhL7bYRX/ce2kNoRbyltYQ9ijSBjp3OflqRaPFq6ri1Z4Db48I8Z1E"
    "Din0zFz97QeQm/k6nIZ9G9hdnhePuF2ejIi2zsA3et+6KhUGXIasfXHV6baQugyZcdEZ9GRlcB2yrx3jGzQOrlnhpkAN2XHiDCU+SeVinDMwNsgvKSqdJlqres9E1dPOOc+OzZH2WCUbTppUx8"
    "3Vmc+hbaACm9OUmst143JN7HO/8nEjxzAHxSebLHJ/8HHlGBdJC4dv46XDsT1CMy4fFFH5H3bYb+X75MnHJHeQRzo85vsk+s5QmAwniEKxVGTimCApotjbxLfs8tbaUFcLkVcb6vaoVcCQqapK"
    "R7S1VqWN3770+gOpLqsrZJzsXELGyc5lFVX5zTaq8ptiVfnNmqp8fMevNf7nxrgxLkpOHSFVCwXXIVs/ku365vzcMC6gUfxxyD5JVkFRcB2y83b33LhURfHHelg9Fi6f5qeG+yRXq6JcfAmiDA"
    "8nQLUrLr5s7ipkbAOsF72bs0sDfekb553rTq+bluRUJRStkgf1jfZl/sncZSyuCRKdH6tCfslA2lpH/NfrXrfgrV6RZDUXagn0X+RQb2evdkLUGfvUEZR5TbjtIaQdgGgzQ7LYZ9Zs6GAtBaUQ"
    "ZL4QZQ6nT5I8majUx8tPbAle1qMxSaNt1dpW/UzMHjU9y+94htHRcVkf5fd0+VwTI2ZhbrctkrqVSea2bk8MsqltYXhcNdRmwlpIG9pMuEeBTh83tkd9W8LIc0IkitGOCbR1owLaWlfR0s1upR"
    "syxdayMy/KSpiq3yzrqJYmnZdIUQih1C6/Tx4FDCvnGHsk2AiVYg6k91PhC/fYa6KRNSPWrefPR0gQx4GAayXpQODDDHvImmEmf2iQFRB5lFkkCK5mHM15Xp7CAz3DAyQ1qZ9KorIyRJJIy21a"
    "bju43Pbkt3dvrsH3Gf4O2XmvO2ifD1oo/DBkl73P4DmtLtlJ6TB7hDpXzuNa7qNlYh3RTfk5k1RPCdY9pOmsi0zFp5T9Qj3B3dxkOan6zTIVtDRniaZbiVQqyFMESfohuQVauPxOCiRUtNB4KS"
    "WSKZMMQ5QpmUaWYARxP7KFQ9ktElwWMHKPFtjz7rmb4/y2s7toA1YtVmktCO1RENIpax4VzgpRC9pIUk8jydookQtuXvLBYvNjmkrbIMvbIOnCXLhkQr+XgT1FpFHfDvWaiK9XUkgb8FuSm1Rl"
    "VblRcFVh5ALaVd79DGVF1UlL5S4JkjAg7HC21XkjW/Sgxc1aLN5a3NyjfKTznxwm/8nCd2WTyskhEuS1tnp+NfqdT7+bRhDMkvw2ZH0DqL60r6+/9foXLZT+Xg8rqNbGHnW20WlotOfA8bDi2J"
    "RinZHjWbBZLjCVzir3tHvzUfA30FQrcDhFqAdx7ZhcE5NOn1j8jrjLc/m1kWPVSdWfbDLsuGFL+Q7aZOtjyqODLgK7TNQHgj4+Kq8rcMCacqJcqViYxBZmr7yzxx/W2QMsPvVQnH9s93kKarO2"
    "CD2UH3oD8hkeL94nE/lcs0Lzfar+BxO9alnKiL8+N6s+Agt8E3W5nIah/6AgMtZvM8dv3Y+e3vX0ruejTBof4nnyxiUxTVNpULOg+pYlEcoLhtp4EniSTB8Grg8D1xqzNns9J/7WRlCGE2kl9n"
    "2/QFBO1P9AUA5bmq6/raDcRoHE8pOHJFEcZuar0zvv8bKJehPkQWpQ7IBbNSwZxEPQSiCCrRmywb6B0RgL+YXKLnxXSsYjl8zBBzs+C3y8VIlH10XsgzzBQ2LeaiUWPg/fmzGZYlZh/k3S6RW2"
    "djNwOgW4Gq3rHC5On5cg0enzUnx+lPR5vk2FKWYu96ezPNWiOHBsjfQJHUr5fILHrgO1O08miao2iiOh2l7Z7Takb6J2aF1zyYS4HoRryZUfothtClsrwcnm27jhVuhRu+XWXDSolzhWX4FAb8"
    "IcFE4dLqTDhZ4F6togWokVx6auOdgTZkWraJZWs7rWrNaevc+CzbJyBuZjq+L0nUevWV5rlntE/jjbnKgk/TkmHs4dglnRpnyGNruFLIl3xd64ZM97yL3eZYq1Z52sQHRzdWb0X7xSPF2dz7Ke"
    "kInIX1dlkCXp9I5incdWwCkp0nqBnaxKoGW2jxrrI1JD+PzZuDB7NwOVSS78DIGWX3v/MFSEpfowZMZvXzp9KAk/DFkUdmlK5aP7GaqyJUM2kMRds2/cXEN98tuQQWI788Jonw86XyXvL4JUd8"
    "kSSW902135+DfXX4yuOj0rW5I1IO4v6LMuBl86Zf7i3MF03sgz+iaqTzYaflVD04KWW1p/R6EBaQQG2/sZ90h8DCUVkOv0IxrFESajk8CfXsobS3QPmU1Bo0ACEqbySa4teAf9a8twLexs2jK8"
    "c4jTpkz4XDaKOkunA6krHTAXZCc0Z9jL2ZAtRn+NUMNfAX69K6IPPzs4wEenBtUmnliruk/ReXagxLVGjrYS1mxUVAJhr7KDSkDeRB3hoZHn+NNQu5DtFoQvICpMMjY4cCE60EGuCHfUIj95IT"
    "WiOS6xu72VVlxqsRQWKy7A3zLyXdRei3UVxDp9ZtcewfYEFn7OgczbmUNX1PsDv6FMiEbJCSSkaqHgOmQJs2P8ccgujEu5enc/t1D06XA2yBSblAGvMpti6j2yqdP92hm0B53AEboMq3qSGy0E"
    "f4ds1UsLZXo8OFOCExiiE8rNhVQt55T5Imf2KnTM3tjH/o74eHUsJ567RP4oryraBdT7w/ndS/nviKCmLoilImfm2bgVnSXVO9EldqLlDb2ZaeNlzrJc+Ganifb3Qr8+lrc5iIApiWqaaI+ovn"
    "t7JLDCyY6OOeNOjh66cYpIE+oJosQEMYPex0uTLwCc0n5CeeQa/xL428QhKqi7vA01Q6qtqHWzoubyWQUtlxxl68R6jJUYY3oz6lkMMX9hV2RzmlKzuXZsrsl+1I2nNlTWdqNU+cmmvSjwFai8"
    "EwXETTQKTsFVW0OwCSR5+/oU0p7cz6g1i/eFXO4L4iELOw6UzbfZf3rYDYZsyEZ3xKUTiA5QCWoCld0eITAi2pDuRVDVeuWX56GAhNjKH88lQbWl0rmAzx6aY5uEiWJU2hjwSKfQvxRUlI9fcJ"
    "L6kFl8PoetMYcyiWfmObkLG2xwhCgEfssydVwTwvKG2AucAPHDj0rXW2fa568+c3oJR52dnsUdvoQ1BvGxTRiRK2SZPcckjd53rOi7p/1WDwS+OkKpDOoxgYa7Ktz6mKvDwB5JrCXNN+vE2nxT"
    "wnyTq1qUZEFhH5oTJTihYxQOOgm58gVfR307t52Its7AN3rfuka/hdRlyNoXV51uC6nLkBkXnUFPVgbXIfvaMb5B4+CaNXIcxomn4iaa3jyrOB9hS9C7nCGxEe0V0R6xjswxRwu13kOptAwcg3"
    "Fd76E8CzYfdA/lz/8HtKgDdA=="
)
