"""An authenticator is replaced without a gap, and wrong codes are counted: after too many none is looked at for a while."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return r"""
ALTER TABLE authenticators
    ADD COLUMN pending bytea,
    ADD COLUMN failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    ADD COLUMN held_until timestamptz;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return r"""
ALTER TABLE authenticators DROP COLUMN held_until, DROP COLUMN failures, DROP COLUMN pending;
"""


MODELS_STATE = (
    "eJztXWtz2zYW/SsYfWk7o2gc23msurMzss0kam0pK8tx29UODZGQhJoCWBK0o2373xcAH+"
    "I7Ii1LVAJ/MCUAB6TOJYF7Dx78s7WkJrLcTs8zMdMIc1atLvizReAS8Q85uW3Qgra9zhMJ"
    "DE4tWRyKcjriBTGSOXDqMgcajGfOoOUinmQi13CwzTAlAjIkCAjAqgPuTMQgttw7sKCW6Q"
    "KDeoS5beBQC7kAEhM4CLqUuF1A0ANyAAQuMhzE2tF3gxLGT/edC0zIYEdcgkkNfg2YzHdy"
    "No/gPzykMzpHbIEcfs7//JcnY2Kiz5yS4Kt9r88wsswE19gUFch0na1smXZz0794J0uKXz"
    "LVDWp5S7Iuba/YgpKouOdhsyMwIm+OCHIgQ2aMfOJZVmCsMMm/Yp7AHA9Fl2quE0w0g54l"
    "TNj658wjhrAckGcS/07/FVxarJiuD4Zj/Vob63orY3FxCSmzBEmcTnG3YG4GQczffr1rQm"
    "RqS5zg/ENv9P3J6x8kBdRlc0dmSrpaf0sgN4gPlaSvWWaIQML0amQnQNvkPExYk75+TEI6"
    "Q8IaRvGaUsiyXF5wEhheonw+fUSKSDOAdMIPXxeh4/6Vdj3uXX0U1S9d9w9L8tQbayLnWK"
    "auUqnf+/xT3oT6DWxUCbjtjz8A8RX8NhxoaStF5ca/tcQ1QY9RndBHHZpxTsLkMClpVvmk"
    "Z007Rp9ZgVkjRMq0nKKvzJjaL+OEHQefeiP5yFz1fvkhYcvL4eB9WHxtyMH55fAs/RwZjD"
    "oVW6Y45gkNU9DUHwDzFdolBh3eC+cSWnwPJ0C1buPD4fJZ7mIH8Z/tVqU9iVK8V+cd27rt"
    "oBn+XIX2BEixXp31IIjIcv7T9XCQz3kMkvaAsMHAX8DCLnuu7jLmwk89bDFM3I447T68eE"
    "FRuUHS3KfafFGBMIgIqWb3MXdfJEyhcf8IHVPP5NBjWlQ2m7U8XqZTIIFzSa/4xeL3xaPk"
    "awStVlEILTPbX46gXV5uw/i5x28Xcg/oDPB4E/iBCg9IF9BdAGPBzdAFmPFIlUesriwi6g"
    "ZTNKMOEjki0KVRVJwJmLdf/RMiZFlJRQcpjlHRsoqW9+6VEm85RU6WzzM875OCbnqNSdHJ"
    "L+0AieTXyw8v/nF8fHLy5vjo5PXbV6dv3rx6e/SWl5VXnM16U8L+Wf99f5DqrEVCkng3aH"
    "zTtBPorPJpDxEp0qcr5qubB0Z7GYNB7xp1xbwnPusPeqNf852js5ze+OzXsdbL4RyZenWF"
    "KAFUQlHjhKLGuFzchyAMG5BRJ9/tihf4gusVK7qh93W7gAxgF9wjmwknCRKQqKYD+swNxg"
    "1EOUQMZ2Xzu/RH320SQw7cPzIQgGCGHVekmUi4V2JwgacskclLdsCdjYjJb6g7UQs/QcZR"
    "29uVTEhQaeAjCm+PBRfDKGDwXjiCLrAtaHAG+XmwFRWIqu5MyITcWdDlzi9Ddlg5EI83EC"
    "lh9aKIf2myjkd+feIUpA3uZjys8vh9fQegg2ThR4eSuSzNfzom4vzCIfWv4W4hnj35+Q4Q"
    "OiGyVn5ei9J7/mMhe6q/6rmoqp4XgyhvVXmre/dW/We7qtsUYpTjVNdxChrZasTHQDWZPx"
    "w177mIj7qgahFaAra7IO3oq4rQwg48S30h73HIV0P78cvTN6dvT16fRmxHKWUkZwldezhV"
    "468kcgsB2OG0LAcRf8WtzHtbwXuNKDuJVGF2s80cxkp1DJ3Cqge6aZZuiKAyQnIsZ3XOv7"
    "Zy9JREfrtMTnGCkroMvzeTU8Y8ZjfxHLm+hAHCOmQI/6MM6R36COaUx/OPC0SEdMEDdh40"
    "m9mhq6dW9oTA3z9tNed9jdlW1PTloP9rcN2VHPBUe1SQA5qjaB0snQ1p6M/9uet5bXyYVd"
    "q8B3Pf6+rk4dz5DrjzBzcjxZczfHIcicmWyRtpjzeAP4KPAZdgCe+RX9a/y1wwow6gjikm"
    "5RNTTEFwjEW2Q9jXRag1AQ147FRH0YhZDluZ4hDchA0mcdtCjphelTsZv5DPGGJ3utjLA6"
    "FTHjNcFk+TDcurZQ01psjO8QMielXKkyg1Nbk67zO4xNaqMvEpmGK+OvMEG/eVm5gYRnFe"
    "o5VB/HfmOBznC+ho3LmQrPf5JUJioGxrE6EbzH3rnXbVu9S6wD9OiP/N/zwcf9BGXSAP6c"
    "inoFNdws+6hcicLURPelRisdA+x0fpaflBzrHMSi1nm+c8AIX+SlC6lq/SsFt/294Kp0YX"
    "4iWPLeto/zlwJf83Tf6P2xstYd6AbXHfEQEa3Hg1tuOwOWOVeuoIoNiuscbZNPmTkjPDo2"
    "RV+RqiGK/OOHXmkOD/waqL+dM4xX117n+nU51hZlVqXxIgxXqN8IuyvDlkJbFXCFBs15EZ"
    "HqiDWc4tfkaphSApkhnWsPSAN8c9l64Wpex4yHs4vEwwf9ZPU3tzdaaNvn8pzcALCWpyow"
    "E126vWrX9oQYBnmzXNnEQqMzfazCayUD0zJ5Eqom+alRsyz6NPHjCDAfmZqR6x3HbZbA8c"
    "lau/MHJdh1iLKDKpjUiwGM+fewcNA4k1iW3goAexCK8NqCNXD8p1gGJ2nr3BvI7tnktN39"
    "jFM62mb+yf4qZNYG0ulc+1+mzH0u8BMf4ssatkT79Hq8qUhyBFe50tAmmeIrbZSG2IbTLx"
    "reHtQA7GisOE9C6u+oMukIcJ0S764yHP9I8T8qmv3YrC/jHt3Oxn6Fa6Tzy2mOY8GCX+Sw"
    "KldiNVus03EuolupTPNubV1TBzEqnM3Ggzh9FjnfkYSahSbpps50AbqGHmJFJZuWlWbog+"
    "9xOdtnKEOZHcLlPkfqfT2muvOFbs4wVXFoVm+P4TbPpvPbnn91PxO08ICKZjbLK8amvnUR"
    "JcI5xZJcHtMF4Qz0fdIDnENjpIvur1L8Xs5f5lnaD3dJOg97Q46D3NBL2cS+blzBvZjPI1"
    "enekt/59o91oFxWbigDVBf5xQkY3g0F/8L4Lgg8Tcn1zfq5pF6JQ9HFC3nFTiST/OCHnvc"
    "G5dimToo/N0C9sh87zpxm+411R0bzOGChlw5lAPZcVjzrPtZ1UCa0Xw5uzSw18HGnn/et+"
    "sA9/5JPJTJG0nogy0nqX+dt1VdFOYxA116rGXGXflcoyXvy2iRhEvW2i3CAbvm0i+eozhp"
    "Y2q7JjXRyidqzLrHVR78BSqvPeCT4IASPluzr1zJxEKpmqyVaeYYLdRS0zp6DKzk2zc0Pk"
    "yGDvp0s4RbmvsUrktzfYIEq3RNGN9/+DbL0tEzCgI14kzVNkJR3QIwB9ti1sYAbkKbtyst"
    "8yTIJk9YLRF+IIHqlnmYBQBh7FOoPY+6vytgrc2XmfIGWGjFbzjpIoJW0qaXPvTql8qioy"
    "GscoQpuzj2BhT7FBF1Gla8iOLvlt8wbDUOuCahypATeuamx3uxOf2utsdwItp5HmbEJUzH"
    "YEUHJ4DbaVuKXC4Wf1bq4gtsb0HuUunltnlno5crkAE+VquzqiCmQCWUlXrlELNraHFiVo"
    "Ex9ogxqUc9SInls5Rzt0jtQ6t/2sc7M9hxepvQgoBm+ym9r6pI36737VNX+qU/zbhIw0gf"
    "rYu76+HY4uuiD5Pd2k72cejXrdw1ZbG7XcUIUJh2OKQwgT1Mqrb87M4v1cdXZFctXgd2Pt"
    "25Bo/5LOMfmAXUadVStvSCOe3y4d2RAl9UWs6Bej/iFBwPUMA7nuzLOAi+fkBSbZ2L6knI"
    "rgG+HwqQh+hz61ClG2SmeN5czKaWpmp5p5SninR3LMWxx6JlFqhKp66Ilt3XbQDH+uQnsC"
    "pFjfjPWGuJAjNOOP7aJwzCiRX+pCOn7JSiNH2Vceyzr8YZ8OGFDguaJ+PyEcIdrk1ckb16"
    "PemnwQUrzyUXfoVLk8VuMnrshpEqVITZPqx8B5023KGowErGabcTjd63ON3ylJvZazc4Bh"
    "g9JavzL7NsRRvvZ7tzwfOcwqdY+D3rH2lKoA3wG9wInlPi5yXP5F7A8uNigyxRKgR8wWPG"
    "GTKVY1alSCbSOcCuUM79BvU4Lt9ulUyp5S9r4J1lXc8dX6pckFoi7TawYfaawydaNNrWZt"
    "fRNm5pkL7m1go2bznYdXJm+0yV3Ef5ypz+T2XDkibdnbQTNY9YrQCq8IRfzX1XnI4jgl3D"
    "X52fItxV1aN++l3pstoknX0eB4hEcI799rF/rwZtwF689iEc2n4c+aXD0jP0yI9svH/kik"
    "BB8mJFxSo/PgY/BeZKVTJmTMwQN9pN1ci/z4twnh/0f6hdY7H/c/cdvz/HQKx2uD3oBf/s"
    "31R20g981Np6QFxN0t6GmI4DuWqlgrR+8Nctplcq+vqdVWe4MNmECfueDOtbz5nch/FOVs"
    "RG0xk4GT25YqrdiwiVomcJHzgA30nRugATY3kYG3eSqlDzdCbSvWh4V9qwhAYXm1jquG+K"
    "N2Mtkh2Qe4G77sj7WKDUiA6gL/KPa+j/rw6OOEXGiX3OsTm+SHn/bXoSfMhOfEs2ubKULv"
    "0Ez9waf+uDcONp2vYqoht0YXiP8Tsq6lC1I17t0o/uqfcKNv3UaOvsTEYzmtV+E24aV17G"
    "7f8JeHsnG4g/iPcuuyXYDeHc+vj/jfAVGNHeGWspyWp1TXSUOVrFNB1lGDX7W8o0PTdjzb"
    "rGnmJFKZuXFmbogUc+NKLSEjxMj0dpkMI+aN1BZhBLgD7rhXOkWOVEWE/sFte3IMpivwuM"
    "DGIpJEHMr7YBcY0LJE2nIT6eXpJ1CCS8MFFzUhb/sbxMrHpYKzvAZ82T8ObsIGk7ht71g0"
    "QlWVqjhGqVU11KqQwKqba6Vxivwa5MsdyqqwHgEU3XXpVrvI7Yf2B+Rgfsoc96NU98iClf"
    "JRQfmwoes+Uh72LKC7qHLbZ4Dq1q9x6zv8zq47xBBim0x8a3g70EZdIA8T0ru46g+6QB4m"
    "RLvoj4c80z9OyKe+disK+8dmDDhQW7BYeZZdHKbaowrtEeRR9EPOI1HK9hq0Q65DEeBgqV"
    "aid61u4BDUUCV6fxNmbojo3ePOt7Fo5cjeQU67TPiG6zJfUr6LDbtldblQoMsVOuuJc3vd"
    "DWk70lyxmMzjsXCjgaxrm09tDNJkj3ZzipOe6atXm7imr14V+6YiL+Us2QXzkwrcJHvHE5"
    "J2xu7Lo00cf16qkF2Zl37jGGG5i79/uh4OChyjNSTdXWKDgb+Ahd1nm+iyn45SkFEeFqcj"
    "4FTnJyrY+zaDf/8fDNrkGQ=="
)
