"""A second factor: how people come by one, what mallory makes of somebody else's, and who must have one."""

from __future__ import annotations

import asyncio
import io
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from models.values import now
from tests.authenticators import AGAIN, CONFIRM, ENROLL, LOGIN, App, enrolled, login, told
from tests.conftest import Serve
from tests.house.matrix import SCHEMA, WIDE, collections
from tests.world import PASSWORD, Answer, Person, World

_REQUIRE = "mutation($r: Boolean!) { updateTenant(input: {requireTotp: $r}) { tenant { id } userErrors { code path } } }"
_REGENERATE = "mutation { regenerateRecoveryCodes { recoveryCodes userErrors { code } } }"
_DISABLE = "mutation { disableTotp { ok userErrors { code } } }"
_VIEWER = "{ viewer { totpEnabled user { username } tenant { settings { requireTotp } } sessions { endedReason } } }"
_CONTACTS = "{ contacts { totalCount } }"


pytestmark = pytest.mark.usefixtures("clock")


async def _audited(world: World, like: str) -> list[str]:
    rows = await world.admin.fetch("SELECT action FROM audit_entries WHERE action LIKE $1 ORDER BY at, id", like)
    return [row["action"] for row in rows]


async def _sessions(world: World, person: Person) -> int:
    found = await world.admin.fetchval("SELECT count(*) FROM sessions WHERE user_id = $1 AND ended_at IS NULL", person.user)
    return int(found)


def _signed(answer: Answer, person: Person) -> Person:
    assert told(answer) == [], answer.text
    tokens = answer.data["login"]["tokens"]
    return Person(person.client, person.tenant, person.username, person.user, tokens["accessToken"], tokens["refreshToken"])


async def test_linus_enrols_and_signs_in_with_a_code(world: World) -> None:
    other = await world.linus.login()
    made = (await world.linus.gql(ENROLL)).data["enrollTotp"]
    assert made["otpauthUrl"] == f"otpauth://totp/Address%20Book:linus%40acme?secret={made['secret']}&issuer=Address%20Book"
    assert told(await login(world.linus)) == []  # what is not confirmed does not count
    app = App(made["secret"])
    answer = await world.linus.gql(CONFIRM, c=app.next())
    codes = answer.data["confirmTotp"]["recoveryCodes"]
    assert len(codes) == len(set(codes)) == 10
    assert (await other.gql(_VIEWER)).codes == ["UNAUTHENTICATED"]
    viewer = (await world.linus.gql(_VIEWER)).data["viewer"]
    assert viewer["totpEnabled"] is True
    assert {session["endedReason"] for session in viewer["sessions"]} == {None, "REVOKED"}
    wanted = await login(world.linus)
    assert wanted.data["login"] == {"tokens": None, "viewer": None, "userErrors": [{"code": "TOTP_REQUIRED", "path": ["totp"]}]}
    assert (await login(world.linus, app.next())).data["login"]["viewer"] == {"totpEnabled": True}
    assert (await login(world.linus, codes[0].lower())).data["login"]["viewer"] == {"totpEnabled": True}
    assert await _audited(world, "totp.%") == ["totp.enrolled", "totp.enabled"]


async def test_a_code_is_asked_for_after_the_password_alone(world: World) -> None:
    await enrolled(world.linus)
    for totp in (None, "000000", "AAAA-AAAA-AAAA-AAAA"):
        assert told(await login(world.linus, totp, password="wrong")) == ["INVALID_CREDENTIALS"]
        assert told(await login(Person(world.client, "acme", "ghost"), totp)) == ["INVALID_CREDENTIALS"]
    assert await world.admin.fetchval("SELECT failures FROM authenticators") == 0


async def test_nobody_elses_code_is_of_any_use(world: World) -> None:
    (app, codes), (evil, evil_codes), (ada, ada_codes) = [await enrolled(p) for p in (world.linus, world.mallory, world.ada)]
    for totp in (evil.next(), evil_codes[0], ada.next(), ada_codes[0], "", " ", "12345", "٣" * 6, "x" * 10_000, "a\x00b"):
        assert told(await login(world.linus, totp))[0] in {"INVALID_CREDENTIALS", "TOTP_REQUIRED", "RATE_LIMITED"}, totp
    assert told(await login(world.mallory, codes[0])) == ["INVALID_CREDENTIALS"]
    assert told(await login(world.linus, codes[0])) == []
    assert told(await login(world.mallory, app.next())) == ["INVALID_CREDENTIALS"]
    assert await world.admin.fetchval("SELECT count(*) FROM recovery_codes") == 29


