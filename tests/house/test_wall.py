"""The wall against injected SQL: whatever the app role says, no door opens but by a live session or by the key.

mallory has found a hole: as the app role, in a transaction behind the door of her own tenant or behind none, she runs any SQL
she likes. She knows everything but two things: an id of a live session of acme's, and the key of the door.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final
from uuid import UUID

import asyncpg
import pytest
from aerich.utils import import_py_file

from models.values import new_id
from server.database import ROOT, known_migrations, migrate
from tests.conftest import OWNER, VAULT, Database
from tests.house.catalogue import dump
from tests.world import add_user, tenant

KEY: Final = VAULT.keys("door")[0]
SECRET: Final = "acmesecret"
DENIED, OVER, ANOTHERS, CLOSED = "42501", "28000", "25001", "22P02"

_MIGRATION: Final = ROOT / "migrations" / "models" / "1_20261130000000_identity.py"

OPENINGS: Final[dict[str, str]] = {
    # The setting
    "SET backtrace_functions = '{hex}'": DENIED,
    "SET LOCAL backtrace_functions = '{hex}'": DENIED,
    "SELECT set_config('backtrace_functions', '{hex}', true)": DENIED,
    "SELECT set_config('backtrace_functions', '{hex}', false)": DENIED,
    "UPDATE pg_settings SET setting = '{hex}' WHERE name = 'backtrace_functions'": DENIED,
    "SELECT query_to_xml('SET LOCAL backtrace_functions = ''{hex}''', true, false, '')": "0A000",
    "ALTER ROLE CURRENT_USER SET backtrace_functions = '{hex}'": DENIED,
    "ALTER DATABASE {database} SET backtrace_functions = '{hex}'": DENIED,
    "RESET backtrace_functions": DENIED,
    "GRANT SET ON PARAMETER backtrace_functions TO CURRENT_USER": DENIED,
    "DO $$ BEGIN PERFORM set_config('backtrace_functions', '{hex}', true); END $$": DENIED,
    # The doors
    "SELECT open_door('{acme}')": DENIED,
    "SELECT hold('{acme}', NULL)": OVER,
    "SELECT hold('{acme}', '')": OVER,
    "SELECT hold('{acme}', '\\x{digest}')": OVER,
    "SELECT hold('{acme}', (SELECT digest FROM door_keys LIMIT 1))": DENIED,
    "SELECT enter('{acme}', NULL, '{{OWNER}}')": OVER,
    "SELECT enter('{acme}', '{session}', '{{OWNER}}')": OVER,
    "SELECT enter('{acme}', '{ended}', '{{OWNER}}')": OVER,
    "SELECT enter(NULL, '{session}', '{{OWNER}}')": ANOTHERS,
    "DO $$ BEGIN PERFORM enter('{acme}', '{session}', '{{OWNER}}'); EXCEPTION WHEN OTHERS THEN PERFORM 1 / count(*) FROM contacts; "
    "END $$": CLOSED,
    # The keys, and what the doors are made of
    "INSERT INTO door_keys VALUES ('\\x{digest}')": DENIED,
    "TABLE door_keys": DENIED,
    "CREATE OR REPLACE FUNCTION held_tenant() RETURNS uuid LANGUAGE sql AS 'SELECT ''{acme}''::uuid'": DENIED,
    "ALTER FUNCTION hold(uuid, bytea) SECURITY INVOKER": DENIED,
    "ALTER FUNCTION enter(uuid, uuid, text[]) SET search_path = mine": DENIED,
    "ALTER FUNCTION enter(uuid, uuid, text[]) OWNER TO CURRENT_USER": DENIED,
    "DROP POLICY own_tenant ON contacts": DENIED,
    "ALTER TABLE contacts DISABLE ROW LEVEL SECURITY": DENIED,
    # What would stand in front of our tables, for the doors or for whoever uses the connection next
    "CREATE TEMPORARY TABLE sessions (LIKE public.sessions)": DENIED,
    "SELECT * INTO TEMPORARY contacts FROM tenants": DENIED,
    "CREATE FUNCTION pg_temp.mine() RETURNS uuid LANGUAGE sql SET backtrace_functions = '{hex}' AS 'SELECT held_tenant()'": DENIED,
    "CREATE SCHEMA mine": DENIED,
    "CREATE VIEW mine AS TABLE contacts": DENIED,
    # Other roles, and ways around
    "SET ROLE address_book_owner": DENIED,
    "SELECT set_config('role', 'address_book_owner', true)": DENIED,
    "SET SESSION AUTHORIZATION address_book_owner": DENIED,
    "SET session_replication_role = replica": DENIED,
    "COPY contacts TO PROGRAM 'cat'": DENIED,
    "COPY tenants FROM '/etc/hostname'": DENIED,
    "SELECT pg_read_file('PG_VERSION')": DENIED,
    "CREATE EXTENSION dblink": DENIED,
    "TRUNCATE contacts": DENIED,
}
"""Each attempt with the SQLSTATE that it meets where no door is open."""

LOOKS: Final = (
    "SELECT name FROM contacts",
    "SELECT name FROM contacts WHERE tenant_id = '{acme}'",
    "SELECT name FROM contacts WHERE tenant_id = '{acme}' OR true UNION ALL SELECT name FROM labels",
    "SELECT query_to_xml('SELECT name FROM contacts', true, false, '')::text",
    "SELECT table_to_xml('contacts', true, false, '')::text",
    "SELECT * FROM (TABLE contacts FOR UPDATE) c",
    "WITH all_of_it AS (UPDATE contacts SET favorite = NOT favorite RETURNING name) TABLE all_of_it",
    "SELECT most_common_vals::text || histogram_bounds::text FROM pg_stats WHERE tablename IN ('contacts', 'users')",
    "SELECT query FROM pg_stat_activity",
    "SELECT statement FROM pg_prepared_statements",
    "SELECT message FROM (SELECT set_config('app.tenant_id', '{acme}', true)) AS s(message), contacts",
)
"""What she reads behind her own door: nothing of acme's is in it."""


