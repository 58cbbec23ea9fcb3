"""Who asks, and from where: the bearer token and the addresses of a request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from aiohttp import hdrs, web

from auth.caller import Caller, Identity
from auth.desk import Desk
from models.errors import Unauthenticated
from models.values import Origin
from server.settings import Network

_BEARER: Final = re.compile(r"bearer +([^ ]+)", re.IGNORECASE)


def identified(request: web.Request, request_id: str, desk: Desk, proxies: Sequence[Network]) -> Identity:
    """The caller that the bearer token names, and where the request came from. A token that does not hold is told of as stale."""
    origin = Origin(
        request_id=request_id,
        user_agent=_printable(request.headers.get(hdrs.USER_AGENT)),
        ip_prefix=prefix(client_address(request, proxies)) if proxies else _prefix(request.remote),
    )
    given = request.headers.getall(hdrs.AUTHORIZATION, ())
    if not given:
        return Identity(origin)
    bearer = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
    if bearer is None:
        return Identity(origin, stale=True)
    try:
        return Identity(origin, Caller.of(desk.keys.verify(bearer[1]), origin))
    except Unauthenticated:
        return Identity(origin, stale=True)


def client_address(request: web.Request, proxies: Sequence[Network]) -> IPv4Address | IPv6Address | None:
    """The nearest address that is no proxy of ours; X-Forwarded-For counts only from those."""
    hops = [hop.strip() for value in request.headers.getall("X-Forwarded-For", ()) for hop in value.split(",")]
    address = _address(request.remote)
    while address is not None and hops and any(address in network for network in proxies):
        nearer = _address(hops.pop())
        if nearer is None:  # no address: who wrote it is the nearest that is known
            break
        address = nearer
    return address


def prefix(address: IPv4Address | IPv6Address | None) -> str | None:
    """The network of an address, as far as it is kept: a /24 of IPv4, a /48 of IPv6."""
    if address is None:
        return None
    return str(ip_network((address, 24 if address.version == 4 else 48), strict=False))


@lru_cache(10_000)
def _prefix(remote: str | None) -> str | None:
    return prefix(_address(remote))


def _address(text: str | None) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text or "")
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


@lru_cache(1_000)
def _printable(text: str | None) -> str | None:
    return None if text is None else "".join(c for c in text if c.isprintable())[:300]
