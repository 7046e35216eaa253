"""Several conversations at once: claimed, given, taken away, switched between, wrapped up."""

import re

from playwright.sync_api import Locator, Page, expect

from server.wire import events, panel
from server.wire.base import ErrorCode
from tests.browser.content import Content
from tests.browser.fake_server import FakeServer
from tests.browser.test_panel import SETTLED, cards, open_call, show_cards

KEY_PAUSE = 1300
"""Milliseconds without a key after which keys count again once a conversation was taken away."""
content = Content()


def strip(page: Page) -> Locator:
    return page.get_by_role("region", name="等待认领的来电")


def mine(page: Page) -> Locator:
    return page.get_by_role("button", name="是我的")


def tab(page: Page, name: str) -> Locator:
    return page.get_by_role("navigation", name="进行中的会话").get_by_role("button", name=re.compile(name))


def test_waiting_calls_are_listed_without_taking_the_focus(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    page.keyboard.press("/")
    fake.offer(content.claim("w1"), content.claim("w2", customer="孙女士", language="en"))
    expect(strip(page)).to_contain_text("2 通来电等待认领")
    expect(page.get_by_label("搜索知识库").get_by_role("textbox")).to_be_focused()
    expect(mine(page)).to_have_count(0)
    strip(page).get_by_role("button").press("Enter")
    first = strip(page).get_by_role("listitem").first
    for words in ("未知客户", "贷款服务", "中文", "尾号 7731", "0:1"):
        expect(first).to_contain_text(words)
    fake.offer()
    expect(strip(page)).to_have_count(0)


def test_a_claimed_call_opens(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    fake.offer(content.claim("w1"))
    strip(page).get_by_role("button").click()
    mine(page).press("Enter")
    expect(page.get_by_role("heading", name="新来电")).to_be_visible()
    expect(strip(page)).to_have_count(0)
    expect(tab(page, "李先生")).to_be_visible()


def test_somebody_was_faster(page: Page, fake: FakeServer) -> None:
    page.goto("/panel")
    fake.offer(content.claim("w1"), content.claim("w2"))
    strip(page).get_by_role("button").click()
    for status, left in ((409, 1), (404, 0)):
        fake.claim_answer = status
        mine(page).first.click()
        expect(page.get_by_text("已被别人认领")).to_be_visible()
        expect(mine(page)).to_have_count(left)


def test_the_strip_does_not_shift_cards_under_a_working_pointer(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    show_cards(page, fake)
    cards(page).first.hover()
    before = cards(page).first.bounding_box()
    fake.offer(content.claim("w1"))
    page.wait_for_timeout(400)
    assert cards(page).first.bounding_box() == before
    expect(strip(page)).to_be_visible()


def test_what_is_taken_away_vanishes_at_once(page: Page, fake: FakeServer) -> None:
    open_call(page, fake, channel="chat")
    show_cards(page, fake)
    page.get_by_label("输入消息").first.fill("写了一半")
    page.get_by_test_id("language").count()
    fake.mute = True
    cards(page).first.get_by_role("button", name="发送").click()
    fake.unassign()
    expect(page.get_by_text("等待来电")).to_be_visible()
    expect(page.get_by_test_id("departed")).to_contain_text("一个会话已转出")
    for words in ("李先生", "提前还款", "写了一半"):
        expect(page.locator("body")).not_to_contain_text(words)
    fake.complain(ErrorCode.NOT_FOUND)
    page.wait_for_timeout(300)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_text("找不到内容")).to_have_count(0)
    fake.mute = False
    fake.assign(channel="chat")
    expect(page.get_by_label("输入消息").first).to_have_value("")
    assert fake.sent(panel.Send)[-1].text != "写了一半"


def test_open_menus_go_with_the_conversation(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    page.get_by_test_id("recording").click()
    expect(page.get_by_role("menuitem", name="停止录音")).to_be_visible()
    fake.unassign()
    expect(page.get_by_role("menuitem")).to_have_count(0)


def test_keys_meant_for_what_is_gone_do_nothing_to_what_follows(page: Page, fake: FakeServer) -> None:
    fake.assign("c2", customer="赵女士")
    fake.say(content.two_cards(), "c2")
    page.goto("/panel")
    fake.assign("c1", customer="李先生", channel="chat")
    tab(page, "李先生").click()
    page.get_by_label("输入消息").first.press_sequentially("xe")
    fake.unassign("c1")
    expect(page.get_by_role("heading", name="赵女士")).to_be_visible()
    for _ in range(5):
        page.keyboard.type("x1")
        page.wait_for_timeout(150)
    assert not [message for message in fake.heard if isinstance(message, panel.ActionBase)]
    page.wait_for_timeout(KEY_PAUSE)
    page.keyboard.press("1")
    expect(cards(page).first).to_contain_text("已使用")


def test_a_new_call_never_takes_the_view_and_alt_numbers_switch(page: Page, fake: FakeServer) -> None:
    open_call(page, fake, channel="chat")
    box = page.get_by_label("输入消息").first
    box.fill("给李先生的草稿")
    fake.assign("c2", customer="赵女士")
    expect(tab(page, "赵女士")).to_contain_text("1")
    expect(box).to_be_focused()
    page.keyboard.press("Alt+2")
    expect(page.get_by_role("heading", name="赵女士")).to_be_visible()
    page.keyboard.press("Alt+9")
    expect(page.get_by_role("heading", name="赵女士")).to_be_visible()
    page.keyboard.press("Alt+1")
    expect(box).to_have_value("给李先生的草稿")


def test_each_conversation_keeps_its_search_scroll_and_edit(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    for number in range(20):
        fake.say(content.utterance(f"第{number}句", start=10.0 + number))
    fake.assign("c2", customer="赵女士")
    expect(page.get_by_text("第19句")).to_be_in_viewport()
    page.get_by_role("log").evaluate(
        "log => new Promise(done => { log.onscroll = () => requestAnimationFrame(done); log.scrollTop = 40 })"
    )
    show_cards(page, fake)
    page.keyboard.press("e")
    page.get_by_label("编辑话术").fill("改了一半")
    page.keyboard.press("Alt+2")
    page.keyboard.press("/")
    page.keyboard.type("征信")
    page.keyboard.press("Alt+1")
    expect(page.get_by_label("编辑话术")).to_have_value("改了一半")
    assert page.get_by_role("log").evaluate("element => element.scrollTop") == 40
    page.keyboard.press("Alt+2")
    expect(page.get_by_label("搜索知识库").get_by_role("textbox")).to_have_value("征信")
    expect(page.get_by_role("button", name="放到卡片")).to_be_visible()


def test_wrap_ups_wait_on_their_tabs_and_end_one_by_one(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    fake.assign("c2", customer="赵女士", channel="chat")
    fake.assign("c3", customer="孙先生")
    for number in ("c1", "c3"):
        fake.say(events.ConversationEnded(reason="hang_up"), number)
    expect(tab(page, "李先生")).to_contain_text("小结")
    expect(tab(page, "孙先生")).to_contain_text("小结")
    expect(tab(page, "赵女士")).not_to_contain_text("小结")
    page.get_by_role("button", name="小结", exact=True).last.click()
    page.get_by_text("咨询解决").click()
    page.get_by_role("button", name="完成小结").click()
    expect(tab(page, "李先生")).to_have_count(0)
    expect(tab(page, "赵女士")).to_be_visible()
    expect(tab(page, "孙先生")).to_contain_text("小结")
    assert [done.conversation_id for done in fake.sent(panel.WrapUp)] == ["c1"]
    expect(page.get_by_test_id("departed")).to_have_count(0)


def test_a_conversation_gone_while_disconnected_is_gone(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    page.wait_for_timeout(SETTLED)
    fake.conversations.clear()
    fake.drop()
    expect(page.get_by_text("等待来电")).to_be_visible()
    expect(page.get_by_test_id("departed")).to_be_visible()