@pytest.fixture
async def names(admin: asyncpg.Connection, database: Database) -> dict[str, object]:
    """acme has a secret, one live session and one that is over; mallory knows the names of things, and sessions of her own."""
    acme, evil = await tenant(admin, "acme"), await tenant(admin, "evil")
    sessions: dict[UUID, list[UUID]] = {}
    for home, name in ((acme, "ada"), (evil, "mallory")):
        user = await add_user(admin, home, name, "OWNER")
        sessions[home] = [new_id(), new_id()]
        for session, ends in zip(sessions[home], ("'1 hour'", "'-1 hour'"), strict=True):
            await admin.execute(
                f"INSERT INTO sessions (tenant_id, id, user_id, expires_at) VALUES ($1, $2, $3, now() + interval {ends})",
                home,
                session,
                user,
            )
        await admin.execute(
            "INSERT INTO contacts (tenant_id, id, name) SELECT $1, gen_random_uuid(), $2 FROM generate_series(1, 50)",
            home,
            SECRET if home == acme else "evil",
        )
    await admin.execute("ANALYZE contacts, users")
    return {
        "acme": acme,
        "hex": acme.hex,  # as the setting holds it
        "evil": evil,
        "session": sessions[evil][0],
        "ended": sessions[acme][1],
        "live": sessions[acme][0],
        "digest": sha256(KEY).hexdigest(),
        "database": database.app.rpartition("/")[2],
    }


async def _state(app: asyncpg.Connection, statement: str) -> str:
    """The SQLSTATE with which it is refused, or "done"."""
    try:
        async with app.transaction():
            await app.execute(statement)
    except asyncpg.PostgresError as refusal:
        return str(refusal.sqlstate)
    return "done"


async def test_no_statement_opens_a_door(app: asyncpg.Connection, names: dict[str, object]) -> None:
    for statement, state in OPENINGS.items():
        assert await _state(app, statement.format(**names)) == state, statement
        assert await _state(app, "TABLE contacts") == CLOSED, statement


async def test_behind_ones_own_door_no_statement_opens_another(app: asyncpg.Connection, names: dict[str, object]) -> None:
    for statement, state in OPENINGS.items():
        async with app.transaction():
            await app.execute("SELECT enter($1, $2, '{OWNER}')", names["evil"], names["session"])
            met = await _state(app, statement.format(**names))
            # Who has a door open already is told so, before anybody looks for a session; and counts her own rows after an error.
            assert met == {OVER: OVER if "hold" in statement else ANOTHERS, CLOSED: "done"}.get(state, state), statement
            assert {row["name"] for row in await app.fetch("TABLE contacts")} == {"evil"}, statement


async def test_a_door_that_is_open_shows_nothing_of_the_others(app: asyncpg.Connection, names: dict[str, object]) -> None:
    for statement in LOOKS:
        async with app.transaction():
            await app.execute("SELECT enter($1, $2, '{OWNER}')", names["evil"], names["session"])
            found = repr(await app.fetch(statement.format(**names)))
            assert SECRET not in found, statement
            assert KEY.hex() not in found, statement


