"""Whose request it is, and from where it came."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from server import identity
from tests.world import World


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("10.0.0.9", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.9", ["6.6.6.6, 198.51.100.7, 10.0.0.8"], "198.51.100.7"),
        ("10.0.0.9", ["6.6.6.6", "198.51.100.7"], "198.51.100.7"),
        ("10.0.0.9", [], "10.0.0.9"),
        ("10.0.0.9", ["not an address"], "10.0.0.9"),
        ("203.0.113.5", ["6.6.6.6"], "203.0.113.5"),
        ("::ffff:203.0.113.5", [], "203.0.113.5"),
        ("::ffff:10.0.0.9", ["2001:db8::1"], "2001:db8::1"),
    ],
)
def test_forwarded_addresses_count_from_our_own_proxies_alone(remote: str, forwarded: list[str], address: str | None) -> None:
    headers = CIMultiDict([("X-Forwarded-For", value) for value in forwarded])
    request = make_mocked_request("GET", "/", headers=headers).clone(remote=remote)
    found = identity.client_address(request, [ip_network("10.0.0.0/8")])
    assert (None if found is None else str(found)) == address


def test_an_address_is_kept_as_its_network_alone() -> None:
    request = make_mocked_request("GET", "/")
    for remote, kept in (("198.51.100.77", "198.51.100.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48")):
        assert identity.prefix(identity.client_address(request.clone(remote=remote), [])) == kept
    assert identity.prefix(None) is None


async def test_a_session_keeps_where_it_came_from_cut_and_printable(world: World) -> None:
    world.ada.headers["User-Agent"] = "Kite/1.0 " + "x" * 400
    await world.ada.login()
    row = await world.admin.fetchrow("SELECT user_agent, ip_prefix FROM sessions ORDER BY created_at DESC LIMIT 1")
    assert row is not None
    assert (row["user_agent"], row["ip_prefix"]) == (("Kite/1.0 " + "x" * 400)[:300], "127.0.0.0/24")
