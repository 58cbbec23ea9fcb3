"""Tenants, as the schema shows them: their own people see all of it, operators a summary."""

from __future__ import annotations

from gql import schema
from tests.world import World


def test_a_summary_shows_nothing_of_the_people() -> None:
    shown = set(schema.build()._schema.type_map["TenantSummary"].fields)  # type: ignore[attr-defined]  # an object type
    assert shown == {"id", "slug", "name", "status", "deletionAt", "createdAt"}


async def test_a_tenant_shows_its_settings_and_usage_to_its_people(world: World) -> None:
    query = (
        "{ viewer { tenant { slug name settings { signup loginAttemptsPe"
        "rMinute } usage { contacts users } users { totalCount } } } }"
    )
    expected = {
        "slug": "acme",
        "name": "Acme",
        "settings": {"signup": "OPEN", "loginAttemptsPerMinute": 10_000},
        "usage": {"contacts": 0, "users": 4},
        "users": {"totalCount": 4},
    }
    assert (await world.linus.gql(query)).data == {"viewer": {"tenant": expected}}


async def test_tenants_are_counted_where_it_is_asked(world: World) -> None:
    assert (await world.oskar.gql('{ tenants(search: "acme", last: 1) { totalCount pageInfo { hasNextPage } } }')).data == {
        "tenants": {"totalCount": 1, "pageInfo": {"hasNextPage": False}}
    }