async def test_a_code_counts_once(world: World, clock: time_machine.Traveller) -> None:
    app, _ = await enrolled(world.linus)
    assert told(await login(world.linus, app.at(-1))) == ["INVALID_CREDENTIALS"]  # it has confirmed the authenticator
    code = app.at()
    assert told(await login(world.linus, code)) == []
    assert told(await login(world.linus, code)) == ["INVALID_CREDENTIALS"]
    assert told(await world.linus.gql(AGAIN, p=PASSWORD, t=code)) == ["INVALID_CREDENTIALS"]
    assert told(await login(world.linus, app.at(1))) == []
    assert told(await login(world.linus, app.at())) == ["INVALID_CREDENTIALS"]
    clock.shift(60)
    assert told(await login(world.linus, app.at(-1))) == ["INVALID_CREDENTIALS"]
    assert told(await login(world.linus, app.at())) == []


@pytest.mark.parametrize("kind", ["a code", "a recovery code"])
async def test_of_ten_who_sign_in_at_once_with_one_code_one_does(kind: str, world: World) -> None:
    app, codes = await enrolled(world.linus)
    before = await _sessions(world, world.linus)
    code = app.next() if kind == "a code" else codes[3]
    answers = await asyncio.gather(*(login(world.linus, code) for _ in range(10)))
    assert sorted(tuple(told(answer)) for answer in answers)[0] == ()
    assert {tuple(told(answer)) for answer in answers} <= {(), ("INVALID_CREDENTIALS",), ("RATE_LIMITED",)}
    assert [told(answer) for answer in answers].count([]) == 1
    assert await _sessions(world, world.linus) == before + 1
    assert await world.admin.fetchval("SELECT count(*) FROM recovery_codes") == (10 if kind == "a code" else 9)


async def test_guessing_costs_more_and_more_even_for_who_has_the_password(world: World, clock: time_machine.Traveller) -> None:
    app, codes = await enrolled(world.linus)
    wrong = next(f"{n:06}" for n in range(10) if f"{n:06}" not in {app.at(step) for step in range(-200, 500)})
    guessed, began = 0, now()
    while now() - began < timedelta(hours=24) and guessed < 100:
        answer = await login(world.linus, wrong)
        if told(answer) == ["INVALID_CREDENTIALS"]:
            guessed += 1
        else:
            assert told(answer) == ["RATE_LIMITED"]
            assert 0 < answer.errors[0]["extensions"]["retryAfterSeconds"] <= 3600
            clock.shift(answer.errors[0]["extensions"]["retryAfterSeconds"])
    assert guessed == 34
    # What is right is not looked at either, in no process; a recovery code is, and opens the way for codes again.
    await login(world.linus, wrong)
    held = await login(world.linus, app.at())
    assert (held.status, told(held)) == (429, ["RATE_LIMITED"])
    assert told(await login(world.linus, "AAAA-AAAA-AAAA-AAAA")) == ["INVALID_CREDENTIALS"]
    assert told(await login(world.linus, codes[0])) == []
    assert told(await login(world.linus, app.at())) == []
    assert told(await login(world.ada)) == []  # nobody else waits for it


async def test_every_attempt_with_a_right_password_is_on_record(world: World) -> None:
    app, _ = await enrolled(world.linus)
    await world.admin.execute("CREATE TEMP TABLE seen AS SELECT id FROM audit_entries")
    await login(world.linus)
    await login(world.linus, app.at(-1))
    await login(world.linus, app.next())
    rows = await world.admin.fetch(
        "SELECT action, details->>'factor' f, details->>'why' w FROM audit_entries WHERE id NOT IN (TABLE seen)"
    )
    assert sorted(tuple(row) for row in rows if row[0] != "login.succeeded") == [
        ("login.failed", "totp", "INVALID_CREDENTIALS"),
        ("login.failed", "totp", "TOTP_REQUIRED"),
    ]
    assert "login.succeeded" in [row[0] for row in rows]


async def test_neither_the_database_nor_the_log_holds_anything_usable(world: World, logged: io.StringIO) -> None:
    app, codes = await enrolled(world.linus)
    shown = [app.next(), app.next()]
    await login(world.linus, shown[0])
    await world.linus.gql(AGAIN, p=PASSWORD, t=shown[1])
    await login(world.linus, codes[0])
    await world.linus.rest("POST", "/api/auth/login", _old(world.linus, codes[1]))
    await world.linus.gql('mutation { confirmTotp(input: {code: "%s"}) { nonsense } }' % codes[2])  # noqa: UP031 - braces
    await login(world.linus, codes[3] + "A")
    tables = await world.admin.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    dump = ""
    for table in tables:
        dump += str(await world.admin.fetch(f"SELECT t::text FROM {table['tablename']} t"))
    raw = bytes.fromhex("".join((await world.admin.fetchval("SELECT secret FROM authenticators")).hex()))
    assert len(await world.admin.fetch("SELECT * FROM recovery_codes")) == 8
    assert logged.getvalue() != ""
    for secret in (app.secret, *codes, *(code.replace("-", "") for code in codes)):
        for text in (dump, logged.getvalue()):
            assert secret not in text
            assert secret.encode().hex() not in text
        assert secret.encode() not in raw
    for code in shown:
        assert f'"{code}"' not in logged.getvalue()


