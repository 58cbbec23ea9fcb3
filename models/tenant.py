"""A tenant: a company whose people share an address book. The one table without a tenant column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from tortoise import Model, fields

from models import rules
from models.errors import InvalidInput, NotAllowed, NotFound
from models.paging import Key, Page, Window, page, searched
from models.session import Session
from models.tenancy import LobbyManager, ask, behind, held, record
from models.values import Row, SessionEndReason, SignupPolicy, TenantStatus, new_id, now

_BY_SLUG = (Key("t.slug"),)
_THRESHOLDS = (
    ("login_attempts_per_minute", "loginAttemptsPerMinute", 1, 10_000),
    ("requests_per_minute", "requestsPerMinute", 10, 1_000_000),
)


class Tenant(Model):
    """What is kept of a tenant. Its `slug` is what people type, and the old service's tenant id."""

    id = fields.UUIDField(primary_key=True)
    slug = fields.TextField()
    name = fields.TextField()
    status = fields.CharEnumField(TenantStatus, default=TenantStatus.ACTIVE, max_length=20)
    signup = fields.CharEnumField(SignupPolicy, default=SignupPolicy.INVITATION, max_length=20)
    login_attempts_per_minute = fields.IntField(default=10)
    requests_per_minute = fields.IntField(default=60_000)
    require_totp = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "tenants"
        manager = LobbyManager()

    @classmethod
    async def add(cls, slug: str, name: str, signup: SignupPolicy, *, id: UUID | None = None) -> Row:  # noqa: A002 - the column
        """A new, active tenant. Refuses with SlugTaken where another one has the slug."""
        moment = now()
        tenant = await cls.create(
            id=id or new_id(),
            slug=rules.slug(slug, "slug"),
            name=rules.required(name, rules.NAME_LENGTH, "name"),
            signup=signup,
            created_at=moment,
            updated_at=moment,
        )
        return record(tenant)

    @classmethod
    async def maybe(cls, tenant_id: UUID) -> Row | None:
        """The tenant's row, or None."""
        row: Row | None = await cls.filter(id=tenant_id).first().values()
        return row

    @classmethod
    async def find(cls, tenant_id: UUID) -> Row:
        """The tenant's row. Refuses with NotFound."""
        row = await cls.maybe(tenant_id)
        if row is None:
            raise NotFound("There is no such tenant.", ("id",))
        return row

    @classmethod
    async def maybe_by_slug(cls, slug: str) -> Row | None:
        """The row of the tenant that people call by this slug, or None."""
        return await cls.filter(slug=slug).first().values()

    @classmethod
    async def change(cls, tenant_id: UUID, **values: Any) -> Row:
        """The row after these columns have taken their new values. Refuses with NotFound or a column\'s rule; none may be empty."""
        rules.none_empty(values)
        if "name" in values:
            values["name"] = rules.required(values["name"], rules.NAME_LENGTH, "name")
        for column, field, least, most in _THRESHOLDS:
            if not least <= values.get(column, least) <= most:
                raise InvalidInput(f"{field} must lie between {least} and {most}.", (field,))
        if not await cls.filter(id=tenant_id).update(**values, updated_at=now()):
            raise NotFound("There is no such tenant.", ("id",))
        return await cls.find(tenant_id)

    @classmethod
    async def turn(cls, status: TenantStatus, *, reopen: bool = False) -> Row:
        """The held tenant's row in another state; out of ACTIVE its sessions end.

        Refuses with NotAllowed what is being deleted, unless it is to `reopen`.
        """
        tenant = await cls.filter(id=held()).select_for_update().first()
        if tenant is None:
            raise NotFound("There is no such tenant.", ("id",))
        if tenant.status is TenantStatus.DELETING is not status and not reopen:
            raise NotAllowed("This tenant is being deleted.", ("id",))
        if status is not TenantStatus.ACTIVE:
            await Session.end(SessionEndReason.TENANT_SUSPENDED)
        return await cls.change(tenant.id, status=status)

    @classmethod
    async def many(cls, tenant_ids: Sequence[UUID]) -> dict[UUID, Row]:
        """The rows of those tenants that exist, by id."""
        return {row["id"]: row for row in await cls.filter(id__in=list(tenant_ids)).values()}

    @classmethod
    async def every(cls) -> list[Row]:
        """All tenants, whatever their status, by slug."""
        return await cls.all().order_by("slug").values()

    @classmethod
    async def listed(cls) -> list[Row]:
        """All tenants but those that are being deleted, by slug."""
        return await cls.exclude(status=TenantStatus.DELETING).order_by("slug").values()

    @classmethod
    async def page(cls, window: Window, search: str | None) -> Page:
        """Tenants by slug, those alone whose slug or name holds the words of `search`."""
        where, words = _found(search)
        return await page("SELECT t.*", "tenants t", where, words, _BY_SLUG, window, ("tenants", words))

    @classmethod
    async def matching(cls, search: str | None) -> int:
        """How many tenants `search` finds."""
        where, words = _found(search)
        rows = await ask(behind(f"SELECT count(*) AS n FROM tenants t WHERE {' AND '.join(where) or 'true'}"), *words)
        return int(rows[0]["n"])


def _found(search: str | None) -> tuple[list[str], list[str]]:
    words = searched(search)
    return [f"fold(t.slug || ' ' || t.name) LIKE (SELECT '%' || literal(${n}) || '%')" for n in range(4, len(words) + 4)], words
