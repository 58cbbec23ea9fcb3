"""The audits of GraphQL over HTTP that graphql-http publishes, all of them, against the live server."""

from __future__ import annotations

import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from server.database import ROOT
from tests.conftest import Serve
from tests.frontend.tools import installed, program
from tests.world import Person

HERE = ROOT / "tests" / "protocol"


@pytest.fixture(scope="module")
def packages() -> None:
    """The packages from npm."""
    installed(HERE)


async def _audited(server: TestClient[web.Request, web.Application]) -> dict[str, tuple[str, str, str]]:
    """What failed, by the audit's id: how badly, what was asked, and why."""
    found = await program(HERE, "audit.mjs", Person(server))
    assert len(found) == 61
    return {one["id"]: (one["status"], one["name"], one["reason"]) for one in found if one["status"] != "ok"}


@pytest.mark.usefixtures("packages")
async def test_all_61_audits_pass_without_a_warning_or_a_notice(serve: Serve) -> None:
    assert await _audited(await serve()) == {}


@pytest.mark.usefixtures("packages")
async def test_the_later_statuses_fail_no_audit_but_for_what_is_no_longer_a_400(serve: Serve) -> None:
    failed = await _audited(await serve(graphql_later_statuses=True))
    assert {how for how, _, _ in failed.values()} == {"notice", "warn"}
    assert {why for _, _, why in failed.values()} == {"Response status code is not 400"}


def test_the_packages_are_pinned_and_the_lock_names_no_registry() -> None:
    wanted = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    locked = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert [name for name, one in locked.items() if name and ("integrity" not in one or "resolved" in one)] == []
