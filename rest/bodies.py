"""What the routes take in: bodies and typed queries, each of its exact JSON type. Unknown keys are ignored, and change nothing."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from models.values import Gender

_INT32: Final = 2**31
_GENDERS: Final = {True: Gender.MALE, False: Gender.FEMALE, "male": Gender.MALE, "female": Gender.FEMALE, "other": Gender.OTHER}


def _gender(value: Any) -> Gender | None:
    key = value.lower() if isinstance(value, str) else value
    if key is None:
        return None
    if not isinstance(key, bool | str) or key not in _GENDERS:
        raise ValueError("must be true (male), false (female), male, female or other")
    return _GENDERS[key]


def _whole(value: Any) -> Any:
    """A number of a query: decimal digits with a sign, as the old framework read them."""
    if not isinstance(value, str) or not value.lstrip("+-").isdecimal() or not value.isascii() or len(value) > 11:
        raise ValueError("invalid digit found in string")
    return int(value)


def _sex(value: Any) -> Gender | None:
    """`male` and `female` in any case; what else is asked for is not asked for."""
    return {"male": Gender.MALE, "female": Gender.FEMALE}.get(str(value).lower())


def _truth(value: Any) -> bool:
    if value not in {"true", "false"}:
        raise ValueError("provided string was not `true` or `false`")
    return bool(value == "true")


Sex = Annotated[
    Gender | None,
    BeforeValidator(_gender),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"enum": ["male", "female", "other"]}, {"type": "null"}]}),
]
Whole = Annotated[int, BeforeValidator(_whole), Field(ge=-_INT32, lt=_INT32)]
Truth = Annotated[bool, BeforeValidator(_truth)]


class Body(BaseModel):
    """A body or a query."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)


class Signup(Body):
    """POST /api/auth/signup."""

    username: str
    email: str
    password: str
    tenant_id: str


class Login(Body):
    """POST /api/auth/login. Some old clients call the first key `username`; `totp` is new, for who has an authenticator."""

    username_or_email: str = Field(validation_alias=AliasChoices("username_or_email", "username"))
    password: str
    tenant_id: str
    totp: str | None = None


class Refresh(Body):
    """POST /api/auth/refresh-token."""

    refresh_token: str
    tenant_id: str


class User(Body):
    """PUT /api/users/{id}."""

    username: str
    email: str
    active: bool


class Contact(Body):
    """POST and PUT of a contact: all six keys. A gender of null is no gender for a new contact, and leaves that of an old one."""

    name: str
    gender: Sex
    age: int = Field(ge=-_INT32, lt=_INT32)
    address: str
    phone: str
    email: str

    def values(self) -> dict[str, Any]:
        """The contact's columns."""
        values = self.model_dump()
        if self.gender is None:
            del values["gender"]
        return values


class ContactFilter(Body):
    """GET /api/address-book/filter."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    age: Whole | None = None
    gender: Annotated[Gender | None, BeforeValidator(_sex), WithJsonSchema({"type": ["string", "null"]})] = None
    cursor: Whole | None = None
    page_size: Whole = Field(50, ge=0)
    page_num: Whole = 1
    sort_by: str | None = None
    sort_order: str | None = None


class NewTenant(Body):
    """POST /api/admin/tenants. `db_url` is ignored: all tenants live in one database."""

    id: str
    name: str
    db_url: str


class TenantPatch(Body):
    """PUT /api/admin/tenants/{id}. `db_url` is ignored, also where the placeholder comes back."""

    name: str | None = None
    db_url: str | None = None


class Performance(Body):
    """GET /api/health/performance."""

    operation_type: str | None = None
    include_history: Truth = False
    reset_counters: Truth = False


class Compatibility(Body):
    """GET /api/health/compatibility."""

    run_tests: Truth = False
    test_category: str | None = None
    include_performance: Truth = True
