"""What a tenant's administrators do with its people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from auth.caller import Caller
from auth.desk import Desk
from auth.permissions import Permission
from models import legacy, rules
from models.audit import AuditEntry
from models.errors import NotAllowed, NotFound
from models.invitation import Invitation
from models.paging import Page, Window
from models.retries import retried
from models.session import Session
from models.tenancy import through, within
from models.tenant import Tenant
from models.user import User
from models.values import MailPurpose, Role, Row, SessionEndReason
from resolvers import links
from resolvers.attempts import counted
from resolvers.letters import LetterKind, post
from resolvers.proofs import refuse_stale


async def many(caller: Caller, user_ids: Sequence[UUID]) -> dict[UUID, Row]:
    """Those of the users that the tenant has, by id."""
    async with within(caller.to(Permission.USERS_READ)):
        return await User.many(list(user_ids))


async def search(caller: Caller, window: Window) -> Page:
    """One page of the tenant's users, by username."""
    async with through(caller.to(Permission.USERS_READ)):
        return await User.page(window)


async def count(caller: Caller) -> int:
    """How many users the tenant has."""
    async with within(caller.to(Permission.USERS_READ)):
        return await User.count()


async def change(desk: Desk, caller: Caller, user_id: UUID | None, values: Mapping[str, Any]) -> Row:
    """The user after the change; it bites with their next statement. Refuses with NotFound, NotAllowed, LastOwner, …Taken, and with
    ReauthenticationRequired where it gives or takes the role OWNER, or an e-mail address: by that a password can be reset. With
    TooManyAttempts, too, where it changes an address, to which letters go.
    """
    await _count_address(desk, caller, user_id, values)
    return await _change(desk, caller, user_id, values)


@retried
async def remove(caller: Caller, user_id: UUID | None) -> None:
    """Removes a user and their sessions. Refuses with NotFound, NotAllowed (under hold), LastOwner, ReauthenticationRequired."""
    async with within(caller.to(Permission.USERS_WRITE)):
        await _remove(caller, user_id)


async def numbered(caller: Caller, offset: int, limit: int) -> list[Row]:
    """Users by number, for the old routes."""
    async with within(caller.to(Permission.USERS_READ)):
        return await User.numbered(offset, limit)


async def by_number(caller: Caller, number: int) -> Row:
    """The user whom the old routes call by this number. Refuses with NotFound."""
    async with within(caller.to(Permission.USERS_READ)):
        return await _numbered(number)


async def change_numbered(desk: Desk, caller: Caller, number: int, values: Mapping[str, Any]) -> Row:
    """The user of this number after the change of username, e-mail address and activity, under the old rules and `change`'s."""
    async with within(caller.to(Permission.USERS_WRITE)):
        legacy.username(values["username"])
        legacy.email(values["email"])
        user = await _numbered(number)
    return await change(desk, caller, user["id"], values)


@retried
async def remove_numbered(caller: Caller, number: int) -> None:
    """Removes the user of this number, under the rules of `remove`."""
    async with within(caller.to(Permission.USERS_WRITE)):
        await _remove(caller, (await _numbered(number))["id"])


async def _count_address(desk: Desk, caller: Caller, user_id: UUID | None, values: Mapping[str, Any]) -> None:
    if user_id is None or "email" not in values:
        return
    async with within(caller.to(Permission.USERS_WRITE)):
        user, tenant = await User.maybe(user_id), await Tenant.find(caller.tenant)
    if user is not None and user["email"] != values["email"]:
        await counted(desk, caller.origin, "address", tenant["slug"], tenant, caller.user.hex)


@retried
async def _change(desk: Desk, caller: Caller, user_id: UUID | None, values: Mapping[str, Any]) -> Row:
    async with within(caller.to(Permission.USERS_WRITE)):
        return await _changed(desk, caller, user_id, values)


async def _changed(desk: Desk, caller: Caller, user_id: UUID | None, values: Mapping[str, Any]) -> Row:
    rules.none_empty(values)
    user = await _found(caller, user_id)
    role = Role(values.get("role", user["role"]))
    await _refuse_out_of_reach(caller, user, role)
    if values.get("email", user["email"]) != user["email"] or (role != user["role"] and Role.OWNER in {role, user["role"]}):
        await refuse_stale(caller)
    changed = await User.change(user, **values)
    if user["active"] and not changed["active"]:
        await Session.end(SessionEndReason.USER_DEACTIVATED, user_id=user["id"])
    if changed["role"] != user["role"] or not changed["active"]:
        await Invitation.withdraw(user["id"])
    told = {name: str(changed[name]) for name in ("role", "active") if changed[name] != user[name]}
    await AuditEntry.append("user.changed", caller.origin, actor=caller.user, target=user["id"], fields=sorted(values), **told)
    await _announce(desk, caller, user, changed)
    return changed


async def _announce(desk: Desk, caller: Caller, before: Row, changed: Row) -> None:
    """Tells the user by letter what of their account others have changed; a new address has to be verified."""
    if changed["role"] != before["role"]:
        await post(desk, LetterKind.ROLE_CHANGED, user=changed["id"])
    if changed["email_key"] != before["email_key"]:
        await post(desk, LetterKind.EMAIL_CHANGED, user=changed["id"])
        await post(desk, LetterKind.EMAIL_CHANGED, user=changed["id"], to=before["email"])
        await links.send(desk, caller.origin, MailPurpose.VERIFY_EMAIL, changed["id"])


async def _remove(caller: Caller, user_id: UUID | None) -> None:
    await Tenant.refuse_held()  # before the users are locked, as retention does it
    user = await _found(caller, user_id)
    await _refuse_out_of_reach(caller, user, Role(user["role"]))
    await refuse_stale(caller)
    await User.remove(user)
    await Invitation.withdraw(user["id"])
    await AuditEntry.append("user.deleted", caller.origin, actor=caller.user, target=user["id"], role=str(user["role"]))


async def _refuse_out_of_reach(caller: Caller, user: Row, becomes: Role) -> None:
    """An owner reaches all; an admin those below, and no further up. An operator's account is reached by its owner alone."""
    me = await User.find(caller.user)
    if user["operator"] and user["id"] != me["id"]:
        raise NotAllowed("An operator's account is changed from the command line alone.", ("id",))
    if me["role"] == Role.OWNER:
        return
    mine = Role(me["role"])
    if user["id"] != me["id"] and not mine.outranks(Role(user["role"])):
        raise NotAllowed("You may change those alone who stand below you.", ("id",))
    if becomes != user["role"] and not mine.outranks(becomes):
        raise NotAllowed("You may give those roles alone that stand below yours.", ("role",))


async def _found(caller: Caller, user_id: UUID | None) -> Row:
    await User.alone()
    async with within(caller.to(Permission.USERS_WRITE)):
        pass  # who was lowered or deactivated while this waited does nothing any more
    user = None if user_id is None else await User.locked(user_id)
    if user is None:
        raise NotFound("There is no such user.", ("id",))
    return user


async def _numbered(number: int) -> Row:
    user = await User.maybe_by_number(number)
    if user is None:
        raise NotFound("User not found", ("id",))
    return user
