"""Operators act on tenants from outside, and it stands in the log of the tenant that it was done to."""

from __future__ import annotations

from tests.world import World

_SUSPEND = "mutation($id: ID!) { suspendTenant(input: {id: $id}) { tenant { status } userErrors { code } } }"
_RESUME = "mutation($id: ID!) { resumeTenant(input: {id: $id}) { tenant { status } userErrors { code } } }"


async def test_what_an_operator_did_stands_in_the_tenants_own_log(world: World) -> None:
    node = f"tenantsummary_{world.evil.hex}"
    for query, status in ((_SUSPEND, "SUSPENDED"), (_SUSPEND, "SUSPENDED"), (_RESUME, "ACTIVE")):
        [payload] = (await world.oskar.gql(query, id=node)).data.values()
        assert payload == {"tenant": {"status": status}, "userErrors": []}
    rows = await world.admin.fetch("SELECT * FROM audit_entries WHERE action LIKE 'tenant.%' ORDER BY at")
    assert [(row["action"], row["tenant_id"], row["actor_id"], row["target_id"]) for row in rows] == [
        (action, world.evil, world.oskar.user, world.evil.hex)
        for action in ("tenant.suspended", "tenant.suspended", "tenant.resumed")
    ]
    ended = await world.admin.fetch("SELECT DISTINCT tenant_id FROM sessions WHERE ended_reason = 'TENANT_SUSPENDED'")
    assert [row["tenant_id"] for row in ended] == [world.evil]


async def test_a_setting_is_on_record_by_its_name_and_not_its_value(world: World) -> None:
    await world.ada.gql(
        'mutation { updateTenant(input: {name: "Secret plan", loginAttemptsPerMinute: 7}) { userErrors { code } } }'
    )
    entry = await world.admin.fetchrow("SELECT actor_id, details FROM audit_entries WHERE action = 'tenant.changed'")
    assert tuple(entry) == (world.ada.user, '{"fields": ["login_attempts_per_minute", "name"]}')
    await world.mallory.gql('mutation { updateTenant(input: {name: "x"}) { userErrors { code } } }')
    assert (
        await world.admin.fetchval(
            "SELECT count(*) FROM audit_entries WHERE action = 'tenant.changed' AND tenant_id = $1", world.acme
        )
        == 1
    )
