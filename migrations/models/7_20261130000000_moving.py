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
    "eJztXf1z4jYa/lc0/NJ2Jstks9mPozc3QxLvLm0Ce4QkbY8bR9gC1BjZteQkXNv//STZBtvYXuwQEFnlhxgkvbJ5Xlt63kcf/rMxc23k0GY7sDEzCPPnjRb4s0HgDP"
    "EPObkHoAE9b5knEhgcObI4FOVMxAtiJHPgiDIfWoxnjqFDEU+yEbV87DHsEmHSIwgIg3kT3NqIQezQWzB1HZsCyw0IowfAdx1EASQ28BGkLqEtQNA98gEEFFk+YgeL"
    "75ZLGD/ddxTYkMGmuATbtfg1YDLZytkCgv8IkMncCWJT5PNz/ue/PBkTGz1ySKKv3p05xsixU1hjW1Qg000292Ta1VXn7KMsKX7JyLRcJ5iRZWlvzqYuWRQPAmw3hY"
    "3ImyCCfMiQnQCfBI4TOStOCq+YJzA/QItLtZcJNhrDwBEubPxzHBBLeA7IM4l/x/+KLi1RzDS7vYF5aQxMs7HicXEJGbdESRxOcbdg7gYBzN9hvUtAZGpDnOD0c7v/"
    "/Zt3P0gIXMomvsyUcDX+lobcIaGpBH2JMkMEEmZWAztltEnM44Ql6MvHJIYzBkwxiJeQQraK5RkHgeEZyscztMgAaUcmzfjDywJ00LkwLgftiy+i+hmlfzgSp/bAED"
    "lHMnWeSf0+xN/lTWjYwC4qATedwWcgvoLfel0j66VFucFvDXFNMGCuSdwHE9pJTOLkOCntVvmkr7p2gB5ZgVsXFhnXcohemDONXwYpP3av2335yFy0f/kh5cvzXvdT"
    "XHzpyO7pee8k+xxZzPUrtkxJmyc0TFFTvwfIV2iXGPR5L5wLaPE9nDKqdRvvD5bPchf7iP9sWhX2tJXGvTru2DM9H43xYxXYU0Ya9eqoR0HEKuY/Xfa6+ZgnTLIMCF"
    "sM/AUcTNlzdZcJCj8KsMMwoU1x2l2weAFRuUOy2GfafFGBcIgIqcZ3CbovEkbQunuAvm2u5LhHblHZ1azZ0SybAgmcSHjFLxa/LxklXyLoNIpCaJl58PUImvJya8bP"
    "bX67kDvgjgGPN0EYqPCAdArpFFhT7oYWwIxHqjxipbKIqBuM0Nj1kcgRga67iIpXAubNV/+ECFlWUpEgJW10tKyj5Z2zUhLMRshfxfMETzqkoJte2mTg5Je2h0Dy6+"
    "WHV/84Onrz5v3R4Zt3H94ev3//9sPhB15WXvFq1vsS9E86nzrdTGctEtLA06jxzcJOoD/Phz22yIA+mrNQ3dwz2MsQjHrXRVfMe+KTTrfd/zWfHJ3k9MYnvw6Mdg7m"
    "yDarK0QpQy0UKScUKUO5OIcgDFuQuX4+7UoW+Ar1ShRdk33dTCEDmII75DFBkiABqWqaoMNoNG4gyiFi+XOP36U/hrRJDDlwfmQhAMEY+1Sk2UjQKzG4wFNmyOYlV3"
    "nZNk/8BMYWUFRV0UqYaL6m+drO+Vr4DFUlDrGNpg51qYMDKQ+EGfKqUeWU2fbY8uGLosr87hX41OBtaUtN3JQjbik3xz19HUdnbDfg6j2SkvfB04pQ9D6S6uD8lH/N"
    "Y+ip/FKC7kclTUFV1yTogykCNp4gGrJkENch6e6PUrH03QcwcREFD5w+C3bM6TInofYq6X5qZU8g0uFpq7GQpc2mWMjXSfRL4CCaXm+RXqsTIe4tnIo09KfhbMi8Nj"
    "7OKm3eo9mUdZWXeDZmE9yGcvmtyBZtMkf4zVE8hOU6Nm+kA94A/gi+RFiCGbxDYdnwLqNg7PrA9W0xzZPYYlDLt6ZrqDBbugg9y1SBx053FEqMm21k0Cy6CRUGMRIC"
    "jl4fvz/+8Obd8SL+X6SUhf2rIb4YsM+d3lmIZ8Jie7rK6z2BUx5XsCyeeBWX1xNla0y6muB7RMyqkKet9GS36riP4Qw788rAZ8w08tWRJ9i6q9zEJGw05jVaGcR/Zw"
    "7hOJ1C3+DkQqLe4ZcIiYVWW5uFtcLYNz4aF+1zowXC45CE38LPvcFno98C8pCNfAo61Rl8NB1EJmwqetLDEo/F/jk6zE70jHKOZFZmgcQk5wEo5CtR6VpcRbFbf9Ns"
    "hUNjCvGSx5Z1tP8ccy3/qyb/J/2NZhDnzH0r7jsWBgo3Xsp2HB5HrFJPvTDQaNdYNWfb/EnJWYFRsk5xaaIRr464608gwf+DVZeHZu009tWx/90dmQwzp1L7kjLSqN"
    "cIv9xowHTt2Cs20GjXkRnuXR+znFv8xHUdBEmRzLA0yw54c7vn0tUWKVse8u71zlPIn3Sy0F5dnBj9719LN/BCAprcaEDP9qp16+9bEBB4dk03py21m5V2s40cVM/N"
    "aUsd0avmZUXmeXTIPWYwAn9lqkci96BstgdelKu/1GZZh1juIjJdDxEQEIadaO4dtCwklr0cAB/du3fig+vzPArEPSxn53lrra7Z5Ln09I1tPNN6+sbuIVZtAqu6UD"
    "7XMpotS797hPizxK4SPfMOzStDHhtp2OtsOuXmKWLrjdTGtioD3+jddOVgrDgMSfvsotNtAXkYEuOsM+jxzPA4JNcd40YUDo9ZcrOboVtJn3hsMcp5MEr4S8pK72+n"
    "dZtvJNRLdSmPHubV1XBz2lK7WWk3x9FjnfkYaVOt3Kjs50gbqOHmtKX2smpeVkSf+8kdNXKEOZF8UKbI/e6Oaq+94rZNcOvBueNCO95RH9vhPvp3/H4q3kWfgGg6xj"
    "rLqzZ2Hi3BKUFmtQS3xXhBPB91g+TYVukg+aLdORezlzvndYLe43WC3uPioPd4JejlWLIgZ97IepAvrbcHeuPfV8aVcVaxqYisWiA8Dkn/qtvtdD+1QPRhSC6vTk8N"
    "40wUWnwcko/cVSIpPA7Jabt7apzLpMVHNfQLz3cn+dMMP/KuqGheZ8Io48OxsHouLx42n2s7ohJYz3pXJ+cG+NI3TjuXnWhn5wUnk5kiaTkRpW+0z1dm/mAn8CsuLl"
    "qY6LlWNeYqh1RqFfHi/csTJnr/8nKHrLl/efplOgzNPJbT0BQvdEmYvJgdzza31kW/VUWrzjsHeC8EjAx39eu5OW2pZSqVvTzGBNNpLTdnTLWfVfOzInJktPfTORyh"
    "3BejpPIP1tggynRE0bX3/4NsuS0TsKAvXk3KU2QlTdAmAD16DrYwA/KULTnZbxYnQTJ/xdxX4gge3MCxAXEZeBDrDBJvRMnbKnBr532ClBkjWo0dpa20tKmlzZ2TUv"
    "lUVUQ0aaMBVWcfwcKeYo0uokrXsDq6FLbNawxDLQvqcSQFblzd2G53Jz6919n2BFoOo5uzCVEx2gsDLYfXQFuLWzocfl52gybQmndmnuvnbpWcyi/nOrKkiWXRNTlP"
    "j4Rb1Cf2IRY95whSEVaGNIfTGCRXrj1A2gS31hRZdzSY3fKY03HkxvaC6Yg1b/JtUVNI+A8V1fkIUEwsbixm4xCXB7Y+WqVTO7qGJzC1kheJl3CIkheJa96medv2ed"
    "uLn/9zdSmWvYj/Q3La6w7ap4MWiD4MyXnvk1g0Iw/ZRmk3k0qedUvrPbitNz3UG3cTq4iWvTEsafWSYN3CO8MU4VQXEDsD9w7lbkiwzCxlU3IJJhPlastHogrBQkQl"
    "LbnuP3pZEHRckkOEatWgBSclelVNXLZIXPTeAbvZO8ALfF6k9sLqhLnStPHa6Hc+/moa4fTx5Lch6RvC6kv78vKm1z9rgfR3NWikfoXWRlsbvYWDll73xxX7IL3q1e"
    "zfnJvFO0/r7DRJ9YRCZf2rSLR/7k4w+Ywpc/15I28EJZl/UDqCIkqa00TRtQZQaGBZiNJx4ACKJ+QVJvmDHAXldASvBOHTEfwWObUOUTYKZ40tYjRpUrNTXXlKeKdH"
    "ctxbHHqmrfSsn+qhJ/ZMz0dj/FgF9pSRRn091BWhkH005o/ttHDMKJVfSiH9sGSlkaPBFMXjOnLUJ6ojHPZpgq4LAirqDxPiEaK8NSa163kCB1VDjP86E30JUrzmqF"
    "skVZTHavzEFTFNW2lQs6CGMXDeFOayBiNlVrPN2J/u9bnG77SkXovs7GHYoLXWF+ZfRYjyZdi75XHkOKuUHke9Y+0pVZF9E7QjEss5LvIp/yLmfosp3rZYVv2A2ZQn"
    "rDPFqkaNWrBVglRoMrxF3qYF283DqZU9rex9E6jruOPF8tL0phuUmTWDj6ytdrXSrtaztr4JN/PMKWcb2KrZfOfZa5cr7XKK+I+zzbHc8jRHpC174/qKrX7teoXXri"
    "P+6+o8ZEk7Ldyp/GyFnuKUloY6WZ1FNNk6FI5HeITw6ZNxZvauBnKZdfRZLKK57v1syNUz8sOQGL986fRFSvRhSOIlNSYPPrqfRFY2ZUgG3Lhr9o2rS5Gf/DYkYtW3"
    "eWa0Tweda+77s3AdeDKF2xvddpdf/tXlF6Mr30WQTckKiNtb0KOI4DuQqlgjR++Ncg7K5N5QU6ut9kabWoIOo+CWOsHkVuQ/iHIecj0xk4GDG27tEW8dQpF/jy30HY"
    "2sAbbXkYE3eSqtDyuhthXrw8K/VQSguLxex1VD/NG7w20R7D18w5Dsj42KDUhk1QLhUbxPaNGHLz4OyZlxzlmfePFQ/Gl3HXrKTXhCAq+2mxbWW3RTp3vdGbQH0Yt8"
    "qriqx73RAuL/kCxraYFMjTt3Srj6J355iukh35xhErCc1qtw75jSOra3mczrfXkZi4/4j6J10S6w3h7O7w753x5BjX1BS1lOy1Oq62RNtaxTQdbRg1+12NG+aTuBZ9"
    "d0c9pSu1k5NysixVxRqSWsCDEy/aBMhhHzRmqLMMK4CW7DrQalKiL0D+7bN0dgNAcPU2xNF5KI7/I+mAILOo5Im60jvTz9BFpwUVxw0RPyNr/p/nPuFRrdhAqDuGl2"
    "LBqhqkpV0karVTXUqhjAqptrZe00+DXAlzuUVUF9YaDhrgu33kVuN7DfIx/zU+bQj1LdY9VYKx8VlA8PUvrg8rBnCum0ym2/Yqhv/Rq3vs/v7LpDDLGtysA3ejddsb"
    "+/PAxJ++xCbOcvD0NinHUGPZ4ZHofkumPciMLhUY0BB9cTKFaeZZc00+1RhfYI8ij6PueRKEV7abRFrGMRYG+h1qJ3rW5gH9RQLXp/E25WRPRuc/JtTRs5sneUc1Am"
    "fMNlma8p38WO3bC6XCjQ5Qqd9cS5ne6GtBlprlhM5vFYvNHAKrXNhzZhojKjXR/iNDN9+3Ydavr2bTE3FXkZsuQVzE8qoEnelickbQ3d14frEH9eqhBdmZd9iythuY"
    "u/f7rsdQuI0dIk211ii4G/gIPpPr6dqgRcAUZ5WJyNgDOdn6hg59sM/v1/JqwJ2A=="
)
