"""The real pages on a real node with the real models: a call is heard and helped, a chat reply arrives."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.test_panel import SETTLED, cards
from tests.server.node import Node

SPOKEN = 40_000
"""Milliseconds for something to be said, heard and answered."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Node]:
    running = Node(tmp_path_factory.mktemp("browser-node") / "data", models_dir)
    running.launch()
    try:
        running.wait_ready()
        yield running
    finally:
        running.stop()


@pytest.fixture
def agent(browser: Browser, node: Node, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A logged-in agent."""
    context: BrowserContext = browser.new_context(
        base_url=node.http, viewport={"width": 1280, "height": 800}, locale="zh-CN"
    )
    page = context.new_page()
    page.goto("/login")
    page.get_by_text(request.param).click()
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(f"{node.http}/panel")
    yield page
    context.close()


@pytest.mark.parametrize("agent", ["小林 Lin"], indirect=True)
def test_a_call_opens_by_itself_is_heard_live_and_brings_the_right_card(agent: Page) -> None:
    agent.goto("/demo")
    call = agent.get_by_role("listitem").filter(has=agent.get_by_role("heading", name="银行卡丢了"))
    call.get_by_role("button", name="播放到面板").click()
    expect(agent.get_by_text("通话中")).to_be_visible(timeout=SPOKEN)
    expect(agent.get_by_text("正在说").first).to_be_visible(timeout=SPOKEN)
    right = cards(agent).filter(has_text="挂失")
    expect(right.first).to_be_visible(timeout=SPOKEN)
    agent.wait_for_timeout(SETTLED)
    agent.keyboard.press("1")
    expect(cards(agent).filter(has_text="已使用").first).to_be_visible()


@pytest.mark.parametrize("agent", ["大伟 David"], indirect=True)
def test_a_reply_clicked_in_a_chat_arrives_on_the_customers_page(agent: Page) -> None:
    answer = agent.request.post("/v1/demo/chats", headers={"Origin": agent.url.rpartition("/")[0]})
    url = answer.json()["url"]
    customer = agent.context.new_page()
    customer.goto(url)
    customer.get_by_placeholder("请输入您的问题").fill("我的银行卡丢了，怎么挂失？")
    customer.keyboard.press("Enter")
    agent.goto("/panel")
    agent.get_by_text("我的银行卡丢了，怎么挂失？").first.wait_for(timeout=SPOKEN)
    card = cards(agent).first
    expect(card).to_contain_text("挂失", timeout=SPOKEN)
    agent.wait_for_timeout(SETTLED)
    card.get_by_role("button", name="发送").first.click()
    expect(card.locator("[data-state=delivered]")).to_be_visible(timeout=SPOKEN)
    customer.bring_to_front()
    expect(customer.get_by_text("挂失").nth(1)).to_be_visible()
