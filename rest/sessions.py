"""/api/auth: signing up, in and out."""

from __future__ import annotations

from typing import Any

from resolvers import sessions
from resolvers import signup as accounts
from resolvers.sessions import SignedIn
from rest import bodies
from rest.call import Call, Reply


async def signup(call: Call) -> Reply:
    """POST /api/auth/signup: an account without a session, as before."""
    given = await call.body(bodies.Signup)
    await accounts.register(
        call.desk, call.origin, tenant=given.tenant_id, username=given.username, email=given.email, password=given.password
    )
    return Reply(message="Signup successfully", metadata={"tenant_id": given.tenant_id})


async def login(call: Call) -> Reply:
    """POST /api/auth/login."""
    given = await call.body(bodies.Login)
    signed = await sessions.login_legacy(
        call.desk,
        call.origin,
        tenant=given.tenant_id,
        username_or_email=given.username_or_email,
        password=given.password,
        totp=given.totp,
    )
    return Reply(_tokens(signed), "Login successfully", metadata={"tenant_id": given.tenant_id})


async def logout(call: Call) -> Reply:
    """POST /api/auth/logout: ends this session, and no other."""
    await sessions.logout(call.caller)
    return Reply({} if call.ui else "", "Logout successfully")


async def renew(call: Call) -> Reply:
    """POST /api/auth/refresh: new tokens for the session of the access token."""
    return Reply(_tokens(await sessions.renew(call.desk, call.caller)))


async def refresh(call: Call) -> Reply:
    """POST /api/auth/refresh-token: spends a refresh token for the next one; no access token is needed."""
    given = await call.body(bodies.Refresh)
    signed = await sessions.refresh(call.desk, call.origin, given.refresh_token, tenant=given.tenant_id, legacy=True)
    return Reply(_tokens(signed), metadata={"tenant_id": given.tenant_id})


async def me(call: Call) -> Reply:
    """GET /api/auth/me. `login_session` is the session's id, which opens nothing."""
    session, user, tenant = await sessions.viewer(call.caller)
    return Reply({"username": user["username"], "login_session": str(session["id"]), "tenant_id": tenant["slug"]})


def _tokens(signed: SignedIn) -> dict[str, Any]:
    """The tokens under the old service's key, and under the one that other clients of it read."""
    return {
        "access_token": signed.tokens.access,
        "refresh_token": signed.tokens.refresh,
        "token_type": "bearer",
        "token": signed.tokens.access,
    }
