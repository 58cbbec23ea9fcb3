"""What an operator does at the machine itself: whoever holds the database's credentials has no session, and needs none.

Each act enters by `within(tenant)`, is one transaction, and stands in that tenant's audit log as done at the console.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from auth.desk import Writes
from auth.passwords import Hasher
from models import rules
from models.audit import AuditEntry
from models.authenticator import Authenticator
from models.errors import NotFound
from models.invitation import Invitation
from models.mail_token import MailToken
from models.session import Session
from models.tenancy import lobby, within
from models.tenant import Tenant
from models.user import User
from models.values import Origin, Role, Row, SessionEndReason, SignupPolicy, TenantStatus, new_id
from resolvers import deletion, invitations, links, sweeping

_HERE = Origin(user_agent="console")


async def add_tenant(slug: str, name: str, signup: SignupPolicy, owner_email: str | None = None, desk: Writes | None = None) -> Row:
    """A new tenant, and by `desk` the invitation of its first owner. Refuses with SlugTaken, NotAllowed or a field's rule."""
    if desk is not None:
        links.refuse_without_mail(desk, "ownerEmail")
    async with within(new_id()) as tenant_id:
        tenant = await Tenant.add(slug, name, signup, id=tenant_id)
        await _tell("tenant.created", tenant)
        if desk is not None and owner_email is not None:
            await invitations.enclose(desk, _HERE, owner_email, Role.OWNER, by="console")
    return tenant


async def tenants() -> list[Row]:
    """All tenants, whatever their status, by slug."""
    async with lobby():
        return await Tenant.every()


async def called(slug: str) -> Row:
    """The tenant of this slug. Refuses with NotFound, or InvalidInput for what is no slug."""
    async with lobby():
        tenant = await Tenant.maybe_by_slug(rules.slug(slug, "tenant"))
    if tenant is None:
        raise NotFound(f"There is no tenant {slug}.", ("tenant",))
    return tenant


async def suspend(slug: str) -> Row:
    """Ends the tenant's sessions and refuses its people until it is resumed. Refuses with NotFound."""
    return await _turn(slug, TenantStatus.SUSPENDED, "tenant.suspended")


async def resume(slug: str) -> Row:
    """Lets the tenant's people sign in again. Refuses with NotFound."""
    return await _turn(slug, TenantStatus.ACTIVE, "tenant.resumed")


async def hold(slug: str, *, on: bool) -> Row:
    """The tenant, under legal hold or no longer: meanwhile nothing of its data is removed, and no owner lifts it.

    Refuses with NotFound.
    """
    tenant = await called(slug)
    async with within(tenant["id"]):
        changed = await Tenant.change(tenant["id"], legal_hold=on, held_by_operator=on)
        await _tell("tenant.held" if on else "tenant.released", tenant)
    return changed


async def send_away(slug: str, days: int, desk: Writes | None = None) -> Row:
    """The tenant, to be deleted in so many days; `desk` tells its owners. Refuses with NotFound, NotAllowed under legal hold."""
    tenant = await called(slug)
    async with within(tenant["id"]):
        return await deletion.send_away(desk, days, _HERE, by="console")


async def retention(slug: str, *, dry: bool) -> dict[str, int]:
    """Removes what the tenant has kept long enough, or counts it; how many rows of each kind. Refuses with NotFound."""
    tenant = await called(slug)
    return await (sweeping.planned if dry else sweeping.apply)(tenant["id"])


async def add_user(hasher: Hasher, slug: str, username: str, email: str, password: str, role: Role, *, password_length: int) -> Row:
    """A new user of any role, an owner too. Refuses with NotFound, UsernameTaken, EmailTaken, WeakPassword, InvalidInput."""
    tenant = await called(slug)
    rules.email(email, "email")
    rules.username(username, email, "username")
    password_hash = await _hashed(hasher, password, [username, email], tenant, password_length)
    async with within(tenant["id"]):
        user = await User.add(username, email, password_hash, role)
        await _tell("user.created", user, role=role.value)
    return user


