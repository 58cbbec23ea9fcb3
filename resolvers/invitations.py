"""Invitations: who may join a tenant, in which role, by a link that is mailed to them."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from auth.caller import Caller
from auth.desk import Desk, Writes
from auth.mailed import MailedToken
from auth.permissions import Permission
from models import rules
from models.audit import AuditEntry
from models.errors import EmailTaken, Forbidden, NotAllowed, NotFound, TokenInvalid
from models.invitation import Invitation
from models.retries import retried
from models.tenancy import held, within
from models.tenant import Tenant
from models.user import User
from models.values import Origin, Role, Row, new_id, normal
from resolvers.attempts import counted
from resolvers.letters import LetterKind, post
from resolvers.links import refuse_without_mail
from resolvers.proofs import refuse_stale


async def invite(desk: Desk, caller: Caller, email: str, role: Role) -> Row:
    """A new invitation, mailed, in place of an open one to this address, if the caller could take that back.

    Refuses with EmailTaken where the address has an account (the caller may list them all), NotAllowed, TooMany, InvalidInput, and
    with ReauthenticationRequired for an OWNER.
    """
    async with within(caller.to(Permission.INVITATIONS_WRITE)):
        tenant = await Tenant.find(caller.tenant)
    refuse_without_mail(desk, "email")
    await counted(desk, caller.origin, "invitation", tenant["slug"], tenant, caller.user.hex)
    return await _invite(desk, caller, email, role)


@retried
async def _invite(desk: Desk, caller: Caller, email: str, role: Role) -> Row:
    async with within(caller.to(Permission.INVITATIONS_WRITE)):
        await User.alone()
        async with within(caller.to(Permission.INVITATIONS_WRITE)):
            pass  # who was lowered or deactivated while this waited does nothing any more
        await _refuse_out_of_reach(caller, role, "role")
        if role is Role.OWNER:
            await refuse_stale(caller)
        if await User.maybe_by_email(rules.email(email, "email")) is not None:
            raise EmailTaken("Somebody with this e-mail address has an account here.", ("email",))
        before = await Invitation.locked(email_key=normal(email))
        if before is not None:
            await _refuse_out_of_reach(caller, Role(before["role"]), "email")
        return await enclose(desk, caller.origin, email, role, inviter=caller.user, actor=caller.user)


async def enclose(
    desk: Writes, origin: Origin, email: str, role: Role, *, inviter: UUID | None = None, actor: UUID | None = None, **told: str
) -> Row:
    """An invitation and its letter, inside the open door. `inviter` is a user of the tenant, or nobody: then `by` is told."""
    token = MailedToken.new(desk.vault, held(), new_id())
    invitation = await Invitation.add(token.row, token.digest, email, role, inviter)
    await AuditEntry.append("invitation.sent", origin, actor=actor, target=invitation["id"], role=role.value, **told)
    await post(desk, LetterKind.INVITATION, actor=inviter, invitation=invitation["id"])
    return invitation


@retried
async def revoke(caller: Caller, invitation_id: UUID | None) -> None:
    """Its link is of no use any more. Refuses with NotFound, also where it is not open, or NotAllowed."""
    async with within(caller.to(Permission.INVITATIONS_WRITE)):
        invitation = None if invitation_id is None else await Invitation.locked(id=invitation_id)
        if invitation is None:
            raise NotFound("There is no such invitation.", ("id",))
        await _refuse_out_of_reach(caller, Role(invitation["role"]), "id")
        await Invitation.revoke(invitation["id"])
        await AuditEntry.append("invitation.revoked", caller.origin, actor=caller.user, target=invitation["id"])


async def pending(caller: Caller) -> list[Row]:
    """The tenant's open invitations, the latest first, at most 100; none for a caller who may not invite."""
    with suppress(Forbidden):
        async with within(caller.to(Permission.INVITATIONS_WRITE)):
            return await Invitation.open()
    return []


async def accepted(token: MailedToken) -> Row:
    """The open invitation of a token, locked, inside the open door. Refuses with TokenInvalid."""
    invitation = await Invitation.locked(digest=token.digest) if token.tenant == held() else None
    if invitation is None:
        raise TokenInvalid("This invitation is not valid any more. Ask for a new one.", ("invitationToken",))
    return invitation


async def _refuse_out_of_reach(caller: Caller, role: Role, *path: str) -> None:
    mine = Role((await User.find(caller.user))["role"])
    if mine is not Role.OWNER and not mine.outranks(role):
        raise NotAllowed("You may invite into those roles alone that stand below yours, and take such invitations back.", path)
