"""The questions by whose time a stranger might learn who has an account, and the people about whom they are asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg

from auth.mailed import MailedToken
from auth.passwords import _hash
from models.values import new_id
from tests.conftest import VAULT
from tests.world import PASSWORD, add_user, tenant

CHEAP, HASHING, WARM = 200, 100, 5
"""How many times each question is asked: the cheap ones, those that hash, and either before it counts."""

Given = Callable[[UUID, int], dict[str, str]]
"""The input at the nth time, fresh each time; the id is acme's."""


@dataclass(frozen=True)
class Operation:
    """A mutation, with what it is given for a known account and for the `others`: all of them get one and the same payload.

    With `followed` the next request counts as well, which what is done after the answer might hold up.
    """

    mutation: str
    kind: str
    payload: Mapping[str, Any]
    known: Given
    others: Mapping[str, Given]
    hashes: bool = False
    followed: bool = False

    @property
    def document(self) -> str:
        """It asks for all of the payload."""
        selected = {"tokens": "tokens { accessToken }", "userErrors": "userErrors { code }"}
        fields = " ".join(selected.get(name, name) for name in self.payload)
        return f"mutation($input: {self.kind}!) {{ {self.mutation}(input: $input) {{ {fields} }} }}"

    @property
    def times(self) -> int:
        """How often each input is timed."""
        return HASHING if self.hashes else CHEAP


def _tokens(*codes: str) -> dict[str, Any]:
    return {"tokens": None, "verificationRequired": not codes, "userErrors": [{"code": code} for code in codes]}


def _ok(*codes: str) -> dict[str, Any]:
    return {"ok": not codes, "userErrors": [{"code": code} for code in codes]}


def _login(name: str, password: str = PASSWORD, home: str = "acme") -> Given:
    return lambda _, n: {"tenant": home, "usernameOrEmail": name.format(n), "password": password}


def _wrong(name: str, home: str = "acme") -> Given:
    return _login(name, "wrong-horse-battery", home)


def _signup(username: str, address: str) -> Given:
    return lambda _, n: {
        "tenant": "acme",
        "username": username.format(n),
        "email": f"{address.format(n)}@example.org",
        "password": PASSWORD,
    }


def _mail(address: str, home: str = "acme") -> Given:
    return lambda _, n: {"tenant": home, "email": f"{address.format(n)}@example.org"}


LIVE, SPENT, SPENT_RESET = UUID(int=1), UUID(int=2), UUID(int=3)
"""Rows of `mail_tokens`."""


def _link(row: UUID | None, *, proof: bytes | None = None, lost: bool = False, **more: str) -> Given:
    """With the token of a row, or of none; with its proof or another one; of acme, or of a tenant that is not there."""

    def given(acme: UUID, _: int) -> dict[str, str]:
        token = MailedToken.new(VAULT, new_id() if lost else acme, row or new_id())
        return {"token": (token if proof is None else MailedToken(token.tenant, token.row, proof)).text, **more}

    return given


def _links(spent: UUID, **more: str) -> tuple[Given, dict[str, Given]]:
    """A link that lives, with a proof that is not its own; and those that lead nowhere."""
    others = {"no such link": _link(None, **more), "a spent link": _link(spent, **more)}
    return _link(LIVE, proof=bytes(31), **more), others | {"unknown tenant": _link(None, lost=True, **more)}


_NOBODY: Final = {"unknown": _mail("ghost{}"), "unknown tenant": _mail("known{}", "nowhere")}