async def users(slug: str) -> list[Row]:
    """The tenant's users, by username. Refuses with NotFound."""
    tenant = await called(slug)
    async with within(tenant["id"]):
        return await User.every()


async def activate(slug: str, username: str) -> Row:
    """Lets the user sign in. Refuses with NotFound."""
    async with _user(slug, username) as user:
        changed = await User.change(user, active=True)
        await _tell("user.activated", user)
    return changed


async def deactivate(slug: str, username: str) -> Row:
    """Ends the user's sessions and refuses them. Refuses with NotFound, LastOwner."""
    async with _user(slug, username) as user:
        changed = await User.change(user, active=False)
        ended = await Session.end(SessionEndReason.USER_DEACTIVATED, user_id=user["id"])
        await Invitation.withdraw(user["id"])
        await _tell("user.deactivated", user, sessions_ended=ended)
    return changed


async def set_password(hasher: Hasher, slug: str, username: str, password: str, *, password_length: int) -> int:
    """Keeps a new password, and ends mailed links to one and all of the user's sessions; how many sessions those were.

    Refuses with NotFound, WeakPassword.
    """
    tenant = await called(slug)
    async with _user(slug, username) as user:
        hints = [user["username"], user["email"]]
    password_hash = await _hashed(hasher, password, hints, tenant, password_length)
    async with _user(slug, username) as user:
        await User.set_password(user["id"], password_hash)
        await MailToken.end_resets(user["id"])
        ended = await Session.end(SessionEndReason.PASSWORD_CHANGED, user_id=user["id"])
        await _tell("password.changed", user, sessions_ended=ended)
    return ended


async def reset_totp(slug: str, username: str) -> int:
    """Removes the user's authenticator and recovery codes, and ends their sessions; how many those were.

    Refuses with NotFound, also where they have no authenticator.
    """
    async with _user(slug, username) as user:
        if not await Authenticator.remove(user["id"]):
            raise NotFound(f"{username} of {slug} has no authenticator.", ("username",))
        ended = await Session.end(SessionEndReason.REVOKED, user_id=user["id"])
        await _tell("totp.reset", user, sessions_ended=ended)
    return ended


async def mark_operator(slug: str, username: str, *, operator: bool) -> Row:
    """Makes the user an operator of the whole service, or no longer one; it bites at once. Refuses with NotFound."""
    async with _user(slug, username) as user:
        await User.mark_operator(user["id"], operator=operator)
        await _tell("operator.added" if operator else "operator.removed", user)
        return await User.find(user["id"])


async def operators() -> list[tuple[Row, Row]]:
    """Each operator of the service, after the tenant that they belong to; by slug and username."""
    found = []
    for tenant in await tenants():
        async with within(tenant["id"]):
            found += [(tenant, user) for user in await User.every() if user["operator"]]
    return found


async def _turn(slug: str, status: TenantStatus, action: str) -> Row:
    tenant = await called(slug)
    async with within(tenant["id"]):
        changed = await Tenant.turn(status, reopen=True)
        await _tell(action, tenant)
    return changed


async def _hashed(hasher: Hasher, password: str, names: list[str], tenant: Row, length: int) -> str:
    await hasher.check(password, [*names, tenant["slug"], tenant["name"]], ("password",), length)
    return await hasher.hash(password, ("password",))


@asynccontextmanager
async def _user(slug: str, username: str) -> AsyncIterator[Row]:
    tenant = await called(slug)
    async with within(tenant["id"]):
        await User.alone()
        found = await User.maybe_by_login(rules.required(username, rules.EMAIL_LENGTH, "username"))
        user = None if found is None else await User.locked(found["id"])
        if user is None:
            raise NotFound(f"There is no user {username} in {slug}.", ("username",))
        yield user


async def _tell(action: str, target: Row, **details: Any) -> None:
    await AuditEntry.append(action, _HERE, target=target["id"], by="console", **details)
