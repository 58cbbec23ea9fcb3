"""One person in all of a tenant: contacts, account and invitations of an address, or one contact; and what depends on those."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from models.tenancy import fetch, held
from models.values import Row, normal

_AT_ONCE: Final = 10_000
_CONTACTS: Final = "r.id = ANY ($2::uuid[])"
_ACCOUNT: Final = "r.user_id = ANY ($3::uuid[])"
_MENTION: Final = (
    "fold(concat_ws(' ', r.name, r.nickname, r.address, r.organization, r.notes)) LIKE (SELECT '%' || literal($2) || '%')"
)

PLACES: Final = {
    "contacts": _CONTACTS,
    "contact_labels": "r.contact_id = ANY ($2::uuid[])",
    "users": "r.id = ANY ($3::uuid[])",
    "sessions": _ACCOUNT,
    "refresh_tokens": "r.session_id IN (SELECT s.id FROM sessions s WHERE s.tenant_id = $1 AND s.user_id = ANY ($3::uuid[]))",
    "login_history": _ACCOUNT,
    "authenticators": _ACCOUNT,
    "recovery_codes": _ACCOUNT,
    "mail_tokens": _ACCOUNT,
    "signup_claims": _ACCOUNT,
    "idempotency_keys": f"({_ACCOUNT} OR {_CONTACTS})",
    "invitations": "r.id = ANY ($4::uuid[])",
    "jobs": "(r.payload ->> 'user' = ANY (SELECT replace(u::text, '-', '') FROM unnest($3::uuid[]) u) "
    "OR r.payload ->> 'invitation' = ANY (SELECT replace(i::text, '-', '') FROM unnest($4::uuid[]) i))",
    "audit_entries": "(r.actor_id = ANY ($3::uuid[]) "
    "OR r.target_id = ANY (SELECT replace(u::text, '-', '') FROM unnest($3::uuid[]) u))",
    "legacy_imports": "r.target_id = ANY ($2::uuid[] || $3::uuid[])",
}
"""Each table where a person may stand, with the rows `r` that are theirs: $2 contacts, $3 users, $4 invitations of theirs."""

KEPT: Final = frozenset({"audit_entries", "legacy_imports"})
"""What stays: it holds ids, which lead to nobody once the rest is gone, and neither name nor address."""

_FIRST: Final = ("jobs", "invitations", "idempotency_keys", "contact_labels", "contacts")
"""What is removed, in this order; with the account goes all that depends on it."""

_DERIVED: Final = ("password_hash", "secret", "pending", "digest", "successor", "key", "request", "search_text", "checksum")
"""Columns that no export has: secrets and digests, and what Postgres makes of the others; so do those that end in _key."""


Who = str | UUID
"""Whom a request is about: whoever has this address, in any spelling; or the contact of this id, and nothing beside it."""


@dataclass(frozen=True, slots=True)
class Person:
    """The ids of the contacts, users and invitations that are one person."""

    contacts: list[UUID]
    users: list[UUID]
    invitations: list[UUID]

    @classmethod
    async def of(cls, who: Who, before: datetime | None = None) -> Person:
        """Who that is in the held tenant, the trash included; as of rows made `before` alone."""
        if isinstance(who, UUID):
            return cls(await _ids("contacts", "r.id = $2", who, before), [], [])
        key = normal(who)
        return cls(
            await _ids("contacts", "r.email_key IN ($2, fold($2))", key, before),
            await _ids("users", "r.email_key = $2", key, before),
            await _ids("invitations", "r.email_key = $2", key, before),
        )

    async def mentions(self, email: str) -> list[UUID]:
        """Contacts of others in whose text this address stands. Looks at every one, _AT_ONCE at a time."""
        found, after = list[UUID](), UUID(int=0)
        while rows := await fetch(
            f"SELECT r.id, {_MENTION} AS there FROM contacts r WHERE r.tenant_id = $1 AND r.id > $3 ORDER BY r.id LIMIT {_AT_ONCE}",
            held(),
            normal(email),
            after,
        ):
            found += [row["id"] for row in rows if row["there"] and row["id"] not in self.contacts]
            after = rows[-1]["id"]
        return found

    async def elsewhere(self) -> str | None:
        """The address of these contacts, where others have it too."""
        for row in await fetch(
            "SELECT r.email FROM contacts r WHERE r.tenant_id = $1 AND r.id = ANY ($2::uuid[])", held(), self.contacts
        ):
            if row["email"] is not None and await Person.of(row["email"]) != self:
                return str(row["email"])
        return None

    def __bool__(self) -> bool:
        """Whether there is anybody."""
        return bool(self.contacts or self.users or self.invitations)

    async def counted(self) -> dict[str, int]:
        """How many rows of each place are the person's; those alone of which there are any."""
        found = {
            name: int((await self._fetch(f"SELECT count(*) AS n FROM {name} r WHERE {self._where(name)}"))[0]["n"])
            for name in PLACES
        }
        return {name: count for name, count in found.items() if count}

    async def rows(self, name: str) -> list[Row]:
        """The person's rows of a place, each as the JSON of its columns without _DERIVED."""
        return await self._fetch(
            "SELECT (SELECT jsonb_object_agg(c.key, c.value) FROM jsonb_each(to_jsonb(r)) c "
            f"WHERE c.key NOT LIKE '%\\_key' AND c.key <> ALL ({_array(_DERIVED)}))::text AS row "
            f"FROM {name} r WHERE {self._where(name)} ORDER BY 1"
        )

    async def erase(self) -> None:
        """Removes the person's contacts, invitations and jobs; the account is `User.remove`'s, before or after."""
        for name in _FIRST:
            await self._fetch(f"DELETE FROM {name} r WHERE {self._where(name)}")

    def _where(self, name: str) -> str:
        return (
            f"r.tenant_id = $1 AND {PLACES[name]} AND $2::uuid[] IS NOT NULL AND $3::uuid[] IS NOT NULL AND $4::uuid[] IS NOT NULL"
        )

    async def _fetch(self, sql: str) -> list[Row]:
        return await fetch(sql, held(), self.contacts, self.users, self.invitations)


