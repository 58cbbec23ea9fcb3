"""The two pages, in a real browser that may reach nothing but this machine and may not complain of anything."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from graphql import build_schema, graphql
from playwright.async_api import BrowserContext, Page, Response, Route, async_playwright, expect

from server import pages

SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]

STAND_IN = build_schema("""
    type Query { contacts(first: Int, search: String): ContactConnection }
    type ContactConnection { nodes: [Contact!]! pageInfo: PageInfo! }
    type Contact { id: ID! name: String! email: String }
    type PageInfo { hasNextPage: Boolean! endCursor: String }
    type Mutation { login(input: LoginInput!): TokensPayload! }
    input LoginInput { tenant: String! usernameOrEmail: String! password: String! }
    type TokensPayload { tokens: Tokens viewer: Viewer userErrors: [UserError!]! }
    type Tokens { accessToken: String! }
    type Viewer { user: User! }
    type User { username: String! }
    type UserError { code: String! message: String! }
""")


@pytest.fixture
async def live_url() -> AsyncIterator[str]:
    """The address of a running server, `http://127.0.0.1:port`. A stand-in: the pages are real, the answers are not."""
    contact = {"id": "contact_1", "name": "Joan Clarke", "email": "joan@example.com"}
    answers = {
        "contacts": {"nodes": [contact], "pageInfo": {"hasNextPage": False}},
        "login": {
            "tokens": {"accessToken": "an.access.token"},
            "viewer": {"user": {"username": "ada"}},
            "userErrors": [],
        },
    }

    async def ask(request: web.Request) -> web.Response:
        asked: dict[str, Any] = await request.json()
        result = await graphql(STAND_IN, asked["query"], answers, operation_name=asked.get("operationName"))
        return web.json_response(result.formatted)

    async def page(request: web.Request) -> web.Response:
        return pages.graphiql_page()

    async def openapi(request: web.Request) -> web.Response:
        login = {"summary": "Sign in", "responses": {"200": {"description": "Signed in"}}}
        info = {"title": "Address Book", "version": "1"}
        return web.json_response({"openapi": "3.1.0", "info": info, "paths": {"/api/auth/login": {"post": login}}})

    app = web.Application()
    app.add_routes(pages.routes())
    app.add_routes([web.get("/graphql", page), web.post("/graphql", ask), web.get("/openapi.json", openapi)])
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.fixture
def faults() -> list[str]:
    """What the browser complained of, and every address beyond this machine that it wanted."""
    return []


@pytest.fixture
async def browser_page(faults: list[str]) -> AsyncIterator[Page]:
    """A page of headless Chromium that is kept on loopback, and whose complaints are gathered in `faults`."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        await stay_home(context, faults)
        page = await context.new_page()
        page.on("pageerror", lambda error: faults.append(f"page error: {error}"))
        page.on("console", lambda line: faults.append(f"{line.type}: {line.text}") if worth_telling(line.type) else None)
        yield page
        await browser.close()


def worth_telling(kind: str) -> bool:
    """A refusal of the content security policy is told as an error."""
    return kind in ("error", "warning")


