"""The pages of the two consoles: headers, the closed list of files, and nothing loaded from elsewhere."""

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from graphql import parse, validate
from yarl import URL

from server import pages
from tests.house.matrix import SCHEMA

Client = TestClient[web.Request, web.Application]
FOLDERS = [pages.ROOT / "gql" / "graphiql", pages.ROOT / "rest" / "swagger"]
ACCOUNT = pages.ROOT / "server" / "account"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
COMMON = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@pytest.fixture
async def client(aiohttp_client: Callable[[web.Application], Awaitable[Client]]) -> Client:
    async def graphql(request: web.Request) -> web.Response:
        return pages.graphiql_page()

    app = web.Application()
    app.add_routes([*pages.routes(), *pages.account_routes(), web.get("/graphql", graphql)])
    return await aiohttp_client(app)


@pytest.mark.parametrize(
    ("path", "content_type", "file"),
    [
        ("/graphiql/index.html", "text/html", "gql/graphiql/index.html"),
        ("/graphiql/start.js", "text/javascript", "gql/graphiql/start.js"),
        ("/graphiql/start.css", "text/css", "gql/graphiql/start.css"),
        ("/graphiql/graphiql.min.js", "text/javascript", "gql/graphiql/graphiql.min.js"),
        ("/graphiql/graphiql.css", "text/css", "gql/graphiql/graphiql.css"),
        ("/docs", "text/html", "rest/swagger/index.html"),
        ("/docs/index.html", "text/html", "rest/swagger/index.html"),
        ("/docs/start.js", "text/javascript", "rest/swagger/start.js"),
        ("/docs/swagger-ui-bundle.js", "text/javascript", "rest/swagger/swagger-ui-bundle.js"),
        ("/docs/swagger-ui.css", "text/css", "rest/swagger/swagger-ui.css"),
        ("/account/verify", "text/html", "server/account/verify.html"),
        ("/account/reset", "text/html", "server/account/reset.html"),
        ("/account/invitation", "text/html", "server/account/invitation.html"),
        ("/account/start.js", "text/javascript", "server/account/start.js"),
        ("/account/start.css", "text/css", "server/account/start.css"),
        ("/account/documents.json", "application/json", "server/account/documents.json"),
    ],
)
async def test_each_file_is_served_with_its_kind_and_policy(client: Client, path: str, content_type: str, file: str) -> None:
    answer = await client.get(path)
    body = (pages.ROOT / file).read_bytes()
    assert answer.status == 200
    assert await answer.read() == body
    kept = {name: value for name, value in answer.headers.items() if name not in ("Date", "Server", "Content-Length")}
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    assert kept == {**COMMON, "Content-Type": f"{content_type}; charset=utf-8", "Etag": etag}


async def test_graphiql_is_the_page_at_graphql(client: Client) -> None:
    answer = await client.get("/graphql")
    assert answer.status == 200
    assert await answer.read() == (FOLDERS[0] / "index.html").read_bytes()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Vary"] == "Accept"
    assert {name: answer.headers[name] for name in COMMON} == COMMON


async def test_each_answer_of_the_page_is_a_fresh_one() -> None:
    assert pages.graphiql_page() is not pages.graphiql_page()


@pytest.mark.parametrize("path", ["/docs", "/docs/start.js", "/graphiql/start.js"])
async def test_a_file_the_browser_has_is_not_sent_again(client: Client, path: str) -> None:
    etag = (await client.get(path)).headers["ETag"]
    again = await client.get(path, headers={"If-None-Match": f'"other", W/{etag}'})
    assert (again.status, await again.read(), again.headers["ETag"]) == (304, b"", etag)
    changed = await client.get(path, headers={"If-None-Match": '"other"'})
    assert changed.status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/graphiql/nothing.js",
        "/graphiql/VENDORED.txt",
        "/graphiql/",
        "/graphiql/..%2fgraphiql%2fstart.js",
        "/graphiql/%2e%2e%2f%2e%2e%2fpyproject.toml",
        "/graphiql/..%5c..%5cpyproject.toml",
        "/graphiql/start.js%00",
        "/docs/nothing.js",
        "/docs/LICENSES.txt",
        "/docs/graphiql.css",
        "/docs/..%2f..%2fpyproject.toml",
        "/docs/../../pyproject.toml",
        "/docs//etc/passwd",
        "/account/",
        "/account/nothing",
        "/account/..%2fpages.py",
        "/account/%2e%2e%2fpages.py",
    ],
)
async def test_nothing_outside_the_closed_list_is_served(client: Client, path: str) -> None:
    answer = await client.get(URL(path, encoded=True))
    assert answer.status == 404


