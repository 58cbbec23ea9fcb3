"""The two pages on the real server, in a real browser that may reach nothing but this machine and may not complain of anything."""

import json
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from playwright.async_api import BrowserContext, Locator, Page, Response, Route, async_playwright, expect

from server import demo
from server.database import ROOT, opened
from server.settings import Settings
from tests.conftest import Serve

SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]


@pytest.fixture
async def live_url(serve: Serve, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of the real server with its demo tenant, `http://127.0.0.1:port`."""
    monkeypatch.setattr(demo, "CONTACTS", 40)  # for the sake of time
    async with opened(settings.database_url.get_secret_value(), settings.vault(), pool=2):
        await demo.plant(settings)
    return str((await serve()).make_url("")).rstrip("/")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where pictures of the pages go: SCREENSHOTS (scripts/screenshots), else nowhere that lasts."""
    return Path(os.environ.get("SCREENSHOTS") or tmp_path)


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


async def test_graphiql_signs_in_by_its_first_query_and_keeps_nothing(
    live_url: str, browser_page: Page, faults: list[str], pictures: Path
) -> None:
    await browser_page.goto(f"{live_url}/graphql")
    signed_in = await run_operation(browser_page, "SignIn")
    assert "authorization" not in await signed_in.request.all_headers()
    login = (await signed_in.json())["data"]["login"]
    assert (login["viewer"], login["userErrors"]) == ({"user": {"username": "ada", "role": "EDITOR"}}, [])

    read = await run_operation(browser_page, "Contacts")
    assert (await read.request.all_headers())["authorization"] == f"Bearer {login['tokens']['accessToken']}"
    page = (await read.json())["data"]["contacts"]
    assert (len(page["nodes"]), page["pageInfo"]["hasNextPage"]) == (5, True)
    await expect(result(browser_page)).to_contain_text(f'"name": "{page["nodes"][0]["name"]}"')
    await picture(browser_page, pictures / "graphiql.png")
    assert await kept_by(browser_page) == 0
    assert faults == []


def test_the_first_query_offers_the_demo_that_is_planted() -> None:
    script = (ROOT / "gql" / "graphiql" / "start.js").read_text(encoding="utf-8")
    assert f'tenant: "{demo.SLUG}"' in script
    assert 'usernameOrEmail: "ada"' in script
    assert "ada" in demo.PEOPLE
    assert f'password: "{demo.PASSWORD}"' in script


async def test_graphiql_runs_a_typed_query_with_variables(live_url: str, browser_page: Page, faults: list[str]) -> None:
    await browser_page.goto(f"{live_url}/graphql")
    await run_operation(browser_page, "SignIn")
    await write(browser_page, "query Find($id: ID!) { node(id: $id) { id } }")
    await expect(browser_page.get_by_role("tab", name="Find")).to_be_visible()
    await write_tool(browser_page, "Variables", json.dumps({"id": "contact_none"}))
    await browser_page.keyboard.press("Control+Enter")
    await expect(result(browser_page)).to_contain_text('"node": null')
    await browser_page.get_by_role("button", name="Show History").click()
    await expect(browser_page.locator(".graphiql-history")).to_contain_text("Find")
    assert await kept_by(browser_page) == 0
    assert faults == []


async def test_graphiql_prefers_the_token_in_its_headers_pane(live_url: str, browser_page: Page, faults: list[str]) -> None:
    await browser_page.goto(f"{live_url}/graphql")
    await run_operation(browser_page, "SignIn")
    await write_tool(browser_page, "Headers", '{"Authorization": "Basic b3RoZXI="}')
    other = await run_operation(browser_page, "SignIn")
    assert (await other.request.all_headers())["authorization"] == "Basic b3RoZXI="
    assert await kept_by(browser_page) == 0
    assert faults == []


async def test_graphiql_forgets_a_token_that_has_ended(live_url: str, browser_page: Page, admin: asyncpg.Connection) -> None:
    await browser_page.goto(f"{live_url}/graphql")
    await run_operation(browser_page, "SignIn")
    await admin.execute("TRUNCATE sessions CASCADE")
    refused = await run_operation(browser_page, "Contacts")
    assert (await refused.json())["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "authorization" in await refused.request.all_headers()
    after = await run_operation(browser_page, "Contacts")
    assert "authorization" not in await after.request.all_headers()


async def test_graphiql_says_what_is_wrong_without_a_stack(live_url: str, browser_page: Page) -> None:
    await browser_page.goto(f"{live_url}/graphql")
    await run_operation(browser_page, "SignIn")
    await write(browser_page, "query Typed { __typename }")

    async def run_after(answer: dict[str, object] | None, told: str) -> None:
        async def decide(route: Route) -> None:
            await (route.abort() if answer is None else route.fulfill(status=502, body="<p>Bad gateway", content_type="text/html"))

        await browser_page.route("**/graphql", decide, times=1)
        await browser_page.keyboard.press("Control+Enter")
        await expect(result(browser_page)).to_contain_text(told)
        await expect(result(browser_page)).not_to_contain_text("stack")

    await run_after(None, "The server does not answer.")
    await run_after({}, "The answer is no JSON: 502")


async def test_graphiql_opens_its_documentation_and_dialogs(live_url: str, browser_page: Page, faults: list[str]) -> None:
    await browser_page.goto(f"{live_url}/graphql")
    await browser_page.get_by_role("button", name="Show Documentation Explorer").click()
    explorer = browser_page.locator(".graphiql-doc-explorer")
    await explorer.get_by_text("Query", exact=True).click()
    await expect(explorer).to_contain_text("Contacts, by name unless ordered otherwise.")
    await browser_page.keyboard.press("Control+k")
    await browser_page.keyboard.type("ContactDraft")
    await browser_page.get_by_role("option").get_by_text("ContactDraft", exact=True).click()
    await expect(explorer).to_contain_text("A whole contact. What is omitted is empty.")
    await browser_page.get_by_role("button", name="Open settings dialog").click()
    await expect(browser_page.get_by_role("dialog")).to_contain_text("Theme")
    assert faults == []


async def test_swagger_ui_lists_the_operations_of_the_description(
    live_url: str, browser_page: Page, faults: list[str], pictures: Path
) -> None:
    described = await (await browser_page.request.get(f"{live_url}/openapi.json")).json()
    operations = {(method.upper(), path) for path, item in described["paths"].items() for method in item}
    await browser_page.goto(f"{live_url}/docs")
    await expect(browser_page.locator(".opblock")).to_have_count(len(operations))
    methods = await browser_page.locator(".opblock-summary-method").all_inner_texts()
    paths = [path.replace("\u200b", "") for path in await browser_page.locator(".opblock-summary-path").all_inner_texts()]
    assert set(zip(methods, paths, strict=True)) == operations
    await picture(browser_page, pictures / "docs.png")
    assert await kept_by(browser_page) == 0
    assert faults == []


async def test_swagger_ui_signs_in_and_reads_with_the_token(live_url: str, browser_page: Page, faults: list[str]) -> None:
    await browser_page.goto(f"{live_url}/docs")
    login = await operation(browser_page, "POST", "/api/auth/login")
    body = {"tenant_id": demo.SLUG, "username_or_email": "ada", "password": demo.PASSWORD}
    await login.locator("textarea").fill(json.dumps(body))
    signed_in = await executed(browser_page, login)
    assert signed_in.status == 200

    await browser_page.get_by_role("button", name="Authorize", exact=True).click()
    dialog = browser_page.locator(".modal-ux")
    await dialog.get_by_role("textbox").fill((await signed_in.json())["data"]["access_token"])
    await dialog.get_by_role("button", name="Apply credentials").click()
    await dialog.get_by_role("button", name="Close", exact=True).click()
    read = await executed(browser_page, await operation(browser_page, "GET", "/api/address-book"))
    assert read.status == 200
    assert len((await read.json())["data"]) > 0
    assert faults == []


async def operation(page: Page, method: str, path: str) -> Locator:
    """An operation of Swagger UI, unfolded and ready to be tried."""
    block = page.locator(f'.opblock-{method.lower()}:has([data-path="{path}"])')
    await block.locator(".opblock-summary-control").click()
    await block.get_by_role("button", name="Try it out").click()
    return block


async def executed(page: Page, block: Locator) -> Response:
    """Sends what stands in an unfolded operation; the answer."""
    async with page.expect_response("**/api/**") as answered:
        await block.get_by_role("button", name="Execute").click()
    return await answered.value


async def run_operation(page: Page, name: str) -> Response:
    """Choose an operation of the query under the ▶ button; the answer."""
    await page.locator(".graphiql-execute-button[aria-haspopup=menu]").click()  # the menu comes with the schema
    async with page.expect_response(lambda response: asked(response, name)) as answered:
        await page.get_by_role("menuitem", name=name, exact=True).click()
    return await answered.value


def asked(response: Response, name: str) -> bool:
    """Whether it answers this operation, and not the introspection."""
    return f'"operationName":"{name}"' in (response.request.post_data or "")


async def write(page: Page, query: str) -> None:
    """Puts a query into the place of the one that stands there."""
    await page.locator(".graphiql-query-editor .CodeMirror").click()
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text(query)


async def write_tool(page: Page, pane: str, text: str) -> None:
    """Opens a pane below the query, Variables or Headers, and writes into it."""
    await page.get_by_role("button", name=pane, exact=True).click()
    await page.locator(".graphiql-editor-tool .CodeMirror:visible").click()
    await page.keyboard.insert_text(text)


def result(page: Page) -> Locator:
    """Where GraphiQL shows the answer."""
    return page.locator(".result-window")


async def picture(page: Page, path: Path) -> None:
    """What the page shows, when it has come to rest."""
    await page.mouse.move(0, 0)
    await page.wait_for_load_state("networkidle")
    await page.screenshot(path=path, animations="disabled", caret="hide")
