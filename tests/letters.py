"""A server that sends letters, the post office that takes them, and the links that stand in them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import asyncpg

from resolvers.background import settled
from tests.conftest import Serve
from tests.post_office import PostOffice, open_office, sending_to
from tests.world import PASSWORD, Answer, World

SIGNUP = """
mutation($i: SignupInput!) { signup(input: $i) {
  tokens { accessToken } viewer { user { username email emailVerified role } tenant { slug } } verificationRequired
  userErrors { __typename code message path }
} }
"""
LOGIN = """
mutation($i: LoginInput!) { login(input: $i) {
  tokens { accessToken } viewer { user { username } } verificationRequired userErrors { __typename code message path }
} }
"""


@dataclass
class Mailing:
    """The people, and what was mailed to them."""

    world: World
    office: PostOffice
    seen: int = 0

    async def letter(self) -> EmailMessage:
        """The next letter, as soon as it is there."""
        letter = await self.office.letter(self.seen)
        self.seen += 1
        return letter

    async def letters(self, count: int) -> dict[str, EmailMessage]:
        """So many next letters, by subject and recipient."""
        found = [await self.letter() for _ in range(count)]
        return {f"{letter['Subject']} > {letter['To']}": letter for letter in found}

    async def token(self, to: str | None = None) -> str:
        """The token of the next letter, which is to this address."""
        letter = await self.letter()
        assert to in {None, letter["To"]}
        return token_of(letter)

    async def done(self) -> None:
        """Whatever was asked for has been done."""
        await settled()
        waiting = "SELECT count(*) FROM jobs WHERE status IN ('QUEUED', 'RUNNING')"
        for _ in range(500):
            if not await self.world.admin.fetchval(waiting):
                break
            await asyncio.sleep(0.02)
        assert await self.world.admin.fetchval(waiting) == 0

    async def silence(self) -> None:
        """Nothing else comes: whatever was asked for has been done."""
        await self.done()
        assert len(self.office.letters) == self.seen

    async def signup(self, **given: Any) -> Any:
        """The payload of a sign-up by a stranger: eve's in acme, where nothing else is said."""
        account = {"tenant": "acme", "username": "eve", "email": "eve@example.org", "password": PASSWORD}
        return payload(await self.world.stranger.gql(SIGNUP, i={k: v for k, v in (account | given).items() if v is not None}))

    async def login(self, name: str, password: str = PASSWORD, tenant: str = "acme") -> Any:
        """The payload of a sign-in."""
        return payload(await self.world.stranger.gql(LOGIN, i={"tenant": tenant, "usernameOrEmail": name, "password": password}))

    async def do(self, name: str, **given: Any) -> Any:
        """The payload of a mutation by a stranger that answers ok."""
        kind = {"requestPasswordReset": "MailRequest", "resendVerification": "MailRequest"}.get(name, name[0].upper() + name[1:])
        document = f"mutation($i: {kind}Input!) {{ {name}(input: $i) {{ ok userErrors {{ code path }} }} }}"
        return payload(await self.world.stranger.gql(document, i=given))


def payload(answer: Answer) -> Any:
    """What the one mutation answered. Fails where it was refused at the top."""
    assert answer.codes == [], answer.text
    (found,) = answer.data.values()
    return found


def token_of(letter: EmailMessage) -> str:
    """What stands behind the # of its link, the same in plain text and in HTML."""
    found = []
    for kind in ("plain", "html"):
        part = letter.get_body((kind,))
        assert part is not None
        found += re.findall(r"/account/\w+#([A-Za-z0-9_-]{84})", part.get_content())
    assert len(set(found)) == 1, found
    return str(found[0])


@asynccontextmanager
async def mailing(serve: Serve, admin: asyncpg.Connection, **changed: Any) -> AsyncIterator[Mailing]:
    """A server that sends its letters to a post office; its people's addresses are verified."""
    async with open_office() as office:
        client = await serve(**sending_to(office, jobs_in_serve=True, public_url=None, **changed))
        yield Mailing(await World.made(client, admin), office)
