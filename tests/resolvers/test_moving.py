"""Moving in: what is taken, what is left and told, and what happened here meanwhile stays."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models import legacy_source
from models.errors import Conflict, InvalidInput, Unavailable
from models.legacy_rows import Decisions
from models.tenant import Tenant
from models.values import ImportKind
from resolvers import moving
from resolvers.moving import Order, Tally
from tests.house.walls import checksums
from tests.old import Old, old_database
from tests.world import add_user, tenant

Told = tuple[str, int, str, str | None, bool]


@dataclass
class Nova:
    """A tenant, and the old database that moves into it. Every run is tried dry before, and must then do the same."""

    home: UUID
    old: Old
    admin: asyncpg.Connection
    steps: list[int] = field(default_factory=list)

    async def move(self, decisions: object = None, **options: Any) -> tuple[dict[str, Tally], list[Told]]:
        """What became of the rows by kind, and what was told of them."""
        order = {"decisions": Decisions.parse(json.dumps(decisions or {}))} | options
        before = await checksums(self.admin, self.home)
        dry = await self._run(Order(**order, dry=True))
        assert await checksums(self.admin, self.home) == before
        real = await self._run(Order(**order))
        assert dry == real
        return real

    async def _run(self, order: Order) -> tuple[dict[str, Tally], list[Told]]:
        told: list[Told] = []
        self.steps = []
        async with legacy_source.opened(self.old.url) as old:
            counts = await moving.move(
                old,
                "nova",
                order,
                lambda kind, number, fault, here: told.append((kind.lower(), number, fault.reason, fault.field, here)),
                self.steps.append,
            )
        return {kind.lower(): tally for kind, tally in counts.items()}, told

    async def rows(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        """The tenant's rows, as they were made."""
        rows = await self.admin.fetch(f"SELECT {columns} FROM {table} WHERE tenant_id = $1 ORDER BY id", self.home)
        return [tuple(row) for row in rows]


@pytest.fixture
async def nova(worker_id: str, admin: asyncpg.Connection, tortoise: None) -> AsyncIterator[Nova]:
    """An empty tenant and an empty old database."""
    async with old_database(f"old_{worker_id}") as old:
        yield Nova(await tenant(admin, "nova"), old, admin)


async def test_every_field_arrives(nova: Nova) -> None:
    await nova.old.user(7, "Ann", "Ann@Old.example")
    await nova.old.user(8, "ben", active=False)
    await nova.old.contact(9, " Zoë ", gender=True, age=0, address="", phone="", email="")
    await nova.old.login(5, 7, "1999-12-31T23:59:59Z")
    counts, told = await nova.move(owner="ANN")
    assert counts == {"user": Tally(taken=2), "contact": Tally(taken=1), "login": Tally(taken=1)}
    assert told == []
    assert nova.steps == [2, 1, 1]
    assert await nova.rows("users", "number, username, username_key, email, email_key, email_verified, role, operator, active") == [
        (7, "Ann", "ann", "Ann@Old.example", "ann@old.example", False, "OWNER", False, True),
        (8, "ben", "ben", "ben@old.example", "ben@old.example", False, "EDITOR", False, False),
    ]
    fields = "number, version, name, gender, age, age_recorded_at = created_at, email, phone, address, notes, favorite, deleted_at"
    assert await nova.rows("contacts", fields) == [(9, 1, " Zoë ", "MALE", 0, True, None, None, None, None, False, None)]
    assert await nova.rows("login_history", "at::text, user_agent") == [("1999-12-31 23:59:59+00", None)]


async def test_live_sessions_and_refresh_tokens_of_the_old_service_mean_nothing(nova: Nova) -> None:
    await nova.old.user(7, "ann")
    await nova.old.db.execute("INSERT INTO refresh_tokens (user_id, token, expires_at) VALUES (7, 'clear', now() + '1 day')")
    await nova.move()
    assert await nova.rows("sessions", "*") == []
    assert "b7c3-live" not in str(await nova.rows("users", "*"))


