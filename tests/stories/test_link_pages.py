"""The pages that letters lead to, in a real browser: nothing happens before a button is pressed, and then once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from playwright.async_api import Page, expect

from tests.conftest import Serve
from tests.letters import Mailing, mailing
from tests.stories.test_browser import browser_page, faults, kept_by, picture, pictures
from tests.world import PASSWORD

__all__ = ["browser_page", "faults", "pictures"]
NEW = "violet-harbour-lantern-29"


@pytest.fixture
async def post(serve: Serve, admin: asyncpg.Connection) -> AsyncIterator[Mailing]:
    """The people of a server that sends letters, and takes no documents but trusted ones: ours are."""
    async with mailing(serve, admin) as one:
        yield one


async def _opened(page: Page, post: Mailing, name: str, token: str) -> str:
    """Opens a page by its link, as a mail program would; its address is without the token then."""
    address = str(post.world.client.make_url(f"/account/{name}"))
    await page.goto("about:blank")
    await page.goto(f"{address}#{token}")
    await expect(page.get_by_role("heading")).to_be_visible()
    assert page.url == address
    return address


async def _row(post: Mailing, username: str) -> Any:
    return await post.world.admin.fetchrow("SELECT * FROM users WHERE username = $1", username)


async def test_an_address_is_confirmed_by_a_button_and_once(
    post: Mailing, browser_page: Page, faults: list[str], pictures: Path
) -> None:
    await post.signup()
    token = await post.token()
    for _ in range(3):  # opened and closed again: nothing is used up
        await _opened(browser_page, post, "verify", token)
    await picture(browser_page, pictures / "verify.png")
    assert (await _row(post, "eve"))["email_verified"] is False
    await browser_page.get_by_role("button", name="Confirm the address").press("Enter")
    await expect(browser_page.get_by_role("status")).to_have_text("Your e-mail address is confirmed. You can sign in now.")
    assert (await _row(post, "eve"))["email_verified"] is True
    await expect(browser_page.get_by_role("button")).to_have_count(0)

    await _opened(browser_page, post, "verify", token)
    await browser_page.get_by_role("button").click()
    await expect(browser_page.get_by_role("status")).to_have_text("This link is not valid any more. Ask for a new one.")
    assert await kept_by(browser_page) == 0
    assert faults == []


async def test_a_new_password_is_chosen_and_a_weak_one_can_be_mended(
    post: Mailing, browser_page: Page, faults: list[str], pictures: Path
) -> None:
    await post.do("requestPasswordReset", tenant="acme", email="grace@example.org")
    await _opened(browser_page, post, "reset", await post.token())
    field = browser_page.get_by_label("New password")
    await field.fill("12345678")
    await browser_page.get_by_role("button", name="Save the password").click()
    await expect(browser_page.get_by_role("status")).to_contain_text("easy to guess")
    await expect(field).to_be_focused()
    await expect(field).to_have_attribute("aria-invalid", "true")
    await picture(browser_page, pictures / "reset.png")
    await field.fill(NEW)
    await browser_page.get_by_label("Show the password").check()
    await expect(field).to_have_attribute("type", "text")
    await field.press("Enter")
    await expect(browser_page.get_by_role("status")).to_contain_text("Your new password is saved")
    assert (await post.login("grace", NEW))["tokens"] is not None
    assert await kept_by(browser_page) == 0
    assert faults == []


async def test_an_invited_person_makes_their_account_and_the_page_keeps_no_session(
    post: Mailing, browser_page: Page, faults: list[str], pictures: Path
) -> None:
    await post.world.ada.gql('mutation { inviteUser(input: {email: "eve@example.org", role: VIEWER}) { userErrors { code } } }')
    await _opened(browser_page, post, "invitation", await post.token())
    await picture(browser_page, pictures / "invitation.png")
    await browser_page.get_by_label("Username").fill("linus")
    await browser_page.get_by_label("Password", exact=True).fill(PASSWORD)
    await browser_page.get_by_role("button", name="Make the account").click()
    await expect(browser_page.get_by_role("status")).to_have_text("This username is taken.")
    await browser_page.get_by_label("Username").fill("eve")
    async with browser_page.expect_response(lambda answer: "Leave" in (answer.request.post_data or "")):
        await browser_page.get_by_role("button", name="Make the account").click()
    await expect(browser_page.get_by_role("status")).to_have_text(
        "Welcome to Acme. You can sign in now: the address book is “acme”, and your username is “eve”."
    )
    eve = await _row(post, "eve")
    assert (eve["role"], eve["email"], eve["email_verified"]) == ("VIEWER", "eve@example.org", True)
    assert await post.world.admin.fetchval("SELECT ended_reason FROM sessions WHERE user_id = $1", eve["id"]) == "LOGGED_OUT"
    assert await kept_by(browser_page) == 0
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["verify", "reset", "invitation"])
async def test_a_page_fits_a_small_screen_and_can_be_read(
    name: str, scheme: Any, post: Mailing, browser_page: Page, faults: list[str], pictures: Path
) -> None:
    await browser_page.set_viewport_size({"width": 320, "height": 640})
    await browser_page.emulate_media(color_scheme=scheme)
    await _opened(browser_page, post, name, "A" * 84)
    assert await browser_page.evaluate("document.documentElement.scrollWidth") == 320
    ink, ground = await browser_page.evaluate(
        "(() => { const s = getComputedStyle(document.querySelector('button')); return [s.color, s.backgroundColor] })()"
    )
    assert _contrast(ink, ground) >= 4.5
    await picture(browser_page, pictures / f"{name}-{scheme}.png")
    assert faults == []


async def test_a_page_says_what_went_wrong_on_the_way(post: Mailing, browser_page: Page) -> None:
    told = browser_page.get_by_role("status")
    await browser_page.goto(str(post.world.client.make_url("/account/verify")))
    await expect(told).to_have_text("Open the link in your letter again: this page needs all of it.")
    await expect(browser_page.get_by_role("button")).to_have_count(0)
    await _opened(browser_page, post, "verify", "A" * 84)
    await browser_page.route("**/graphql", lambda route: route.abort(), times=1)
    await browser_page.get_by_role("button").click()
    await expect(told).to_have_text("The server cannot be reached. Try again in a moment.")
    await browser_page.route("**/graphql", lambda route: route.fulfill(status=502, body="<p>Bad gateway"), times=1)
    await browser_page.get_by_role("button").click()
    await expect(told).to_have_text("The server did not answer as it should. Try again in a moment.")
    await browser_page.get_by_role("button").click()
    await expect(told).to_have_text("This link is not valid any more. Ask for a new one.")


def _contrast(one: str, other: str) -> float:
    """The contrast of two colours as CSS computes them, `rgb(…)` (WCAG 2.2, 1.4.3)."""
    lights = sorted(_light(colour) for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _light(colour: str) -> float:
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
