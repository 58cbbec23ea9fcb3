"""GraphiQL at /graphql, Swagger UI at /docs, and under /account what the links of letters lead to: our own pages and copies
(scripts/vendor), nothing from elsewhere."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from aiohttp import hdrs, web

ROOT = Path(__file__).resolve().parent.parent

# Script and style come from files of ours alone, none of it inline or evaluated; data: are the icons inside the styles.
GRAPHIQL_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SWAGGER_CSP = GRAPHIQL_CSP
ACCOUNT_CSP = GRAPHIQL_CSP

# The closed list: what is not named here is not served, whatever lies in the folders.
GRAPHIQL = ("index.html", "start.js", "start.css", "graphiql.min.js", "graphiql.css")
SWAGGER = ("index.html", "start.js", "swagger-ui-bundle.js", "swagger-ui.css")
ACCOUNT = ("verify.html", "reset.html", "invitation.html", "start.js", "start.css", "documents.json")

CONTENT_TYPES = {".json": "application/json", ".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


@dataclass(frozen=True, slots=True)
class Page:
    """One file as it is served: its body, its kind, and the policy it is served under."""

    body: bytes
    content_type: str
    csp: str
    digest: str

    def response(self) -> web.Response:
        """A fresh 200. A browser keeps the file but asks each time, so page and scripts never differ in version."""
        response = web.Response(
            body=self.body,
            content_type=self.content_type,
            charset="utf-8",
            headers={
                hdrs.CACHE_CONTROL: "no-cache",
                "Content-Security-Policy": self.csp,
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
            },
        )
        response.etag = self.digest
        return response

    def answer(self, request: web.Request) -> web.Response:
        """200, or 304 where If-None-Match names this very body (RFC 9110, 13.1.2: by weak comparison)."""
        response = self.response()
        if any(tag.value in (self.digest, "*") for tag in request.if_none_match or ()):
            response.set_status(304)
            response.body = None
        return response


def routes() -> list[web.RouteDef]:
    """`/graphiql/{file}`, `/docs` and `/docs/{file}`; the files are read now. Raises OSError when one is missing."""
    graphiql, swagger = _graphiql(), _swagger()

    async def graphiql_file(request: web.Request) -> web.Response:
        return _named(graphiql, request.match_info["file"]).answer(request)

    async def docs(request: web.Request) -> web.Response:
        return swagger["index.html"].answer(request)

    async def docs_file(request: web.Request) -> web.Response:
        return _named(swagger, request.match_info["file"]).answer(request)

    return [
        web.get("/graphiql/{file}", graphiql_file),
        web.get("/docs", docs),
        web.get("/docs/{file}", docs_file),
    ]


def account_routes() -> list[web.RouteDef]:
    """`/account/verify`, `/account/reset`, `/account/invitation` and their files, for everybody; none of them does anything by GET.

    The files are read now. Raises OSError when one is missing.
    """
    account = _account()

    async def file(request: web.Request) -> web.Response:
        name = request.match_info["file"]
        return _named(account, name if "." in name else f"{name}.html").answer(request)

    return [web.get("/account/{file}", file)]


def account_documents() -> list[str]:
    """The operations that the pages under /account send."""
    documents: dict[str, str] = json.loads(_account()["documents.json"].body)
    return list(documents.values())


def graphiql_page() -> web.Response:
    """GraphiQL, for a browser that asks `GET /graphql`. Varies by Accept, since others get GraphQL there."""
    response = _graphiql()["index.html"].response()
    response.headers[hdrs.VARY] = hdrs.ACCEPT
    return response


def _named(pages: dict[str, Page], name: str) -> Page:
    page = pages.get(name)
    if page is None:
        raise web.HTTPNotFound
    return page


@cache
def _graphiql() -> dict[str, Page]:
    return _read(ROOT / "gql" / "graphiql", GRAPHIQL, GRAPHIQL_CSP)


@cache
def _account() -> dict[str, Page]:
    return _read(ROOT / "server" / "account", ACCOUNT, ACCOUNT_CSP)


@cache
def _swagger() -> dict[str, Page]:
    return _read(ROOT / "rest" / "swagger", SWAGGER, SWAGGER_CSP)


def _read(folder: Path, names: Iterable[str], csp: str) -> dict[str, Page]:
    pages = {}
    for name in names:
        body = (folder / name).read_bytes()
        pages[name] = Page(body, CONTENT_TYPES[Path(name).suffix], csp, sha256(body).hexdigest()[:32])
    return pages
