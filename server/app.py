"""The application: mounts the GraphQL view, the REST shim, the probes and the pages, and nothing else."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import nullcontext
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from aiohttp import web
from aiohttp.typedefs import Handler

import gql.schema
import rest.routes
from auth.budget import Budgets
from auth.desk import Desk, Mail, Mailer
from auth.passwords import Hasher
from auth.throttle import Throttle
from auth.tokens import Keyring
from gql.engine.engine import Engine
from gql.limits import Limits
from gql.trusted import Trusted
from gql.view import View
from observability import loop_lag
from observability.exporter import headers
from observability.metrics import Metrics
from observability.tracing import Tracing
from resolvers.background import settled
from resolvers.deadline import Deadlines
from server import downloads, middlewares, pages
from server.cors import sharing
from server.database import opened
from server.health import Health
from server.mailer import LogMailer, Relay, SmtpMailer, sender
from server.places import Places
from server.reload import Take, taking
from server.settings import Environment, Settings
from server.thresholds import learning
from server.worker import Worker, working

if TYPE_CHECKING:
    from auth.vault import Vault
    from server.shared_throttle import SharedThrottle

VERSION: Final = "0.1.0"
HEALTH = web.AppKey("health", Health)
DESK = web.AppKey("desk", Desk)
WORKER = web.AppKey("worker", Worker)
PLACES = web.AppKey("places", Places)
TAKES: Final = web.AppKey[dict[str, Take]]("takes")
"""What takes a setting that changes, once the application has started."""


def create_app(settings: Settings) -> web.Application:
    """The server of these settings. It opens its database when it starts, and closes it when it stops."""
    metrics = Metrics()
    metrics.built(VERSION)
    vault = settings.vault()
    budgets = Budgets(settings.points_per_minute_tenant, settings.points_per_minute_user)
    local, shared = _throttles(settings, vault, metrics)
    desk = Desk(
        keys=settings.keyring(),
        vault=vault,
        hasher=Hasher(settings.bcrypt_cost, settings.password_workers),
        throttle=shared or local,
        metrics=metrics,
        access_seconds=settings.access_token_seconds,
        legacy_seconds=settings.legacy_access_token_seconds,
        password_length=settings.password_min_length,
        deletion_days=settings.deletion_days,
        mail=settings.mail or Mail.OFF,
        mailer=_mailer(settings, metrics),
        public_url=settings.links,
        exports=settings.exports(),
        budget=budgets,
    )
    tracing = _tracing(settings, metrics)
    health = Health(metrics, lambda: desk.throttle.where)
    origins = settings.cors_allowed_origins or _development_origins(settings)
    app = web.Application(
        client_max_size=settings.body_limit,
        middlewares=[
            middlewares.gate(
                metrics,
                tracing,
                desk,
                settings.trusted_proxies,
                origins,
                credentials=settings.cors_allow_credentials,
                slow_seconds=settings.slow_request_ms / 1000 or math.inf,
            )
        ],
    )
    worker = Worker(settings, desk)
    app[HEALTH], app[DESK], app[WORKER], app[TAKES] = health, desk, worker, {}
    app[PLACES] = Places(
        settings.places,
        settings.connections_at_once,
        desk.keys.tenant_of,
        partial(desk.keys.tenant_of, anew=True),
        metrics.shed,
        {one: _lines(sharing(one, credentials=settings.cors_allow_credentials, preflight=False)) for one in origins},
    )
    deadline = Deadlines(settings.operation_seconds)
    engine = Engine(
        gql.schema.build(),
        Limits(**{one.name: getattr(settings, f"graphql_max_{one.name}") for one in fields(Limits)}),
        plans=settings.fast_road,
        deadline=deadline,
        suggests=settings.introspectable,
        took=metrics.took,
    )
    metrics.watch_documents(lambda: engine.documents, engine.lookups)
    view = View(
        engine,
        desk,
        Trusted(settings.trusted_documents, settings.trusted_documents_mode, pages.account_documents()),
        identify=lambda request: request[middlewares.IDENTITY],
        page=pages.graphiql_page if settings.open_to_developers else None,
        origins=origins,
        credentials=settings.cors_allow_credentials,
        introspectable=settings.introspectable,
        batch=settings.graphql_batch,
        later=settings.graphql_later_statuses,
    )
    app.router.add_route("GET", "/graphql", view.handle)
    app.router.add_route("POST", "/graphql", view.handle)
    app.add_routes(health.routes())
    app.router.add_get("/.well-known/jwks.json", _public(desk.keys))
    app.add_routes(downloads.routes(vault))
    app.add_routes(
        rest.routes.routes(
            desk,
            identify=lambda request: request[middlewares.IDENTITY],
            dialect=settings.legacy_dialect,
            faults=health.faults,
            deadline=deadline,
        )
    )
    if settings.metrics_port is None:
        app.router.add_get("/metrics", health.expose)
    app.add_routes(pages.account_routes())
    if settings.open_to_developers:
        app.add_routes(pages.routes())

    async def resources(_app: web.Application) -> AsyncIterator[None]:
        dsn = settings.database_url.get_secret_value()
        try:
            async with opened(
                dsn,
                desk.vault,
                pool=settings.database_pool,
                statement_timeout_ms=settings.statement_timeout_ms,
                slow_statement_ms=settings.slow_statement_ms,
                fast_road=settings.fast_road,
                metrics=metrics,
            ) as pool:
                metrics.watch_pool(
                    size=pool.get_size,
                    in_use=lambda: pool.get_size() - pool.get_idle_size(),
                    waiting=pool.waiting,
                )
                app[TAKES].update(taking(desk, pool, worker, tracing, shared))
                async with shared or nullcontext(), learning(budgets):
                    with loop_lag.watched(metrics.loop_lag.observe):
                        yield
                    await settled()
        finally:
            desk.hasher.close()
            await asyncio.to_thread(tracing.close)

    async def jobs(_app: web.Application) -> AsyncIterator[None]:
        async with working(worker):
            yield

    app.cleanup_ctx.append(resources)
    if settings.jobs_in_serve:
        app.cleanup_ctx.append(jobs)  # after the database, and so they end before it closes
    metrics.know(f"{route.method} {route.resource.canonical}" for route in app.router.routes() if route.resource)
    return app


def _tracing(settings: Settings, metrics: Metrics) -> Tracing:
    return Tracing.start(
        {
            "service.name": "address-book",
            "service.version": VERSION,
            "service.instance.id": str(uuid4()),
            "deployment.environment.name": settings.environment.value,
        },
        settings.otlp_endpoint,
        settings.trace_ratio,
        slow_ms=settings.trace_slow_ms,
        headers=headers(settings.otlp_headers.get_secret_value()) if settings.otlp_headers else None,
        registry=metrics.registry,
    )


def _lines(headers: Mapping[str, str]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


def _throttles(settings: Settings, vault: Vault, metrics: Metrics) -> tuple[Throttle, SharedThrottle | None]:
    """That of this process, and that of all of them where there is a Redis."""
    local = Throttle()
    if settings.redis_url is None:
        return local, None
    from server.shared_throttle import SharedThrottle  # noqa: PLC0415 - Redis' client takes a tenth of the start

    return local, SharedThrottle(settings.redis_url.get_secret_value(), vault, metrics, local)


def _mailer(settings: Settings, metrics: Metrics) -> Mailer | None:
    if settings.mail is Mail.SMTP and settings.smtp_url is not None:
        relay = Relay.parse(settings.smtp_url.get_secret_value())
        return SmtpMailer(relay, sender(settings.mail_from or ""), metrics, seconds=settings.smtp_seconds)
    return LogMailer() if settings.mail is Mail.LOG else None


def _public(keys: Keyring) -> Handler:
    """Answers with the public keys, for whoever verifies our tokens (RFC 7517 §5, §8.5); none where the keys are shared secrets."""

    async def jwks(_request: web.Request) -> web.Response:
        headers = {"Cache-Control": "public, max-age=300"}
        return web.json_response(keys.jwks(), content_type="application/jwk-set+json", headers=headers)

    return jwks


def _development_origins(settings: Settings) -> list[str]:
    """In development the old UI's own addresses may call."""
    if settings.environment is not Environment.DEVELOPMENT:
        return []
    return [f"http://{host}:{port}" for host in ("localhost", "127.0.0.1") for port in (3000, 3001, 5173)]
