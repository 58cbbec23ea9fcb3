"""The certificate of a tenant's deletion: a JWS (RFC 7515) of what its stub tells, signed with the key that signs access tokens.

With EdDSA or RS256 anybody checks it, offline, by the public key. With HS256 only those who hold the secret can, and each of them
could have written it: it then says no more than that the service says so.
"""

from __future__ import annotations

import json
from typing import Any, Final

import jwt

from auth.keys import Key
from auth.tokens import Keyring
from models.errors import InvalidInput

TYPE: Final = "deletion-certificate+jwt"
"""The `typ` of its header, by which it is no access token, and no access token is one."""

_ALGORITHMS: Final = ("EdDSA", "RS256", "HS256")


def signed(key: Key, claims: dict[str, Any]) -> str:
    """The certificate of these claims, as one line of text."""
    return jwt.encode(claims, key.key, key.alg, headers={"kid": key.kid, "typ": TYPE})


def verified(text: str, keys: str) -> tuple[dict[str, Any], bool]:
    """What a certificate says, and whether who can check it could not have written it: a public key verifies it.

    `keys` is a JWK Set, such as /.well-known/jwks.json serves, or JWT_KEYS. Refuses with InvalidInput.
    """
    known = _keys(keys)
    try:
        header = jwt.get_unverified_header(text)
        alg, key = known[header["kid"]]
        if header.get("typ") != TYPE or header["alg"] != alg:
            raise ValueError
        claims = jwt.decode(text, key, algorithms=[alg], options={"verify_iat": False, "verify_aud": False})
    except KeyError:
        raise InvalidInput("None of these keys signed the certificate.") from None
    except (jwt.PyJWTError, TypeError, ValueError):
        raise InvalidInput("This is no certificate of a deletion, or it was changed after it was signed.") from None
    return claims, alg != "HS256"


def _keys(text: str) -> dict[str, tuple[str, Any]]:
    """Each key's algorithm and verifying half, by kid."""
    try:
        told = json.loads(text)
        if isinstance(told, dict):
            return {one["kid"]: (one["alg"], jwt.PyJWK(one).key) for one in told["keys"] if one["alg"] in _ALGORITHMS}
        return {key.kid: (key.alg, key.verifying) for key in Keyring.parse(text).keys}
    except (jwt.PyJWTError, KeyError, TypeError, ValueError):
        raise InvalidInput("The keys are neither a JWK Set nor JWT_KEYS.") from None
