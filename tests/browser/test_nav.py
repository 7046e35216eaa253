"""Every role sees its own pages in the menu, and no other's by attempt."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open

PAGES = ["/panel", "/floor", "/conversations", "/training", "/admin/people", "/admin/privacy"]
MAY = {
    "agent1": ["/panel", "/conversations"],
    "reviewer": ["/conversations"],
    "trainer": ["/training"],
    "supervisor": ["/panel", "/floor", "/conversations"],
    "admin": ["/floor", "/conversations", "/training", "/admin/people", "/admin/privacy"],
}


@pytest.mark.parametrize("login", MAY)
def test_a_role_has_its_pages_and_no_others(open_as: Open, login: str) -> None:
    page = open_as("/", login)
    links = page.get_by_role("navigation").first.get_by_role("link")
    expect(links).to_have_count(len(MAY[login]))
    assert [link.get_attribute("href") for link in links.all()] == MAY[login]
    expect(page).to_have_url(re.compile(f"{'/admin/people' if login == 'admin' else MAY[login][0]}$"))
    for path in PAGES:
        page.goto(path)
        if path in MAY[login]:
            expect(page.locator(".nav .here")).to_have_attribute("href", path)
        else:
            expect(page).to_have_url(re.compile("/no-access$"))
            expect(page.get_by_role("heading")).to_be_visible()
