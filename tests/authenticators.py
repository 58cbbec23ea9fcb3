"""An authenticator app in somebody's hand, and how they come by it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pyotp

from tests.world import PASSWORD, Answer, Person

LOGIN = """
mutation($i: LoginInput!) { login(input: $i) {
  tokens { accessToken refreshToken } viewer { totpEnabled } userErrors { code path }
} }
"""
ENROLL = "mutation { enrollTotp { secret otpauthUrl userErrors { code path } } }"
CONFIRM = "mutation($c: String!) { confirmTotp(input: {code: $c}) { recoveryCodes userErrors { code path } } }"
AGAIN = "mutation($p: String!, $t: String) { reauthenticate(input: {password: $p, totp: $t}) { ok userErrors { code path } } }"


@dataclass
class App:
    """What the app knows: the secret. `used` is the last step whose code was shown by `next`."""

    secret: str
    used: int = 0

    def at(self, step: int = 0) -> str:
        """The code so many steps from now."""
        return pyotp.TOTP(self.secret).generate_otp(int(time.time()) // 30 + step)

    def next(self) -> str:
        """A code that was not shown before and is good now: of the step before this one, then this one, then the next."""
        self.used = max(self.used + 1, int(time.time()) // 30 - 1)
        return pyotp.TOTP(self.secret).generate_otp(self.used)


def told(answer: Answer) -> list[str]:
    """The codes of what was refused: in the payload or at the top."""
    if answer.errors:
        return answer.codes
    (payload,) = answer.data.values()
    return [error["code"] for error in payload["userErrors"]]


async def login(person: Person, totp: str | None = None, **changed: Any) -> Answer:
    """Signs in with PASSWORD and a code."""
    given = {"tenant": person.tenant, "usernameOrEmail": person.username, "password": PASSWORD, "totp": totp}
    return await Person(person.client).gql(LOGIN, i=given | changed)


async def enrolled(person: Person) -> tuple[App, list[str]]:
    """Their confirmed authenticator, and the recovery codes."""
    app = App((await person.gql(ENROLL)).data["enrollTotp"]["secret"])
    answer = await person.gql(CONFIRM, c=app.next())
    assert told(answer) == [], answer.text
    return app, answer.data["confirmTotp"]["recoveryCodes"]
