"""The probes: liveness touches nothing, readiness tells the truth and no details."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import asyncpg
import pytest
import time_machine
from pydantic import SecretStr

from auth.vault import Vault
from bench.redis_server import RedisServer
from server import health
from server.app import HEALTH
from server.database import known_migrations
from tests.conftest import Database, Serve
from tests.proxy import Proxy
from tests.world import LOGIN, PASSWORD, Person, World

GONE = "postgresql://address_book_app:x@127.0.0.1:1/nothing"
READY = {"status": "ready", "faults": [], "database": "read-write", "throttles": "this process"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered from one look to the next."""
    monkeypatch.setattr(health, "_FRESH_SECONDS", 0.0)


def not_ready(*faults: str) -> dict[str, object]:
    """The body of a 503."""
    return {"status": "not ready", "faults": list(faults), "throttles": "this process"}


async def test_a_whole_server_is_live_and_ready(serve: Serve) -> None:
    client = await serve()
    live, ready = await client.get("/healthz"), await client.get("/readyz")
    assert (live.status, await live.json()) == (200, {"status": "ok"})
    assert (ready.status, await ready.json()) == (200, READY)


async def test_without_a_database_it_lives_and_is_not_ready(serve: Serve) -> None:
    client = await serve(database_url=SecretStr(GONE))
    live, ready = await client.get("/healthz"), await client.get("/readyz")
    assert (live.status, await live.json()) == (200, {"status": "ok"})
    assert (ready.status, await ready.json()) == (503, not_ready("database"))
    assert "nothing" not in await ready.text()
    answer = await client.post("/graphql", json={"query": "{ viewer { user { id } } }"})
    assert (answer.status, (await answer.json())["data"]) == (200, {"viewer": None})


async def test_with_a_wrong_password_it_is_not_ready(serve: Serve, database: Database) -> None:
    client = await serve(database_url=SecretStr(database.app.replace("test-app", "changed")))
    ready = await client.get("/readyz")
    assert (ready.status, await ready.json()) == (503, not_ready("database"))


async def test_a_database_that_comes_back_is_noticed(serve: Serve, admin: asyncpg.Connection, database: Database) -> None:
    client = await serve()
    assert (await client.get("/readyz")).status == 200
    name = database.admin.rpartition("/")[2]
    await admin.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT 0')
    try:
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'address_book_app' AND datname = $1", name
        )
        away = await client.get("/readyz")
        assert (away.status, await away.json()) == (503, not_ready("database"))
    finally:
        await admin.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT -1')
    async with asyncio.timeout(10):
        while (await client.get("/readyz")).status != 200:  # noqa: ASYNC110 - what is awaited is Postgres
            await asyncio.sleep(0.05)


async def test_a_pending_migration_keeps_it_from_serving(serve: Serve, admin: asyncpg.Connection) -> None:
    client = await serve()
    last = known_migrations()[-1]
    rows = await admin.fetch("DELETE FROM aerich WHERE version = $1 RETURNING *", last)
    try:
        ready = await client.get("/readyz")
        assert (ready.status, await ready.json()) == (503, not_ready("migrations"))
    finally:
        await admin.executemany("INSERT INTO aerich VALUES ($1, $2, $3, $4)", [tuple(row.values()) for row in rows])
    assert (await client.get("/readyz")).status == 200


