"""The metrics of a server at work: as docs/metrics.md has them, as Prometheus wants them, and bounded (OB-01)."""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import string
import subprocess
from collections.abc import Iterable
from typing import Final

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from server.app import DESK
from server.database import ROOT
from tests.authenticators import enrolled
from tests.conftest import Serve
from tests.world import LOGIN, PASSWORD, World

PAGE = ROOT / "docs" / "metrics.md"
_HEAD: Final = """# Metrics

What `/metrics` tells, in production on METRICS_PORT alone, in Prometheus' text format or as OpenMetrics. The suite compares this
page with a live exposition, and writes it: `UPDATE=1 python -m pytest tests/server/test_exposition.py`.

No label holds a tenant, a user, an id or free text. Names of operations are bounded: the routes and the first 30 names that clients
send have their own, the rest are `other`; so all that 10,000 names leave behind are 1,240 series. A counter starts at 0 with its
process. Where traces go to a collector there is `addressbook_spans_total`, too ([traces](tracing.md)).

| name | type | labels | what |
|---|---|---|---|
"""


def row(family: Metric, labels: Iterable[str]) -> str:
    """A line of the page."""
    ours = family.name + ("_total" if family.type == "counter" else "")
    name = f"{family.name}_info" if family.type == "info" else ours
    return f"| `{name}` | {family.type} | {', '.join(f'`{label}`' for label in labels)} | {family.documentation} |\n"


async def exposition(world: World, accept: str = "application/openmetrics-text") -> str:
    """What a scrape gets."""
    return await (await world.client.get("/metrics", headers={"Accept": accept})).text()


@pytest.mark.usefixtures("clock")
async def _day(world: World) -> None:
    """Something of everything that is counted, but for jobs, which have a server of their own."""
    await (await world.ada.login()).gql("{ viewer { id } }")
    await enrolled(world.linus)
    await world.client.get("/readyz")
    metrics = world.client.app[DESK].metrics
    metrics.throttle("login")
    metrics.let_through("login")
    metrics.attempted("redis")
    metrics.breaker("redis", "closed")
    metrics.jobs.waiting({"MAIL": 0}, 0)
    metrics.jobs.began("MAIL")
    metrics.jobs.ended("MAIL", "succeeded")
    metrics.jobs.letter("sent")


async def _nothing() -> None:
    pass


async def test_the_page_tells_of_each_metric_its_type_and_its_labels(world: World) -> None:
    await _day(world)
    await world.client.app[DESK].metrics.jobs.timed("MAIL", _nothing())
    world.client.app[DESK].metrics.jobs.backfill("reseal", 0)
    rows = []
    for family in text_string_to_metric_families(await exposition(world)):
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        assert family.samples, family.name
        rows.append(row(family, sorted(labels)))
    page = _HEAD + "".join(sorted(rows))
    if os.environ.get("UPDATE"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page, "run UPDATE=1 python -m pytest tests/server/test_exposition.py"


@pytest.mark.skipif(shutil.which("promtool") is None, reason="there is no promtool here: apt-get install prometheus")
async def test_promtool_finds_nothing_amiss(world: World) -> None:
    await _day(world)
    text = await exposition(world, "text/plain")
    assert "addressbook_request_duration_seconds_bucket" in text
    check = ["promtool", "check", "metrics"]
    checked = await asyncio.to_thread(subprocess.run, check, input=text, capture_output=True, text=True, timeout=30)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


async def test_ten_thousand_operation_names_and_every_route_stay_within_2_000_series(world: World) -> None:
    pick = random.Random(7)  # noqa: S311 - the same names every time
    metrics = world.client.app[DESK].metrics
    for number in range(10_000):
        name = "".join(pick.choices(string.ascii_letters, k=12))
        for outcome in ("ok", "refused", "failed", "cancelled"):
            metrics.observe("graphql", name, outcome, 0.1)
        if number < 100:
            query = {"query": f"query {name} {{ __typename }}", "operationName": name}
            assert (await world.client.post("/graphql", json=query)).status == 200
    for route in world.client.app.router.routes():
        path = re.sub(r"\{.*\}", "1", route.resource.canonical) if route.resource else "/"
        await world.client.request(route.method.replace("*", "GET"), path, headers=world.ada._headers())
    lines = [line for line in (await exposition(world, "text/plain")).splitlines() if line[0] != "#"]
    assert 1_000 < len(lines) <= 2_000
    assert {line for line in lines if 'operation="other"' in line}


@pytest.mark.usefixtures("clock")
async def test_who_proves_who_they_are_is_counted_by_what_and_how(serve: Serve, world: World) -> None:
    """Everybody of the world has signed in once."""
    app, _ = await enrolled(world.linus)

    async def counted() -> dict[str, float]:
        found = re.findall(r'^addressbook_auth_total\{kind="(\w+)",outcome="(\w+)"\} (\S+)$', await exposition(world), re.MULTILINE)
        return {f"{kind} {outcome}": float(figure) for kind, outcome, figure in found}

    before = await counted()
    names = {"tenant": "acme", "usernameOrEmail": "linus", "password": PASSWORD}
    await world.stranger.gql(LOGIN, input=names | {"usernameOrEmail": "ada", "password": "wrong"})
    await world.stranger.gql(LOGIN, input=names | {"totp": "000000"})
    await world.stranger.gql(LOGIN, input=names | {"totp": app.next()})
    signup = "mutation($i: SignupInput!) { signup(input: $i) { userErrors { code } } }"
    new = {"tenant": "acme", "username": "nina", "email": "nina@example.org", "password": "violet-harbour-lantern"}
    for given in (new, new, new | {"tenant": "nowhere"}):
        await world.stranger.gql(signup, i=given)
    for token in (world.grace.refresh, "nonsense"):
        await world.stranger.gql("mutation($t: String!) { refresh(input: {refreshToken: $t}) { userErrors { code } } }", t=token)
    await world.client.get("/api/auth/me", headers={"Authorization": "Bearer nonsense"})
    await world.stranger.gql('mutation { resetPassword(input: {token: "x", newPassword: "violet-harbour-lantern"}) { ok } }')
    after = await counted()
    assert {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)} == {
        "login refused": 2,
        "login ok": 1,
        "totp refused": 1,
        "totp ok": 1,
        "signup ok": 1,
        "signup refused": 2,
        "refresh ok": 1,
        "refresh refused": 1,
        "token refused": 1,
        "password refused": 1,
    }


async def test_what_the_throttles_and_the_budget_decide_is_counted(serve: Serve, world: World) -> None:
    await world.admin.execute("UPDATE tenants SET login_attempts_per_minute = 2 WHERE slug = 'evil'")
    value = world.client.app[DESK].metrics.registry.get_sample_value

    def decided() -> list[float]:
        names = ("addressbook_throttled_total", "addressbook_throttle_allowed_total")
        return [value(name, {"kind": "login"}) or 0.0 for name in names]

    before = decided()
    for _ in range(4):
        await world.stranger.gql(LOGIN, input={"tenant": "evil", "usernameOrEmail": "mallory", "password": "wrong"})
    assert [after - one for after, one in zip(decided(), before, strict=True)] == [2.0, 4.0]
    poor = await serve(cost_per_minute_user=100, cost_per_minute_tenant=100)
    for _ in range(3):
        await poor.post("/graphql", json={"query": "{ viewer { id } }"}, headers=world.ada._headers())
        await poor.get("/api/address-book", headers=world.ada._headers())
    told = await (await poor.get("/metrics")).text()
    assert re.search(r'^addressbook_throttled_total\{kind="budget"\} [2-6].0$', told, re.MULTILINE)
