"""Sealing second factors anew with the secret in use, so that an older one can be dropped from SECRET_KEYS.

It enters each tenant without a session, one after the other: it is work of the machine itself, and shows nobody anybody's data.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal
from uuid import UUID

from auth import totp
from auth.vault import Vault
from models.authenticator import Authenticator
from models.tenancy import lobby, within
from models.tenant import Tenant

Outcome = Literal["current", "resealed", "unreadable"]
"""Of a second factor: sealed with the secret in use; sealed anew; or sealed with one that is none of ours any more."""


async def reseal(vault: Vault, *, dry: bool = False) -> Counter[Outcome]:
    """Seals what is not current, and counts what became of each; a `dry` run counts the same and changes nothing.

    May be stopped and begun again at any time: each is a transaction of its own, in which a code waits for a moment.
    """
    async with lobby():
        tenants = await Tenant.every()
    found: Counter[Outcome] = Counter()
    for tenant in tenants:
        async with within(tenant["id"]):
            users = await Authenticator.users()
        for user in users:
            async with within(tenant["id"]):
                found.update(await _resealed(vault, user, dry=dry))
    return found


async def _resealed(vault: Vault, user: UUID, *, dry: bool) -> list[Outcome]:
    row = await Authenticator.locked(user)
    sealed = {} if row is None else {name: row[name] for name in ("secret", "pending") if row[name] is not None}
    outcomes: list[Outcome] = []
    fresh = {}
    for name, value in sealed.items():
        secret = totp.unseal(vault, user, value)
        if secret is None:
            outcomes.append("unreadable")
        elif totp.is_current(vault, user, value):
            outcomes.append("current")
        else:
            outcomes.append("resealed")
            fresh[name] = totp.seal(vault, user, secret)
    if fresh and not dry:
        await Authenticator.reseal(user, fresh)
    return outcomes
