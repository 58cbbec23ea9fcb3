"""Backfills: rows that are there already are brought into a new form while the service goes on (docs/migrations.md).

None runs before an operator starts it. A batch is a small transaction inside one tenant, which also keeps how far it has come:
so it may be paused, cut off and handed to another process at any time, and goes on where it was.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple
from uuid import UUID

from auth import totp
from auth.desk import Desk
from models.authenticator import Authenticator
from models.backfill import Backfill
from models.errors import InvalidInput, NotFound
from models.tenancy import lobby
from models.tenant import Tenant
from models.values import Row
from observability.logging import logger
from resolvers.work import door

_log = logger(__name__)
BATCH: Final = 200
"""Rows of a transaction, at the most."""
FASTEST: Final = 100_000
"""Rows a second that may be asked for."""
TURN_SECONDS: Final = 60.0
"""How long `run` begins batches; what is left waits for its next turn."""


class Batch(NamedTuple):
    """What a batch has been through: the last row of it, None where the tenant has no more; how many, and how many were changed."""

    last: UUID | None
    looked: int
    changed: int


class Work(NamedTuple):
    """What a backfill does, in words, and with a batch: so many rows of the held tenant behind one, in the order of their ids. It
    may meet rows that are in the new form already."""

    what: str
    batch: Callable[[Desk, UUID | None, int], Awaitable[Batch]]


async def reseal(desk: Desk, after: UUID | None, limit: int) -> Batch:
    """Encrypts second factors with the secret in use: then nothing needs the older ones of SECRET_KEYS any more."""
    rows, changed = await Authenticator.stretch(after, limit), 0
    for row in rows:
        user, fresh = row["user_id"], {}
        for column in ("secret", "pending"):
            sealed = row[column]
            if sealed is None or totp.is_current(desk.vault, user, sealed):
                continue
            secret = totp.unseal(desk.vault, user, sealed)
            if secret is None:
                _log.error("an authenticator cannot be read: SECRET_KEYS lacks what sealed it", user_id=user)
            else:
                fresh[column] = totp.seal(desk.vault, user, secret)
        if fresh:
            await Authenticator.reseal(user, fresh)
            changed += 1
    return Batch(rows[-1]["user_id"] if rows else None, len(rows), changed)


BACKFILLS: Final[dict[str, Work]] = {"reseal": Work("Second factors are encrypted with the first of SECRET_KEYS.", reseal)}
"""What can be started, by name. One that a release needs stays as long as a database may come that has not been through it."""


async def every() -> dict[str, Row | None]:
    """How far each has come, by name; None for one that was never started."""
    async with lobby():
        rows = {row["name"]: row for row in await Backfill.every()}
    return {name: rows.get(name) for name in sorted(BACKFILLS)}


async def start(name: str, per_second: int) -> None:
    """A worker goes on with it from now on, or begins it anew where it is done. Refuses with NotFound or InvalidInput."""
    _refuse_unknown(name)
    if not 1 <= per_second <= FASTEST:
        raise InvalidInput(f"Rows a second must lie between 1 and {FASTEST}.", ("perSecond",))
    async with lobby():
        await Backfill.start(name, per_second)


async def pause(name: str) -> None:
    """It stops after its batch, until it is started. Refuses with NotFound, also where it does not run."""
    _refuse_unknown(name)
    async with lobby():
        if not await Backfill.pause(name):
            raise NotFound(f"{name} does not run.", ("name",))


async def run(desk: Desk) -> None:
    """Goes on with each that runs, to its end, until it is paused, or for TURN_SECONDS."""
    until = time.monotonic() + TURN_SECONDS
    for name, row in (await every()).items():
        if row is not None:
            while await _step(desk, name) and time.monotonic() < until:
                pass


async def _step(desk: Desk, name: str) -> bool:
    """One batch, and the pause that keeps its pace; whether it runs on."""
    began = time.monotonic()
    async with lobby():
        row = await Backfill.running(name)
        if row is None:
            return False
        home = row["home"] or await Tenant.following(None)
        if home is None:
            await Backfill.reach(row, None, None)
            return False
        left = await Tenant.count_from(home)
    desk.metrics.jobs.backfill(name, left)
    async with door(home):
        row = await Backfill.running(name)
        if row is None or row["home"] not in {None, home}:  # it was paused, or somebody else has gone on with it
            return row is not None
        batch = await BACKFILLS[name].batch(desk, row["after"], min(BATCH, row["per_second"]))
        following = home if batch.last else await Tenant.following(home)
        await Backfill.reach(row, following, batch.last, batch.looked, batch.changed)
    if following is None:
        desk.metrics.jobs.backfill(name, 0)
        return False
    await asyncio.sleep(max(0.0, max(batch.looked, 1) / row["per_second"] - (time.monotonic() - began)))
    return True


def _refuse_unknown(name: str) -> None:
    if name not in BACKFILLS:
        raise NotFound(f"There is no backfill {name}: see `backfill list`.", ("name",))