async def stay_home(context: BrowserContext, faults: list[str]) -> None:
    """Refuse and record each request for another host."""

    async def decide(route: Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            await route.continue_()
        else:
            faults.append(f"left the machine: {route.request.url}")
            await route.abort()

    await context.route("**/*", decide)


async def kept_by(page: Page) -> int:
    """How many things the page left in the browser's storage."""
    count: int = await page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length")
    return count


async def test_graphiql_runs_a_typed_query(live_url: str, browser_page: Page, faults: list[str], tmp_path: Path) -> None:
    await browser_page.goto(f"{live_url}/graphql")
    await browser_page.locator(".graphiql-query-editor .CodeMirror").click()
    await browser_page.keyboard.press("Control+A")
    await browser_page.keyboard.type("query Typed { typed: __typename }")
    await expect(browser_page.get_by_role("tab", name="Typed")).to_be_visible()
    await browser_page.keyboard.press("Control+Enter")
    await expect(browser_page.locator(".result-window")).to_contain_text('"typed": "Query"')
    await browser_page.screenshot(path=tmp_path / "typed.png")
    assert faults == []


async def test_graphiql_remembers_who_signed_in_but_keeps_nothing(
    live_url: str, browser_page: Page, faults: list[str], tmp_path: Path
) -> None:
    await browser_page.goto(f"{live_url}/graphql")
    signed_in = await run_operation(browser_page, "SignIn")
    assert "authorization" not in await signed_in.request.all_headers()
    token = (await signed_in.json())["data"]["login"]["tokens"]["accessToken"]
    await expect(browser_page.locator(".result-window")).to_contain_text('"username": "ada"')

    read = await run_operation(browser_page, "Contacts")
    assert (await read.request.all_headers())["authorization"] == f"Bearer {token}"
    await expect(browser_page.locator(".result-window")).to_contain_text('"nodes": [')
    await browser_page.screenshot(path=tmp_path / "signed-in.png")
    assert await kept_by(browser_page) == 0
    assert faults == []


async def test_graphiql_prefers_the_token_in_its_headers_pane(live_url: str, browser_page: Page, faults: list[str]) -> None:
    await browser_page.goto(f"{live_url}/graphql")
    await run_operation(browser_page, "SignIn")
    await browser_page.get_by_role("button", name="Headers", exact=True).click()
    await browser_page.locator(".graphiql-editor-tool .CodeMirror").last.click()
    await browser_page.keyboard.insert_text('{"Authorization": "Basic b3RoZXI="}')
    other = await run_operation(browser_page, "SignIn")
    assert (await other.request.all_headers())["authorization"] == "Basic b3RoZXI="
    assert await kept_by(browser_page) == 0
    assert faults == []


async def test_graphiql_forgets_a_token_that_has_ended(live_url: str, browser_page: Page) -> None:
    await browser_page.goto(f"{live_url}/graphql")
    await run_operation(browser_page, "SignIn")

    async def refuse(route: Route) -> None:
        await route.fulfill(json={"errors": [{"message": "Ended", "extensions": {"code": "UNAUTHENTICATED"}}]})

    await browser_page.route("**/graphql", refuse, times=1)
    await run_operation(browser_page, "Contacts")
    after = await run_operation(browser_page, "Contacts")
    assert "authorization" not in await after.request.all_headers()


async def test_graphiql_opens_its_documentation_and_dialogs(
    live_url: str, browser_page: Page, faults: list[str], tmp_path: Path
) -> None:
    await browser_page.goto(f"{live_url}/graphql")
    await browser_page.get_by_role("button", name="Show Documentation Explorer").click()
    await expect(browser_page.locator(".graphiql-doc-explorer")).to_contain_text("Mutation")
    await browser_page.screenshot(path=tmp_path / "documentation.png")
    await browser_page.get_by_role("button", name="Open settings dialog").click()
    await expect(browser_page.get_by_role("dialog")).to_contain_text("Theme")
    await browser_page.screenshot(path=tmp_path / "settings.png")
    assert faults == []


async def test_swagger_ui_lists_the_operations(live_url: str, browser_page: Page, faults: list[str], tmp_path: Path) -> None:
    await browser_page.goto(f"{live_url}/docs")
    operation = browser_page.locator(".opblock", has_text="/api/auth/login").first
    await expect(operation).to_contain_text("POST")
    await operation.click()
    await expect(operation.get_by_role("button", name="Try it out")).to_be_visible()
    await browser_page.screenshot(path=tmp_path / "swagger.png")
    assert await kept_by(browser_page) == 0
    assert faults == []


async def run_operation(page: Page, name: str) -> Response:
    """Choose an operation of the query under the ▶ button; the answer."""
    await page.get_by_role("button", name="Execute query").click()
    async with page.expect_response("**/graphql") as answered:
        await page.get_by_role("menuitem", name=name, exact=True).click()
    return await answered.value
