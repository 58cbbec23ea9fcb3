"""Settings that change while the server runs: keys and the log's level are taken without a restart, and no request is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from auth.desk import Desk
from observability.logging import logger, set_level
from server.settings import BadSettings, Settings

_log = logger(__name__)
LOOK_SECONDS: Final = 2.0
"""How often the files are read: a mounted secret tells nobody that it was replaced."""


async def watch(read: Callable[[], Settings], desk: Desk) -> None:
    """Takes the keys of JWT_KEYS_FILE and SECRET_KEYS_FILE and the level of LOG_LEVEL_FILE as they change, until it is cancelled;
    `read` reads all settings anew.

    What is wrong is told in the log, once, and the keys stay as they were. To rotate: add the new key to every process, then make
    it the active one, then drop the old one when the last token of its own has expired.
    """
    settings, told = await asyncio.to_thread(read), ""
    taken, level = _keys(settings), settings.log_level
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            settings = await asyncio.to_thread(read)
        except BadSettings as fault:
            if str(fault) != told:
                told = str(fault)
                _log.error("the settings as they are now are not taken", faults=told.splitlines())
            continue
        told = ""
        if (found := _keys(settings)) != taken:
            taken = found
            desk.keys.take(settings.keyring())
            desk.vault.take(settings.vault())
            _log.info("keys taken", kids=desk.keys.kids)
        if settings.log_level != level:
            level = settings.log_level
            set_level(level)
            _log.warning("log level taken", least=level)


def _keys(settings: Settings) -> tuple[str, str]:
    return settings.jwt_keys.get_secret_value(), settings.secret_keys.get_secret_value()