async def test_users_who_are_one_and_the_same_are_all_left(nova: Nova) -> None:
    await nova.old.user(1, "ann", "a@old.example")
    await nova.old.user(2, "ＡＮＮ", "b@old.example")
    await nova.old.user(3, "a\u200bnn ", "B@old.example")
    await nova.old.user(4, "dan", "a@old.example ")
    await nova.old.user(5, "eve")
    await nova.old.user(6, "eve@old.example", "six@old.example")  # would sign in as eve
    counts, told = await nova.move()
    assert counts["user"] == Tally(taken=1, left=5)
    same = "SAME_AS_ANOTHER"
    assert told == [
        ("user", 1, same, "username", False),
        ("user", 1, same, "email", False),
        ("user", 2, same, "username", False),
        ("user", 2, same, "email", False),
        ("user", 3, "INVALID", "username", False),  # it holds what cannot be seen
        ("user", 3, same, "username", False),
        ("user", 3, same, "email", False),
        ("user", 4, same, "email", False),
        ("user", 6, "INVALID", "username", False),
    ]
    decisions = {"users": {"1": "skip", "3": {"username": "ann3", "email": "c@old.example"}, "6": {"username": "six"}}}
    counts, told = await nova.move(decisions)
    assert counts["user"] == Tally(taken=4, before=1, left=1)
    assert told == [("user", 1, "SKIPPED", None, False)]
    assert await nova.rows("users", "number, username, email") == [
        (5, "eve", "eve@old.example"),
        (2, "ＡＮＮ", "b@old.example"),
        (3, "ann3", "c@old.example"),
        (4, "dan", "a@old.example"),
        (6, "six", "six@old.example"),
    ]


async def test_who_is_here_already_keeps_their_names_and_numbers(nova: Nova) -> None:
    ada = await add_user(nova.admin, nova.home, "ada", "OWNER")
    await nova.admin.execute("UPDATE users SET number = 3 WHERE id = $1", ada)
    await nova.admin.execute("INSERT INTO contacts (tenant_id, id, number, name) VALUES ($1, $2, 4, 'Here')", nova.home, ada)
    await nova.old.user(1, "ADA", "one@old.example")
    await nova.old.user(2, "two", "Ada@Example.org")
    await nova.old.user(3, "three")
    await nova.old.contact(4)
    before = await checksums(nova.admin, nova.home)
    counts, told = await nova.move()
    assert counts == {"user": Tally(left=3), "contact": Tally(left=1), "login": Tally()}
    assert told == [
        ("user", 1, "USERNAME_TAKEN", "username", False),
        ("user", 2, "EMAIL_TAKEN", "email", False),
        ("user", 3, "NUMBER_TAKEN", "id", False),
        ("contact", 4, "NUMBER_TAKEN", "id", False),
    ]
    assert await checksums(nova.admin, nova.home) == before
    counts, told = await nova.move({"users": {"3": {"number": None}}, "contacts": {"4": {"number": None}}})
    assert (counts["user"].taken, counts["contact"].taken) == (1, 1)
    ((_, here), (number, there)) = await nova.rows("users", "number, username")
    assert (here, there) == ("ada", "three")
    assert number > 3


async def test_an_id_that_would_use_up_the_numbers_is_left(nova: Nova) -> None:
    await nova.old.contact(2_147_483_647)
    await nova.old.user(1_000_000_001, "ann")
    counts, told = await nova.move()
    assert told == [
        ("user", 1_000_000_001, "NUMBER_TOO_HIGH", "id", False),
        ("contact", 2_147_483_647, "NUMBER_TOO_HIGH", "id", False),
    ]
    counts, told = await nova.move({"users": {"1000000001": {"number": None}}, "contacts": {"2147483647": {"number": None}}})
    assert (counts["user"], counts["contact"], told) == (Tally(taken=1), Tally(taken=1), [])
    ((number,),) = await nova.rows("contacts", "number")
    assert number < 1_000_000_000
    assert (await nova.move())[0]["contact"] == Tally(before=1)


