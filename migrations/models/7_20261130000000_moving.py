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
    "eJztXf1zozYa/lc0/qXtTOrJZrMf597cjJOwu+4l9p7j7LY93xAZZFsXLCgSyfra/u8nCbABA2uIg+Ws8kOwJb0CPy9Iz/vogz9aC9dGDm13AxszgzB/2eqAP1oELh"
    "D/kJN7BFrQ89Z5IoHBiSOLQ1HORLwgRjIHTijzocV45hQ6FPEkG1HLxx7DLhEmA4KAMFi2wa2NGMQOvQVz17EpsNyAMHoEfNdBFEBiAx9B6hLaAQTdIx9AQJHlI3a0"
    "+m65hPHTfUeBDRlsi0uwXYtfAyazRs4WEPx7gEzmzhCbI5+f89//4cmY2OgLhyT66t2ZU4wcO4U1tkUFMt1kS0+m3dz0Lt7JkuKXTEzLdYIFWZf2lmzuklXxIMB2W9"
    "iIvBkiyIcM2QnwSeA4kbPipPCKeQLzA7S6VHudYKMpDBzhwtbfpwGxhOeAPJP4d/qP6NISxUyzPxiZ18bINFsbHheXkHFLlMThFHcL5m4QwPwV1rsGRKa2xAnOP3SH"
    "3798/YOEwKVs5stMCVfrL2nIHRKaStDXKDNEIGFmNbBTRrvEPE5Yg75+TGI4Y8AUg3gNKWSbWF5wEBheoHw8Q4sMkHZk0o4/PC9AR70r43rUvfooql9Q+rsjceqODJ"
    "FzIlOXmdTvQ/xd3oSGDeyqEvC5N/oAxFfw26BvZL20Kjf6rSWuCQbMNYn7YEI7iUmcHCel3Sqf9E3XjtAXVuDWlUXGtRyiZ+ZM45dRyo/9T92hfGSuur/8kPLl5aD/"
    "Pi6+dmT//HJwln2OLOb6FVumpM0jGqaoqT8A5Cu0Swz6vBfOBbT4Hk4Z1bqNDwfLJ7mLfcR/Nq0Ke9pK414dd+yZno+m+EsV2FNGGvXqqEdBxCbmP18P+vmYJ0yyDA"
    "hbDPwJHEzZU3WXCQo/CbDDMKFtcdp9sHgBUblDsthn2nxRgXCICKmmdwm6LxIm0Lp7gL5tbuS4J25R2c2sxckimwIJnEl4xS8Wvy8ZJV8j6LSKQmiZefT1CJryclvG"
    "z11+u5A74E4BjzdBGKjwgHQO6RxYc+6GDsCMR6o8YqWyiKgbTNDU9ZHIEYGuu4qKNwLm3Vf/iAhZVlKRICVtdLSso+W9s1ISLCbI38TzDM96pKCbXttk4OSXdoBA8u"
    "vlhx//dnLy8uWbk+OXr9++On3z5tXb47e8rLzizaw3Jeif9d73+pnOWiSkgadR45uFnUB/mQ97bJEBfbJkobp5YLCXIRj1rquumPfEZ71+d/hrPjk6y+mNz34dGd0c"
    "zJFtVleIUoZaKFJOKFKGcnEOQRi2IHP9fNqVLPAV6pUouiX7+jyHDGAK7pDHBEmCBKSqaYMeo9G4gSiHiOUvPX6X/hTSJjHkwPmRhQAEU+xTkWYjQa/E4AJPWSCbl9"
    "zkZU2e+BGMLaCoqqKVMNF8TfO1vfO18BmqShxiG00d6lIHB1IeCDPkVaPKKbPm2PLxs6LK/O4V+NTgbWlLTdyUI24pN8c9fR1HZ2x34OoDkpIPwdOKUPQhkurg8px/"
    "zWPoqfxSgu5HJU1BVbck6KM5AjaeIRqyZBDXIenuT1Kx9N0HMHMRBQ+cPgt2zOkyJ6H2Jul+bGWPINLhaauxkLXNrljI10n0c+Agml43SK/ViRAPFk5FGvrzcDZkXh"
    "sfZ5U279FsyrrKSzwbsw1uQ7n8VmSLNpkj/PIkHsJyHZs30gFvAH8CHyMswQLeobBseJdRMHV94Pq2mOZJbDGo5VvzLVSYhi5CzzJV4LHTHYUS42Y7GTSLbkKFQYyE"
    "gJMXp29O3758fbqK/1cpZWH/ZogvBuxzp3cW4pmwaE5XeXEgcMrjBpbFE6/i8nqibI1JVzN8j4hZFfK0lZ7sVh33KVxgZ1kZ+IyZRr468gRbd5WbmISNxrxGK4P478"
    "whHOdz6BucXEjUe/wSIbHQZmuzslYY+9Y746p7aXRAeByT8Fv4eTD6YAw7QB6ykU9Bp7qAX0wHkRmbi570uMRjsX9OjrMTPaOcE5mVWSAxy3kACvlKVLoWV1Hs1t81"
    "W+HQmEK85LFlHe0/x1zL/6rJ/0l/owXEOXPfivuOlYHCjZeyHYfHEavUU68MNNo1Vs3ZNn9SclZglKxTXJtoxKsj7vozSPD/YNXloVk7jX117P/rTkyGmVOpfUkZad"
    "RrhF9uNGC6dewVG2i068gM966PWc4tfua6DoKkSGZYm2UHvLndU+lqq5SGh7wHg8sU8me9LLQ3V2fG8PsX0g28kIAmNxrQs71q3fqHFgQEnl3TzWlL7Wal3WwjB9Vz"
    "c9pSR/SqeVmReR49co8ZjMDfmOqRyD0qm+2BV+XqL7VZ1yGWu4hM10MEBIRhJ5p7By0LiWUvR8BH9+6d+OD6PI8CcQ/L2XneVqtrdnkuPX2jiWdaT9/YP8SqTWBVF8"
    "qnWkbTsPR7QIg/Sewq0TPv0LIy5LGRhr3OplNuniK23UhtbKsy8K3B574cjBWHMeleXPX6HSAPY2Jc9EYDnhkex+RTz/gsCofHLLnZz9CtpE88tpjkPBgl/CVlpfe3"
    "07rNNxLqpbqULx7m1dVwc9pSu1lpN8fRY535GGlTrdyo7OdIG6jh5rSl9rJqXlZEn/vZnbRyhDmRfFSmyP3XndRee8Vt2+DWg0vHhXa8oz62w3307/j9VLyLPgHRdA"
    "zARLWWGzg2mCCx+37OEtxmT62FOiUorxbqGowqxCNTN5SObZUOpa+6vUsxx7l3WSc0Pt0mND4tDo1PN0JjjiULcmaXbAf52ro50Fv/ujFujIuKTUVk1QHhcUyGN/1+"
    "r/++A6IPY3J9c35uGBei0OrjmLzjrhJJ4XFMzrv9c+NSJq0+qqFyeL47y5+M+I73TkWzPxNGGR9OhdVTefG4/VSbFpXAejG4Obs0wMehcd677kX7P6+Ym8wUSevpKk"
    "Oje7kxPwg7gV9xCdLKRM/IqjGjOWRXm4gX73KeMNG7nJc7ZMtdztOv3GFo4bGchqZ4OUzC5Nnsi7a7FTH63Stam947wAchc2S4q1/PzWlLLWap7OUpJpjOa7k5Y6r9"
    "rJqfFREtox2iLuEE5b4+JZV/tMU2UqYjim69SyBk682bgAV98QJTniIraYMuAeiL52ALMyBP2ZFTAhdxEiTLH5n7oziCB6kiEpeBB7EaIfHelLwNBRs77yOkzBjRau"
    "wobaWlTS1t7p2UyqeqIqJJGw2oOrsNFvYUW3QRVbqGzQGnsG3eYmRqXVCPIylw4+rGttn9+vSOaM0JtBxGN2eromK0VwZaDq+Btha3dDj8tOwGzaC17C0818/dUDmV"
    "X851ZEkTy6Jbcp4BCTeyT+xWLHrOCaQonCnDaQ6nMUiub3uAtA1urTmy7miwuOUxp+PI7e8F0xEr4+Q7peaQ8B8qqvMRoJhY3FhM0CEuD2x9tEmn9nQNj2BqJa8bL+"
    "EQJa8b17xN87bmeduzn/9zcy0Wx4j/Y3I+6I+656MOiD6MyeXgvVhaIw/ZRmk/k0qedOPrA7itdz3UG3cTm4iWvVcsafWcYG3gzWKKcKoriJ2Re4dyty1YZ5ayKblQ"
    "k4lyteUjUYVgIaKSjtwdIHqlEHRckkOEatWgBSclelVNXBokLnqHgf3sMOAFPi9Se/l1wlxp2vjJGPbe/Woa4fTx5LcxGRrC6mP3+vrzYHjRAenvatBI/aKtnbY2eq"
    "MHLb0ejisOQXrVa96/OTeLN6PW2Y+S6gmFyvpXkWj/0p1h8gFT5vrLVt4ISjL/qHQERZQ054miWw2g0MCyEKXTwAEUz8iPmOQPchSU0xG8EoRPR/ANcmodouwUzhob"
    "yWjSpGanuvGU8E6P5Li3OPRMW+lZP9VDT+yZno+m+EsV2FNGGvXtUFeEQg7RlD+288Ixo1R+KYX0w5KVRo5GcxSP68hRn6iOcNinDfouCKioP0yIR4jy1pjUrucRHF"
    "QNMf7rTPQ5SPGaozZIqiiP1fiJK2KattKgZkENY+C8KcxlDUbKrGabcTjd61ON32lJvRbZOcCwQWutz8y/ihDl67B3y+PIcVYpPY56x9pTqiL7NuhGJJZzXORT/kXM"
    "/RZTvG2xrPoBszlP2GaKVY0atWCrBKnQZLhB3qYF293DqZU9rex9E6jruOPZ8tL0phuUmTWDj6ytdrXSrtaztr4JN/PMOWcb2KrZfOfZa5cr7XKK+I+zzanc8jRHpC"
    "17L/uGrX45e4WXsyP+6+o8ZEk7Ldyp/GyFnuKUloY6WZ1FNNk6FI5HeITw/r1xYQ5uRnKZdfRZLKL5NPinIVfPyA9jYvzysTcUKdGHMYmX1Jg8+Oi/F1nZlDEZceO+"
    "OTRurkV+8tuYiFXf5oXRPR/1PnHfX4TrwJMp3N7od/v88m+uPxp9+S6CbEpWQGxuQY8igu9IqmKtHL03yjkqk3tDTa222httagl6jIJb6gSzW5H/IMp5yPXETAYObr"
    "i1R7x1CEX+PbbQdzSyBnirdwvt8lRaH1ZCbSvWh4V/qwhAcXm9jquG+KN3h2sQ7AN8w5Dsj42KDUhk1QHhUbxPaNWHrz6OyYVxyVmfePFQ/Gl/HXrKTXhGAq+2m1bW"
    "Dbqp1//UG3VH0Yt8qrhqwL3RAeL/mKxr6YBMjXt3Srj6J355iukh31xgErCc1qtw75jSOprbTObFobyMxUf8R9G6aBdYN4fz62P+d0BQY1/QUpbT8pTqOllTLetUkH"
    "X04FctdnRo2k7g2TXdnLbUblbOzYpIMTdUagkbQoxMPyqTYcS8kdoijDBug9twq0Gpigj9g/v25QmYLMHDHFvzlSTiu7wPpsCCjiPSFttIL48/gRZcFBdc9IS83W+6"
    "/5R7hUY3ocIg7podi0aoqlKVtNFqVQ21Kgaw6uZaWTsNfg3w5Q5lVVBfGWi468Ktd5HbD+z3yMf8lDn0o1T32DTWykcF5cODlD64POyZQzqvcttvGOpbv8at7/M7u+"
    "4QQ2yrMvCtwee+2N9fHsake3EltvOXhzExLnqjAc8Mj2PyqWd8FoXDoxoDDq4nUKw8yy5pptujCu0R5FH0fc4jUYr22qhBrGMR4GCh1qJ3rW7gENRQLXp/E25WRPTu"
    "cvJtzVs5sneUc1QmfMN1ma8p38WO3bG6XCjQ5Qqd9cS5ve6GtBtprlhM5vFYvNHAJrXNhzZhojKj3R7iNDN99WobavrqVTE3FXkZsuQVzE8qoElewxOSGkP3xfE2xJ"
    "+XKkRX5mXf4kpY7uLvn68H/QJitDbJdpfYYuBP4GB6iG+nKgFXgFEeFmcj4EznJyrY+zaDf/0fp7gXLg=="
)
