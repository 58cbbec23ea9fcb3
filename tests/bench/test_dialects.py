"""What a peer is asked in its own words is what we ask, and its answer is ours."""

from __future__ import annotations

import random
from uuid import UUID

import orjson
import pytest

from bench.dialects import PLAIN, POSTGRAPHILE
from bench.documents import CONTACT, CREATE, LABELS, VIEWER, unseen
from bench.seed import Tenant

TENANT = Tenant(1, UUID(int=1), "tenant-1", UUID(int=2), UUID(int=3), [UUID(int=4)], "token")


def fresh() -> random.Random:
    """The same dice each time."""
    return random.Random(1)  # noqa: S311 - no secret


def test_who_speaks_our_schema_is_asked_as_we_ask() -> None:
    assert PLAIN.asked(b"as it is", TENANT) == b"as it is"
    assert PLAIN.told({"viewer": None}) == {"viewer": None}


def test_an_id_becomes_the_row_s() -> None:
    asked = orjson.loads(POSTGRAPHILE.asked(CONTACT.body(fresh(), TENANT), TENANT))
    assert asked["variables"] == {"tenant": str(UUID(int=1)), "id": str(UUID(int=4))}
    assert "contactByTenantIdAndRowId(tenantId: $tenant, rowId: $id)" in asked["query"]


def test_what_is_made_is_made_in_the_tenant() -> None:
    ours = CREATE.body(fresh(), TENANT)
    asked = orjson.loads(POSTGRAPHILE.asked(ours, TENANT))
    assert asked["variables"] == {"contact": {"tenantId": str(UUID(int=1)), **orjson.loads(ours)["variables"]["input"]["contact"]}}


def test_a_document_that_comes_once_comes_once_there_too() -> None:
    dice = fresh()
    first, second = (orjson.loads(POSTGRAPHILE.asked(unseen(VIEWER).body(dice, TENANT), TENANT))["query"] for _ in range(2))
    assert first.startswith("query Me($tenant: UUID!, $session: UUID!) { u")
    assert first != second
    assert first.count("__typename") == 1


def test_its_viewer_is_ours() -> None:
    theirs = {
        "viewer": {
            "rowId": str(UUID(int=3)),
            "userByTenantIdAndUserId": {"rowId": str(UUID(int=2)), "username": "owner"},
            "tenantByTenantId": {"rowId": str(UUID(int=1)), "name": "Tenant 1"},
        }
    }
    assert POSTGRAPHILE.told(theirs) == {
        "viewer": {
            "id": f"session_{UUID(int=3).hex}",
            "user": {"id": f"user_{UUID(int=2).hex}", "username": "owner"},
            "tenant": {"id": f"tenant_{UUID(int=1).hex}", "name": "Tenant 1"},
        }
    }


@pytest.mark.parametrize("moment", ["2026-09-27T08:01:17+00:00", "2026-09-27T08:01:17.000000+00:00"])
def test_its_contacts_are_ours_with_labels_by_name(moment: str) -> None:
    labels = [{"labelByTenantIdAndLabelId": {"rowId": str(UUID(int=n)), "name": name}} for n, name in ((5, "Work"), (6, "family"))]
    node = {"rowId": str(UUID(int=4)), "updatedAt": moment, "contactLabelsByTenantIdAndContactId": {"nodes": labels}}
    told = POSTGRAPHILE.told({"contacts": {"edges": [{"cursor": "c", "node": node}], "pageInfo": {"endCursor": "c"}}})
    assert told == {
        "contacts": {
            "edges": [
                {
                    "cursor": "c",
                    "node": {
                        "id": f"contact_{UUID(int=4).hex}",
                        "updatedAt": "2026-09-27T08:01:17Z",
                        "labels": [
                            {"id": f"label_{UUID(int=6).hex}", "name": "family"},
                            {"id": f"label_{UUID(int=5).hex}", "name": "Work"},
                        ],
                    },
                }
            ],
            "pageInfo": {"endCursor": "c"},
        }
    }


def test_there_are_words_for_every_work() -> None:
    for work in (VIEWER, CONTACT, LABELS, CREATE):
        assert orjson.loads(POSTGRAPHILE.asked(work.body(fresh(), TENANT), TENANT))["operationName"] == work.operation
