"""The application as a whole: what it opens it closes, and its public keys are for everybody."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from auth.passwords import Hasher
from models.pool import Pool
from observability.tracing import Tracing
from server import app
from server.settings import Settings
from tests.conftest import Serve

JWKS = "/.well-known/jwks.json"


async def _published(client: TestClient[web.Request, web.Application]) -> dict[str, list[dict[str, str]]]:
    answer = await client.get(JWKS)
    assert (answer.status, answer.content_type) == (200, "application/jwk-set+json")
    assert answer.headers.getall("Cache-Control") == ["public, max-age=300"]
    keys: dict[str, list[dict[str, str]]] = await answer.json(content_type=None)
    return keys


async def test_shared_secrets_are_not_published(serve: Serve) -> None:
    assert await _published(await serve()) == {"keys": []}


async def test_public_keys_are_published_and_no_private_part(serve: Serve) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    keys = json.dumps([{"kid": "one", "alg": "EdDSA", "key": pem, "active": True}])
    (key,) = (await _published(await serve(jwt_keys=SecretStr(keys))))["keys"]
    assert (key["kty"], key["crv"], key["alg"], key["kid"]) == ("OKP", "Ed25519", "EdDSA", "one")
    assert "d" not in key


async def test_threads_and_spans_end_even_where_the_database_does_not_close(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def stuck(*_: object, **__: object) -> AsyncIterator[Pool]:
        yield Pool(asyncpg.connect, 1)
        raise OSError("the connection is gone")

    closed: list[str] = []
    monkeypatch.setattr(app, "opened", stuck)
    monkeypatch.setattr(Hasher, "close", lambda _: closed.append("hasher"))
    monkeypatch.setattr(Tracing, "close", lambda _: closed.append("tracing"))
    runner = web.AppRunner(app.create_app(settings))
    await runner.setup()
    with pytest.raises(OSError, match="the connection is gone"):
        await runner.cleanup()
    assert closed == ["hasher", "tracing"]