async def test_no_statement_changes_what_another_tenant_decided(app: asyncpg.Connection, names: dict[str, object]) -> None:
    """Or she would open acme for sign-up, and walk in by the front door."""
    for change in ("signup = 'OPEN'", "require_totp = false", "status = 'DELETING'", "login_attempts_per_minute = 10000"):
        assert await _state(app, f"UPDATE tenants SET {change}") == CLOSED
        transaction = app.transaction()
        await transaction.start()
        await app.execute("SELECT enter($1, $2, '{OWNER}')", names["evil"], names["session"])
        assert await app.execute(f"UPDATE tenants SET {change} WHERE slug = 'acme'") == "UPDATE 0"
        assert await app.execute(f"UPDATE tenants SET {change}") == "UPDATE 1"
        await transaction.rollback()
    others = (
        "INSERT INTO tenants (id, slug, name) VALUES (gen_random_uuid(), 'x', 'X')",
        "UPDATE tenants SET id = gen_random_uuid()",
    )
    for statement, state in (*((one, DENIED) for one in others), ("DELETE FROM tenants", DENIED)):
        async with app.transaction():
            await app.execute("SELECT enter($1, $2, '{OWNER}')", names["evil"], names["session"])
            assert await _state(app, statement) == state
    async with app.transaction():
        await app.execute("SELECT enter($1, $2, '{OWNER}')", names["evil"], names["session"])
        assert [row["slug"] for row in await app.fetch("SELECT slug FROM tenants FOR UPDATE")] == ["evil"]
        assert len(await app.fetch("TABLE tenants")) == 2


async def test_with_what_she_does_not_know_it_would_open(app: asyncpg.Connection, names: dict[str, object]) -> None:
    """Or the tests above would see nothing."""
    for statement, values in (
        ("SELECT enter($1, $2, '{OWNER}')", (names["acme"], names["live"])),
        ("SELECT hold($1, $2)", (names["acme"], KEY)),
    ):
        async with app.transaction():
            await app.execute(statement, *values)
            assert {row["name"] for row in await app.fetch("TABLE contacts")} == {SECRET}


async def test_even_what_the_session_remembers_opens_nothing(app: asyncpg.Connection, names: dict[str, object]) -> None:
    """What a statement leaves on a pooled connection does not reach into the doors of those who come after it."""
    for setting, value in (("search_path", "pg_temp, mine"), ("app.tenant_id", str(names["acme"]))):
        await app.execute("SELECT set_config($1, $2, false)", setting, value)
    async with app.transaction():
        await app.execute("SELECT public.enter($1, $2, '{OWNER}')", names["evil"], names["session"])
        assert {row["name"] for row in await app.fetch("TABLE public.contacts")} == {"evil"}
    await app.execute("SET row_security = off")  # which refuses, instead of filtering
    assert await _state(app, "TABLE public.contacts") == DENIED
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="would be affected by row-level security"):
        await app.execute("SELECT public.enter($1, $2, '{OWNER}')", names["evil"], names["session"])


async def test_neither_key_nor_session_stands_where_others_look(
    app: asyncpg.Connection, admin: asyncpg.Connection, names: dict[str, object]
) -> None:
    pid = await app.fetchval("SELECT pg_backend_pid()")
    for statement, values in (
        ("SELECT enter($1, $2, '{OWNER}')", (names["acme"], names["live"])),
        ("SELECT hold($1, $2)", (names["acme"], KEY)),
    ):
        await app.execute(statement, *values)
        assert await admin.fetchval("SELECT query FROM pg_stat_activity WHERE pid = $1", pid) == statement
    with pytest.raises(asyncpg.PostgresError) as refusal:
        await app.execute("SELECT hold($1, $2)", names["acme"], b"not the key")
    told = " ".join(str(value) for value in refusal.value.as_dict().values())
    assert not re.search(rf"not the key|{b'not the key'.hex()}|{names['acme']}", told)
    for name in ("log_parameter_max_length", "log_parameter_max_length_on_error"):
        assert await app.fetchval("SELECT current_setting($1)", name) == "0"
    assert await _state(app, "SET log_parameter_max_length = -1") == DENIED


async def test_the_wall_goes_and_comes_again(fresh: Database) -> None:
    await migrate(fresh.owner, VAULT)
    wall, *later = [import_py_file(_MIGRATION.with_name(name)) for name in known_migrations() if name >= _MIGRATION.name]
    owner = await asyncpg.connect(fresh.owner)
    before = await dump(owner)
    async with owner.transaction():
        for migration in (*reversed(later), wall):
            await owner.execute(await migration.downgrade(owner))
        without = await dump(owner)
        for migration in (wall, *later):
            await owner.execute(await migration.upgrade(owner))
    assert "held_tenant" not in without
    assert "SECURITY DEFINER" not in without
    assert "on function enter(uuid,uuid,text[]) to address_book_app" not in without
    assert await dump(owner) == before
    await owner.close()


async def test_without_its_privilege_the_owner_does_not_migrate(admin: asyncpg.Connection) -> None:
    """Seen in a transaction, since roles are the whole cluster's."""
    wall = import_py_file(_MIGRATION)
    transaction = admin.transaction()
    await transaction.start()
    await admin.execute(f"REVOKE SET ON PARAMETER backtrace_functions FROM {OWNER}; SET LOCAL ROLE {OWNER}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match=r"run deploy/postgres/roles\.sql again, as a superuser"):
        await admin.execute(await wall.upgrade(admin))
    await transaction.rollback()