@pytest.mark.parametrize("policy", [pages.GRAPHIQL_CSP, pages.SWAGGER_CSP, pages.ACCOUNT_CSP])
def test_no_policy_allows_inline_or_evaluated_code_or_another_host(policy: str) -> None:
    assert "unsafe" not in policy
    allowed = {source for rule in policy.split("; ") for source in rule.split(" ")[1:]}
    assert allowed == {"'none'", "'self'", "data:"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_address_a_page_loads_is_a_served_file_of_this_server(folder: Path) -> None:
    prefix, served = {"graphiql": ("/graphiql/", pages.GRAPHIQL), "swagger": ("/docs/", pages.SWAGGER)}[folder.name]
    page = (folder / "index.html").read_text()
    loaded = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert set(loaded) == {"data:,", *(prefix + name for name in served if name != "index.html")} - {
        # Imported by start.js.
        "/graphiql/graphiql.min.js"
    }
    assert not re.search(r"<style|<script(?![^>]* src=)| on\w+=| style=", page)


@pytest.mark.parametrize("page", sorted(ACCOUNT.glob("*.html")), ids=lambda page: page.stem)
def test_a_page_for_letters_loads_its_script_and_style_and_says_who_it_is(page: Path) -> None:
    text = page.read_text()
    assert re.findall(r'(?:src|href)="([^"]*)"', text) == ["data:,", "start.css", "start.js"]
    assert not re.search(r"<style|<script(?![^>]* src=)| on\w+=| style=", text)
    assert f'data-does="{page.stem}"' in text
    assert '<html lang="en">' in text


def test_the_operations_of_the_pages_for_letters_fit_the_schema() -> None:
    documents = pages.account_documents()
    assert len(documents) == 4
    for document in documents:
        assert validate(SCHEMA, parse(document)) == []


@pytest.mark.parametrize("folder", [*FOLDERS, ACCOUNT], ids=lambda folder: folder.name)
def test_our_scripts_name_no_host_and_no_style_loads_anything(folder: Path) -> None:
    assert "//" not in re.sub(r"^\s*//.*$", "", (folder / "start.js").read_text(), flags=re.MULTILINE)
    for style in folder.glob("*.css"):
        text = style.read_text()
        assert "@import" not in text
        assert [url for url in re.findall(r"url\(\s*[\"']?([^)]{5})", text) if url != "data:"] == []


@pytest.mark.parametrize("script", [FOLDERS[0] / "graphiql.min.js", FOLDERS[1] / "swagger-ui-bundle.js"])
def test_no_vendored_script_loads_from_a_fixed_address(script: Path) -> None:
    loads = r"""(?:\bimport\(|\bfetch\(|importScripts\(|\bWorker\(|\.src\s*=|\bsrc:|from)\s*["'`](?:https?:)?//"""
    text = script.read_text()
    assert re.findall(loads, text) == []
    assert "sourceMappingURL" not in text


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_what_is_vendored_is_what_was_noted(folder: Path) -> None:
    noted = dict(re.findall(r"^([0-9a-f]{64})  (\S+)$", (folder / "VENDORED.txt").read_text(), re.MULTILINE))
    found = {sha256(path.read_bytes()).hexdigest(): path.name for path in folder.iterdir()}
    ours = {"index.html", "start.js", "start.css", "VENDORED.txt", "LICENSES.txt"}
    assert noted == {digest: name for digest, name in found.items() if name not in ours}
