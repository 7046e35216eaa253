"""A real Chromium, the built pages and the scripted server, shared by the browser tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.content import Content
from tests.browser.fake_server import FakeServer

PAGES = Path(__file__).resolve().parents[2] / "web" / "dist"
NARROW = {"width": 390, "height": 844}
WIDE = {"width": 1280, "height": 800}


# Not for the session: while Playwright runs, no test after this folder could start an event loop of its own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = Path(os.environ.get("TICI_CHROMIUM", "/usr/bin/chromium"))
    if not path.exists():
        pytest.skip(f"no Chromium at {path}: install it or set TICI_CHROMIUM")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="package")
def running() -> Iterator[tuple[FakeServer, str]]:
    if not (PAGES / "index.html").exists():
        pytest.skip("the pages are not built: run `npm ci && npm run build` in web/")
    server = FakeServer(PAGES, Content())
    yield server, server.start()
    server.stop()


@pytest.fixture
def fake(running: tuple[FakeServer, str]) -> Iterator[FakeServer]:
    yield running[0]
    running[0].reset()


@pytest.fixture
def context(browser: Browser, running: tuple[FakeServer, str]) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=running[1], viewport=NARROW, locale="zh-CN")
    made.set_default_timeout(5000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, fake: FakeServer) -> Iterator[Page]:
    """A page, logged in; the test fails on a script error or a refusal by the content security policy."""
    wrong: list[str] = []
    fake.logged_in = True
    opened = context.new_page()
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda m: wrong.append(m.text) if "Content Security Policy" in m.text else None)
    yield opened
    assert not wrong
