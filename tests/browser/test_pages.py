"""The stored conversations and the demo page."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import WIDE
from tests.browser.fake_server import FakeServer


def test_the_list_pages_and_opens(page: Page) -> None:
    page.set_viewport_size(WIDE)
    page.goto("/conversations")
    expect(page.get_by_role("row")).to_have_count(21)
    page.get_by_role("button", name=re.compile("下一页|next", re.I)).click()
    page.get_by_role("button", name=re.compile("下一页|next", re.I)).click()
    expect(page.get_by_role("row")).to_have_count(6)


def test_a_stored_conversation_plays_in_step(page: Page) -> None:
    page.goto("/conversations/old3")
    expect(page.get_by_text("已说出")).to_be_visible()
    expect(page.get_by_text("客户说完后 0.31 秒上屏")).to_be_visible()
    expect(page.get_by_text("1.5 秒音频缺失")).to_be_visible()
    page.get_by_role("button", name="从这里播放 0:04").click()
    current = page.locator("[data-current=true]")
    expect(current).to_contain_text("满三十天以后提前还")
    expect(page.get_by_role("button", name="暂停")).to_be_visible()


def test_a_conversation_that_is_not_there(page: Page) -> None:
    page.goto("/conversations/none")
    expect(page.get_by_role("button", name="重试")).to_be_visible()


def test_the_demo_plays_a_call_beside_the_panel(page: Page, fake: FakeServer) -> None:
    page.set_viewport_size(WIDE)
    page.goto("/demo")
    page.get_by_role("button", name="播放到面板").first.click()
    expect(page.get_by_text("正在播放")).to_be_visible()
    fake.assign(customer="演示客户")
    expect(page.get_by_role("heading", name="演示客户")).to_be_visible()
    page.get_by_role("button", name="打开在线会话").click()
    expect(page.frame_locator("iframe").get_by_role("heading", name="晨星银行")).to_be_visible()


def test_a_demo_call_of_a_language_that_is_not_loaded_says_why(page: Page) -> None:
    page.set_viewport_size(WIDE)
    page.goto("/demo")
    item = page.get_by_role("listitem").filter(has_text="不认识的一笔消费")
    expect(item).to_contain_text("英文")
    expect(item).to_contain_text("没有加载英文识别")
    expect(item.get_by_role("button", name="播放到面板")).to_be_disabled()
