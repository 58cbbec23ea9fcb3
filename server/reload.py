"""Settings that change while the server runs: secrets and the log's level are taken, and no request is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from auth.desk import Desk
from models.pool import Pool
from observability.exporter import headers
from observability.logging import logger, set_level
from observability.tracing import Tracing
from server.database import redial
from server.mailer import Relay, SmtpMailer
from server.settings import BadSettings, Settings
from server.worker import Worker

if TYPE_CHECKING:
    from server.shared_throttle import SharedThrottle

_log = logger(__name__)
LOOK_SECONDS: Final = 2.0
"""How often the files are read: a mounted secret tells nobody that it was replaced."""

Take = Callable[[Settings], Awaitable[Mapping[str, object]]]
"""Takes one setting of these, and returns what the log may tell of it. Where it raises, nothing is changed."""


async def watch(settings: Settings, read: Callable[[], Settings], takes: dict[str, Take]) -> None:
    """Takes the settings that `takes` names as their files change, until it is cancelled; `read` reads all settings anew.

    What is wrong is told in the log, once, and what was taken before stays. What is right and does not work yet, such as a password
    that the database does not know, is told as well, and tried again each time. docs/secrets.md has the steps of each rotation.
    """
    known = {name: getattr(settings, name) for name in takes}
    told, refused = "", dict[str, object]()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            now = await asyncio.to_thread(read)
        except BadSettings as fault:
            if str(fault) != told:
                told = str(fault)
                _log.error("the settings as they are now are not taken", faults=told.splitlines())
            continue
        told = ""
        for name, take in takes.items():
            value = getattr(now, name)
            if value == known[name]:
                refused.pop(name, None)
                continue
            try:
                tells = await take(now)
            except Exception as error:  # whatever it is: the watch goes on, and the next look tries again
                if refused.get(name) != value:
                    refused[name] = value
                    _log.error("the one before stays in use", setting=name.upper(), cause=type(error).__name__)
                continue
            known[name] = value
            _log.warning("setting taken", setting=name.upper(), **tells)


def taking(desk: Desk, pool: Pool, worker: Worker, tracing: Tracing, throttle: SharedThrottle | None) -> dict[str, Take]:
    """What a server of these parts takes, by the names of the settings' fields. A part that it began without is not begun later."""

    async def jwt_keys(now: Settings) -> Mapping[str, object]:
        desk.keys.take(now.keyring())
        return {"kids": desk.keys.kids}

    async def secret_keys(now: Settings) -> Mapping[str, object]:
        desk.vault.take(now.vault())
        return {}

    async def database_url(now: Settings) -> Mapping[str, object]:
        dsn = now.database_url.get_secret_value()
        await redial(pool, dsn)
        worker.take(dsn)
        return {}

    async def log_level(now: Settings) -> Mapping[str, object]:
        set_level(now.log_level)
        return {"least": now.log_level}

    async def otlp_headers(now: Settings) -> Mapping[str, object]:
        tracing.take(headers(now.otlp_headers.get_secret_value()) if now.otlp_headers else {})
        return {}

    takes: dict[str, Take] = {one.__name__: one for one in (jwt_keys, secret_keys, database_url, log_level, otlp_headers)}

    if throttle is not None:

        async def redis_url(now: Settings) -> Mapping[str, object]:
            await throttle.take(_given(now.redis_url))
            return {}

        takes["redis_url"] = redis_url

    mailer = desk.mailer
    if isinstance(mailer, SmtpMailer):

        async def smtp_url(now: Settings) -> Mapping[str, object]:
            mailer.take(Relay.parse(_given(now.smtp_url)))
            return {}

        takes["smtp_url"] = smtp_url

    return takes


def _given(secret: SecretStr | None) -> str:
    if secret is None:
        raise BadSettings("it is taken away by a restart alone")
    return secret.get_secret_value()