def spelled(who: Who) -> str:
    """The one way to write it: the normal form of an address; of a contact its id as the API gives it, which is no address."""
    return normal(who) if isinstance(who, str) else f"contact_{who.hex}"


def whose(table: str, row_id: UUID, email: str | None) -> list[Who]:
    """By what somebody may have asked for this row of a table."""
    named: list[Who] = [row_id] if table == "contacts" else []
    return [*named, email] if email else named


async def everybody() -> AsyncIterator[Who]:
    """Every contact in the held tenant, and every address as it is written, some of them more than once."""
    for table in ("contacts", "users", "invitations"):
        after = UUID(int=0)
        while rows := await fetch(
            f"SELECT r.id, r.email FROM {table} r WHERE r.tenant_id = $1 AND r.id > $2 ORDER BY r.id LIMIT {_AT_ONCE}",
            held(),
            after,
        ):
            for row in rows:
                for who in whose(table, row["id"], row["email"]):
                    yield who
            after = rows[-1]["id"]


async def _ids(table: str, where: str, key: Who, before: datetime | None) -> list[UUID]:
    """The rows of this very address, since `contacts.email_key` is one for josé@ and jose@; or of this id."""
    sql = f"SELECT r.id, r.email FROM {table} r WHERE r.tenant_id = $1 AND ($3::timestamptz IS NULL OR r.created_at < $3)"
    rows = await fetch(f"{sql} AND {where} ORDER BY 1", held(), key, before)
    return [row["id"] for row in rows if isinstance(key, UUID) or normal(row["email"]) == key]


def _array(names: tuple[str, ...]) -> str:
    return f"ARRAY[{', '.join(repr(name) for name in names)}]"
