"""Which of the old clients is spoken to: the Rust service's own shapes, or those that its React UI reads."""

from __future__ import annotations

from aiohttp import web

from auth.caller import Caller

HEADER = "X-Tenant-ID"


def claims(request: web.Request) -> list[str]:
    """The tenants that the request says it belongs to. The header never selects one."""
    return [value for value in request.headers.getall(HEADER, ()) if value]


def speaks_ui(setting: str, request: web.Request, caller: Caller | None) -> bool:
    """Whether the UI's shapes are meant: always or never by the setting (`ui`, `rust`); by `auto` where a signed-in caller's
    request carries the header, which the UI alone sends."""
    if setting == "auto":
        return caller is not None and bool(claims(request))
    return setting == "ui"
