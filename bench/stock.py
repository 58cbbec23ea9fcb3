"""The same types and resolvers as Strawberry serves them by itself: its own view, graphql-core, no engine and no limits.

`python -m bench.stock PORT`, with the product's settings in the environment.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import strawberry
from aiohttp import web
from strawberry.aiohttp.views import GraphQLView
from strawberry.schema.config import StrawberryConfig

from auth.caller import Caller
from auth.desk import Desk
from auth.passwords import Hasher
from auth.throttle import Throttle
from gql.context import Context, Info
from gql.errors import USER_ERRORS
from gql.nodes import DATE_TIME, read
from gql.schema import NODES, Mutation, Query
from models.values import Origin
from observability.metrics import Metrics
from server.database import opened
from server.settings import Settings, load


class View(GraphQLView):
    """Strawberry's view, which is told who calls."""

    desk: Desk

    async def get_context(self, request: web.Request, response: Any) -> Any:  # noqa: ARG002 - Strawberry gives it
        """The context that our resolvers want."""
        origin = Origin()
        claims = self.desk.keys.verify(request.headers["Authorization"][7:])
        return Context(desk=self.desk, origin=origin, signed_in=Caller.of(claims, origin))


def main() -> None:
    """Serves until it is ended."""
    settings = load(os.environ, Settings)
    keys = settings.keyring()
    View.desk = Desk(keys=keys, vault=settings.vault(), hasher=Hasher(12, 1), throttle=Throttle(), metrics=Metrics())
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        types=[*(node for node, _ in NODES.values()), *USER_ERRORS.values()],
        config=StrawberryConfig(info_class=Info, default_resolver=read, scalar_map={datetime: DATE_TIME}),
    )
    app = web.Application()
    app.router.add_route("*", "/graphql", View(schema=schema))

    async def database(_app: web.Application) -> AsyncIterator[None]:
        async with opened(settings.database_url.get_secret_value(), settings.vault(), pool=settings.database_pool):
            yield

    app.cleanup_ctx.append(database)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
