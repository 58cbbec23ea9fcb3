"""Statements that carry their own door: every one of them, found by doing all that resolvers do with one."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest

from auth.caller import Caller
from models import tenancy
from models.audit import AuditEntry, AuditQuery
from models.conditions import TextMatch, TimeMatch
from models.connection import Connection
from models.contact_search import ContactFilter, ContactOrder, ContactQuery, LabelMatch
from models.errors import Forbidden, Unauthenticated
from models.paging import Window
from models.values import Origin, new_id
from resolvers import audit, contacts, jobs, labels, sessions, tenants, totp, users
from tests.house.code import sources
from tests.world import add_user, tenant

EARLIER: Final = datetime(2020, 1, 1, tzinfo=UTC)
NAMES: Final = frozenset({"id", "name"})
SWITCHES: Final = (
    "SET enable_nestloop = off",
    "SET enable_hashjoin = off",
    "SET enable_mergejoin = off",
    "SET enable_indexscan = off",
    "SET enable_sort = off",
    "SET geqo_threshold = 2",
    "SET join_collapse_limit = 1",
    "SET plan_cache_mode = force_generic_plan",
    "SET plan_cache_mode = force_custom_plan",
)


@dataclass(frozen=True)
class Home:
    """A tenant with one contact that carries one label, and who asks for them."""

    owner: Caller
    viewer: Caller
    contact: UUID
    label: UUID
    number: int
    entry: UUID


@pytest.fixture
async def home(admin: asyncpg.Connection, tortoise: None) -> Home:
    """Of acme; the tenant evil has as much of its own."""
    homes = {}
    for slug in ("acme", "evil"):
        home = await tenant(admin, slug)
        callers = []
        for name, role in (("ada", "OWNER"), ("linus", "VIEWER")):
            user, session = await add_user(admin, home, name, role), new_id()
            await admin.execute("UPDATE users SET operator = (role = 'OWNER') WHERE id = $1", user)
            await admin.execute(
                "INSERT INTO sessions (tenant_id, id, user_id, expires_at) VALUES ($1, $2, $3, now() + interval '1 hour')",
                home,
                session,
                user,
            )
            callers.append(Caller(user, home, session, slug, name, Origin()))
        label = await labels.add(callers[0], f"of {slug}", None)
        contact = await contacts.add(callers[0], {"name": f"Zoë of {slug}"}, [label["id"]])
        async with tenancy.within(home):
            await AuditEntry.append("logout", Origin(), actor=callers[0].user, target=callers[0].session)
        await admin.execute("INSERT INTO jobs (tenant_id, id, kind) VALUES ($1, $2, 'MAIL')", home, new_id())
        await admin.execute(
            "INSERT INTO authenticators (tenant_id, user_id, secret, confirmed_at) VALUES ($1, $2, '', now())",
            home,
            callers[0].user,
        )
        entry = await admin.fetchval("SELECT id FROM audit_entries WHERE tenant_id = $1", home)
        homes[slug] = Home(*callers, contact["id"], label["id"], contact["number"], entry)
    return homes["acme"]


Act = Callable[[Home, Caller], Awaitable[Any]]

READS: Final[dict[str, Act]] = {
    "a contact": lambda home, caller: contacts.find(caller, home.contact, NAMES),
    "a whole contact": lambda home, caller: contacts.find(caller, home.contact),
    "a page": lambda _, caller: contacts.search(caller, ContactQuery(), Window(50), NAMES),
    "a page of a label": lambda home, caller: contacts.search(caller, ContactQuery(label=home.label), Window(50), NAMES),
    "a search": lambda _, caller: contacts.search(caller, ContactQuery(search="zoe acme"), Window(50), NAMES),
    "a filter": lambda home, caller: contacts.search(
        caller,
        ContactQuery(
            filter=ContactFilter(
                texts={"name": TextMatch(starts_with="Zo")},
                labels=LabelMatch(any=[home.label], none=[new_id()]),
                negated=ContactFilter(texts={"email": TextMatch(contains="x")}),
            ),
            order=[(ContactOrder.EMAIL, True), (ContactOrder.CREATED_AT, False)],
        ),
        Window(50),
    ),
    "a count": lambda _, caller: contacts.count(caller, ContactQuery()),
    "labels of contacts": lambda home, caller: contacts.labels_of(caller, [home.contact], NAMES),
    "the old list": lambda _, caller: contacts.numbered(caller, ContactQuery(), after=0, offset=0, limit=10),
    "the audit log": lambda home, caller: audit.search(
        caller, AuditQuery(TextMatch(starts_with="log"), home.owner.user, TimeMatch(gte=EARLIER)), Window(50)
    ),
    "who did it": lambda home, caller: audit.actors(caller, [home.entry], NAMES),
    "jobs": lambda _, caller: jobs.search(caller, Window(50), None),
    "labels": lambda _, caller: labels.everyone(caller),
    "counts of labels": lambda home, caller: labels.counts(caller, [home.label]),
    "users": lambda _, caller: users.search(caller, Window(50)),
    "the viewer": lambda _, caller: sessions.viewer(caller, NAMES),
    "sessions": lambda _, caller: sessions.mine(caller),
    "tenants": lambda _, caller: tenants.search(caller, Window(50), None),
    "a second factor": lambda _, caller: totp.enabled(caller),
    "how many tenants": lambda _, caller: tenants.count(caller, None),
}
WRITES: Final[dict[str, Act]] = {
    "a new contact": lambda _, caller: contacts.add(caller, {"name": "Zoë of acme"}, columns=NAMES),
    "a new contact of old": lambda _, caller: contacts.add_numbered(caller, _OLD),
}
_OLD: Final = {"name": "Zoë of acme", "gender": None, "age": 7, "address": "Here", "phone": "0123456789", "email": "z@example.org"}
OPERATORS: Final = frozenset({"tenants", "how many tenants"})
ADMINS: Final = frozenset({"jobs", "the audit log", "who did it"})


@pytest.fixture
async def told(home: Home, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...]]]:
    """Every statement that goes to Postgres with a door in it, with its values."""
    found: list[tuple[str, tuple[Any, ...]]] = []
    fetch = Connection.fetch

    async def listening(self: Connection, sql: str, *values: Any, **options: Any) -> Any:
        if tenancy.DOOR in sql:
            found.append((sql, values))
        return await fetch(self, sql, *values, **options)

    monkeypatch.setattr(Connection, "fetch", listening)
    return found


async def test_each_act_is_one_statement_with_its_door(home: Home, told: list[tuple[str, tuple[Any, ...]]]) -> None:
    for name, act in (READS | WRITES).items():
        told.clear()
        await act(home, home.owner)
        assert len(told) == 1, name


async def test_no_other_act_goes_through_a_single_statement(home: Home) -> None:
    """`through` stands in these resolvers alone, so that none is forgotten here."""
    found = {name for source in sources() if source.name.startswith("resolvers.") for name in source.naming("through")}
    assert found == {
        "audit.actors",
        "audit.search",
        "contacts.find",
        "contacts.search",
        "contacts.count",
        "contacts.labels_of",
        "contacts.numbered",
        "contacts.add",
        "contacts.add_numbered",
        "jobs.search",
        "labels.everyone",
        "labels.counts",
        "users.search",
        "sessions.viewer",
        "sessions.mine",
        "tenants.search",
        "tenants.count",
        "totp.enabled",
    }


async def test_the_door_stands_first_and_a_fence_behind_it(home: Home, told: list[tuple[str, tuple[Any, ...]]]) -> None:
    for act in READS.values():
        await act(home, home.owner)
    for sql, _ in told:
        inner = re.fullmatch(r"SELECT r\.\* FROM (.*?) CROSS JOIN LATERAL \((.*)\) AS r", sql, re.DOTALL)
        assert inner, sql
        assert inner[1] == tenancy.DOOR
        assert "enter(" not in inner[2]
        assert re.search(r"(LIMIT (\d+|\$\d+)( OFFSET \$\d+)?|OFFSET 0)$", inner[2]) or inner[2].startswith("SELECT count("), sql
        for table in re.findall(
            r"(?:FROM|JOIN) (contacts|jobs|labels|contact_labels|users|sessions|audit_entries|audit_seals|authenticators) (\w)",
            inner[2],
        ):
            alias = table[1]
            assert f"{alias}.tenant_id = d.tenant" in inner[2] or f"ON {alias}.tenant_id = " in inner[2], (table, sql)


async def test_policies_are_met_behind_the_door_alone(
    home: Home, told: list[tuple[str, tuple[Any, ...]]], app: asyncpg.Connection
) -> None:
    for act in READS.values():
        await act(home, home.owner)
    for sql, values in list(told):
        plan = json.loads(await app.fetchval(f"EXPLAIN (FORMAT JSON) {sql}", *values))[0]["Plan"]
        outer, inner = plan["Plans"]
        assert plan["Node Type"] == "Nested Loop", sql
        assert (outer["Node Type"], outer["Function Name"]) == ("Function Scan", "enter")
        assert "Relation Name" not in json.dumps(outer), sql
        assert "Relation Name" in json.dumps(inner), sql


async def test_whatever_the_planner_thinks_the_rows_are_the_same(
    home: Home, told: list[tuple[str, tuple[Any, ...]]], app: asyncpg.Connection
) -> None:
    for act in READS.values():
        await act(home, home.owner)
    for sql, values in list(told):
        expected = sorted(map(repr, await app.fetch(sql, *values)))
        assert expected, sql
        assert "evil" not in "".join(expected) or "tenants t" in sql
        for switch in SWITCHES:
            await app.execute(switch)
            assert sorted(map(repr, await app.fetch(sql, *values))) == expected, (switch, sql)
            await app.execute("RESET ALL")


async def test_who_may_not_enter_gets_nothing(home: Home, admin: asyncpg.Connection) -> None:
    foreign = await admin.fetchval("SELECT id FROM sessions WHERE tenant_id <> $1 LIMIT 1", home.owner.tenant)
    for name, act in (READS | WRITES).items():
        for session in (new_id(), foreign):
            with pytest.raises(Unauthenticated):
                await act(home, Caller(home.owner.user, home.owner.tenant, session, "acme", "ada", Origin()))
        if name in OPERATORS | ADMINS | WRITES.keys():
            with pytest.raises(Forbidden):
                await act(home, home.viewer)
    await admin.execute("UPDATE sessions SET ended_at = now(), ended_reason = 'LOGGED_OUT'")
    before = await admin.fetchval("SELECT count(*) FROM contacts")
    for act in (READS | WRITES).values():
        with pytest.raises(Unauthenticated):
            await act(home, home.owner)
    assert await admin.fetchval("SELECT count(*) FROM contacts") == before


async def test_without_single_statements_the_answers_are_the_same(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    single = {name: await act(home, home.owner) for name, act in READS.items()}
    monkeypatch.setattr(tenancy.client.get(), "single_statements", False)
    for name, act in READS.items():
        assert repr(_plain(await act(home, home.owner))) == repr(_plain(single[name])), name


def _plain(value: Any) -> Any:
    """Records and rows alike."""
    if hasattr(value, "rows"):
        return _plain(value.rows)
    if hasattr(value, "keys"):
        return {str(key): _plain(value[key]) for key in value.keys()}  # noqa: SIM118 - a record iterates over its values
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
