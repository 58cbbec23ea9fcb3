"""`GET /exports/{id}`: a bundle, to an administrator of its tenant; and the keys that verify it, to everybody.

It is asked for like anything else, by bearer token: a link that opened it by itself would be a secret in histories and logs.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import AsyncIterablePayload

import rest.errors
from auth import signing
from auth.caller import Caller
from auth.vault import Vault
from gql.nodes import parse_id
from models.errors import Refusal, Unauthenticated
from models.values import Row
from resolvers import exports
from server.middlewares import IDENTITY, bare

AT_ONCE: Final = 16
"""So many are sent at once by one process: each takes as long as its client does to read it."""

OF_A_TENANT: Final = 2
"""So many of them to one tenant: its slow readers wait for each other, not others for them."""

PIECE_SECONDS: Final = 60.0
"""How long a client may take to read a piece."""

SECONDS: Final = 3_600.0
"""How long all of it may take, the wait for a turn included: two gigabytes at half a megabyte a second."""


class _Turns:
    """Who may send: AT_ONCE, OF_A_TENANT of each tenant."""

    def __init__(self) -> None:
        self.all = asyncio.Semaphore(AT_ONCE)
        self._tenants: WeakValueDictionary[UUID, asyncio.Semaphore] = WeakValueDictionary()

    def of(self, tenant: UUID) -> asyncio.Semaphore:
        """The tenant's own; gone once nobody has it."""
        return self._tenants.setdefault(tenant, asyncio.Semaphore(OF_A_TENANT))

    def taken(self, tenant: UUID) -> bool:
        """Whether a further one would wait."""
        return self.all.locked() or self.of(tenant).locked()


class _Pieces(AsyncIterablePayload):
    """The body of an answer, read from the database as fast as it is sent."""

    def __init__(self, pieces: AsyncIterator[bytes], turns: _Turns, tenant: UUID) -> None:
        super().__init__(pieces, content_type="application/zip")
        self._pieces, self._all, self._own = pieces, turns.all, turns.of(tenant)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Sends all of it. Raises TimeoutError for a client that does not read, or a refusal: the connection is closed then."""
        async with asyncio.timeout(SECONDS), self._own, self._all:
            async for piece in self._pieces:
                async with asyncio.timeout(PIECE_SECONDS):
                    await writer.write(piece)
                    await writer.drain()


def routes(vault: Vault) -> list[web.RouteDef]:
    """The routes, for requests that the gate has identified; the vault has what signs."""
    turns = _Turns()

    async def download(request: web.Request) -> web.Response:
        caller = request[IDENTITY].caller
        if caller is not None and turns.taken(caller.tenant):
            return bare(503, "Too many exports are fetched at once. Try again in a moment.", {hdrs.RETRY_AFTER: "10"})
        try:
            if caller is None:
                raise Unauthenticated("Sign in first.")
            export = await exports.fetch(caller, parse_id("job", request.match_info["id"]))
        except Refusal as refusal:
            return bare(rest.errors.told(refusal).status, refusal.message, code=refusal.code)
        return _answer(caller, export, turns)

    async def keys(_request: web.Request) -> web.Response:
        headers = {hdrs.CACHE_CONTROL: "public, max-age=300"}
        return web.Response(text=signing.pem(vault), content_type="application/x-pem-file", headers=headers)

    return [web.get("/exports/{id}", download, allow_head=False), web.get("/.well-known/bundle-keys.pem", keys)]


def _answer(caller: Caller, export: Row, turns: _Turns) -> web.Response:
    name = f"{export['slug']}-{export['created_at']:%Y-%m-%d}.zip"  # a slug has letters, digits, dashes and underscores
    headers = {
        hdrs.CONTENT_LENGTH: str(export["size"]),
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"',
        "Repr-Digest": f"sha-256=:{b64encode(export['sha256']).decode()}:",
    }
    return web.Response(body=_Pieces(exports.pieces(caller, export["id"]), turns, caller.tenant), headers=headers)