def _old(person: Person, totp: str | None = None) -> dict[str, Any]:
    given = {"tenant_id": person.tenant, "username_or_email": person.username, "password": PASSWORD}
    return given if totp is None else given | {"totp": totp}


async def test_the_old_routes_never_go_past_it(world: World) -> None:
    app, codes = await enrolled(world.linus)
    before = await _sessions(world, world.linus)
    for given, message in (
        (_old(world.linus), "Send a code of your authenticator along, or a recovery code."),
        (_old(world.linus, ""), "Send a code of your authenticator along, or a recovery code."),
        (
            _old(world.linus, app.at(-1)),
            "This code is not right, or was used before. Take the next one that your authenticator shows.",
        ),
        (_old(world.linus, codes[0]) | {"password": "wrong"}, "Wrong username or password, please try again"),
    ):
        answer = await world.stranger.rest("POST", "/api/auth/login", given)
        assert (answer.status, (await answer.json())["message"]) == (401, message)
    assert await _sessions(world, world.linus) == before
    for totp in (app.next(), codes[0]):
        assert (await world.stranger.rest("POST", "/api/auth/login", _old(world.linus, totp))).status == 200
    assert await _sessions(world, world.linus) == before + 2


async def test_recovery_codes_are_made_anew_and_the_old_ones_are_none(world: World) -> None:
    _, codes = await enrolled(world.linus)
    fresh = (await world.linus.gql(_REGENERATE)).data["regenerateRecoveryCodes"]["recoveryCodes"]
    assert len({*codes, *fresh}) == 20
    assert told(await login(world.linus, codes[0])) == ["INVALID_CREDENTIALS"]
    assert told(await login(world.linus, fresh[0])) == []
    assert told(await login(world.linus, fresh[0])) == ["INVALID_CREDENTIALS"]
    assert told(await world.grace.gql(_REGENERATE)) == ["NOT_FOUND"]


async def test_a_first_code_is_not_guessed_by_who_has_the_session_alone(world: World, clock: time_machine.Traveller) -> None:
    app = App((await world.linus.gql(ENROLL)).data["enrollTotp"]["secret"])
    wrong = next(f"{n:06}" for n in range(10) if f"{n:06}" not in {app.at(step) for step in (-1, 0, 1)})
    answers = [await world.linus.gql(CONFIRM, c=wrong) for _ in range(11)]
    assert [told(answer) for answer in answers] == [*[["INVALID_CREDENTIALS"]] * 10, ["RATE_LIMITED"]]
    await enrolled(world.grace)  # nobody else waits for it
    assert await world.admin.fetchval("SELECT count(*) FROM authenticators WHERE confirmed_at IS NOT NULL") == 1


async def test_an_authenticator_is_replaced_without_a_moment_between(world: World) -> None:
    old, codes = await enrolled(world.linus)
    new = App((await world.linus.gql(ENROLL)).data["enrollTotp"]["secret"])
    assert told(await world.linus.gql(CONFIRM, c="000000" if new.at() != "000000" else "000001")) == ["INVALID_CREDENTIALS"]
    assert told(await login(world.linus, new.at())) == ["INVALID_CREDENTIALS"]
    assert told(await login(world.linus, old.next())) == []
    assert told(await world.linus.gql(CONFIRM, c=new.next())) == []
    for dead in (old.next(), codes[0]):
        assert told(await login(world.linus, dead)) == ["INVALID_CREDENTIALS"]
    assert told(await login(world.linus, new.next())) == []
    assert told(await world.linus.gql(CONFIRM, c=new.next())) == ["NOT_FOUND"]


async def test_a_disabled_authenticator_asks_for_nothing(world: World) -> None:
    await enrolled(world.linus)
    assert told(await world.grace.gql(_DISABLE)) == ["NOT_FOUND"]
    assert (await world.linus.gql(_DISABLE)).data["disableTotp"] == {"ok": True, "userErrors": []}
    assert told(await login(world.linus)) == []
    assert told(await login(world.linus, "000000")) == []
    assert (await world.linus.gql(_VIEWER)).data["viewer"]["totpEnabled"] is False
    assert await world.admin.fetchval("SELECT count(*) FROM recovery_codes") == 0
    assert await world.admin.fetchval("SELECT count(*) FROM sessions WHERE second_factor") == 0
    assert await _audited(world, "totp.%") == ["totp.enrolled", "totp.enabled", "totp.disabled"]


