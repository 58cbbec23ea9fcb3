"""A user: a person of one tenant, who signs in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import Model, fields

from models import rules
from models.errors import EmailTaken, LastOwner, NotFound, UsernameTaken
from models.paging import Key, Page, Window, page
from models.tenancy import TenantManager, ask, behind, create, fetch, held, own, record
from models.values import Role, Row, new_id, normal, now

_BY_USERNAME = (Key("u.username_key"),)


class User(Model):
    """What is kept of a user. `number` is the int32 by which the old routes call them.

    `verification_required` stands until the address is verified, where the account was made under that condition: those of the
    command line, the old routes or a time without mail are as they are.
    """

    id = fields.UUIDField(primary_key=True)
    tenant_id = fields.UUIDField()
    number = fields.IntField(generated=True)
    username = fields.TextField()
    username_key = fields.TextField()
    email = fields.TextField()
    email_key = fields.TextField()
    email_verified = fields.BooleanField(default=False)
    verification_required = fields.BooleanField(default=False)
    password_hash = fields.TextField()
    role = fields.CharEnumField(Role, max_length=20)
    operator = fields.BooleanField(default=False)
    active = fields.BooleanField(default=True)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "users"
        manager = TenantManager()

    @classmethod
    async def add(cls, username: str, email: str, password_hash: str, role: Role, **marks: bool) -> Row:
        """A new user; `marks` are `email_verified` and `verification_required`. Refuses with UsernameTaken or EmailTaken."""
        moment = now()
        address = rules.email(email, "email")
        name = rules.username(username, address, "username")
        await cls._refuse_taken(name, address, None)
        return await create(
            cls,
            id=new_id(),
            username=name,
            username_key=normal(name),
            email=address,
            email_key=normal(address),
            password_hash=password_hash,
            role=role,
            created_at=moment,
            updated_at=moment,
            **marks,
        )

    @classmethod
    async def maybe(cls, user_id: UUID) -> Row | None:
        """The user's row, or None."""
        return await cls.filter(id=user_id).first().values()

    @classmethod
    async def find(cls, user_id: UUID) -> Row:
        """The user's row. Refuses with NotFound."""
        row = await cls.maybe(user_id)
        if row is None:
            raise NotFound("There is no such user.", ("id",))
        return row

    @classmethod
    async def alone(cls) -> None:
        """Holds back everybody else who would change the tenant's people, until the door closes: their rules look at many rows."""
        await fetch("SELECT t.id FROM tenants t WHERE t.id = $1 FOR NO KEY UPDATE", held())

    @classmethod
    async def locked(cls, user_id: UUID) -> Row | None:
        """The user's row as it is now, locked until the door closes; or None."""
        user = await cls.filter(id=user_id).select_for_update().first()
        return None if user is None else record(user)

    @classmethod
    async def many(cls, user_ids: list[UUID]) -> dict[UUID, Row]:
        """The rows of those users that exist, by id."""
        return {row["id"]: row for row in await cls.filter(id__in=user_ids).values()}

    @classmethod
    async def maybe_by_login(cls, username_or_email: str) -> Row | None:
        """The row of the user who signs in by this username or e-mail address, in any spelling; or None."""
        key = normal(username_or_email)
        if "\x00" in key:
            return None
        rows = await ask(
            behind(f"SELECT u.* FROM users u WHERE {own('u')} AND (u.username_key = $4 OR u.email_key = $4) LIMIT 1"), key
        )
        return rows[0] if rows else None

    @classmethod
    async def maybe_by_email(cls, email: str) -> Row | None:
        """The row of the user who has this e-mail address, in any spelling; or None."""
        key = normal(email)
        return None if "\x00" in key else await cls.filter(email_key=key).first().values()

    @classmethod
    async def maybe_by_number(cls, number: int) -> Row | None:
        """The row of the user whom the old routes call by this number, or None."""
        return await cls.filter(number=number).first().values()

    @classmethod
    async def numbered(cls, offset: int, limit: int) -> list[Row]:
        """Users by number, for the old routes."""
        return await cls.all().order_by("number").offset(offset).limit(limit).values()

    @classmethod
    async def every(cls) -> list[Row]:
        """All users of the tenant, by username."""
        return await cls.all().order_by("username_key").values()

    @classmethod
    async def page(cls, window: Window) -> Page:
        """Users by username."""
        return await page("SELECT u.*", "users u", [own("u")], [], _BY_USERNAME, window, ("users", held()))

    @classmethod
    async def count(cls) -> int:
        """How many users the tenant has."""
        return await cls.all().count()

    @classmethod
    async def change(cls, row: Row, **values: Any) -> Row:
        """The row after these columns have taken their new values. Keeps the normal forms and the last owner."""
        address = rules.email(values.get("email", row["email"]), "email")
        name = rules.username(values.get("username", row["username"]), address, "username")
        await cls._refuse_taken(name, address, row["id"])
        changed = {**row, **values}
        if row["role"] == Role.OWNER and row["active"] and (changed["role"] != Role.OWNER or not changed["active"]):
            await cls._refuse_last_owner(row["id"])
        # What was not given is not written, so that two changes at once both hold.
        if "username" in values:
            values |= {"username": name, "username_key": normal(name)}
        if "email" in values:
            values |= {"email": address, "email_key": normal(address)}
            if normal(address) != row["email_key"]:
                values["email_verified"] = False
        await cls.filter(id=row["id"]).update(**values, updated_at=now())
        return await cls.find(row["id"])

    @classmethod
    async def set_password(cls, user_id: UUID, password_hash: str) -> None:
        """Keeps a new password's hash."""
        await cls.filter(id=user_id).update(password_hash=password_hash, updated_at=now())

    @classmethod
    async def verify_email(cls, user_id: UUID) -> None:
        """The address was proved to be theirs."""
        await cls.filter(id=user_id).update(email_verified=True, verification_required=False, updated_at=now())

    @classmethod
    async def mark_operator(cls, user_id: UUID, *, operator: bool) -> None:
        """Makes the user an operator of the whole service, or no longer one."""
        await cls.filter(id=user_id).update(operator=operator, updated_at=now())

    @classmethod
    async def refuse_taken_name(cls, username: str, user_id: UUID | None = None) -> None:
        """Refuses with UsernameTaken where a user, other than this one, has the name."""
        others = cls.all() if user_id is None else cls.exclude(id=user_id)
        if await others.filter(username_key=normal(username)).exists():
            raise UsernameTaken("This username is taken.", ("username",))

    @classmethod
    async def remove(cls, row: Row) -> None:
        """Removes the user with their sessions. Refuses with LastOwner."""
        if row["role"] == Role.OWNER and row["active"]:
            await cls._refuse_last_owner(row["id"])
        await cls.filter(id=row["id"]).delete()

    @classmethod
    async def _refuse_taken(cls, username: str, email: str, user_id: UUID | None) -> None:
        """Names what is taken before the unique index would; the index decides a race."""
        await cls.refuse_taken_name(username, user_id)
        others = cls.all() if user_id is None else cls.exclude(id=user_id)
        if await others.filter(email_key=normal(email)).exists():
            raise EmailTaken("This e-mail address is taken.", ("email",))

    @classmethod
    async def _refuse_last_owner(cls, user_id: UUID) -> None:
        # The owners are locked in order, so that two who leave at once cannot both be the second last.
        owners = await cls.filter(role=Role.OWNER, active=True).order_by("id").select_for_update()
        if {owner.id for owner in owners} <= {user_id}:
            raise LastOwner("A tenant keeps at least one active owner. Make another one first.", ("id",))
