"""Cross-origin resource sharing (https://fetch.spec.whatwg.org/#http-cors-protocol): what pages of other origins may do."""

from __future__ import annotations

from aiohttp import hdrs, web


def is_preflight(request: web.Request) -> bool:
    """Whether a browser asks if it may send the request that it means."""
    return request.method == "OPTIONS" and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers


def sharing(origin: str, *, credentials: bool, preflight: bool) -> dict[str, str]:
    """The headers that let a page of this origin read the answer, or send the request that a preflight asks for."""
    told: dict[str, str] = {
        hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: origin,
        hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: "authorization, content-type, x-tenant-id, etag, x-request-id, idempotent-replayed, "
        "retry-after, ratelimit-limit, ratelimit-remaining, ratelimit-reset",
    }
    if credentials:
        told[hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"
    if preflight:
        told |= {
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, POST, PUT, DELETE, OPTIONS",
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "authorization, accept, content-type, x-tenant-id, x-request-id, if-match, "
            "if-none-match, idempotency-key, prefer",
            hdrs.ACCESS_CONTROL_MAX_AGE: "3600",
        }
    return told