async def test_a_tenant_asks_everybody_for_a_second_factor(serve: Serve, admin: Any) -> None:
    world = await World.made(await serve(**WIDE), admin)
    assert told(await world.adam.gql(_REQUIRE, r=True)) == ["NOT_ALLOWED"]
    assert told(await world.linus.gql(_REQUIRE, r=True)) == ["FORBIDDEN"]
    app, _ = await enrolled(world.adam)
    assert told(await world.adam.gql(_REQUIRE, r=True)) == []
    for document in (_CONTACTS, *(text for name, text in collections(SCHEMA) if name in {"contacts", "labels", "tenants"})):
        answer = await world.grace.gql(document)
        assert (answer.status, answer.codes[:1]) == (403, ["FORBIDDEN"]), answer.text
        assert not any((answer.data or {}).values())
    refused = await world.grace.gql(_CONTACTS)
    assert refused.errors[0]["message"].startswith("Your tenant asks for a second factor. Enrol an authenticator")
    assert refused.errors[0]["extensions"] == {"code": "FORBIDDEN", "reason": "SECOND_FACTOR_MISSING"}
    assert (await world.grace.rest("GET", "/api/address-book")).status == 403
    assert (await world.grace.rest("GET", "/api/users")).status == 403
    assert (await world.ada.gql(_REQUIRE, r=False)).codes == ["FORBIDDEN"]
    viewer = (await world.grace.gql(_VIEWER)).data["viewer"]
    assert (viewer["totpEnabled"], viewer["tenant"]["settings"]) == (False, {"requireTotp": True})
    people = await world.grace.gql("{ viewer { tenant { users { nodes { username } } usage { contacts } } } }")
    assert people.codes[:1] == ["FORBIDDEN"]
    assert "linus" not in people.text
    assert (await world.mallory.gql(_CONTACTS)).codes == []  # her own tenant asks for none
    assert (await world.adam.gql(_CONTACTS)).codes == []
    again = await world.grace.login()  # a new session is no further
    assert (await again.gql(_CONTACTS)).codes == ["FORBIDDEN"]
    await enrolled(again)
    assert (await again.gql(_CONTACTS)).codes == []
    assert told(await again.gql(_DISABLE)) == ["NOT_ALLOWED"]
    assert told(await again.gql(ENROLL)) == []
    assert told(await world.adam.gql(_REQUIRE, r=False)) == []
    assert (await world.linus.gql(_CONTACTS)).codes == []
    assert app.secret not in people.text


async def test_who_disabled_theirs_before_has_proved_nothing_when_it_is_asked_for(world: World) -> None:
    await enrolled(world.linus)
    await enrolled(world.adam)
    assert told(await world.linus.gql(_DISABLE)) == []
    assert told(await world.adam.gql(_REQUIRE, r=True)) == []
    assert (await world.linus.gql(_CONTACTS)).codes == ["FORBIDDEN"]


