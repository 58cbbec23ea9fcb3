"""From where the people of a tenant have signed in of late."""

from __future__ import annotations

import asyncpg
import time_machine

from models.login_history import FAMILIAR, LoginHistory
from models.tenancy import within
from models.values import Origin, now
from tests.world import add_user, tenant


async def test_a_network_is_familiar_where_somebody_of_the_tenant_signed_in_within_ninety_days(
    admin: asyncpg.Connection, tortoise: None
) -> None:
    acme = await tenant(admin, "acme")
    ada = await add_user(admin, acme, "ada", "OWNER")
    async with within(acme):
        await LoginHistory.note(ada, Origin("request", "Lynx", "192.0.2.0/24"))
        assert await LoginHistory.came_from("192.0.2.0/24")
        assert not await LoginHistory.came_from("198.51.100.0/24")
        assert not await LoginHistory.came_from(None)
    async with within(await tenant(admin, "evil")):
        assert not await LoginHistory.came_from("192.0.2.0/24")
    with time_machine.travel(now() + FAMILIAR):
        async with within(acme):
            assert not await LoginHistory.came_from("192.0.2.0/24")
