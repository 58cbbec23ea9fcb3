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
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return "DROP TABLE backfills;"


MODELS_STATE = (
    "eJztXW1z2ziS/isofZlslcaVOJkk51xdlWwrGc3aUtaWk5k9XVEUBUlYUwCXgOzodue/bzdISiRFMSKtF8rBVE0kA2iQepoEuh80Gv+qTcWQuvKkQX3mTGpn5F81bk8pfE"
    "nV1EnN9rxlORYoe+DqpvayzUAq33YUlI5sV1IoGlLp+MxTTHAo5TPXxULhQEPGx8uiGWf/nFFLiTFVE+pDxf/+HxQzPqTfqIz+9O6tEaPuMHGrbIjX1uWWmnu6rMXVR90Q"
    "rzawHOHOpnzZ2JurieCL1owrLB1TTn1bUexe+TO8fby78HdGvyi402WT4BZjMkM6smeuiv3cgbUsq1lWu9O1bptdy6oVAMgRHMGFW5X614/xFn4+ffXm3Zv3r9++eQ9N9G"
    "0uSt79GVx6CUwgqOFpd2t/6npb2UELjfES1AfqS7ylFWQvJrafDW1MJIUv3Hga3wjNPICjgiXCy6dqHxBP7W+WS/lY4atx+ssvOYB+adxc/Nq4eQGt/oKXFPAaBG9HO6w6"
    "DeoQ9SXK+FIVQDhs/gzRffXy5QboQqu16Oq6JLpwRUWDVzuJ8G+3nXY2wjGRFMpD5ijyb+IyuTJWHAHaOeAiGNjzVMp/unFMX1w3fk/DfXHVOdfgCKnGvu5Fd3AO0OMAPb"
    "qPjSZYMLCd+0fbH1orNeJUrGu7WjU9naZLbG6PNZD4i/H3RVPWbMhUkyt/njmhLWvzJzVsZ8Gj4DMqN5rbah1OCQrMT0h/SJXNXNknEwH3TBwxA0XUiS9cKonNh8SntgQV"
    "wd1TGDeJTSR1fKrqi7/xSYTL/SQJjtEntZSad3+1Lc/Id3etywJT8mzGhicoU+Zl+/7MXPvv0Yw7qDmir4T/vPmf2v7fPv2ivX77l/RLpX96/hQNA5XNlVUM7ITQNjGv7g"
    "D3XYhj83HGZHEJICg2pWum5My5IhQ5ib48L0C7revmbbdx/TkxbVw2uk2sOdWl81Tpi7epqWTRCfna6v5K8E/y9067mdbSol337zW8J3umhMXFo2UP45hExVFRUq36TV9V"
    "bZd+W+MmLCWehbGVp8zm79386X+hy6tO+1PUPG0T/JkGXPgFR6a4zBMGpnCoPwLkC4xLyvZhFs4EdP0znBAq9RgfD5Y7eYp9Cj9bFoU9KWVwL4478yzPpyP2rQjsCSGDen"
    "HUQyeiiLccE9m/txwz4Qcz5irG5Qle9hBW/HPzoe+kdvhWvGddXs/zm2fQYkN/+evEVoRJck89RcQIvFAUBneWz6YD6vexDjxPAvi/PiWDOXmcMGeii8DNBe92psC9dWzX"
    "xbLpqou87Qv0eI/3wV9mI+bY+CssHOuZT4d9IhX42ZKA4810awLmKehW4jUCETqswwWoT4NqR3vp5NGWZGoPKUgOwRNXeMvw3A0Z9g9j0kRIivcOMj3uiOkU3XmXccAzdZ"
    "8C/Xh0NsgjA7GZgn7hXmy4oK1/5xy/G9e+Ovadce33aEIH73yBlaKlwFZWiw5Nt29lvWgJJ46k+nsBEy0uY9zqEiZaBKB1T+dlgI/kDPglwKc4nRZBfSFg4C4Ld9EHPSFk"
    "YC8Ne2SxrmJ/LoRLbZ4Hf1w4pYMBSO9KCYuS/WrhvNO5SmjhvJWG+e76vHnz4pVWCTRiimbPqZmuRUEVrO3DaKKAJjxbykcBXvTElpMiA9CKoBmEyhCv8ICvoo5xMU2wyj"
    "XyLY4et0NX6ddQtsrA1zpf282bM6I/erxxed1qnxH90ePNy1a3A5XBZ49/aTW/YuPgM01ybBS6tElszen60JrTlcga4SGKIsOdyh2c4mJmPCowHuFy5EPGK5GL9lJoj1hH"
    "dMzRQu34FCGxiocCJCVNSEClQwJm3rCkmpOSRs2VU3NF1lAaMzWhXKEtLjIXU5IN6vnRiLGmZZdXOEl0c0JaSoaBgNiOcsefe/CUfiBMhTGERICJRWwyYr7EsiElYNjiAg"
    "WUTOkQWp6Qvkf5EB6oaD3l++sw+7qTHg87DRZQoA8arLBgtSDKvqcgJ4nn2g4gGC3eBA0WXQfrPq4tlSUV9RbLRnqtBUui7rFJcGu6D1zawUvwOumPwDGewXPd1+sx2PjR"
    "F3ysW8NPZxyvj0s7wT30J/ju6e99wgWu/ECvcF1XiHv4sbZ66joOUoIF1xdiImZFx6zoHHxFJ3i3M4xixm1/no3oUiZtE89VEOf9fKA8D+MMFvM0OHTnrXbj5o9s3/w8Iy"
    "7h/I9us5EmR4JBthjwMaGSyB9PeM6ugF9MQVnQj9cuZCbEvr+Wua2H/uWOgA9XMv/r9PT163enL1+/ff/Lm3fvfnn/crGkuVqVt7Z53vqEXmDCRF11C6MJfBX6tbjHRZ4N"
    "7FtbQF5aOEUdsKTkFhyw4xlZjsL/MmzKj6fmyFcqo+iUrHmhq6bpihAqN9QRD9SfX8CftQw+JVFfz6NT/LClpd3vzeiULvjsQzamMgwljfrQLvwH7dL74pGMBfjzjxPKkb"
    "oAhx2c5uFqZOpTO3uC4x9ctpjxvpTZltd00NwJezPdDR3wVH0UoAOqw2gdLZwVGejPoZcRc92sQX5RlzvAD8JWBXbuLyhbqWwfdK0J5xPSn4gpXVK++g0Mw/j1mFwnbWSV"
    "B3QkQmJXM9QfSN8eKdxjsCCGcUBXYfw/MswKCeyVmeFwt9LjAwozjZr4YjaeICcfzD9hAZLrviUpbk7oYw8ySCMAfxLoA/uewhP11OkpO6Z4fUqU7cYTHzalTyJo4/0mQR"
    "vv1wdtvA+DNtbPQfB0qVkGobFZnM1SutKRNjd37Xar/emMhF96/HPj7rZ5eUaCzx6/BEv5jFyG9vLhY2uWr1kBrikptD+26Yh2LODoWcQ4iNqbveipWCScTIoAuRAwSKb4"
    "fL2YW5DMX8g8G0p5z0y+M7H5uCjsMSGDezncQ2O2BEOYlDRUcOUIwsRCGeNMTkrpOSVqiOCq6bki/MBFkKyulkEPRFX1PHYgTHZXOk1BKL8ukUAUbLbYmv+BfA7BJ1P7ng"
    "Ztg8deEnDWifBx7z+Gf0lq+85kk1QG+7kJkymgEjajIZL3aJabTAG1bfrdazNJr8VzfSLpHRrbr44EzqJJF0zChSdsRByzB8qtopAnpUwusuK4j+wpc+eFgU+JGeSLI8+Z"
    "c194iInJGMxLjDIUc3+VXYhZSlcY+9rH5nXjqnlGgs8eD/4Kvne6v+rd0PhRjTUY8DsL2Cth61K2SsUe/W1bKwCNhcFN4FuWYYQyxA0rVDVW6IBJko5Ik7uYODxArNBMvR"
    "AwaJdIah5k9CyCd0zEIF4cceGPbc7+3y6avT8tZ7Avjv0/xMBSTGUl4lkPfELIoF7C/RIqa49Zju8VCRi0y9AMD8LHTDArgOcm1omLmTRGJreOcQJMbp0fUM1D6tJyak5K"
    "Go++alquSJxHa0inHtg33Jn/lWae5phqUc+L+mDLtpghuMDWEGiN8RS4uSI8QIINdbjFY7RRQ5/ggMcuEIb7LUCgryMp+uFhQEHan2AbnaynqhybgxVHBpSMoUDSIRn5Yp"
    "omQg93Jz0eHSiBISPQYz08KENwd67zJ0lNQeMmEhM0Up2IBhM0snOIze7DHcGZmfc9b4tyds53k9Vp4+RC4SRQDPWYkEG+LPI7jTervrG87SVHQzKUebiNX1LAL+EPTNkh"
    "+Ks+ybI23x9ZtCuf0HXZh96vDZXCozxMIhrkDLEdh2Iu1Trx6QPuHavjSXFotev8pZhVxNsg3ny71zIeQiXsLeMh7NGkrUbinepCuSvzypzbtdc1NXNu10FgN0fmVPzIHG"
    "0+gXMxyHgxcuyXhJRJoGBcvR/E1UtMKd88Bt2VUHNS0qi50mqOvMcyceJJUbOiXGU9h9xACTUnJY2Wq6blivBzv4lBLYOYw+J6HiP3DzEonRMCZPH8IXvuCnvYJxMBN0oY"
    "/I8r7PfwPEm4TfqAGRbCk47q0d+chGHiQTZGR8zcIa7Bg4mSkTp4v5c2RF0lTF5D1O3Rq8BXpqwrHclW2pW+brSucO9l66qMa/xmE9f4zXrX+M2Ka3x8iUhrf7tr3jUvCw"
    "4VodQZCT57fDU56e3dxUWzeYmNFl97/COoCouCzx6/aLQvmle6aPG1GiyH54tx9iapjzA7rduVFhNK6XCEUrvS4suTXWXYy4H1snN3ftUkn2+aF63bVqedtNx0JRYtw+hv"
    "mo2r7MOIijCsMRGzU6TETsvAulpF/LfbTnvNU70USXsqzFHk38RlcmePdsy0GcyYqxiXJ3jZQ1g3CFG+QtLYp+Zo7GBlM6ZSdOqpIudxxUWeTRLP7e3Ud5QoGsEYlzHctO"
    "GmfxCao6JZbY/nNTo6LZukts9XzxUhLcPMtVf2gGYefJOor2+Q3tZysenGp5vZaplUlji27zOKJ7zoTk5IgxP6zXOZwxTRlzzTIYHTqMjm85+V+Bk/yaNmEXEj0SPuko6d"
    "VpN1ENrervsEKjNCtJh1lJQy1KahNg9ulOq3qiCicRkDaHVOSVs7U2wwRRSZGlYXnIKxeYOVqWVDs45UgQfXDLZ7HWxNpuY9ErQAo8jYQ7ce7YWAocNLoG3ILeMO79a6oW"
    "PbmbemnvAzD3pJ1OfbOrqlxXTTAlk/8JDU2CkqOHMObBkdmSoJnp+q97c92vKE9J0Jde7lbNoHn9N19bHdaOmEh6uS8ACx8NhVybhDg+wbXIBj69NVc+pA9/AES03ZPggV"
    "tSHiQsZuM3bbwe22Zx//c3eLm2Pw3x6/6LS7jYvuGQm/9PhV5xNurdEf6UHpMEEl+06QULXHeusZEsJpYhXR/CMwl1LPCdY9HINZFZtKjBn/lUkl/Mxsaon6fJsKW1qTWN"
    "ONTCqdBUAFlD9mPyKeLx7AIGHqjAzmYJGMOSiMMK5tGiixCW4MhRYu4/dECSjg9JF4tpSPws+Ijt7ZVQyBVYlZ2hhCezSETE6z7R6cXnxbmyFJqkmSrLwlMOHyDPWupx+T"
    "UoaDLM5BMs/yfDpi34rAnhAyqG+GekXM12sw0rrinmZm3VpW5hquOs+IwnalVz9DW1F3cqaTWwVZeojtCp7B45XqwZiblZi8jbm5R/vIJMg6TIIsb+ZDk9LZg2LilWY9vz"
    "RvWh//sJrB7sf4Xz1+00Spz43b26+dm8szkvy7Giyo8ca2OtqYPGUmcuB4VHFsTrFJ2fRDqBkmmFLHPEmzH+Yo9Bt4qiU0nBA0L3HllFwRSqcxGzJ1S+3MOPZlZT2P0rGx"
    "mSWh3YaUTiNY5wvjqgKf/CeJEVITDJFimpMhjnigvtRNsG8yoCPhU6zBiCk8gYly5c9X+Z7td/8EMkh3UtBriMsYYsgQQwd31dbF/+RFqzzPEKA9xKokNreHg+/mfFwkYd"
    "i4ekk2DhEsl08gLmhMrsqZXMl9mPA+qBJKTggaJVdOyRWxq2/oCH7IZO1qaaI+17r2g5aF1ky7k+iE0WC9M+wjWPA8IW1BZhL7DwqitdGs5ACl+3mCyVyNZajvG8vPYdoz"
    "ZvQezWhJpYQLF8Q0KWVATYM6cxxAKGvvaa6dHBcrOWYcD++5K1vZLCY9W0PKrDI8b/1WxFC+DWa3LBs5qso1j8PZsXQwYSh/QhqhEQs2ruaFRUQFDzEf1iNTEyjYJLiwRI"
    "8m2LASRoUxhvdot5loqu3DaTZBmE0QPwTqxu94tnZpkqWXyirpfKRljaorrWoTr/hDqBkqJ2BtMKfk8J0lb1ReaZVLCj9uaI30WRUZJK0QLrX5Ou47JZtmakF4V+pdlOyZ"
    "qu10rhKqPW+lDaK76/PmzYtXWqfLY4pWo0co/LoyL1lczhB3VX63Ak2BSSsDnqzM9rF0HxX2R8BD+PSpeWl17ro6P1b4HbePfen8tan3jekvPd78/XPrBkvCLz0ebSazwP"
    "lof8KqdEmPd0G4bd00726xPv5Xj2O6Luuy2bjotr6A7i+DBF7xEpBvthttuP2728/Ntj5ELl2SJhD3t5WtKoQvG/OZd+HabFrLIn1j1fVc4lc3tBxsuSH72w8JpD4Sto8T"
    "Ieni9FWmMIPjB9JfxM3365i9kWOA8Jw8Yr5G9CiIwjSQYpTJBe+gf8MMV4JnM8zwziFOUpn4veje0LSc2R5a6pzFIOeahdsliqC/ImjgLwG/WRUxZwAeHOCjc4Mqs0vSuL"
    "rPMUalq821Woa3EtbkOiqBsVc6QCU8QI20lCR96c7GoXcB7TwqPAy+BsUGaeSjNPUwIzwwh/4kQ2nCMjK17vZSxnGpxFS43nFB/Rax76L2xqwrYdaZk4j2CLZUtpplnEu+"
    "GR26lN4f+DVNITYLDiCh1BkJPns8Rjsuvvb4ZfMKZu/2pzMSfTscB5lQkybwSqtpIb1HNbXaX1rdRrfVaRdVVQe0cUbw3x5f9nJGUj0eXClBXnlbKTr1lLQ8cC2njM9Uxu"
    "i1dud3bh/72wz+6uWOxrNtnwbhU/hRsizaa6T3h/Pbl/DfEUHNfDRLVcbIk7sUnRY1K9EFVqIND1PKOjoGHz3BXnrDkmpOSho1V07NB6Vi/vwP6ptgVw=="
)
