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
    "eJztXX1z4jjS/yoq/tm5qiw1k3k95uqqSOKZZS+BeQiZ2b2Hp4ywBWhjJM6Wk+Hu9rs/avkF29gMdgKYRFM1sZHUsv1rW+pudbf+05hzmzhes01cas0aLfSfBsNzIk8yNSeogReLVT"
    "kUCDx2VFO8ajP2hIstIUsn2PGILLKJZ7l0IShnspT5jgOF3JINKZuuinxG/+UTU/ApETPiyor//T9ZTJlNvhMv+rm4NSeUOHbqVqkN11blplguVFmHiU+qIVxtbFrc8eds1XixFDPO"
    "4taUCSidEkZcLAh0L1wfbh/uLnzO6ImCO101CW4xQWOTCfYdkXjcsbkqa5hmtzcwr42BaTZKAGRxBuDKW/XU00/hFn4+ffXm/ZsPr9+9+SCbqNuMS97/GVx6BUxAqODpDhp/qnoscN"
    "BCYbwC9Y64HtzSGrLnM+zmQ5sgyeArbzyLb4TmJoCjghXCq7dqHxDP8XfTIWwq4NM4fft2A6Bf2/3zX9r9F7LVX+CSXH4GwdfRDatOgzpAfYUyfFQlEA6bP0F0X718uQW6slUhuqou"
    "ja68oiDBp51G+NfrXjcf4QRJBmWbWgL9FznUWxsrjgDtDeACGNDz3PP+5SQxfXHV/i0L9/ll70yBwz0xdVUvqoMzCT0M0JPbxGgCBWNs3d5j1zbXavgpL2q7XjU/nWdLMMNTBSQ8MT"
    "xfNGX5NhUGE+4yd0Jb1W6e1KCdKV8FlxJvq7mt0WMEAcGyiUY2EZg63gjNuLxnZHFfMuIEudwhHsLMRi7BnmSRvHsix02EkUcsl4iT+De8ifJyP3kIxuhmI8Pm3V/tkWfkm5vORYkp"
    "2fep3QSaKh/bj2fmxt8mPrOAc0hdCf68+Xtj/1+f+tBev/tL9qNSj755ipYDFWbCLAd2iugxMa/vAPdDiBPzcc5kcSFBEHROCqbk3LkiJGlGJ08L0EHnyrgetK++pKaNi/bAgJpTVb"
    "rMlL54l5lK4k7Qt87gFwQ/0T97XSPLpbjd4J8NuCfsC24yfm9iO4lJVBwVpdmqvvR11g7I9wI1YUXxJIStTcw0fhtsnv5jXl72up+j5lmZ4M8s4NwtOTIlaR4wMIVD/REgX2JcEtiV"
    "s3AuoMXvcIqo0mt8PFju5C12iXxsryzsaSqNe3nc6cJcuGRCv5eBPUWkUS+PeqhElNGWEyT715YTIvzYp46gzGvCZQ8hxT9JHfqaYKdRpEKrypMfa9CebLel/tyWrwu7RXyCpL6JAk"
    "VFKqQz7M2QNZNsaCEqpKYKdkbVBPpGYzLhLoEaUHR5rBWvKcyP3/0DNGTVSUkBKUmjtWWtLR9cKmX+fEzcdTzP6LRw/WVF8+M1mCMAMlyG+evp6evX709fvn734e2b9+/ffngZr8es"
    "V21amDnrfIa1mdSEES3WrID3wsE3CzvD7jIf9ogiA/p4KQLr5pHBvgnBcHaNp2I5E591uu3+7/nC0VnObHz2+8Bo52BObLO8hShFqA1FtTYUORJ2qbqVZ3KKUDO5dkyujVwtBUUmqI"
    "UFd/Nl62SDH8jXiaZbitjfZlgg6qFbshAgCWOGUt00UUd44eIQtCPMcpcL+ZZ+DGRjWFeSQrBFEEYT6npQZhOQoWEFSZbMiS1bNtFoQZgtX6gR9CIvsCaNH+xOhizsNFQEQKQX4c0I"
    "jgS+BWnfQwsHWxJBeR3qxA3irptDNmQjB8tv3hNkEXWO4PNGUBJ1D02CW1N93Mv7g0uwEzSaSN3Zl+/1CGGXqMb3LmdT1Vo+OmVwfdA6gnsYzeDbU+cjxPiQqV7ldR3Ob+XDYvFQpc"
    "T3SFmjbYJEqyRaJTm4ShJ822Vl44hGS8dVpeNwkC0HfIKoIvLHY7LdFfDxFFRODU+R7U8Tf7kj4A+jhkcT+Dr0hbgnSZ4M7A90Ql0BupJwyupfacpHUMCOZ2Q5Cv0r5ZbpEsC9gpad"
    "ptRqdr3ZHOlKVRidodUfdN04XRODypnsZUKd3HXKuO5kkxllHLYq4eQba/KewK584ZQdoikVdD4nK0uA0tPQvdTB1fIh9U5QF4wN4YoitFGGi49ohCeCuKOVvcDl9/DDjSwTAuwaay"
    "aUw93KkI0JYbLE5f50BqYaNOXEiwrA5uKaUq3izB5BD17gcSx/ItkH9D2Xr+BDzRXquDawFEdPRO0fx6PvsNE/qeCJD9vETnwoDp34EEZOFFsq5Nsl/Bw5F8A2mD9XgHfkLWL5+q0r"
    "2DF1nZ0pG/2bbrfT/dxC4cmQfWnfXBsXLRQch+xCDqAtdBEOo6UjiLZh02kxm07XAlxWn1kJFSRN9JRWYR9PD+F5I0uxTS5qr91WM27AMJmUATIm0EhmzDzKxl/SxhPTPBlLw54NPN"
    "YMs2lZ2BNEGveK/i2BMFvF2SJFqS0EtdMbU/ZTyqg3q8TnDKm2D9SNzzWxD5wHca2NHPNAVHWyyToQxsVWda+I4mqlRh44PsY6ueTz69PYB8GxpZrsC+J9RF9C8NEc35KgbfDae0gq"
    "64i7NgTsSk3aI9i1Zut+zoe6CR0vXAuZUbsb7FEsL/KAfhT35y1S0Dwxvbsw6UwhnsU5Z3YobL86EjjzDaTFIXSPayCt7we+k/C5Kb0jzCwLeZpKhy2Wx32C59RZlgY+Q6aRL488o9"
    "Zt6SEmQaMxrzDKEPmcOQLHdgsxK+oaY9/4ZFy1L40WCo5DFvwKznuDX4x+C6lDPdZgpN5ZQl4JW1eSVWr26j+2tCKhMV1igW5ZxSKUQ66tQnWzCiX5TeY4z8+veO6ICWo8eNV24lhI"
    "xErN1DGBRrtC/iPbll9KjsPEhoxTKxKNeHnEuTvFjP4bl030laXT2JfH/g8+NgUVTqnxJUWkUa+gfnGRF3qwQfeKCDTaVcwMd9ylIucVP+PcIZgVmRlWZNkYJ0m3K7taXLLnIKde7z"
    "KF/FknC+3N1ZnRf/FKsUE2AmhytQEdJFDp1T82JcBf2BXZnKbUbK41m23ikGpsTlNqjb5uXK6Xn8clHpPcWJBU/ckWHh+mA0239PsYgMtF7GeBLOxC1nhZojppojZD5PvCoRYVSF2y"
    "Bfku6Dwqwmz5s+A/wxHdc9+xkZTV0D0IDokAjnVXjz1e9wHeHRGi5RwP0lTa20N7exwI4mSsvfyqSiKapNGA1ifDqfF9wd1cv8CwZuMkQVSbyl6BY5/ZDvmo8gyNqB364+E4J9EffB"
    "z8nmNI8QOee94Mn759p1qq0L0gJxB2HKChIvToc8k2/oC7vrz2BKzBd6bnhv0mHqL/zrMNbYgTiSh0kEjFIBE1JOVhviHVU0yjEw5VTDikDXNVuHEUunxqdf77gsruKrA5TanZXDs2"
    "10oCP5/57LZYDA+qt5DFTQtalkjisaDEIml5OA6PCdOLTlw+Ry/zt94rR/6QnQKCxyu5VUCSSMvHWj4+uHy800iZI0Dxsb0lC/e23ST+Fu9uq1OdbhSAazJldmwyX3DJQmv5D5K7vW"
    "2mxcaJk67amrdkWWLulK1h6lOGII+4zdiKdB+lo1KWo3sqZohCVilJMFLxoqNwd7Qg57VNp/LcO8lUWZjBOsSYoKks8IitptLcafggdzJk0B/3g1RWsscTeTlqzeRtOEtlVfOUoz2k"
    "ytIGsfrMRnrC3+OEX59k8k8CzttgNN9+rg8J9DxfZp7P2f2zHOoJIo18VeT3rSvUzKj76KqCtthqU95u9RJ2RwUOwV/XSVa1m/WRuF313YxWfaistLKSLwgLl6uDdWpsWQQ2EjpBLr"
    "mDDHkniLtKaleb98gW/mKLVfTHvZbWEGohb2kNYY8ibaBzl5OvVjRavKoqXu058PaIEN9J5JBCz8zV334AuZmvw2nYt4Hd5XnxiNvlyYho6wx8o/etq1JhwGHI2hdXnW4LqcOQGRed"
    "QU9WBsch+9oxvkHj4JgVbgrUkB0nzlDik1Quxjkfxgb5JUWl00RrVe+ZqHraOefZsTnSHqtkw0mT6ri5OvM5tA1UYHOaUnO5blyuiX3uVz5u5BjmoPhkk0XuDz6uHOMiaWHzbbx0OL"
    "ZHaMbljSIq/8MK+618nzx5m+QO8kiH23yfRL8ZCpPhBFEolopMHBMkRRR7m/iWXV5aG+pqIfJqQ90etQr4ZKqq0hFtrVVp47cvvf5AqsvqCBknO5eQcbJzWUVVfrONqvymWFV+s6Yq"
    "H9/2a43/uTFujIuSQ0dI1ULBccjWt2S7vjk/N4wLaBSfDtknySooCo5Ddt7unhuXqig+rYfVY+HyaX5quE9ytirKxZcgyvBwAlS74uLL5q5CxjbAetG7Obs00Je+cd657vS6aUlOVU"
    "LRKnlQ32hf5u/MXcbimiDR+bEq5JcMpK11xH+97nUL3uoVSVZzoZZA/0UO9Xb2aidEnbFPHUGZ14TLHkLaAYg2MySLfWbOhg7WUlAKQeYLUWZz+iTJk4lKfbz8xJbgZT0akzTaVq1t"
    "1c/E7FHTvfyO5zM6Oi7rrfyeLp9rYsQszO22RVK3Msnc1u2JQTa1LQyPq4baTFgLaUObCfco0Ontxvaob0sYeU6IRDHaMYG2blRAW+sqWrrZrXRDpthaduZFWQlT9ZtlHdXSpPMSKQ"
    "ohlNrl98mtgGHmHGOPBAuhUsyB9H4qfOEee000smbEuvX8+QgJ4jgQcK0kHQh8mGEPWTPM5IMGWQGRR5lFguBqxtGc5+UpPNA9PEBSk/qpJCorQySJtNym5baDy21Pfnn35hp8n+Hv"
    "kJ33uoP2+aCFwpMhu+x9Bs9pdcgOSodZI9S5ch7Xch9NE+uIbsrPmaR6SrDuIU1nXWQqPqXsF+oJ7uYmy0nVb5apoKU5SzTdSqRSQZ4iSNIPyS3QwuV3UiChooXGSymRTJlkGKJMyT"
    "SyBCOI+5EtHMpukeCygJF7tMCed8/dHOe3nV1FG7BqMUtrQWiPgpBOWfOocFaIWtBGknoaSda+Ejnh5iUfLDY/pqm0DbK8DZIuzIVLJvR7GdhTRBr17VCvifh6JYW0Ab8luUlVVpUb"
    "BVcVRi6gXeXVz1BWVJ20VO6SIAkDwg5nW+03skUPWtysxeStxc09ykc6/8lh8p8sfFc2qZwcIkFea6vnV6Pf+fS7aQTBLMlfQ9Y3gOpL+/r6W69/0ULp3/Wwgmpt7FFHG52GRnsOHA"
    "8rjk0p1hk5ngWb5QRTaa9yT7s3HwV/A021AodThPojrh2Ta2LS6ROL3xF3eS5/NnKsOqn6k02GHTdsKd9Bm2y9TXm00UVgl4n6QNDHR+V1BQ5YU06UKxULk9jC6JW39/jDOnuAxace"
    "ivOP7T5PQW3WFqGH8kMvQD7D7cX7ZCLva1Zovk/V/2CgVy1LGfHXx2bVR2CBb6Iul8Mw9B8URMb6bcb4rfvRw7se3vV4lEnjQzxPXrgkpmkqDWoWVN+yJEJ5wVAbdwJPkunNwPVm4F"
    "pj1mav58Tf2gjKsCOtxL7vFwjKifofCMphS9P1txWU2yiQWH7ykCSKw8x8tXvnPV42UW+CPEgNih1wq4Ypg3gIWglEsDVDNtg3MBpjIX9Q2YXvSsl45JI5+GDHe4GPlyrx6LqIfZA7"
    "eEjMW63EwufhezMmU8wqjL9JOj3D1m4ETqcAV1/rOoeL0+clSHT6vBSfHyV9nm9TYYqZy/3pLE+1KA4cWyN9QptSPp/gsetA7c6TSaKqjeJIqLZXdrsN6ZuoHVrXXDIhrgfhWnLmhy"
    "h2m8LSSrCz+TZuuBV61G65NRcN6iWO1Vcg0IswB4VThwvpcKFngbo2iFZixbGpaw72hFnRKpql1ayuNau1Z++zYLOsnIH52Ko4fOfRa5bXmuUekQ9nmxOVpD/HxMO5QzArWpTP0GaX"
    "kCXxrtgbl+x5DbnXu0yx9qyTFYhurs6M/otXiqer/VnWEzIR+XRVPrIknV5RrPO3FXBKirReYCerEmiZ7aPG+ojUED5/Ni7M3s1AZZILzyHQ8mvvH4aKsFQnQ2b89qXTh5LwZMiisE"
    "tTKh/dz1CVLRmygSTumn3j5hrqk7+GDBLbmRdG+3zQ+Sp5fxGkukuWSHqj2+7K27+5/mJ01e5Z2ZKsAXF/QZ91MfjSKfMX5w6m80ae0TdRfbLR8Ksamha03NL6OwoNSCMw2N7PuEfi"
    "bSipgFynH9EojjAZnQT+9FLeWKJ7yGwKGgUSkDCVT3JtwTvoX1uGa2Fn05bhnUOcNmXCedko6iydDqSutMFckJ3QnGEvZ0G2GP01Qg1/Bfj1qoje/OzgAB+dGlSbeGKt6j5F59mBEt"
    "caOdpKWLNRUQmEvcoOKgF5E3WEh0ae409D7UK2WxC+gKgwydhgw4VoQwc5I9xRi/zkhdSI5rjE7vZSWnGpxVRYrLgAf8vId1F7LdZVEOv0nl17BNsTWPg5GzJvZw5dUe8P/IYyIRol"
    "B5CQqoWC45AlzI7x6ZBdGJdy9u5+bqHo7HA2yBSblAGvMpti6j2yqdP92hm0B53AEboMq3qSGy0Ef4ds1UsLZXo8OFOCHRiiHcrNhVQt55T5Imf0KnTM3tjH/rb4eHUsO567RD6UVx"
    "XtAur94fzupfx3RFBTF8RSkTPybFyKzpLqlegSK9Hygt7MtPEyZ1oufLPTRPt7oV8fy9scRMCURDVNtEdU3709ElhhZ0fHnHEnRw/dOESkCfUAUWKAsIlDVFBxeRtehlRb8epmxdMG"
    "+WfHZn9hV2RzmlKzuXZsrolN/sZTRuU1i7wqP9lkj4f10srWeCBuolGwE6gyj4MhXPL29SmkfrifUWsW28ZdLpUxD1nYcaBsvo0N/mEXGLIhG90Rl07AQ1ol6QjUFnuEwJBiQ8oLQV"
    "XrlW+ShwISYiufJJcE1ZZKaQF+S2iObRImy1CpM8Arl0L/crJUfk7BbtJDZvH5HJYHHMoknpn75C4sMsA2ihD8KsvUljUIywtiL3CEwg/fLlovH2i/p/qM6SWcFXa6H3H4EtYYxMdW"
    "4yJ3sDLrLkkavfZS0X9J++4dCHy1jUwZ1GMCDXdVuPVWP4eBPZJYS5ro1om1ma6EmS5XtSjJgsI+NCdKcEL7aR90EHLlC76O+nauCxFtnYFv9L51jX4LqcOQtS+uOt0WUochMy46g5"
    "6sDI5D9rVjfIPGwTFr5DiMIwNfAIqlA46TZHo8KjEeYUvQu5xPYiPaK6I9Yh2ZY44War2GUmkaOAbjul5DeRZsPugayp//DxAODm8="
)
