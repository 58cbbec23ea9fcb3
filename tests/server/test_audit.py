"""`python -m server audit verify`: what it prints, and with what it exits."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from models import seal as chain
from models.seal import AuditSeal
from models.tenancy import within
from models.values import now
from resolvers.seals import HEAD, grouped
from tests.commands import Command
from tests.world import tenant


@pytest.fixture
async def acme(admin: asyncpg.Connection, tortoise: None) -> UUID:
    """A tenant with twelve entries, ten of which are sealed."""
    home = await tenant(admin, "acme")
    for count, age in ((10, timedelta(hours=1)), (2, timedelta())):
        await admin.execute(
            "INSERT INTO audit_entries (tenant_id, id, at, action) "
            "SELECT $1, gen_random_uuid(), $2::timestamptz + n * interval '1 millisecond', 'logout' FROM generate_series(1, $3) n",
            home,
            now() - age,
            count,
        )
    async with within(home):
        assert await AuditSeal.extend(now() - timedelta(minutes=1)) is not None
    return home


async def _head(admin: asyncpg.Connection, file: Path, home: UUID, number: int = 10) -> Path:
    """A server's log with one line of a head in it."""
    seal = await admin.fetchval("SELECT seal FROM audit_seals WHERE number = $1", number)
    line = {"level": "info", "event": HEAD, "tenant": home.hex, "number": number, "seal": grouped(seal)}
    text = f"not JSON\n{json.dumps({'event': 'request'})}\n{json.dumps(line)}\n"
    await asyncio.to_thread(file.write_text, text, encoding="utf-8")
    return file


async def test_a_sound_log_is_told_so(run: Command, acme: UUID, admin: asyncpg.Connection, tmp_path: Path) -> None:
    await tenant(admin, "evil")
    assert tuple(vars(await run("audit", "verify")).values()) == (
        0,
        "acme: 10 sealed, 2 not yet, sound\nevil: 0 sealed, 0 not yet, sound\n",
        "",
    )
    heads = await _head(admin, tmp_path / "log", acme)
    told = await run("audit", "verify", "--tenant", "acme", "--heads", str(heads), "--json")
    assert told.code == 0
    assert json.loads(told.out) == {
        "sound": True,
        "tenants": [{"tenant": "acme", "sealed": 10, "unsealed": 2, "fault": None}],
    }


async def test_a_fault_is_told_with_its_place(run: Command, acme: UUID, admin: asyncpg.Connection) -> None:
    entry = await admin.fetchval("SELECT entry_id FROM audit_seals WHERE number = 4")
    await admin.execute("UPDATE audit_entries SET action = 'x' WHERE id = $1", entry)
    told = await run("audit", "verify")
    what = "the entry, or its place, was changed after it was sealed"
    assert (told.code, told.err) == (1, "")
    assert told.out == f"acme: 10 sealed, 2 not yet; number 4, auditentry_{entry.hex}, {what}\n"
    told = await run("audit", "verify", "--json")
    assert told.code == 1
    assert json.loads(told.out)["tenants"][0]["fault"] == {"what": what, "number": 4, "entry": f"auditentry_{entry.hex}"}


async def test_heads_that_were_logged_find_a_cut_tail(
    run: Command,
    acme: UUID,
    admin: asyncpg.Connection,
    tmp_path: Path,
) -> None:
    heads = await _head(admin, tmp_path / "log", acme)
    await admin.execute("DELETE FROM audit_entries WHERE id = (SELECT entry_id FROM audit_seals WHERE number = 10)")
    await admin.execute("DELETE FROM audit_seals WHERE number = 10")
    assert (await run("audit", "verify")).code == 0
    told = await run("audit", "verify", "--heads", str(heads))
    assert told.code == 1
    assert told.out == "acme: 9 sealed, 2 not yet; number 10, the chain was cut off: a head was logged beyond its end\n"


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "audit head"}',
        '{"event": "audit head", "tenant": "x", "number": 1, "seal": ""}',
        '{"event": "audit head", "tenant": "00000000000000000000000000000000", "number": 0, "seal": "' + "00" * 32 + '"}',
        '{"event": "audit head", "tenant": "00000000000000000000000000000000", "number": true, "seal": "' + "00" * 32 + '"}',
        '{"event": "audit head", "tenant": "00000000000000000000000000000000", "number": 1, "seal": "' + "00" * 31 + '"}',
        '{"other": "audit head", "tenant": "00000000000000000000000000000000", "number": 1, "seal": "' + "00" * 32 + '"}',
        '{"event": "audit head", "tenant": "0000',
        '["audit head"]',
    ],
)
async def test_a_head_that_cannot_be_read_is_not_passed_over(line: str, run: Command, tmp_path: Path) -> None:
    (tmp_path / "log").write_text(line, encoding="utf-8")
    told = await run("audit", "verify", "--heads", str(tmp_path / "log"))
    assert (told.code, told.out) == (1, "")
    assert told.err == f"{tmp_path}/log:1 is no line of an audit head as the server logs it.\n"


async def test_a_log_without_heads_proves_nothing(run: Command, tmp_path: Path) -> None:
    (tmp_path / "log").write_text('{"event": "request"}\n', encoding="utf-8")
    for file, told in (("log", "holds no line of an audit head."), ("none", "cannot be read.")):
        said = await run("audit", "verify", "--heads", str(tmp_path / file))
        assert (said.code, said.out, said.err) == (1, "", f"{tmp_path}/{file} {told}\n")


async def test_an_unknown_tenant_is_told_so(run: Command, admin: asyncpg.Connection) -> None:
    said = await run("audit", "verify", "--tenant", "nobody")
    assert (said.code, said.out, said.err) == (1, "", "There is no tenant nobody.\n")


async def test_a_long_walk_tells_how_far_it_is(
    run: Command,
    acme: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chain, "STRIDE", 4)
    monkeypatch.setattr("resolvers.seals.STRIDE", 4)
    told = await run("audit", "verify")
    assert (told.code, told.out) == (0, "acme: 10 sealed, 2 not yet, sound\n")
    assert told.err == "acme: 4 of 10\nacme: 8 of 10\n"
