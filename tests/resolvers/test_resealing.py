"""Second factors are sealed anew, and an older secret can be dropped."""

from __future__ import annotations

import pytest

from auth import totp
from auth.vault import Vault
from resolvers.resealing import reseal
from tests.authenticators import ENROLL, enrolled
from tests.commands import Command
from tests.conftest import SECRET_KEYS, VAULT
from tests.world import World

OTHER = "q3Zt8Lw5Xk2Rb7Wc4Ny9Ld1Hg6Jf0SpV-test-only"
BOTH = f"{OTHER},{SECRET_KEYS}"


@pytest.fixture
async def secrets(world: World, tortoise: None) -> dict[str, str]:
    """The secrets of ada and of mallory; ada's second one waits to be confirmed."""
    app, _ = await enrolled(world.ada)
    pending = (await world.ada.gql(ENROLL)).data["enrollTotp"]["secret"]
    theirs, _ = await enrolled(world.mallory)
    return {"secret": app.secret, "pending": pending, "mallory": theirs.secret}


async def _kept(world: World, vault: Vault) -> dict[str, str | None]:
    rows = await world.admin.fetch("SELECT user_id, secret, pending FROM authenticators")
    found = {}
    for row in rows:
        if row["user_id"] == world.ada.user:
            found |= {name: totp.unseal(vault, row["user_id"], row[name]) for name in ("secret", "pending")}
        else:
            found["mallory"] = totp.unseal(vault, row["user_id"], row["secret"])
    return found


async def test_after_it_the_new_secret_alone_opens_them_all(world: World, secrets: dict[str, str]) -> None:
    assert await reseal(Vault.parse(BOTH), dry=True) == {"resealed": 3}
    assert await _kept(world, Vault.parse(OTHER)) == dict.fromkeys(secrets)
    assert await reseal(Vault.parse(BOTH)) == {"resealed": 3}
    assert await _kept(world, Vault.parse(OTHER)) == secrets
    assert await _kept(world, VAULT) == dict.fromkeys(secrets)
    assert await reseal(Vault.parse(BOTH)) == {"current": 3}


async def test_what_none_opens_is_counted_and_left(world: World, secrets: dict[str, str]) -> None:
    assert await reseal(Vault.parse(f"{OTHER},{SECRET_KEYS[::-1]}")) == {"unreadable": 3}
    assert await _kept(world, VAULT) == secrets


async def test_the_command_says_what_it_did(
    run: Command, world: World, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEYS", f"{SECRET_KEYS},{OTHER}")
    said = await run("secrets", "reseal", "--dry-run")
    assert (said.code, said.out) == (0, "3 current, 0 to be sealed anew, 0 unreadable\n")
    await world.admin.execute("UPDATE authenticators SET secret = 'x' WHERE user_id = $1", world.ada.user)
    said = await run("secrets", "reseal")
    assert (said.code, said.out) == (1, "2 current, 0 sealed anew, 1 unreadable\n")
