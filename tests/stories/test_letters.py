"""A letter from its transaction to a real mail server, by real workers: once, at least once, or not at all."""

from __future__ import annotations

import asyncpg
from pydantic import SecretStr

from auth.desk import Mail
from models.tenancy import within
from resolvers.letters import LetterKind, post
from server.app import DESK
from tests.conftest import Serve
from tests.post_office import open_office
from tests.world import World

ORIGIN = "Address Book <no-reply@book.test>"


async def test_a_letter_is_sent_once_its_transaction_commits(serve: Serve, admin: asyncpg.Connection) -> None:
    async with open_office() as office:
        client = await serve(jobs_in_serve=True, mail=Mail.SMTP, smtp_url=SecretStr(office.url), mail_from=ORIGIN)
        world = await World.made(client, admin)
        desk = client.app[DESK]
        assert world.ada.user is not None
        async with within(world.acme):
            await post(desk, LetterKind.PASSWORD_CHANGED, user=world.ada.user)
        letter = await office.letter()
        assert letter["To"] == "ada@example.org"
