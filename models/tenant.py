"""A tenant: a company whose people share an address book. The one table without a tenant column."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from tortoise import Model, fields

from models import rules
from models.errors import InvalidInput, NotAllowed, NotFound, SlugTaken
from models.paging import Key, Page, Window, page, searched
from models.seal import AUDIT_LEAST
from models.session import Session
from models.tenancy import LobbyManager, ask, behind, fetch, held, record
from models.values import Row, SessionEndReason, SignupPolicy, TenantStatus, new_id, now

SLUG_REST: Final = timedelta(days=365)
"""For so long nobody else may take the slug of a tenant that was deleted: its people would sign in to strangers."""

_WAS_ANOTHERS: Final = (
    "SELECT EXISTS (SELECT FROM deletions d WHERE d.slug_digest = sha256(convert_to($1, 'UTF8')) AND d.began_at > $2 "
    "AND d.id IS DISTINCT FROM $3::uuid) AS was"
)
_BY_SLUG = (Key("t.slug"),)
_THRESHOLDS = (
    ("login_attempts_per_minute", "loginAttemptsPerMinute", 1, 10_000),
    ("requests_per_minute", "requestsPerMinute", 10, 1_000_000),
    ("trash_days", "trashDays", 7, 3_650),
    ("audit_days", "auditDays", AUDIT_LEAST.days, 3_650),
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
    trash_days = fields.IntField(default=30)
    audit_days = fields.IntField(default=365)
    legal_hold = fields.BooleanField(default=False)
    held_by_operator = fields.BooleanField(default=False)
    deletion_at = fields.DatetimeField(null=True)
    deletion_began = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "tenants"
        manager = LobbyManager()

    @classmethod
    async def add(cls, slug: str, name: str, signup: SignupPolicy, *, id: UUID | None = None) -> Row:  # noqa: A002 - the column
        """A new, active tenant. Refuses with SlugTaken where another one has the slug."""
        moment, kept = now(), rules.slug(slug, "slug")
        await cls.refuse_resting(kept)
        tenant = await cls.create(
            id=id or new_id(),
            slug=kept,
            name=rules.required(name, rules.NAME_LENGTH, "name"),
            signup=signup,
            created_at=moment,
            updated_at=moment,
        )
        return record(tenant)

    @classmethod
    async def refuse_resting(cls, slug: str, tenant_id: UUID | None = None) -> None:
        """Refuses with SlugTaken where another tenant than this one, which was deleted, had the slug until a while ago."""
        if (await fetch(_WAS_ANOTHERS, slug, now() - SLUG_REST, tenant_id))[0]["was"]:
            raise SlugTaken("Another tenant that was deleted had this slug until a while ago. Take another one.", ("slug",))

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
    async def following(cls, tenant_id: UUID | None) -> UUID | None:
        """The id of the tenant after this one, or of the first; None where there is no more."""
        behind = cls.all() if tenant_id is None else cls.filter(id__gt=tenant_id)
        found = await behind.order_by("id").first()
        return None if found is None else found.id

    @classmethod
    async def count_from(cls, tenant_id: UUID) -> int:
        """How many tenants there are from this one on, in the order of their ids."""
        return await cls.filter(id__gte=tenant_id).count()

    @classmethod
    async def change(cls, tenant_id: UUID, **values: Any) -> Row:
        """The row after these columns have taken their new values. Refuses with NotFound or a column\'s rule; none may be empty."""
        rules.none_empty({column: value for column, value in values.items() if column != "deletion_at"})
        if "name" in values:
            values["name"] = rules.required(values["name"], rules.NAME_LENGTH, "name")
        for column, field, least, most in _THRESHOLDS:
            if not least <= values.get(column, least) <= most:
                raise InvalidInput(f"{field} must lie between {least} and {most}.", (field,))
        if not await cls.filter(id=tenant_id).update(**values, updated_at=now()):
            raise NotFound("There is no such tenant.", ("id",))
        return await cls.find(tenant_id)

    @classmethod
    async def locked(cls) -> Row:
        """The held tenant's row, which nobody changes until the door closes. Refuses with NotFound."""
        tenant = await cls.filter(id=held()).select_for_update(no_key=True).first()
        if tenant is None:
            raise NotFound("There is no such tenant.", ("id",))
        return record(tenant)

    @classmethod
    async def refuse_held(cls) -> None:
        """Refuses with NotAllowed while the held tenant is under legal hold, which does not begin before the door closes."""
        if (await cls.locked())["legal_hold"]:
            raise NotAllowed("This tenant is under legal hold: nothing of it is removed for good before that is lifted.", ())

    @classmethod
    async def turn(cls, status: TenantStatus, *, reopen: bool = False) -> Row:
        """The held tenant's row in another state; out of ACTIVE its sessions end.

        Refuses with NotAllowed what is being deleted, unless it is to `reopen` and its deletion has not begun.
        """
        tenant = await cls.locked()
        if tenant["status"] is TenantStatus.DELETING is not status and not (reopen and (_closed(tenant) or serves(tenant))):
            raise NotAllowed("This tenant is being deleted.", ("id",))
        if status is not TenantStatus.ACTIVE:
            await Session.end(SessionEndReason.TENANT_SUSPENDED)
        until = tenant["deletion_at"] if status is TenantStatus.DELETING else None
        return await cls.change(tenant["id"], status=status, deletion_at=until)

    @classmethod
    async def leave(cls, until: datetime) -> Row:
        """The held tenant's row on its way out: at `until` it is deleted. One whose date is set keeps it.

        Refuses with NotAllowed while the tenant is under legal hold.
        """
        await cls.refuse_held()
        tenant = await cls.find(held())
        if tenant["deletion_at"] is not None:
            return tenant
        return await cls.change(tenant["id"], status=TenantStatus.DELETING, deletion_at=until)

    @classmethod
    async def due(cls) -> list[Row]:
        """The tenants whose deletion has come, or has begun."""
        return await cls.filter(status=TenantStatus.DELETING, deletion_at__lte=now(), legal_hold=False).order_by("id").values()

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


def serves(tenant: Row) -> bool:
    """Whether the tenant's people may sign in: in one on its way out, of which nothing is gone, to read, and to keep it."""
    leaving = tenant["deletion_at"] is not None and (tenant["deletion_at"] > now() or tenant["legal_hold"])
    return bool(tenant["status"] == TenantStatus.ACTIVE or (leaving and not tenant["deletion_began"]))


def _closed(tenant: Row) -> bool:
    return tenant["status"] == TenantStatus.DELETING and tenant["deletion_at"] is None


def _found(search: str | None) -> tuple[list[str], list[str]]:
    words = searched(search)
    return [f"fold(t.slug || ' ' || t.name) LIKE (SELECT '%' || literal(${n}) || '%')" for n in range(4, len(words) + 4)], words
