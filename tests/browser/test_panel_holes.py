"""Replies with holes in a real browser: shown as gaps, completed where they stand, never sent half-empty."""

from playwright.sync_api import Locator, Page, expect

from server.wire import events, panel
from tests.browser.conftest import WIDE
from tests.browser.fake_server import FakeServer
from tests.browser.test_panel import SETTLED, cards, content, open_call

HOLED = "{amount}元确实多扣的，退回尾号{card_tail}。"


def show_holed(page: Page, fake: FakeServer) -> None:
    known = {"holes": ["amount", "card_tail"], "filled": {"customer_name": "context"}}
    holed = content.card("refund", "扣费不对怎么办？", HOLED, reply_to_send="退{amount}元到尾号{card_tail}", **known)
    fake.say(content.raised(holed))
    expect(cards(page)).to_have_count(1)
    page.wait_for_timeout(SETTLED)


def gap(page: Page, name: str) -> Locator:
    return cards(page).get_by_label(f"补全：{name}")


def test_a_gap_is_completed_where_it_stands_and_only_then_the_reply_is_used(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    show_holed(page, fake)
    expect(cards(page).get_by_role("button", name="补全")).to_be_visible()
    expect(cards(page)).to_contain_text("客户姓名（会话资料）")
    expect(cards(page)).not_to_contain_text("{amount}")
    page.keyboard.press("1")
    expect(gap(page, "金额")).to_be_focused()
    assert not fake.sent(panel.Use)
    page.keyboard.type("三百")
    page.keyboard.press("Tab")
    expect(gap(page, "卡尾号")).to_be_focused()
    page.keyboard.type("1234")
    expect(cards(page).get_by_role("button", name="使用")).to_be_visible()
    page.keyboard.press("Enter")
    expect(cards(page)).to_contain_text("已修改并使用")
    expect(cards(page)).to_contain_text("三百元确实多扣的，退回尾号1234。")
    assert [use.text for use in fake.sent(panel.Use)] == ["三百元确实多扣的，退回尾号1234。"]


def revised(**fields: object) -> events.SuggestionRevised:
    same = {"suggestion_id": "s-refund", "confidence": 0.92, "rank": 1, "matched": "?", "confirmed": True}
    return events.SuggestionRevised.model_validate(same | fields)


def test_what_becomes_known_fills_the_card_unless_it_is_being_completed(page: Page, fake: FakeServer) -> None:
    page.set_viewport_size(WIDE)
    open_call(page, fake)
    show_holed(page, fake)
    fake.say(
        revised(reply="三百元确实多扣的，退回尾号{card_tail}。", holes=["card_tail"], filled={"amount": "customer"})
    )
    expect(cards(page)).to_contain_text("三百元确实多扣的")
    expect(cards(page)).to_contain_text("金额（客户说的）")
    gap(page, "卡尾号").fill("77")
    page.mouse.move(5, 5)
    fake.say(revised(reply="三百元确实多扣的，退回尾号1234。", holes=[]))
    page.wait_for_timeout(600)
    expect(gap(page, "卡尾号")).to_have_value("77")
    gap(page, "卡尾号").press("Escape")
    expect(cards(page)).to_contain_text("退回尾号1234。")
    expect(cards(page).get_by_role("button", name="使用")).to_be_visible()


def test_the_editor_begins_at_the_hole_and_does_not_let_it_out(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    show_holed(page, fake)
    page.keyboard.press("e")
    editor = page.get_by_label("编辑话术")
    expect(editor).to_be_focused()
    page.keyboard.type("三百")
    page.keyboard.press("Enter")
    expect(cards(page)).to_contain_text("还缺“卡尾号”")
    assert not fake.sent(panel.Use)
    page.keyboard.type("1234")
    page.keyboard.press("Enter")
    expect(cards(page)).to_contain_text("已修改并使用")
    expect(cards(page)).to_contain_text("三百元确实多扣的，退回尾号1234。")
    assert [use.text for use in fake.sent(panel.Use)] == ["三百元确实多扣的，退回尾号1234。"]


def test_text_that_goes_out_on_a_call_is_completed_in_its_second_step(page: Page, fake: FakeServer) -> None:
    open_call(page, fake, text_out=True)
    show_holed(page, fake)
    cards(page).get_by_role("button", name="发给客户").click()
    step = page.get_by_role("group", name="把这段文字发给客户？")
    expect(step.get_by_role("button", name="确认发送")).to_be_disabled()
    step.get_by_label("补全：金额").fill("300")
    step.get_by_label("补全：卡尾号").fill("1234")
    step.get_by_role("button", name="确认发送").click()
    expect(step).to_have_count(0)
    assert [send.text for send in fake.sent(panel.Send)] == ["退300元到尾号1234"]


def test_text_with_a_slot_does_not_leave_the_message_box(page: Page, fake: FakeServer) -> None:
    open_call(page, fake, channel=events.Channel.CHAT)
    box = page.get_by_role("textbox").last
    box.fill("退{amount}元给您")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("还缺“金额”")
    page.keyboard.type("300")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert [send.text for send in fake.sent(panel.Send)] == ["退300元给您"]
