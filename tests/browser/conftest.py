"""A real Chromium, the built pages and the scripted server, shared by the browser tests."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from server.auth import COOKIE
from tests.browser.content import Content
from tests.browser.fake_server import FakeServer
from tests.browser.stored import Stored

PAGES = Path(__file__).resolve().parents[2] / "web" / "dist"
PATIENCE = 20_000
"""Milliseconds that a page may take on a busy machine."""
NARROW = {"width": 390, "height": 844}
WIDE = {"width": 1280, "height": 800}
Open = Callable[..., Page]
LISTEN = """
window.audios = [];
window.sought = [];
const Sound = window.Audio;
window.Audio = function (url) {
  const audio = new Sound(url);
  audio.addEventListener("seeked", () => window.sought.push([url.split("/").pop(), audio.currentTime]));
  window.audios.push(audio);
  return audio;
};
"""
"""Lets the test hear what the page plays."""


# Not for the session: while Playwright runs, no test after this folder could start an event loop of its own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = Path(os.environ.get("TICI_CHROMIUM", "/usr/bin/chromium"))
    if not path.exists():
        pytest.skip(f"no Chromium at {path}: install it or set TICI_CHROMIUM")
    expect.set_options(timeout=PATIENCE)
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
    made.set_default_timeout(PATIENCE)
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


@pytest.fixture(scope="package")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stored, str]]:
    """A real server without models, and its URL."""
    if not (PAGES / "index.html").exists():
        pytest.skip("the pages are not built: run `npm ci && npm run build` in web/")
    server = Stored(tmp_path_factory.mktemp("stored") / "data", PAGES)
    yield server, server.start()
    server.stop()


@pytest.fixture
def open_as(browser: Browser, stored: tuple[Stored, str]) -> Iterator[Open]:
    """Opens a path of that server as somebody; the test fails on a script error."""
    server, url = stored
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def opened(path: str, login: str = "reviewer", size: Any = WIDE) -> Page:
        context = browser.new_context(base_url=url, viewport=size, locale="zh-CN")
        context.set_default_timeout(PATIENCE)
        context.add_init_script(LISTEN)
        context.add_cookies([{"name": COOKIE, "value": server.tokens[login], "url": url}])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong
