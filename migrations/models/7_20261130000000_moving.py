"""What moving in from the old service needs: which of its rows are here, and numbers that go on after the old ids."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return r"""
-- Which row of the old database became which of ours. A row that was removed since stays known, and does not come back.
CREATE TABLE legacy_imports (
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    kind text NOT NULL CHECK (kind IN ('USER', 'CONTACT', 'LOGIN')),
    number integer NOT NULL,
    target_id uuid NOT NULL,
    checksum bigint NOT NULL,
    PRIMARY KEY (tenant_id, kind, number)
);
ALTER TABLE legacy_imports ENABLE ROW LEVEL SECURITY;
ALTER TABLE legacy_imports FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON legacy_imports
    USING (tenant_id = (SELECT current_setting('app.tenant_id')::uuid))
    WITH CHECK (tenant_id = (SELECT current_setting('app.tenant_id')::uuid));
GRANT SELECT, INSERT ON legacy_imports TO address_book_app;
GRANT SELECT ON legacy_imports TO address_book_backup;

-- Lets the sequences of numbers go on after these. As the owner, since the role that serves may not set a sequence; so written
-- that it can neither go back nor use the sequence up, whoever calls it.
CREATE FUNCTION pass_numbers(users_to integer, contacts_to integer) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    which text;
    upto bigint;
    here bigint;
BEGIN
    FOR which, upto IN VALUES ('public.users_number_seq', users_to), ('public.contacts_number_seq', contacts_to) LOOP
        IF upto > 1000000000 THEN
            RAISE EXCEPTION 'numbers end at 1000000000' USING ERRCODE = '22003';
        END IF;
        EXECUTE format('SELECT last_value - (NOT is_called)::int FROM %s', which) INTO here;
        -- A short way is gone step by step, and so stays right whoever takes numbers meanwhile; nobody takes so many as a long way.
        IF upto - here > 10000 THEN
            PERFORM setval(which::regclass, upto);
        ELSIF upto > here THEN
            PERFORM nextval(which::regclass) FROM generate_series(here + 1, upto);
        END IF;
    END LOOP;
