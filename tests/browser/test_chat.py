"""A chat: the agent's panel on one side, the customer's page on the other."""

from playwright.sync_api import BrowserContext, Page, expect

from server.wire import chat, events, panel
from tests.browser.content import FEE, Content
from tests.browser.fake_server import FakeServer
from tests.browser.test_panel import SETTLED, cards

content = Content()


def open_chat(page: Page, fake: FakeServer, **fields: object) -> None:
    page.goto("/panel")
    expect(page.get_by_text("等待来电")).to_be_visible()
    fake.assign("chat1", **{"channel": "chat", "customer": "赵女士", **fields})


def test_a_click_arrives_at_the_customers_page(page: Page, context: BrowserContext, fake: FakeServer) -> None:
    open_chat(page, fake)
    customer = context.new_page()
    customer.goto("/chat?token=good")
    expect(customer.get_by_role("heading", name="晨星银行")).to_be_visible()
    customer.get_by_placeholder("请输入您的问题").fill("提前还款要手续费吗？")
    customer.keyboard.press("Enter")
    expect(page.get_by_text("提前还款要手续费吗？")).to_be_visible()
    fake.say(content.two_cards(), "chat1")
    page.bring_to_front()
    expect(cards(page)).to_have_count(2)
    page.wait_for_timeout(SETTLED)
    page.keyboard.press("1")
    customer.bring_to_front()
    expect(customer.get_by_text(FEE)).to_be_visible()
    expect(cards(page).first).to_contain_text("已发送")
    expect(cards(page).first.locator("[data-state=delivered]")).to_have_text("已送达")


def test_typed_messages_keep_until_the_input_method_is_done(page: Page, fake: FakeServer) -> None:
    open_chat(page, fake)
    box = page.get_by_label("输入消息").first
    box.fill("您好")
    box.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    page.wait_for_timeout(100)
    assert not fake.sent(panel.Send)
    box.press("Enter")
    expect(page.get_by_role("log").get_by_text("您好")).to_be_visible()
    expect(page.locator("[data-state=queued]")).to_be_visible()
    expect(box).to_have_value("")


def test_failed_delivery_says_why(page: Page, fake: FakeServer) -> None:
    fake.delivery = events.DeliveryState.FAILED
    open_chat(page, fake)
    page.get_by_label("输入消息").first.fill("您好")
    page.keyboard.press("Enter")
    expect(page.locator("[data-state=failed]")).to_contain_text("未送达 · 对方网关无应答")


def test_insert_only_puts_the_reply_into_the_box(page: Page, fake: FakeServer) -> None:
    open_chat(page, fake, insert_only=True)
    fake.say(content.two_cards(), "chat1")
    expect(cards(page)).to_have_count(2)
    page.wait_for_timeout(SETTLED)
    page.keyboard.press("1")
    expect(page.get_by_label("输入消息").first).to_have_value(FEE)
    assert not fake.sent(panel.Send)
    page.keyboard.press("Enter")
    expect(cards(page).first).to_contain_text("已发送")
    assert fake.sent(panel.Send)[0].suggestion_id == "s-fee"


def test_the_customers_page_heals_and_says_once(page: Page, fake: FakeServer) -> None:
    fake.assign("chat1", channel="chat")
    page.goto("/chat?token=good")
    expect(page.get_by_text("您好，请问有什么可以帮您？")).to_be_visible()
    fake.drop()
    expect(page.get_by_text("网络断开")).to_be_visible()
    page.get_by_placeholder("请输入您的问题").fill("还在吗")
    page.keyboard.press("Enter")
    expect(page.get_by_text("发送中")).to_be_visible()
    expect(page.get_by_text("发送中")).to_have_count(0)
    expect(page.get_by_text("还在吗")).to_have_count(1)
    assert len([m for m in fake.chat_heard if isinstance(m, chat.CustomerSays)]) == 1


def test_an_expired_link_says_so(page: Page) -> None:
    page.goto("/chat?token=old")
    expect(page.get_by_role("alert")).to_contain_text("无效或已过期")


def test_the_customer_can_end_the_chat(page: Page) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/chat?token=good")
    page.get_by_role("button", name="结束会话").click()
    expect(page.get_by_text("会话已结束，感谢您的咨询")).to_be_visible()