async def test_what_breaks_a_rule_is_left_or_kept_in_the_notes(nova: Nova) -> None:
    await nova.old.contact(1, " ", email="nowhere@", age=-5)
    await nova.old.contact(2, "Long" * 60, address="x" * 501)
    await nova.old.contact(3, "\t", phone="ext. 12", email="three@old.example")
    await nova.old.contact(4, address="y" * 20_000)
    await nova.old.user(5, "no")
    await nova.old.user(6, "six", password="md5")
    counts, told = await nova.move()
    assert counts == {"user": Tally(left=2), "contact": Tally(left=4), "login": Tally()}
    assert told == [
        ("user", 5, "INVALID", "username", False),
        ("user", 6, "HASH_REFUSED", "password", False),
        ("contact", 1, "REQUIRED", "name", False),
        ("contact", 1, "INVALID", "age", False),
        ("contact", 1, "INVALID", "email", False),
        ("contact", 2, "TOO_LONG", "name", False),
        ("contact", 2, "TOO_LONG", "address", False),
        ("contact", 3, "REQUIRED", "name", False),
        ("contact", 3, "INVALID", "phone", False),
        ("contact", 4, "TOO_LONG", "address", False),
    ]
    counts, told = await nova.move(keep=True)
    assert counts == {"user": Tally(taken=1, left=1, noted=1), "contact": Tally(taken=3, left=1, noted=3), "login": Tally()}
    assert [entry for entry in told if not entry[-1]] == [
        ("user", 5, "INVALID", "username", False),
        ("contact", 4, "TOO_LONG", "notes", False),
    ]
    assert ("user", 6, "HASH_REFUSED", "password", True) in told
    assert await nova.rows("users", "password_hash") == [("legacy:none",)]
    assert await nova.rows("contacts", "number, name, age, age_recorded_at IS NULL, email, phone, address, notes") == [
        (
            1,
            "Contact 1",
            None,
            True,
            None,
            "0100-000000",
            "1 Oak Street",
            "From the old service:\nname:  \nage: -5\nemail: nowhere@",
        ),
        (
            2,
            ("Long" * 60)[:200],
            34,
            False,
            "c2@old.example",
            "0100-000000",
            None,
            f"From the old service:\nname: {'Long' * 60}\naddress: {'x' * 501}",
        ),
        (
            3,
            "three@old.example",
            34,
            False,
            "three@old.example",
            None,
            "1 Oak Street",
            "From the old service:\nname: \t\nphone: ext. 12",
        ),
    ]


async def test_what_happened_here_meanwhile_stays(nova: Nova) -> None:
    for number, name in ((1, "ann"), (2, "ben"), (3, "cat")):
        await nova.old.user(number, name)
        await nova.old.contact(number, f"{name}'s friend")
        await nova.old.login(number, number)
    await nova.move()
    await nova.admin.execute(
        "UPDATE users SET username = 'anna', username_key = 'anna' WHERE number = 1 AND tenant_id = $1", nova.home
    )
    await nova.admin.execute("DELETE FROM users WHERE number = 2 AND tenant_id = $1", nova.home)
    await nova.admin.execute("DELETE FROM contacts WHERE number = 2 AND tenant_id = $1", nova.home)
    await nova.admin.execute("UPDATE contacts SET name = 'Changed' WHERE number = 1 AND tenant_id = $1", nova.home)
    before = await checksums(nova.admin, nova.home)
    assert await nova.move() == ({kind.lower(): Tally(before=3) for kind in ImportKind}, [])
    await nova.old.login(4, 2)  # of somebody who was removed here
    counts, told = await nova.move()
    assert (counts["login"], told) == (Tally(before=3, left=1), [("login", 4, "USER_NOT_HERE", "user_id", False)])
    assert await checksums(nova.admin, nova.home) == before


async def test_what_changed_in_the_old_database_since_is_told_and_not_taken(nova: Nova) -> None:
    await nova.old.user(1, "ann")
    await nova.old.contact(2, "Zoë")
    await nova.move()
    before = await checksums(nova.admin, nova.home)
    await nova.old.db.execute("UPDATE users SET login_session = 'another'")
    assert (await nova.move())[1] == []
    await nova.old.db.execute("UPDATE users SET password = password || '!'")
    await nova.old.db.execute("UPDATE people SET age = age + 1")
    await nova.old.login(3, 1)
    counts, told = await nova.move()
    assert counts == {"user": Tally(before=1, noted=1), "contact": Tally(before=1, noted=1), "login": Tally(left=1)}
    assert told == [
        ("user", 1, "CHANGED_SINCE", None, True),
        ("contact", 2, "CHANGED_SINCE", None, True),
        ("login", 3, "USER_NOT_HERE", "user_id", False),  # nobody's history goes to somebody else
    ]
    assert await checksums(nova.admin, nova.home) == before


async def test_an_owner_who_was_moved_as_another_is_told(nova: Nova) -> None:
    await nova.old.user(1, "ann")
    await nova.move()
    async with legacy_source.opened(nova.old.url) as old:
        with pytest.raises(InvalidInput) as refusal:
            await moving.move(old, "nova", Order(Decisions(), owner="ann"), lambda *_: None, lambda _: None)
    assert refusal.value.message == "ann was moved before, and the role that they have here stays. Leave --owner out."
    await nova.admin.execute("UPDATE users SET role = 'OWNER' WHERE tenant_id = $1", nova.home)
    assert (await nova.move(owner="ann"))[0]["user"] == Tally(before=1)