async def test_a_database_that_was_never_migrated_keeps_it_from_serving(
    fresh: Database, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def looked() -> list[str]:
        raise AssertionError("there is no wall to look at yet")

    monkeypatch.setattr(health.catalogue, "breaches", looked)
    client = await serve(database_url=SecretStr(fresh.app))
    ready, old = await client.get("/readyz"), await client.get("/health")
    assert (ready.status, await ready.json()) == (503, not_ready("migrations"))
    assert (old.status, (await old.json())["data"]["status"]) == (200, "unhealthy")


async def test_a_look_that_fails_is_not_ready_and_on_the_log(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> list[str]:
        raise RuntimeError("nobody expected this")

    logged: list[object] = []
    monkeypatch.setattr(health._log, "error", lambda event, **_: logged.append(event))
    monkeypatch.setattr(health.catalogue, "applied_migrations", broken)
    ready = await (await serve()).get("/readyz")
    assert (ready.status, await ready.json()) == (503, not_ready("database"))
    assert logged == ["not ready, and nobody knows why"]


@pytest.mark.parametrize(
    ("fell", "mended"),
    [
        ("ALTER TABLE contacts NO FORCE ROW LEVEL SECURITY", "ALTER TABLE contacts FORCE ROW LEVEL SECURITY"),
        ("ALTER TABLE contacts DISABLE ROW LEVEL SECURITY", "ALTER TABLE contacts ENABLE ROW LEVEL SECURITY"),
        (
            "ALTER TABLE users OWNER TO address_book_app",
            # What the app was granted went with its being the owner.
            "ALTER TABLE users OWNER TO address_book_owner; GRANT SELECT, INSERT, UPDATE, DELETE ON users TO address_book_app",
        ),
    ],
)
async def test_a_wall_that_fell_keeps_it_from_serving(serve: Serve, admin: asyncpg.Connection, fell: str, mended: str) -> None:
    client = await serve()
    await admin.execute(fell)
    try:
        ready = await client.get("/readyz")
        assert (ready.status, await ready.json()) == (503, not_ready("row-level security"))
    finally:
        await admin.execute(mended)
    assert (await client.get("/readyz")).status == 200


async def test_a_key_of_the_door_that_the_database_does_not_know_keeps_it_from_serving(serve: Serve, world: World) -> None:
    """Who is signed in goes on; who wants to sign in is told to come again, and not that the password is wrong."""
    other = "a secret that migrate was not told of"
    client = await serve(secret_keys=SecretStr(other))
    ready = await client.get("/readyz")
    assert (ready.status, await ready.json()) == (503, not_ready("door key"))
    given = {"tenant": "acme", "usernameOrEmail": "ada", "password": PASSWORD}
    told = await Person(client).gql(LOGIN, input=given)
    assert (told.status, told.codes, told.headers["Retry-After"]) == (503, ["UNAVAILABLE"], "1")
    assert (await Person(client, token=world.ada.token).gql("{ contacts { totalCount } }")).data == {"contacts": {"totalCount": 0}}
    digest = sha256(Vault.parse(other).keys("door")[0]).digest()
    await world.admin.execute("INSERT INTO door_keys VALUES ($1)", digest)  # as `migrate` does, told of both
    try:
        assert (await client.get("/readyz")).status == 200
        assert (await Person(client, "acme", "ada").login()).token
        assert (await world.ada.login()).token
    finally:
        await world.admin.execute("DELETE FROM door_keys WHERE digest = $1", digest)
    assert (await (await client.get("/readyz")).json())["faults"] == ["door key"]


async def test_without_its_redis_it_is_ready_and_tells_where_it_counts(serve: Serve, redis: RedisServer) -> None:
    client = await serve(redis_url=SecretStr(redis.url))
    assert await (await client.get("/readyz")).json() == READY | {"throttles": "Redis"}
    redis.kill()
    given = {"tenant": "acme", "usernameOrEmail": "ada", "password": "wrong"}
    for _ in range(2):  # each is counted three times
        await client.post("/graphql", json={"query": LOGIN, "variables": {"input": given}})
    ready = await client.get("/readyz")
    assert (ready.status, await ready.json()) == (200, READY | {"throttles": "this process, since Redis does not answer"})
    assert (await client.get("/healthz")).status == 200


async def test_a_database_that_falls_silent_is_told_and_nobody_waits_past_the_deadline(
    serve: Serve, database: Database, line: Proxy, world: World
) -> None:
    client = await serve(database_url=SecretStr(database.through(line)), operation_seconds=0.5, database_pool=4)
    ada = Person(client, token=world.ada.token)
    assert (await client.get("/readyz")).status == 200
    made = await ada.gql('mutation { createContact(input: {contact: {name: "Zoë"}}) { contact { id } } }')
    assert made.status == 200
    line.black_hole()
    async with asyncio.timeout(30):
        ready, live, read, changed, shim = await asyncio.gather(
            client.get("/readyz"),
            client.get("/healthz"),
            ada.gql("{ contacts { totalCount } }"),
            ada.gql('mutation { createContact(input: {contact: {name: "Zoë"}}) { contact { id } } }'),
            client.get("/api/address-book", headers={"Authorization": f"Bearer {world.ada.token}"}),
        )
    assert (ready.status, await ready.json()) == (503, not_ready("database"))
    assert live.status == 200
    assert (read.status, read.codes, read.headers["Retry-After"]) == (503, ["TIMEOUT"], "1")
    assert (changed.status, changed.codes, "Retry-After" in changed.headers) == (503, ["TIMEOUT"], False)
    assert (shim.status, shim.headers["Retry-After"]) == (503, "1")
    assert (await shim.json())["data"]["code"] == "SRV-503"


async def test_a_pool_without_a_free_connection_is_ready_where_the_database_answers(
    serve: Serve, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.pool.WAIT_SECONDS", 1.0)  # as it is, which is less than a probe waits for
    client = await serve(database_pool=2, statement_timeout_ms=20_000, operation_seconds=30.0)
    assert (await client.get("/readyz")).status == 200
    given = {"tenant": "none", "usernameOrEmail": "ada", "password": "wrong"}
    async with admin.transaction():
        await admin.execute("LOCK TABLE tenants IN ACCESS EXCLUSIVE MODE")
        blocked = [asyncio.create_task(client.post("/graphql", json={"query": LOGIN, "variables": {"input": given}})) for _ in "12"]
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'tenants'::regclass"
        async with asyncio.timeout(30):
            while await admin.fetchval(waiting) < 2:  # noqa: ASYNC110 - what is awaited is Postgres
                await asyncio.sleep(0.01)
        ready = await client.get("/readyz")
        assert (ready.status, await ready.json()) == (200, READY)
        assert (await client.get("/healthz")).status == 200
    await asyncio.gather(*blocked)


async def test_who_asks_first_and_hangs_up_stops_nobody_elses_look(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    applied, may = health.catalogue.applied_migrations, asyncio.Event()

    async def slow() -> list[str]:
        nonlocal looks
        looks += 1
        await may.wait()
        return await applied()

    monkeypatch.setattr(health.catalogue, "applied_migrations", slow)
    client = await serve()
    first = asyncio.create_task(client.get("/readyz"))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(client.get("/readyz"))
    await asyncio.sleep(0.1)
    first.cancel()
    await asyncio.sleep(0.1)
    may.set()
    assert ((await second).status, looks) == (200, 1)


async def test_a_clock_that_is_wrong_is_measured_by_the_databases(serve: Serve) -> None:
    client = await serve()
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=90)):
        assert (await client.get("/readyz")).status == 200
        text = await (await client.get("/metrics")).text()  # it may look anew, so by the same clock
    found = re.search(r"^addressbook_clock_skew_seconds (\S+)$", text, re.MULTILINE)
    assert found is not None
    assert float(found[1]) == pytest.approx(90, abs=5)


async def test_who_drains_is_live_and_not_ready(serve: Serve) -> None:
    client = await serve()
    assert client.app is not None
    client.app[HEALTH].draining = True
    ready = await client.get("/readyz")
    assert (ready.status, await ready.json()) == (503, not_ready("draining"))
    assert (await client.get("/healthz")).status == 200


async def test_many_probes_look_once(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_FRESH_SECONDS", 60.0)
    looks = 0
    applied = health.catalogue.applied_migrations

    async def counted() -> list[str]:
        nonlocal looks
        looks += 1
        return await applied()

    monkeypatch.setattr(health.catalogue, "applied_migrations", counted)
    client = await serve()
    assert {answer.status for answer in await asyncio.gather(*(client.get("/readyz") for _ in range(20)))} == {200}
    assert looks == 1


async def test_a_scrape_looks_too_and_tells_each_fault(serve: Serve, admin: asyncpg.Connection) -> None:
    client = await serve()

    async def told() -> dict[str, float]:
        lines = (await (await client.get("/metrics")).text()).splitlines()
        begin = 'addressbook_readiness_fault{fault="'
        return {fault: float(value) for fault, value in (one[len(begin) :].split('"} ') for one in lines if one.startswith(begin))}

    whole = {"database": 0.0, "migrations": 0.0, "row-level security": 0.0, "door key": 0.0}
    assert await told() == whole
    await admin.execute("ALTER TABLE contacts NO FORCE ROW LEVEL SECURITY")
    try:
        assert await told() == whole | {"row-level security": 1.0}
    finally:
        await admin.execute("ALTER TABLE contacts FORCE ROW LEVEL SECURITY")
    assert await told() == whole
    client = await serve(database_url=SecretStr(GONE))
    assert await told() == whole | {"database": 1.0}


async def test_metrics_are_public_only_where_they_have_no_port_of_their_own(serve: Serve) -> None:
    open_one = await (await serve()).get("/metrics")
    assert (open_one.status, open_one.content_type) == (200, "text/plain")
    assert (await (await serve(metrics_port=9_000)).get("/metrics")).status == 404