END
$$;
REVOKE EXECUTE ON FUNCTION pass_numbers(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pass_numbers(integer, integer) TO address_book_app;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return r"""
DROP FUNCTION pass_numbers(integer, integer);
DROP TABLE legacy_imports;
"""


MODELS_STATE = (
    "eJztXW1zozgS/isqf9nZqkwqk8m8nPfqqpyEmfGeY885zszunq+IDLKtC5ZYJJL4dve/nyTABgyMIX7BGeVDjCW1wE+D9HTTLf3RmFEbOey45duYG4R780YT/NEgcI"
    "bEQUbtEWhA113WyQIOR45qDmU7E4mGGKkaOGLcgxYXlWPoMCSKbMQsD7scUyJFegQBKTA/Brc24hA77BZMqWMzYFGfcHYEPOogBiCxgYcgo4Q1AUH3yAMQMGR5iB8t"
    "vluUcHG6HxiwIYfH8hJsaolrwGSyk7P5BP/uI5PTCeJT5Ilz/vs/ohgTGz0KSMKv7p05xsixE1hjW3agyk0+d1XZzU378oNqKX/JyLSo48/IsrU751NKFs19H9vHUk"
    "bWTRBBHuTIjoFPfMcJlRUVBVcsCrjno8Wl2ssCG42h70gVNv4+9oklNQfUmeS/s3+ElxZrZprd3sC8Ngam2VjRuLyElFrCIgGnvFuwUIME5q+g3yUgqrQhT3DxqdV/"
    "8frtjwoCyvjEU5UKrsZfSlAoJBBVoC9R5ohAws1yYCeENol5VLAEffmYRHBGgNUM4iWkkK9ieSlA4HiGsvEMJFJA2qHIcXTwvAAdtK+M60Hr6rPsfsbY747CqTUwZM"
    "2pKp2nSl8E+FMxhAYD7KIT8LU9+ATkV/Bbr2uktbRoN/itIa8J+pyahD6Y0I5jEhVHRUm1qid9VbUD9Mhz1LqQSKlWQPTMlGn8Mkjosful1VePzFXrlx8Tuuz0uh+j"
    "5ktFdi86vfP0c2Rx6pUcmeIyTxiYwqH+AJAvMS5x6IlZOBPQ/Hs4IVTpNj4cLLdyF3tI/GxWFvaklMa9PO7YNV0PjfFjGdgTQhr18qiHRsQq5j9f97rZmMdE0gwIWx"
    "z8CRzM+LamyxiFH/nY4ZiwY3nafbB4CVGxQtLYp8Z82YFUiDSpxncxui8LRtC6e4Ceba7U0FOa13a1anY6S5dAAicKXvmL5e8LreQbpgy+FetZlR8V2c2+aLGmvfx1"
    "CjnADNwhlwM6FlaoFBbmLPFnI+TdyjpheQKB/+tTMJqDhym2pqpImLnCuvW5MG8t6DiybLZqIm/jBNoqrgU10lbxDtln8Lis4tkmOXPxUiCFpbiuNIrhTVhjEMXlio"
    "+Xp6/O3p29f/327L1ooi50UfKuAOd2d5CCUw5C6rgEu4nLaIu0AruJADTv0LwK8JGcBr8C+GgmaGIZ1BcCGu6qcJe90RNCGvbKsN8jD4tTZtCPc0odBEkR/HHhlA5G"
    "QnpbSliU7FYL571eJ6GF83Ya5purc6P/4pVSiWiEOcqeU13I2AMVZs8UsmmZ235FUN/6VTxl4s5eRf1iCj1DcEGFfFtcICQWWvWXhbJ1Br7R+9o1+k2gPoakdXnV7j"
    "aB+hgS47I96InK4HNIvrSNr7Jx8Jm2SnM45gw+mg4iEz6VxPKkQIGRuk5P0o6FsOZUVSUVRF2JIs0g8YWjUlxMj0clxiP5/ug+45EoRHsptEOsIyfAwUJteUhCYpZ/"
    "d5uU1O9wa/0O13ftimpOSmo1107NNXF6t3w+RYRjS814mbFj8QZHxeFjsaZV/eEEJLo5Bm3Owsgt2Q4Ry5u74i79CWAeBn0BKigWgGCMPSbLbAQEsZXhXaJkhmzRcg"
    "0/+RZP/AT/uXTFlPTrxkS0J1170vfuSQ+eoQxaiAn05tmILmXSrHDOg9DU5wPlefhqdDFTCZPmvN1t9X/Ntk7PM16lnv86MFop3B3IuMk4crOgn+S+x0iIfftVxqaw"
    "P9kS8OGLjL+dnr5+/e705PXb92/O3r178/5k8UZjtaro1cZ5+6Ok4wmuoPn5d0TcEmqOZvoqik7JbkDVBxTMcwiarglF7yOL3iNvfiG+ZjH0RH0hQffClqakqmsS9M"
    "EUARtPEAujSaI+FN39ScWNePQBTChi4EHQZ8mOBV0WJNReJd1P7ewJRDo4bTkWspTZFAv5Nol+DhxE0+sd0uv6WIgHC2dNBvqLIB8ta4yPqgqH9zCfrXIkYiifFyso"
    "2iSjBH8Cn0MswQzeoaBtcJcxMKYeoJ4tE+2IDRiCnjVdJ1pxNxehIxpr8NjpiUJHNB5uRKPgrSwzwS4Xz5jE7vwqrw4EzrLBoTow9AmhKxN8j4hZFvKklE43Ko/7GM"
    "6wMy8NfEpMI18eeYKtu9JDTExGY15hlEHid2YQjvVC5JbSNca+8cG4anWMJgg+hyT4Fhz3Bp9U/Jz8SFs++4mIE3ZnCb4Stq7EVWp262+arQhoTOm8FLZlFd9/hrh2"
    "/9fN/b/HZI4D0uQ2Jg5XIFZqpl4IaLQrrFti2+JJyciBL1gpZimiES+POPUmkOD/wbIL9KTlNPblsf8vHZkc86zUjXzgE0Ia9QrmFw1fmK5te0UCGu0qboZ76sncgR"
    "XAC1Mx4mI68UVnY2gjQGdjfIdqtpGDqqk5Kakt+rppuSZxHm1yjzkMwV8J9YjVHhVFe+BFu+qpNss+ZLqLrKQuIsAnHDth7B20LCTTXo6Ah+7pnTygnqhjQN7DKjrP"
    "XSu7ZpPn0uEbu3imdfjG/iGuWwBrfaHcVhqNXsdHr+Pz/GHXi5nUfDETRZ+EbTHKeDAK+EtCSq8wrv0234mpl5hSHl0suqug5qSkVnOt1RxZj1XiMZKi2nNTZz2Hvo"
    "EKak5Kai3XTcs18c/9TEeNDMecLD4q8sj9l44q514J2WNw68K5Q6Ed7WmG7WAnsztxP+XvY0ZAGI4BuOzWor5jgxGS+59lpODu9tTaUVcLyqsddTu0KuQjU9WUjmRr"
    "bUpftdodGePc7lQxjc/WMY3P8k3jsxXTWGDJ/YzokvUgX0rvDvTGv26MG+Oy5FARSjVB8Dkk/Ztut9392AThwZBc31xcGMalbLQ4HJIPQlWyKPgckotW98LoqKLFYT"
    "28HK5HJ9nBiB/E7JQX/RkTSulwLKW2pcWT420tWlQA62Xv5rxjgM9946J93Q534FkwN1Upi5bhKn2j1VmJD8KO75VMQVqI6IisChHNAbtaRTx/n6mYiN5nqlgha+4z"
    "ldz0lKOZyzMGmvx0mJjIs1kXbXMZMXr3S+2b3jvAB+HmSHFXr5qak5LamVVnLY8xwWxaSc0pUa3nuum5Jk7LcIWoDhwhp5G/glRQf7TGMlKmI5uuvUog5MvFm4AFPQ"
    "8jJkpUJ8egRQB6dB1sYQ7UKZsqJHAWFUEyf8npS/kJHpQXkVAOHmQ2glrQKfA4ZS0ouLPzPsGVGSFajh0lpbRrU7s2905K1VNVEtG4jAa0PqsN5s4Ua0wRZaaG1RdO"
    "wdi8xpupZUP9HqkGN64ebHe7Xp9eEW13DloBY9ZGcfloLwS0O7wC2tq5pc3h7bIbNIHWvD1zqZe5oHKivpjrqJYmVk3X5Dw9EixkH1utWM6cI8hQECkjaI6gMUjltz"
    "1AdgxurSmy7pg/uxU2p+Oo5e8l05GZcWpPqSkk4ofK7jwEGCaWEJYBOoQKw9ZDq3RqT9fwBKbGoSeEynKIuJDmbZq37Z23Pfv4n5trmRwj/w/JRa87aF0MmiA8GJJO"
    "76NMrVEf6UFpP0ElW134+gBu602/6o2miVVEi/YVi0s9J1h3sLNYTTjVFcTOgN6hzGULlpWFbEolanLZrrL7SHYhWYjspKlWBwi3FIIOJRlEqFIP2uFUi1lVE5cdEh"
    "e9wsB+VhhwfU80qZx+HROvNW38YvTbH341jSB8PP5tSPqGlPrcur7+2utfNkHyez1opN5oa6OjjV7oQbteD0cVh+B61Tnv352a5c6oVdajZDqgsLb6rYm13/JtzK8R"
    "zIwRWVYeFVn7UDYzmWi3prXfAg4md9E7i8Bc+4HJtw9T+foBK3MdqE2Dg50eZd9ghMbUQ7JGvo0QJjxAhHvzVVfA5rt/gp9AdVKSUMZltM9A+wz2zuLzfOtFnuDn6V"
    "7fgR84kTgSDr7ru2oiCe2oOaroqJEIVsvViQtqSl07ypWMcRbPA6+g5ISgVnLtlFwTXt2hE0w+YcapN8+i1on6QnbtyJbmNNZ0rcAk5lsWYmzsO4DhCXmJSXbwUE47"
    "/WasFhRMs9wdslzt+t8onBUWaNSTaj0n1ZWnREx6JEO9+a90klI6mr78Kx3smq6HxvixDOwJIY36eqjXhEL20Vg8ttPcWKxEfSGF9IKWpSKyBlMUxUupaKqwjyCc6h"
    "h0KfCZ7D8oiCKvsnK3K/fzBA5ajyCXbzPR5+A50Rx1h6SKCVtNnLgkpkkpDWoa1MAGzkoNLHS1xsUqjhmHM71uy92qQ1UqkZ0DNBt0DMMz029NiPJ1MLtlceSoqpAe"
    "h7Nj5VSFUP4YtEISKziuCi2gUTSBLZcresB8KgrWSV2o0KN22NaCVGgyvEPeph22m4dTe/a0Z++7QF3bHc+WlyYDPRg3KxofaVmt6lqrWmdDfBdqFpVTwTawVXH4zp"
    "LXKq+1yhkSP842x2orgQwnLaUOgiTP952STXtqhfC21Lso2bGrttfrJFR73k4Topurc6P/4pXS6XIXmdUAZCR+XZWHLC6nHXd1frYCTQlKywI/WVLL6yWnp/uosT0i"
    "LISPH41Ls3czUMsXhccyOf1L75+GykpXB0Ni/PK53Zcl4cGQRKnqpjA+uh9lVbpkSAZCuGv2jZtrWR//NiRyNSXz0mhdDNpfhO4vg/WV4iVC3ui2uuLyb64/G121x1"
    "e6JO1AzElY2EKifE0cvgPlFWtk+HvDmqMid2/gU6vs7Q0XiwdtzsAtc/zJrax/kO1cRF0ZySDADZbMi5bkY8i7xxb6gYXSAK+1Z+cmT6X9w7XwtuX7h6V+yziAovZ6"
    "fYQKzh+96vIOwT7AnTvVfGyUHEBCqSYIPuU+nYs5fHE4JJdGR7A+uaFndLS/CT2hJjwhvltZTQvpHaqp3f3SHrQG4QaZZVTVE9poAvl/SJa9NEGqx70rJcj+iTYlNF"
    "3kmTNMfJ4xeuVm4hb2sbvk3FeHssmhh8SPYlXRzpHeHc5vT8TfAUGNPUlLecbIU+jXSYtqt04Jt45++VWJHR2ab8d37YpqTkpqNddOzTVxxbSQh61pI2vxoKDmqHDl"
    "oGWbb3li8hW7Yc9G7sSe6djImMdD70RtE0M2M4fnOzLksko4z5ecDW1M5FlY2Cmr4M2bdcyCN2/y7QJZl8qudXNMtZyXnu6ObbOdofvqZB2jS7TKRVfVpTeKIjwzDk"
    "7uMp9DjJYi6ekSWxz8CRzMDnHhowJwJRjF3qK0Yyg1+ckO9p5x+df/ARswsYg="
)
