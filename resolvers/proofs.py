"""What a user proves beside the password: a second factor, and that they were here a moment ago."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

from auth import totp
from auth.caller import Caller
from auth.desk import Desk
from models.audit import AuditEntry
from models.authenticator import Authenticator, RecoveryCode
from models.errors import ReauthenticationRequired, Refusal, TooManyAttempts, TotpRequired, Unavailable, WrongCode
from models.session import Session
from models.values import Origin, Row, now
from observability.logging import logger
from resolvers.letters import LetterKind, post

RECENT: Final = timedelta(minutes=10)
"""So long after a proof of who they are people may do what is dangerous."""

_log = logger(__name__)


class Proof(NamedTuple):
    """What became of a second factor: what was wrong with it, or whether there is one that was proved."""

    refusal: Refusal | None = None
    proved: bool = False


async def refuse_stale(caller: Caller) -> None:
    """Inside the caller's door: refuses with ReauthenticationRequired where their last proof is older than RECENT."""
    session = await Session.maybe(caller.session)
    if session is None or session["authenticated_at"] <= now() - RECENT:
        raise ReauthenticationRequired("This asks for your password again: reauthenticate (or sign in anew), then repeat it.")


async def second_factor(desk: Desk, origin: Origin, user_id: UUID, given: str | None) -> Proof:
    """`_proof`, counted."""
    proof = await _proof(desk, origin, user_id, given)
    if proof.proved or isinstance(proof.refusal, WrongCode):
        desk.metrics.authenticated("totp", "ok" if proof.proved else "refused")
    return proof


async def _proof(desk: Desk, origin: Origin, user_id: UUID, given: str | None) -> Proof:
    """Looks at a code of a user whose password was right, inside their tenant's door.

    What it writes (a code that is used up, a wrong one that is counted) is to be kept in either case, so it answers the refusal
    for its caller to raise after the door has closed: TotpRequired, WrongCode, TooManyAttempts. Raises Unavailable.
    """
    row = await Authenticator.locked(user_id)
    if row is None or row["confirmed_at"] is None:
        return Proof()
    if given is None or not given.strip():
        return Proof(TotpRequired("Send a code of your authenticator along, or a recovery code.", ("totp",)))
    code = totp.spelled(given)
    digest = totp.recovery_digest(user_id, code)
    if digest is not None:  # of 80 bits: nobody guesses one, so that one is looked at even while codes are not
        return await _recovered(desk, origin, row, digest)
    if seconds := Authenticator.wait(row):
        desk.metrics.throttle("totp")
        return Proof(TooManyAttempts(f"Too many wrong codes. Wait {seconds} s, or use a recovery code.", retry_after=seconds))
    desk.metrics.let_through("totp")
    secret = unsealed(desk, user_id, row["secret"])
    step = totp.step_of(secret, code, after=row["last_step"], moment=now())
    if step is None:
        await Authenticator.miss(row)
        return Proof(wrong_code("totp"))
    current = totp.is_current(desk.vault, user_id, row["secret"])
    await Authenticator.take(row, step, row["secret"] if current else totp.seal(desk.vault, user_id, secret))
    return Proof(proved=True)


def unsealed(desk: Desk, user_id: UUID, sealed: bytes) -> str:
    """The secret of the user's authenticator. Raises Unavailable where SECRET_KEYS lacks what sealed it."""
    secret = totp.unseal(desk.vault, user_id, sealed)
    if secret is None:
        _log.error("an authenticator cannot be read: SECRET_KEYS lacks what sealed it", user_id=user_id)
        raise Unavailable("Codes cannot be checked just now. Use a recovery code, or tell whoever runs the service.", None)
    return secret


def wrong_code(field: str) -> WrongCode:
    """The one answer to every code that does not count, whatever was wrong with it."""
    return WrongCode("This code is not right, or was used before. Take the next one that your authenticator shows.", (field,))


async def _recovered(desk: Desk, origin: Origin, row: Row, digest: bytes) -> Proof:
    user_id = row["user_id"]
    if not await RecoveryCode.spend(user_id, digest):
        return Proof(wrong_code("totp"))
    await Authenticator.take(row, row["last_step"], row["secret"])
    left = await RecoveryCode.left(user_id)
    await AuditEntry.append("recovery_code.used", origin, actor=user_id, target=user_id, left=left)
    await post(desk, LetterKind.RECOVERY_CODE_USED, actor=user_id, user=user_id)
    return Proof(proved=True)