OPERATIONS: Final = {
    "login, wrong password": Operation(
        "login",
        "LoginInput",
        _tokens("INVALID_CREDENTIALS"),
        _wrong("linus"),
        {
            "unknown": _wrong("ghost{}"),
            "deactivated": _wrong("gone"),
            "another tenant's": _wrong("mallory"),
            "unknown tenant": _wrong("linus", "nowhere"),
        },
        hashes=True,
    ),
    "login before the letter is read": Operation(
        "login", "LoginInput", _tokens(), _login("claim{}"), {"new address": _login("waiting{}")}, hashes=True
    ),
    "the same, just reminded": Operation(
        "login", "LoginInput", _tokens(), _login("toldclaim{}"), {"new address": _login("reminded{}")}, hashes=True
    ),
    "signup": Operation(
        "signup",
        "SignupInput",
        _tokens(),
        _signup("one{}", "known{}"),
        {"new address": _signup("two{}", "new{}"), "told already": _signup("three{}", "told{}")},
        hashes=True,
    ),
    "requestPasswordReset": Operation(
        "requestPasswordReset", "MailRequestInput", _ok(), _mail("known{}"), {**_NOBODY, "deactivated": _mail("gone")}
    ),
    "requestPasswordReset and the next": Operation(
        "requestPasswordReset", "MailRequestInput", _ok(), _mail("known{}"), _NOBODY, followed=True
    ),
    "resendVerification": Operation(
        "resendVerification", "MailRequestInput", _ok(), _mail("waiting{}"), {**_NOBODY, "verified": _mail("known{}")}
    ),
    "verifyEmail": Operation("verifyEmail", "VerifyEmailInput", _ok("TOKEN_INVALID"), *_links(SPENT)),
    "resetPassword": Operation(
        "resetPassword", "ResetPasswordInput", _ok("TOKEN_INVALID"), *_links(SPENT_RESET, newPassword="velvet-Otter 17 quarrel")
    ),
}
"""One more operation, one more row. `known` is whatever a stranger may want to tell from the others."""

TOLD: Final = {
    "inviteUser": "whoever may invite may list all the people, and is told that the address is taken",
    "updateUser": "whoever may change people may list them, and is told that the name or the address is taken",
}
"""Mutations with an address that have nothing to hide, and why."""


async def people(admin: asyncpg.Connection) -> UUID:
    """Acme, whose id it is, with everybody that OPERATIONS name; mallory is of evil. Their hashes are those of production."""
    acme, evil = await tenant(admin, "acme"), await tenant(admin, "evil")
    for home, user, active in ((acme, "linus", True), (acme, "gone", False), (evil, "mallory", True)):
        await add_user(admin, home, user, "EDITOR", active=active)
    await admin.execute(
        "INSERT INTO users (tenant_id, id, username, username_key, email, email_key, email_verified, verification_required, "
        "password_hash, role) SELECT $1, gen_random_uuid(), name, name, name || '@example.org', name || '@example.org', "
        "kind IN ('known', 'told'), kind NOT IN ('known', 'told'), '', 'EDITOR' "
        "FROM unnest(ARRAY['known', 'told', 'waiting', 'reminded']) AS kind, generate_series(0, $2) AS n, "
        "LATERAL (SELECT kind || n AS name) AS named",
        acme,
        WARM + CHEAP,
    )
    # Who was reminded or told has just had a letter, and gets no other one for as long as this lasts.
    await admin.execute(
        "INSERT INTO mail_tokens (tenant_id, id, digest, purpose, user_id, email_key, expires_at, mailed_at) "
        "SELECT tenant_id, id, sha256(uuid_send(id)), 'VERIFY_EMAIL', id, email_key, now() + interval '1 day', "
        "now() + CASE WHEN starts_with(username, 'reminded') THEN interval '1 hour' ELSE interval '-2 minutes' END "
        "FROM users WHERE verification_required"
    )
    await admin.execute(
        "INSERT INTO signup_claims (tenant_id, id, username_key, password_hash, user_id, mailed_at) "
        "SELECT tenant_id, gen_random_uuid(), replace(replace(username, 'told', 'toldclaim'), 'known', 'claim'), '', id, "
        "now() + CASE WHEN starts_with(username, 'told') THEN interval '1 hour' ELSE interval '-2 minutes' END "
        "FROM users WHERE username ~ '^(known|told)'"
    )
    for row, purpose in ((LIVE, "VERIFY_EMAIL"), (SPENT, "VERIFY_EMAIL"), (SPENT_RESET, "RESET_PASSWORD")):
        await admin.execute(
            "INSERT INTO mail_tokens (tenant_id, id, digest, purpose, user_id, email_key, expires_at, used_at, mailed_at) "
            "SELECT tenant_id, $2, $3, $4, id, email_key, now() + interval '1 day', CASE WHEN $5 THEN now() END, now() "
            "FROM users WHERE tenant_id = $1 AND username = 'linus'",
            acme,
            row,
            MailedToken.new(VAULT, acme, row).digest,
            purpose,
            row != LIVE,
        )
    for table in ("users", "signup_claims"):
        await admin.execute(f"UPDATE {table} SET password_hash = $1", _hash(PASSWORD, 12))
    return acme
