"""The caller's own authenticator and recovery codes. What is shown here is shown once."""

from __future__ import annotations

from typing import NamedTuple

from auth import totp
from auth.caller import Caller
from auth.desk import ATTEMPTS_PER_MINUTE, Desk
from auth.permissions import Permission
from models.audit import AuditEntry
from models.authenticator import Authenticator, RecoveryCode
from models.errors import NotAllowed, NotFound
from models.retries import retried
from models.session import Session
from models.tenancy import through, within
from models.tenant import Tenant
from models.user import User
from models.values import SessionEndReason, now
from resolvers.attempts import counted
from resolvers.letters import LetterKind, post
from resolvers.proofs import refuse_stale, unsealed, wrong_code


class Enrollment(NamedTuple):
    """What an authenticator app takes in: the secret in base32, and the same as a URL for a QR code."""

    secret: str
    url: str


async def enabled(caller: Caller) -> bool:
    """Whether the caller has a confirmed authenticator."""
    async with through(caller.to(Permission.ACCOUNT_USE)):
        return await Authenticator.enabled(caller.user)


@retried
async def enroll(desk: Desk, caller: Caller) -> Enrollment:
    """A new authenticator, which counts once it is confirmed; until then one that was confirmed before does.

    Refuses with ReauthenticationRequired.
    """
    secret = totp.new_secret()
    async with within(caller.to(Permission.ACCOUNT_USE)):
        await refuse_stale(caller)
        await User.locked(caller.user)  # two at once would both find none
        await Authenticator.enroll(caller.user, totp.seal(desk.vault, caller.user, secret))
        await AuditEntry.append("totp.enrolled", caller.origin, actor=caller.user, target=caller.user)
    return Enrollment(secret, totp.otpauth_url(secret, caller.username, caller.tenant_slug))


async def confirm(desk: Desk, caller: Caller, code: str) -> list[str]:
    """Lets the authenticator count after its first code, which is used up; answers the recovery codes.

    The caller's session has proved the second factor by it, and their other ones, which have not, end. Refuses with NotFound where
    none waits for it, with WrongCode, ReauthenticationRequired, or TooManyAttempts.
    """
    # Whoever holds a session and not the secret could guess: they have ten minutes, and the threshold of no tenant's choice.
    home = {"id": caller.tenant, "login_attempts_per_minute": ATTEMPTS_PER_MINUTE}
    await counted(desk, caller.origin, "totp", caller.tenant_slug, home, caller.user.hex)
    async with within(caller.to(Permission.ACCOUNT_USE)):
        await refuse_stale(caller)
        await User.locked(caller.user)  # who signs in at this moment does so before, and is ended, or after, with a code
        row = await Authenticator.locked(caller.user)
        sealed = None if row is None else Authenticator.waiting(row)
        if sealed is None:
            raise NotFound("No authenticator waits to be confirmed. Enrol one first.", ("code",))
        step = totp.step_of(unsealed(desk, caller.user, sealed), totp.spelled(code), after=0, moment=now())
        if step is None:
            raise wrong_code("code")
        await Authenticator.confirm(caller.user, step, sealed)
        await Session.prove(caller.session, second_factor=True)
        ended = await Session.end(SessionEndReason.REVOKED, user_id=caller.user, id__not=caller.session)
        await AuditEntry.append("totp.enabled", caller.origin, actor=caller.user, target=caller.user, sessions_ended=ended)
        await post(desk, LetterKind.TOTP_ENABLED, actor=caller.user, user=caller.user)
        return await _recovery_codes(caller)


@retried
async def regenerate(caller: Caller) -> list[str]:
    """New recovery codes in place of all before. Refuses with NotFound or ReauthenticationRequired."""
    async with within(caller.to(Permission.ACCOUNT_USE)):
        await _confirmed(caller)
        return await _recovery_codes(caller)


@retried
async def disable(desk: Desk, caller: Caller) -> None:
    """Removes the authenticator and the recovery codes. Refuses with NotFound, NotAllowed or ReauthenticationRequired."""
    async with within(caller.to(Permission.ACCOUNT_USE)):
        await User.alone()  # the tenant cannot begin to ask for it meanwhile
        await _confirmed(caller)
        if (await Tenant.find(caller.tenant))["require_totp"]:
            raise NotAllowed("Your tenant asks everybody for a second factor.")
        await Authenticator.remove(caller.user)
        await Session.forget_second_factor(caller.user)
        await AuditEntry.append("totp.disabled", caller.origin, actor=caller.user, target=caller.user)
        await post(desk, LetterKind.TOTP_DISABLED, actor=caller.user, user=caller.user)


async def _confirmed(caller: Caller) -> None:
    await refuse_stale(caller)
    row = await Authenticator.locked(caller.user)
    if row is None or row["confirmed_at"] is None:
        raise NotFound("Your account has no authenticator.")


async def _recovery_codes(caller: Caller) -> list[str]:
    codes = totp.new_recovery_codes()
    digests = [totp.recovery_digest(caller.user, totp.spelled(code)) for code in codes]
    await RecoveryCode.replace(caller.user, [digest for digest in digests if digest is not None])
    await AuditEntry.append("recovery_codes.made", caller.origin, actor=caller.user, target=caller.user, count=len(codes))
    return codes