async def test_what_is_dangerous_asks_again_after_ten_minutes(world: World, clock: time_machine.Traveller) -> None:
    def ident(person: Person) -> str:
        assert person.user is not None
        return f"user_{person.user.hex}"

    app, _ = await enrolled(world.ada)
    await world.ada.gql(_REQUIRE, r=True)
    update = "mutation($i: UpdateUserInput!) { updateUser(input: $i) { userErrors { code } } }"
    delete = "mutation($id: ID!) { deleteUser(input: {id: $id}) { userErrors { code } } }"
    dangerous: list[tuple[str, dict[str, Any]]] = [
        (ENROLL, {}),
        (_REGENERATE, {}),
        (_DISABLE, {}),
        (CONFIRM, {"c": app.at()}),
        (_REQUIRE, {"r": False}),
        (update, {"i": {"id": ident(world.ada), "email": "ada@new.example.org"}}),
        (update, {"i": {"id": ident(world.grace), "email": "grace@new.example.org"}}),
        (update, {"i": {"id": ident(world.adam), "role": "OWNER"}}),
        (delete, {"id": ident(world.linus)}),
    ]
    clock.shift(601)
    tables = "SELECT (SELECT json_agg(u)::text FROM users u), (SELECT json_agg(a)::text FROM authenticators a)"
    before = await world.admin.fetchrow(tables)
    for document, given in dangerous:
        assert told(await world.ada.gql(document, **given)) == ["REAUTHENTICATION_REQUIRED"], document
    number = await world.admin.fetchval("SELECT number FROM users WHERE username = 'linus'")
    old = {"username": "linus", "email": "linus@new.example.org", "active": True}
    for method in ("DELETE", "PUT"):
        answer = await world.ada.rest(method, f"/api/users/{number}", old)
        assert (answer.status, (await answer.json())["message"]) == (
            403,
            "This asks for your password again: reauthenticate (or sign in anew), then repeat it.",
        )
    assert await world.admin.fetchrow(tables) == before
    harmless = {"id": ident(world.grace), "email": "grace@example.org", "username": "Grace H", "role": "VIEWER"}
    assert told(await world.ada.gql(update, i=harmless)) == []
    assert told(await world.ada.gql(_REQUIRE, r=True)) == []
    assert told(await world.ada.gql(AGAIN, p="wrong", t=app.at())) == ["INVALID_CREDENTIALS"]
    assert told(await world.ada.gql(AGAIN, p=PASSWORD)) == ["TOTP_REQUIRED"]
    assert told(await world.ada.gql(AGAIN, p=PASSWORD, t=app.at(5))) == ["INVALID_CREDENTIALS"]
    assert told(await world.ada.gql(_REGENERATE)) == ["REAUTHENTICATION_REQUIRED"]
    assert told(await world.ada.gql(AGAIN, p=PASSWORD, t=app.at())) == []
    clock.shift(200)
    for document, given in (*dangerous[:2], *dangerous[4:], dangerous[2]):
        assert told(await world.ada.gql(document, **given)) == [], document
    rows = await world.admin.fetch(
        "SELECT action, details->>'factor' f FROM audit_entries WHERE action LIKE 'reauth%' ORDER BY at, id"
    )
    assert sorted(tuple(row) for row in rows) == [
        ("reauthenticated", None),
        ("reauthentication.refused", "password"),
        ("reauthentication.refused", "totp"),
        ("reauthentication.refused", "totp"),
    ]


async def test_a_proof_is_of_one_session_and_no_other(world: World, clock: time_machine.Traveller) -> None:
    other = await world.linus.login()
    clock.shift(601)
    assert told(await world.linus.gql(AGAIN, p=PASSWORD)) == []
    assert told(await other.gql(ENROLL)) == ["REAUTHENTICATION_REQUIRED"]
    assert told(await world.mallory.gql(AGAIN, p="wrong")) == ["INVALID_CREDENTIALS"]
    assert told(await world.mallory.gql(ENROLL)) == ["REAUTHENTICATION_REQUIRED"]
    assert told(await world.linus.gql(ENROLL)) == []


async def test_nobody_tries_without_a_session_or_two_secrets_at_once(world: World) -> None:
    for document, given in ((ENROLL, {}), (CONFIRM, {"c": "000000"}), (_REGENERATE, {}), (_DISABLE, {}), (AGAIN, {"p": PASSWORD})):
        assert (await world.stranger.gql(document, **given)).codes == ["UNAUTHENTICATED"]
    for field in ('reauthenticate(input: {password: "x"}) { ok }', 'confirmTotp(input: {code: "000000"}) { recoveryCodes }'):
        twice = await world.linus.gql(f"mutation {{ a: {field} b: {field} }}")
        assert twice.codes == ["LIMIT_EXCEEDED"]


async def test_a_code_goes_with_the_cookie_too(world: World) -> None:
    app, _ = await enrolled(world.linus)
    given = {"tenant": "acme", "usernameOrEmail": "linus", "password": PASSWORD, "refreshTokenIn": "COOKIE"}
    refused = await world.stranger.gql(LOGIN, i=given)
    assert (told(refused), "Set-Cookie" in refused.headers) == (["TOTP_REQUIRED"], False)
    done = await world.stranger.gql(LOGIN, i=given | {"totp": app.next()})
    assert (told(done), "Set-Cookie" in done.headers) == ([], True)


async def test_a_refreshed_session_has_its_second_factor_still(world: World) -> None:
    app, _ = await enrolled(world.ada)
    assert told(await world.ada.gql(_REQUIRE, r=True)) == []
    signed = _signed(await login(world.ada, app.next()), world.ada)
    answer = await signed.gql(
        "mutation($t: String!) { refresh(input: {refreshToken: $t}) { tokens { accessToken } userErrors { code } } }",
        t=signed.refresh,
    )
    signed.token = answer.data["refresh"]["tokens"]["accessToken"]
    assert (await signed.gql(_CONTACTS)).codes == []