async def test_a_time_that_is_none_is_left(nova: Nova) -> None:
    await nova.old.user(1, "ann")
    await nova.old.login(2, 1, "infinity")
    await nova.old.login(3, 1, "-infinity")
    _, told = await nova.move()
    assert told == [("login", number, "INVALID", "login_timestamp", False) for number in (2, 3)]


async def test_a_decision_about_nobody_is_told(nova: Nova) -> None:
    await nova.old.user(1, "ann")
    counts, told = await nova.move({"users": {"2": "skip"}, "contacts": {"3": {"name": "x"}}})
    assert told == [("user", 2, "NO_SUCH_ROW", "id", False), ("contact", 3, "NO_SUCH_ROW", "id", False)]
    assert counts["user"] == Tally(taken=1)


@pytest.mark.parametrize(
    "hostile",
    ["'); DELETE FROM users; --", "$1 %s {0}", "\u202eevil\u202c", "🧑‍🚀" * 20, "<script>alert(1)</script>", "\x01\x7f", "ﷺ" * 60],
)
async def test_hostile_texts_arrive_as_text(nova: Nova, hostile: str) -> None:
    await nova.old.contact(1, hostile, address=hostile)
    counts, _ = await nova.move()
    assert counts["contact"] == Tally(taken=1)
    assert await nova.rows("contacts", "name, address") == [(hostile, hostile)]


async def test_a_changed_contact_says_nothing_of_the_user_of_its_number(nova: Nova) -> None:
    await nova.old.user(1, "ann")
    await nova.old.contact(1)
    await nova.move()
    await nova.old.db.execute("UPDATE people SET age = age + 1")
    await nova.old.login(2, 1)
    counts, told = await nova.move()
    assert (counts["login"], told) == (Tally(taken=1), [("contact", 1, "CHANGED_SINCE", None, True)])


async def test_rows_that_stay_behind_leave_no_trace(nova: Nova) -> None:
    await nova.old.contact(1, email="nowhere@")
    before = await checksums(nova.admin, nova.home)
    assert (await nova.move())[0]["contact"] == Tally(left=1)
    assert await checksums(nova.admin, nova.home) == before


async def test_two_runs_at_once_move_each_row_once(nova: Nova) -> None:
    await nova.old.many(50, 1_500, 50)
    runs = await asyncio.gather(*(nova._run(Order(Decisions())) for _ in range(2)))
    taken = [[counts[kind].taken + counts[kind].before for kind in ("user", "contact", "login")] for counts, _ in runs]
    assert taken == [[50, 1_500, 50]] * 2
    assert sum(counts["contact"].taken for counts, _ in runs) == 1_500
    assert await nova.admin.fetchval("SELECT count(*) FROM contacts WHERE tenant_id = $1", nova.home) == 1_500
    log = await nova.rows("audit_entries", "action")
    assert log[0] == ("import.started",)
    assert log[-1] == ("import.finished",)


async def test_a_number_that_somebody_takes_meanwhile_stops_the_run_with_a_line(
    nova: Nova, monkeypatch: pytest.MonkeyPatch
) -> None:
    await nova.old.contact(1)
    await nova.admin.execute("INSERT INTO contacts (tenant_id, id, number, name) VALUES ($1, $1, 1, 'Here')", nova.home)

    async def unseen(_kind: object, rows: list[object]) -> list[list[object]]:
        return [[] for _ in rows]

    monkeypatch.setattr(moving, "taken", unseen)
    before = await checksums(nova.admin, nova.home)
    with pytest.raises(Conflict, match="A new contact took the number of an old one"):
        await nova._run(Order(Decisions()))
    assert await checksums(nova.admin, nova.home) == before


async def test_a_dry_run_could_not_write(nova: Nova, monkeypatch: pytest.MonkeyPatch) -> None:
    async def writing(_kind: object, rows: list[object]) -> list[list[object]]:
        await Tenant.change(nova.home, name="Written")
        return [[] for _ in rows]

    await nova.old.contact(1)
    monkeypatch.setattr(moving, "taken", writing)
    before = await checksums(nova.admin, nova.home)
    with pytest.raises(Unavailable):
        await nova._run(Order(Decisions(), dry=True))
    assert await checksums(nova.admin, nova.home) == before
    await nova._run(Order(Decisions()))
    assert await nova.admin.fetchval("SELECT name FROM tenants WHERE id = $1", nova.home) == "Written"
