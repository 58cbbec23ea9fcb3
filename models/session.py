"""A session: one sign-in of a user, with its family of refresh tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final
from uuid import UUID

from tortoise import Model, fields

from models.errors import Unauthenticated
from models.login_history import LoginHistory
from models.tenancy import TenantManager, ask, behind, create, fetch, own, record
from models.values import Origin, Row, SessionEndReason, ending, new_id, now

IDLE: Final = timedelta(days=30)
"""A session that is not refreshed for so long is over."""

LONGEST: Final = timedelta(days=180)
"""However often it is refreshed, a session ends so long after it began (OWASP ASVS 7.3.2)."""

RACE: Final = timedelta(seconds=10)
"""Honest clients that refresh twice at once (two tabs, a lost answer) get one and the same successor within this time.

By the database's clock: the two may be answered by processes whose own clocks differ by more than that.
"""

KEPT: Final = timedelta(days=30)
"""How long an ended session is shown to its user, with the reason."""

SHOWN: Final = 50


class Rotation(Enum):
    """What became of a refresh token that was presented."""

    ROTATED = "rotated"
    UNKNOWN = "unknown"
    OVER = "over"
    REUSED = "reused"


class Session(Model):
    """What is kept of a session. A token refers to it and dies with it."""

    id = fields.UUIDField(primary_key=True)
    tenant_id = fields.UUIDField()
    user_id = fields.UUIDField()
    user_agent = fields.TextField(null=True)
    ip_prefix = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    authenticated_at = fields.DatetimeField()
    second_factor = fields.BooleanField(default=False)
    ended_at = fields.DatetimeField(null=True)
    ended_reason = fields.CharEnumField(SessionEndReason, max_length=20, null=True)

    class Meta:
        table = "sessions"
        manager = TenantManager()

    @classmethod
    async def start(cls, user_id: UUID, origin: Origin, digest: bytes, *, second_factor: bool = False) -> Row:
        """A new session of the user, whose first refresh token has this digest; whether a second factor was proved for it."""
        moment = now()
        session = await create(
            cls,
            id=new_id(),
            user_id=user_id,
            user_agent=origin.user_agent,
            ip_prefix=origin.ip_prefix,
            created_at=moment,
            last_used_at=moment,
            authenticated_at=moment,
            second_factor=second_factor,
            expires_at=moment + IDLE,
        )
        await create(RefreshToken, digest=digest, session_id=session["id"], created_at=moment)
        await LoginHistory.note(user_id, origin)
        return session

    @classmethod
    async def maybe(cls, session_id: UUID) -> Row | None:
        """The session's row, or None."""
        return await cls.filter(id=session_id).first().values()

    @classmethod
    async def of_user(cls, user_id: UUID) -> list[Row]:
        """The user's sessions, the latest used first, at most 50; ended ones for 30 days. A past expiry reads as EXPIRED."""
        rows = await ask(
            behind(
                f"SELECT s.* FROM sessions s WHERE {own('s')} AND s.user_id = $4 AND coalesce(s.ended_at, s.expires_at) > $5 "
                f"ORDER BY s.last_used_at DESC, s.id DESC LIMIT {SHOWN}"
            ),
            user_id,
            now() - KEPT,
        )
        return [_told(row) for row in rows]

    @classmethod
    async def people(cls) -> int:
        """How many users have a session that lives."""
        rows = await ask(
            behind(
                "SELECT count(DISTINCT s.user_id) AS n FROM sessions s "
                f"WHERE {own('s')} AND s.ended_at IS NULL AND s.expires_at > $4"
            ),
            now(),
        )
        return int(rows[0]["n"])

    @classmethod
    async def prove(cls, session_id: UUID, *, second_factor: bool) -> None:
        """Notes that its user has just proved who they are; a second factor that was proved before stays so."""
        await cls.filter(id=session_id).update(authenticated_at=now(), **({"second_factor": True} if second_factor else {}))

    @classmethod
    async def forget_second_factor(cls, user_id: UUID) -> None:
        """The user's sessions have proved none any more."""
        await cls.filter(user_id=user_id).update(second_factor=False)

    @classmethod
    async def end(cls, reason: SessionEndReason, **which: Any) -> int:
        """Ends those live sessions that `which` names (by id, by user_id, none named: all); how many there were."""
        return await cls.filter(**which, ended_at=None, expires_at__gt=now()).update(ended_at=now(), ended_reason=reason)

    @classmethod
    async def rotate(cls, digest: bytes, successors: Sequence[bytes]) -> tuple[Rotation, Row | None, int]:
        """Spends a refresh token. Answers what became of it, its session, and which of `successors` is the next token.

        The first use makes the first successor. A second use within RACE, while that successor is unspent, answers the same
        one. Any other use means that a copy of the token is about.
        """
        token = await RefreshToken.filter(digest=digest).first()
        if token is None:
            return Rotation.UNKNOWN, None, 0
        # One refresh of a session at a time; what the lock waited for is then read again.
        session = await cls.filter(id=token.session_id).select_for_update().first()
        moment = now()
        if session is None:
            return Rotation.UNKNOWN, None, 0
        row = _told(record(session))
        if row["ended_at"] is not None:
            return Rotation.OVER, row, 0
        token = await RefreshToken.filter(digest=digest).first()
        if token is None:
            return Rotation.UNKNOWN, None, 0
        if token.used_at is None or token.successor is None:
            await create(RefreshToken, digest=successors[0], session_id=session.id, created_at=moment)
            await RefreshToken.filter(digest=digest).update(used_at=await _database_time(), successor=successors[0])
            return Rotation.ROTATED, await cls._touch(row, moment), 0
        unspent = await RefreshToken.filter(digest=token.successor, used_at=None).exists()
        if unspent and await _database_time() - token.used_at <= RACE and token.successor in successors:
            return Rotation.ROTATED, row, list(successors).index(token.successor)
        return Rotation.REUSED, row, 0

    @classmethod
    async def replace_token(cls, session_id: UUID, digest: bytes) -> Row:
        """Gives the live session a refresh token that has nothing to do with those before, which are forgotten.

        Refuses with Unauthenticated where it has ended.
        """
        session = await cls.filter(id=session_id, ended_at=None).select_for_update().first()
        if session is None:
            raise Unauthenticated(ending())
        moment = now()
        await RefreshToken.filter(session_id=session_id).delete()
        await create(RefreshToken, digest=digest, session_id=session_id, created_at=moment)
        return await cls._touch(record(session), moment)

    @classmethod
    async def _touch(cls, row: Row, moment: datetime) -> Row:
        until = min(moment + IDLE, row["created_at"] + LONGEST)
        await cls.filter(id=row["id"]).update(last_used_at=moment, expires_at=until)
        return {**row, "last_used_at": moment, "expires_at": until}


class RefreshToken(Model):
    """The digest of a refresh token. No usable token is kept."""

    digest = fields.BinaryField(primary_key=True)
    tenant_id = fields.UUIDField()
    session_id = fields.UUIDField()
    successor = fields.BinaryField(null=True)
    created_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "refresh_tokens"
        manager = TenantManager()


async def _database_time() -> datetime:
    moment: datetime = (await fetch("SELECT clock_timestamp() AS moment"))[0]["moment"]
    return moment


def _told(row: Row) -> Row:
    if row["ended_at"] is None and row["expires_at"] <= now():
        return {**row, "ended_at": row["expires_at"], "ended_reason": SessionEndReason.EXPIRED}
    return row
