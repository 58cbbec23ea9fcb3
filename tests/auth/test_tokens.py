"""Tokens and keys: what is accepted is exactly what was signed."""

import base64
import contextlib
import dataclasses
import hashlib
import hmac
import json
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auth.tokens import CLOCK_SKEW, MAX_TOKEN, SIGN_IN_AGAIN, Claims, Keyring, RefreshToken
from models.errors import TokenInvalid, Unauthenticated

NOON = 1_800_000_000
ADA = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
ACME = UUID("01890a5d-ac96-774b-bcce-b302099a8058")
SESSION = UUID("01890a5d-ac96-774b-bcce-b302099a8059")
OTHER = UUID("01890a5d-ac96-774b-bcce-b302099a805a")
SECRET = "mCq3Zb7Yx0Lw9Nf5Tg2Vh8Jk4Rp6Sd1A"
OLD_SECRET = "Qw8Er5Ty2Ui9Op4As7Df1Gh6Jk3Lz0Xc"


def pem(key: Any) -> str:
    pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    text: str = key.private_bytes(serialization.Encoding.PEM, pkcs8, plain).decode()
    return text


def public_forms(key: Any) -> list[bytes]:
    """A public key as an attacker would feed it to HMAC."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    spki = [key.public_bytes(encoding, form) for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER)]
    return [*spki, spki[0].strip(), b"", b"\0"]


EDWARDS = Ed25519PrivateKey.generate()
RIVEST = rsa.generate_private_key(65537, 2048)
HS = {"kid": "k1", "alg": "HS256", "key": SECRET, "active": True}
ED = {"kid": "e1", "alg": "EdDSA", "key": pem(EDWARDS), "active": True}
RS = {"kid": "r1", "alg": "RS256", "key": pem(RIVEST), "active": True}


def ring(*entries: dict[str, Any], now: float = NOON) -> Keyring:
    return Keyring.parse(json.dumps(entries), now=lambda: now)


def token(keyring: Keyring, lifetime: int = 900) -> str:
    signed, _ = keyring.sign(user=ADA, tenant=ACME, session=SESSION, tenant_slug="acme", username="ada", lifetime=lifetime)
    return signed


def b64(raw: bytes | str) -> str:
    return base64.urlsafe_b64encode(raw.encode() if isinstance(raw, str) else raw).rstrip(b"=").decode()


def payload_of(signed: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(signed, options={"verify_signature": False})
    return claims


def hmac_token(header: Any, claims: Any, key: bytes, digest: str = "sha256") -> str:
    """A token made by hand, with no library to refuse its header."""
    body = f"{b64(json.dumps(header, separators=(',', ':'), sort_keys=True))}.{b64(json.dumps(claims))}"
    return f"{body}.{b64(hmac.digest(key, body.encode(), digest))}"


def refused(keyring: Keyring, forged: str) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        keyring.verify(forged)
    assert refusal.value.message == SIGN_IN_AGAIN
    assert refusal.value.path == ()


@pytest.fixture(scope="module")
def keyring() -> Keyring:
    return ring(HS)


@pytest.mark.parametrize("entry", [HS, ED, RS], ids=lambda entry: entry["alg"])
def test_a_signed_token_verifies_to_what_was_signed(entry: dict[str, Any]) -> None:
    keyring = ring(entry)
    signed, expires_at = keyring.sign(user=ADA, tenant=ACME, session=SESSION, tenant_slug="acme", username="ada", lifetime=900)
    claims = keyring.verify(signed)
    assert expires_at == NOON + 900
    assert claims == Claims(ADA, ACME, SESSION, "acme", "ada", NOON + 900, payload_of(signed)["jti"])
    with pytest.raises(dataclasses.FrozenInstanceError):
        claims.user = OTHER  # type: ignore[misc]


def test_the_claims_are_these_and_no_other(keyring: Keyring) -> None:
    signed = token(keyring, 604_800)
    claims = payload_of(signed)
    assert str(UUID(claims.pop("jti"))) == keyring.verify(signed).jti
    assert claims == {
        "iss": "address-book",
        "aud": "address-book",
        "iat": NOON,
        "exp": NOON + 604_800,
        "sub": str(ADA),
        "tid": str(ACME),
        "sid": str(SESSION),
        "tenant_id": "acme",
        "user": "ada",
        "login_session": str(SESSION),
    }


def test_the_header_is_spelled_in_one_way(keyring: Keyring) -> None:
    # Tokens of seven days outlive an upgrade of the library: were this to change, they would all be refused.
    assert token(keyring).split(".")[0] == b64('{"alg":"HS256","kid":"k1","typ":"JWT"}')


def test_every_token_has_its_own_jti(keyring: Keyring) -> None:
    assert len({keyring.verify(token(keyring)).jti for _ in range(20)}) == 20


@pytest.mark.parametrize("signature", ["old", "", "AA", None])
@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", None, "none "])
def test_a_token_without_an_algorithm_is_refused(keyring: Keyring, alg: str | None, signature: str | None) -> None:
    _, body, old = token(keyring).split(".")
    forged = f"{b64(json.dumps({'alg': alg, 'kid': 'k1', 'typ': 'JWT'}))}.{body}"
    if signature is not None:
        forged += f".{old if signature == 'old' else signature}"
    refused(keyring, forged)


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize(("entry", "key"), [(ED, EDWARDS), (RS, RIVEST)], ids=["EdDSA", "RS256"])
def test_a_public_key_is_no_shared_secret(entry: dict[str, Any], key: Any, alg: str) -> None:
    keyring = ring(entry)
    claims = payload_of(token(keyring))
    digest = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}[alg]
    secrets = [*public_forms(key.public_key()), json.dumps(keyring.jwks()["keys"][0]).encode()]
    for secret in secrets:
        for header in ({"alg": alg, "kid": entry["kid"], "typ": "JWT"}, {"alg": entry["alg"], "kid": entry["kid"]}):
            refused(keyring, hmac_token(header, claims, secret, digest))
        # Even beneath the very header of the key.
        header_as_ours = {"alg": entry["alg"], "kid": entry["kid"], "typ": "JWT"}
        refused(keyring, hmac_token(header_as_ours, claims, secret, digest))


def test_a_stranger_s_key_signs_nothing(keyring: Keyring) -> None:
    claims = payload_of(token(keyring))
    strangers: list[tuple[str, Any]] = [
        ("RS256", rsa.generate_private_key(65537, 2048)),
        ("PS256", RIVEST),
        ("ES256", ec.generate_private_key(ec.SECP256R1())),
        ("EdDSA", Ed25519PrivateKey.generate()),
    ]
    for mine in (keyring, ring(ED), ring(RS)):
        kid = json.loads(base64.urlsafe_b64decode(token(mine).split(".")[0] + "=="))["kid"]
        for alg, key in strangers:
            refused(mine, jwt.encode(claims, key, alg, headers={"kid": kid}))
        header = b64(json.dumps({"alg": "ES256", "kid": kid, "typ": "JWT"}))
        refused(mine, f"{header}.{b64(json.dumps(claims))}.{b64(bytes(64))}")


def test_the_right_key_with_another_algorithm_is_refused(keyring: Keyring) -> None:
    claims = payload_of(token(keyring))
    for alg, digest in (("HS384", "sha384"), ("HS512", "sha512")):
        refused(keyring, hmac_token({"alg": alg, "kid": "k1", "typ": "JWT"}, claims, SECRET.encode(), digest))


@pytest.mark.parametrize(
    "kid",
    ["../../etc/passwd", "' OR 1=1 --", "k1\0", "k" * 3000, {"k": 1}, ["k1"], 1, None, "https://127.0.0.1/k", "", "K1"],
    ids=lambda kid: repr(kid)[:20],
)
def test_another_kid_is_refused_even_with_the_right_key(keyring: Keyring, kid: object) -> None:
    claims = payload_of(token(keyring))
    refused(keyring, hmac_token({"alg": "HS256", "kid": kid, "typ": "JWT"}, claims, SECRET.encode()))


def test_a_token_without_kid_is_refused_even_with_the_right_key(keyring: Keyring) -> None:
    refused(keyring, hmac_token({"alg": "HS256", "typ": "JWT"}, payload_of(token(keyring)), SECRET.encode()))


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "crit", "b64", "cty"])
def test_another_header_field_is_refused_even_with_the_right_key(keyring: Keyring, name: str) -> None:
    header = {"alg": "HS256", "kid": "k1", "typ": "JWT", name: "https://127.0.0.1:1/keys"}
    refused(keyring, hmac_token(header, payload_of(token(keyring)), SECRET.encode()))


def test_an_altered_claim_is_refused(keyring: Keyring) -> None:
    header, body, signature = token(keyring).split(".")
    claims = payload_of(f"{header}.{body}.{signature}")
    for name, value in claims.items():
        altered = claims | {name: value + 1 if isinstance(value, int) else f"{value}x"}
        refused(keyring, f"{header}.{b64(json.dumps(altered))}.{signature}")


def test_an_altered_signature_is_refused(keyring: Keyring) -> None:
    head, _, signature = token(keyring).rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "=")
    flipped = bytes([raw[0] ^ 1]) + raw[1:]
    for altered in (b"", bytes(32), raw[:-1], raw + b"\0", raw[::-1], flipped, raw * 2):
        refused(keyring, f"{head}.{b64(altered)}")


def test_an_odd_shape_is_refused(keyring: Keyring) -> None:
    header, body, signature = token(keyring).split(".")
    good = f"{header}.{body}.{signature}"
    for odd in (
        "",
        ".",
        "..",
        "...",
        header,
        f"{header}.{body}",
        f"{good}.{signature}",
        f"{good}.{body}.{signature}",
        f"{b64(bytes([255, 254]))}.{body}.{signature}",
        f"{b64('[]')}.{body}.{signature}",
        f"{header}..{signature}",
        f"{header}.{b64('[' * 2000)}.{signature}",
        "A" * 7000,
        f"{good}\n",
        "\ud800" + good,
        RefreshToken.new(ACME).text,
    ):
        refused(keyring, odd)
    refused(keyring, None)  # type: ignore[arg-type]
    assert keyring.verify(good).user == ADA


def test_a_signed_body_that_is_no_object_is_refused(keyring: Keyring) -> None:
    header = {"alg": "HS256", "kid": "k1", "typ": "JWT"}
    bodies: list[object] = [[], None, 1, "text", [[[[]]]], {}]
    for body in bodies:
        refused(keyring, hmac_token(header, body, SECRET.encode()))


def test_a_token_over_four_kilobytes_is_refused_before_it_is_read(keyring: Keyring, monkeypatch: Any) -> None:
    claims = payload_of(token(keyring))
    long = jwt.encode(claims | {"pad": "x" * 4096}, SECRET, headers={"kid": "k1"})
    just = jwt.encode(claims | {"pad": "x" * 2400}, SECRET, headers={"kid": "k1"})
    assert len(long) > MAX_TOKEN > len(just)
    assert keyring.verify(just).user == ADA
    monkeypatch.setattr(jwt, "decode", lambda *_, **__: pytest.fail("it was read"))
    refused(keyring, long)


def signed_with(changes: dict[str, Any], *without: str) -> str:
    claims = {name: value for name, value in payload_of(token(ring(HS))).items() if name not in without}
    return jwt.encode(claims | changes, SECRET, headers={"kid": "k1"})


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "elsewhere"},
        {"iss": ["address-book"]},
        {"aud": "elsewhere"},
        {"aud": ["elsewhere"]},
        {"aud": ["address-book"]},
        {"aud": ["address-book", "elsewhere"]},
        {"nbf": NOON + CLOCK_SKEW + 1},
        {"iat": NOON + CLOCK_SKEW + 1},
        {"nbf": "1"},
        {"nbf": None},
        {"iat": str(NOON)},
        {"iat": float(NOON)},
        {"iat": True},
        {"exp": str(NOON + 900)},
        {"exp": NOON + 900.5},
        {"exp": float("inf")},
        {"exp": 10**400},
        {"exp": -1},
        {"exp": None},
        {"exp": NOON},
        {"exp": NOON - 61},
        {"login_session": str(OTHER)},
        {"sub": "ada"},
        {"sub": 1},
        {"sub": str(ADA).upper()},
        {"sub": ADA.hex},
        {"tid": 1},
        {"tid": None},
        {"sid": 1, "login_session": 1},
        {"tenant_id": 1},
        {"user": ["ada"]},
        {"jti": 1},
    ],
    ids=lambda changes: repr(changes)[:40],
)
def test_a_wrong_claim_is_refused_even_with_the_right_key(keyring: Keyring, changes: dict[str, Any]) -> None:
    assert keyring.verify(signed_with({})).user == ADA
    body = {**payload_of(signed_with({})), **changes}
    refused(keyring, hmac_token({"alg": "HS256", "kid": "k1", "typ": "JWT"}, body, SECRET.encode()))


def test_an_exp_beyond_every_number_is_refused(keyring: Keyring) -> None:
    head = b64('{"alg":"HS256","kid":"k1","typ":"JWT"}')
    body = json.dumps(payload_of(signed_with({}))).replace(str(NOON + 900), "1e400")
    signing = f"{head}.{b64(body)}"
    refused(keyring, f"{signing}.{b64(hmac.digest(SECRET.encode(), signing.encode(), 'sha256'))}")


@pytest.mark.parametrize("name", sorted(payload_of(token(ring(HS)))))
def test_a_missing_claim_is_refused_even_with_the_right_key(keyring: Keyring, name: str) -> None:
    refused(keyring, signed_with({}, name))


def test_a_clock_of_ours_may_run_a_minute_ahead(keyring: Keyring) -> None:
    ahead = {"iat": NOON + CLOCK_SKEW, "nbf": NOON + CLOCK_SKEW, "exp": NOON + 900}
    assert keyring.verify(signed_with(ahead)).user == ADA


def test_a_token_lives_to_its_last_second_and_no_longer() -> None:
    signed = token(ring(HS))
    assert ring(HS, now=NOON + 899.9).verify(signed).expires_at == NOON + 900
    refused(ring(HS, now=NOON + 900), signed)


def test_a_respelled_token_is_refused(keyring: Keyring) -> None:
    good = token(keyring)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    place = letters.index(good[-1])
    twins = [good[:-1] + letters[place ^ bit] for bit in (1, 2, 3)]
    # 32 bytes leave two bits over: a lenient decoder reads all four spellings as one signature.
    signature = good.rpartition(".")[2]
    assert {base64.urlsafe_b64decode(twin.rpartition(".")[2] + "=") for twin in twins} == {
        base64.urlsafe_b64decode(signature + "=")
    }
    for respelled in (*twins, good + "=", good + "==", good + " ", " " + good, good + "\n", good.replace(".", ". ", 1)):
        refused(keyring, respelled)
    assert keyring.verify(good).user == ADA


@given(st.one_of(st.text(), st.from_regex(r"[A-Za-z0-9_=-]*(\.[A-Za-z0-9_=-]*){0,4}", fullmatch=True)))
@settings(max_examples=200, deadline=None)
def test_whatever_is_shown_is_refused_in_one_way(text: str) -> None:
    refused(ring(HS), text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(name=st.sampled_from([*sorted(payload_of(token(ring(HS)))), "nbf"]), value=JSON)
@settings(max_examples=300, deadline=None)
@example(name="sub", value="{01890a5d-ac96-774b-bcce-b302099a8057}")
def test_a_signed_claim_of_any_kind_verifies_or_is_refused(name: str, value: object) -> None:
    claims = payload_of(token(ring(HS))) | {name: value}
    forged = hmac_token({"alg": "HS256", "kid": "k1", "typ": "JWT"}, claims, SECRET.encode())
    with contextlib.suppress(Unauthenticated):
        assert isinstance(ring(HS).verify(forged), Claims)


def test_a_rotated_key_still_verifies_until_it_is_dropped() -> None:
    old = {"kid": "k0", "key": OLD_SECRET}
    signed = token(ring({**old, "active": True}))
    both = ring(old, HS)
    assert both.verify(signed).user == ADA
    assert jwt.get_unverified_header(token(both))["kid"] == "k1"
    refused(ring(HS), signed)


def test_the_key_set_holds_public_keys_alone() -> None:
    shared, ed, rs = HS | {"active": False}, ED | {"active": False}, RS
    jwks = ring(shared, ed, rs).jwks()
    assert [(key["kty"], key["alg"], key["kid"]) for key in jwks["keys"]] == [
        ("RSA", "RS256", "r1"),
        ("OKP", "EdDSA", "e1"),
    ]
    assert [sorted(key) for key in jwks["keys"]] == [
        ["alg", "e", "kid", "kty", "n", "use"],
        ["alg", "crv", "kid", "kty", "use", "x"],
    ]
    assert ring(HS).jwks() == {"keys": []}
    for signer in (RS, ED):
        keyring = ring(signer)
        public = jwt.PyJWK(keyring.jwks()["keys"][0])
        claims = jwt.decode(
            token(keyring),
            public,
            [str(signer["alg"])],
            audience="address-book",
            options={"verify_exp": False, "verify_iat": False},
        )
        assert claims["user"] == "ada"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "must be JSON"),
        ("[" * 100_000, "must be JSON"),
        ("{}", "must be a list of at least one key"),
        ("[]", "must be a list of at least one key"),
        ("[1]", "key 1 is not an object; exactly one key must be active"),
        (json.dumps([HS | {"active": False}]), "exactly one key must be active"),
        (json.dumps([HS, HS | {"kid": "k2"}]), "exactly one key must be active"),
        (json.dumps([HS, HS | {"active": False}]), "two keys have the same kid"),
        (json.dumps([HS | {"active": 1}]), "key 1: active must be true or false; exactly one key must be active"),
        (json.dumps([HS | {"alg": "none"}]), "key 1: alg must be HS256, EdDSA or RS256"),
        (json.dumps([HS | {"alg": ["HS256"]}]), "key 1: alg must be HS256, EdDSA or RS256"),
        (
            json.dumps([HS | {"kid": "a b"}]),
            "key 1 needs a kid of 1 to 64 letters, digits, dots, dashes or underscores",
        ),
        (json.dumps([HS | {"use": "sig"}]), "key 1 has an unknown field"),
        (json.dumps([HS | {"key": None}]), "key 1 has no key"),
        (json.dumps([HS | {"key": SECRET[:31]}]), "key 1 is shorter than 32 bytes"),
        (json.dumps([HS | {"key": "x" * 64}]), "key 1 repeats itself"),
        (json.dumps([HS | {"key": "changeme" * 5}]), "key 1 repeats itself"),
        (json.dumps([HS | {"key": "a" * 20 + "b" * 20}]), "key 1 has too few different characters"),
        (
            json.dumps([HS | {"key": "A-String-Secret-At-Least-256-Bits-Long\n"}]),
            "key 1 is a published or default secret",
        ),
        (json.dumps([HS | {"key": pem(EDWARDS)}]), "key 1 is a PEM or SSH key, which HS256 must not share"),
        (json.dumps([ED | {"key": SECRET}]), "key 1 is not the unencrypted PEM of a private Ed25519 key"),
        (json.dumps([ED | {"key": pem(RIVEST)}]), "key 1 is not the unencrypted PEM of a private Ed25519 key"),
        (
            json.dumps([RS | {"key": pem(EDWARDS)}]),
            "key 1 is not the unencrypted PEM of a private RSA (2048 bits or more) key",
        ),
        (
            json.dumps([HS, {"kid": "", "alg": "x"}]),
            "key 2 needs a kid of 1 to 64 letters, digits, dots, dashes or underscores; key 2 has no key",
        ),
    ],
    ids=lambda value: value[:40],
)
def test_a_faulty_ring_tells_its_faults(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=r"key|JSON") as raised:
        Keyring.parse(text)
    assert str(raised.value) == fault
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


@pytest.mark.parametrize("secret", ["secret", "changeme", "password", "CHANGEME "])
def test_a_default_secret_is_refused_by_name_and_not_shown(secret: str) -> None:
    with pytest.raises(ValueError, match="a published or default secret") as raised:
        Keyring.parse(json.dumps([HS | {"key": secret}]))
    faults = str(raised.value)
    assert faults.startswith("key 1 is shorter than 32 bytes; key 1 is a published or default secret")
    assert secret.strip() not in faults.replace("default secret", "")


def test_a_small_rsa_key_is_refused() -> None:
    small = rsa.generate_private_key(65537, 1024)  # noqa: S505 - it must be refused
    with pytest.raises(ValueError, match=r"key 1 is not the unencrypted PEM of a private RSA \(2048 bits or more\) key"):
        Keyring.parse(json.dumps([RS | {"key": pem(small)}]))


def test_all_faults_are_told_at_once_and_no_value_is() -> None:
    entries = [
        {"kid": "hunter one", "key": "hunter2"},
        {"kid": "k", "alg": "EdDSA", "key": "hunter3", "extra": "hunter4"},
    ]
    with pytest.raises(ValueError, match="key 1") as raised:
        Keyring.parse(json.dumps(entries))
    assert str(raised.value).count(";") == 4
    assert "hunter" not in str(raised.value)


def test_keys_and_tokens_do_not_show_their_secrets(keyring: Keyring) -> None:
    fresh = RefreshToken.new(ACME)
    assert repr(fresh) == f"RefreshToken(tenant={ACME!r})"
    assert repr(keyring._keys[0]) == "Key(kid='k1', alg='HS256', active=True)"
    assert SECRET not in repr(keyring)


def test_a_refresh_token_comes_back_from_its_text() -> None:
    fresh = RefreshToken.new(ACME)
    again = RefreshToken.parse(fresh.text)
    assert again == fresh
    assert (again.tenant, len(again.secret), len(fresh.text)) == (ACME, 32, 64)
    assert fresh.digest == hashlib.sha256(ACME.bytes + fresh.secret).digest()
    assert base64.urlsafe_b64decode(fresh.text) == ACME.bytes + fresh.secret


def test_refresh_tokens_are_distinct() -> None:
    assert len({RefreshToken.new(ACME).secret for _ in range(50)}) == 50


def test_a_respelled_refresh_token_is_refused() -> None:
    text = RefreshToken.new(ACME).text
    access = token(ring(HS))
    for odd in (
        "",
        text[:-1],
        text + "=",
        text + " ",
        "\n" + text,
        text + "A",
        text[:-1] + "+",
        text[:-1] + "é",
        access,
    ):
        with pytest.raises(TokenInvalid) as refusal:
            RefreshToken.parse(odd, ("input", "refreshToken"))
        assert refusal.value.path == ("input", "refreshToken")


@given(st.one_of(st.text(), st.text("ABCxyz019-_+/=", min_size=62, max_size=66)))
@settings(max_examples=300)
def test_a_text_is_a_refresh_token_in_one_spelling_or_invalid(text: str) -> None:
    with contextlib.suppress(TokenInvalid):
        assert RefreshToken.parse(text).text == text


def test_two_processes_name_the_same_successor() -> None:
    parent = RefreshToken.new(ACME)
    (one,), (two,) = ring(HS).successors(parent), ring(HS).successors(parent)
    assert one == two
    assert one.tenant == ACME
    assert one.secret == hmac.digest(SECRET.encode(), b"refresh-successor" + ACME.bytes + parent.secret, "sha256")
    assert one.secret != ring(HS).successors(RefreshToken(OTHER, parent.secret))[0].secret


def test_successors_span_a_rotation_with_the_active_key_first() -> None:
    parent = RefreshToken.new(ACME)
    old = {"kid": "k0", "key": OLD_SECRET}
    (before,) = ring({**old, "active": True}).successors(parent)
    (after,) = ring(HS).successors(parent)
    assert ring(old, HS).successors(parent) == [after, before]


@pytest.mark.parametrize("entry", [ED, RS], ids=["EdDSA", "RS256"])
def test_a_respelled_pem_names_the_same_successor(entry: dict[str, Any]) -> None:
    parent = RefreshToken.new(ACME)
    respelled = entry | {"key": "\n" + entry["key"].replace("\n", "\r\n")}
    assert ring(entry).successors(parent) == ring(respelled).successors(parent)


def test_whose_a_header_is_is_known_once_its_token_was_verified_and_until_it_expires() -> None:
    now = [float(NOON)]
    keyring = Keyring.parse(json.dumps([HS]), now=lambda: now[0])
    signed = token(keyring, 60)
    assert keyring.tenant_of(f"Bearer {signed}") is None
    assert keyring.tenant_of(f"Bearer {signed[:-4]}AAAA", anew=True) is None
    assert keyring.tenant_of(None, anew=True) is None
    assert keyring.tenant_of(f"Bearer {signed}", anew=True) == ACME
    for spelled in (f"Bearer {signed}", f"bearer   {signed}"):  # whoever escapes their tenant's count takes that of strangers too
        assert keyring.tenant_of(spelled) == ACME
    now[0] += 60
    assert keyring.tenant_of(f"Bearer {signed}") is None
    assert keyring.tenant_of(f"Bearer {signed}", anew=True) is None
