"""What is sent is valid, and what must be alike in the answers is compared."""

from __future__ import annotations

import random
from uuid import UUID

import orjson
import pytest
from graphql import build_schema, parse, validate

from bench.documents import CONTACT, MAIN, PAGE, Work, comparable, pages, unseen
from bench.seed import Tenant
from server.database import ROOT

TENANT = Tenant(1, UUID(int=1), "tenant-1", UUID(int=2), UUID(int=3), [UUID(int=4), UUID(int=5)], "token")
WORKS = (*MAIN, *pages((10, 100)), *map(unseen, MAIN))


def fresh() -> random.Random:
    """The same dice each time."""
    return random.Random(1)  # noqa: S311 - no secret


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
@pytest.mark.parametrize("schema", ["schema.graphql", "bench/schema.graphql"])
def test_every_document_is_valid_for_us_and_for_the_peers(work: Work, schema: str) -> None:
    asked = orjson.loads(work.body(fresh(), TENANT))
    assert validate(build_schema((ROOT / schema).read_text()), parse(asked["query"])) == []
    assert asked["operationName"] == work.operation


def test_a_document_is_the_same_each_time_but_for_its_variables() -> None:
    dice = fresh()
    asked = [orjson.loads(CONTACT.body(dice, TENANT)) for _ in range(20)]
    assert {one["query"] for one in asked} == {CONTACT.document}
    assert {one["variables"]["id"] for one in asked} == {f"contact_{UUID(int=n).hex}" for n in (4, 5)}


def test_an_unseen_document_is_another_each_time() -> None:
    dice = fresh()
    assert len({orjson.loads(unseen(PAGE).body(dice, TENANT))["query"] for _ in range(100)}) == 100


def page(*cursors: str, end: str | None) -> bytes:
    """An answer with a page of these cursors."""
    edges = [{"cursor": cursor, "node": {"name": "Ada"}} for cursor in cursors]
    return orjson.dumps(
        {"data": {"u1": "Query", "contacts": {"edges": edges, "pageInfo": {"hasNextPage": False, "endCursor": end}}}}
    )


def test_cursors_are_each_server_s_own_and_the_rest_is_compared() -> None:
    assert comparable(page("a", "b", end="b")) == comparable(page("x", "y", end="y"))
    assert comparable(page("a", end="a")) != comparable(page("a", "b", end="b"))


@pytest.mark.parametrize("answer", [page("a", "a", end="a"), page("a", "b", end="a"), page(end="a")])
def test_cursors_that_cannot_be_right_are_refused(answer: bytes) -> None:
    with pytest.raises(ValueError, match="cursors"):
        comparable(answer)


@pytest.mark.parametrize("answer", [b'{"data":{"viewer":null},"errors":[]}', b'{"data":null}', b"{}"])
def test_errors_are_no_answer(answer: bytes) -> None:
    with pytest.raises(ValueError, match="no data"):
        comparable(answer)


def test_of_what_was_made_only_id_and_time_may_differ() -> None:
    def made(row_id: str, at: str, name: str) -> bytes:
        return orjson.dumps({"data": {"createContact": {"contact": {"id": row_id, "updatedAt": at, "name": name}}}})

    one = comparable(made("contact_1", "2026-01-01T00:00:00Z", "Ada"))
    assert one == comparable(made("contact_2", "2026-01-02T00:00:00Z", "Ada"))
    assert one != comparable(made("contact_1", "2026-01-01T00:00:00Z", "Grace"))
    with pytest.raises(ValueError, match="made"):
        comparable(made("1", "2026-01-01T00:00:00Z", "Ada"))
