"""A claim: what is kept of a sign-up with an address that had an account already, and of which its sender is told nothing.

With it the username is taken and the password is right, as after any other sign-up, so that neither a second try nor a sign-in
tells whether the address was known. It opens nothing.
"""

from __future__ import annotations

from uuid import UUID

from tortoise import Model, fields

from models.errors import UsernameTaken
from models.mail_token import PAUSE
from models.tenancy import TenantManager, create
from models.values import Row, new_id, normal, now


class SignupClaim(Model):
    """`user_id` is whose address it was; `mailed_at`, when they were last told of it."""

    id = fields.UUIDField(primary_key=True)
    tenant_id = fields.UUIDField()
    username_key = fields.TextField()
    password_hash = fields.TextField()
    user_id = fields.UUIDField()
    created_at = fields.DatetimeField()
    mailed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "signup_claims"
        manager = TenantManager()

    @classmethod
    async def add(cls, username: str, password_hash: str, user_id: UUID) -> Row:
        """A new claim. Refuses with UsernameTaken where another one has the name."""
        await cls.refuse_taken(username)
        return await create(
            cls, id=new_id(), username_key=normal(username), password_hash=password_hash, user_id=user_id, created_at=now()
        )

    @classmethod
    async def maybe(cls, username: str) -> Row | None:
        """The claim of this username, in any spelling; or None."""
        key = normal(username)
        return None if "\x00" in key else await cls.filter(username_key=key).first().values()

    @classmethod
    async def refuse_taken(cls, username: str) -> None:
        """Refuses with UsernameTaken where a claim has this name."""
        if await cls.maybe(username) is not None:
            raise UsernameTaken("This username is taken.", ("username",))

    @classmethod
    async def is_due(cls, user_id: UUID) -> bool:
        """Whether the user was told of no claim within PAUSE."""
        return not await cls.filter(user_id=user_id, mailed_at__gt=now() - PAUSE).exists()

    @classmethod
    async def tell(cls, claim: Row) -> None:
        """Remembers that the user is told of it now."""
        await cls.filter(id=claim["id"]).update(mailed_at=now())
