"""The agent's panel in a real browser."""

import re

from playwright.sync_api import Locator, Page, expect

from server.wire import events, panel
from tests.browser.conftest import WIDE
from tests.browser.content import FEE, HOW, Content
from tests.browser.fake_server import FakeServer

SETTLED = 300
"""Milliseconds after which a card counts as seen; clicks before are not meant for it."""
content = Content()


def cards(page: Page) -> Locator:
    return page.get_by_role("article")


def open_call(page: Page, fake: FakeServer, **fields: object) -> None:
    page.goto("/panel")
    expect(page.get_by_text("等待来电")).to_be_visible()
    fake.assign(**fields)
    fake.say(content.utterance("提前还款要手续费吗？"))
    expect(page.get_by_text("提前还款要手续费吗？")).to_be_visible()


def show_cards(page: Page, fake: FakeServer) -> None:
    fake.say(content.two_cards())
    expect(cards(page)).to_have_count(2)
    page.wait_for_timeout(SETTLED)


def test_login_with_a_demo_login_leads_back(page: Page, fake: FakeServer) -> None:
    fake.logged_in = False
    page.goto("/conversations")
    page.get_by_label("账号").fill("agent1")
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("账号或密码不对")
    page.get_by_role("button", name="王敏").click()
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name="会话记录")).to_be_visible()


def test_a_call_opens_by_itself_and_words_appear(page: Page, fake: FakeServer) -> None:
    open_call(page, fake, customer=None)
    expect(page.get_by_role("heading", name="未知客户")).to_be_visible()
    expect(page.get_by_test_id("live-state")).to_have_text("通话中")
    fake.interim("我想提前")
    expect(page.locator("[data-interim]")).to_contain_text("我想提前")
    fake.say(content.utterance("我想提前还款", start=5.0))
    expect(page.get_by_text("我想提前还款")).to_be_visible()
    expect(page.locator("[data-interim]")).to_have_count(0)


def test_a_transcript_that_lags_says_so_while_it_does(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    fake.lag(2.3)
    expect(page.get_by_role("status").filter(has_text="文字落后约 2 秒")).to_be_visible()
    fake.lag(0)
    expect(page.get_by_test_id("lag")).to_have_count(0)


def test_a_call_of_which_no_audio_comes_says_so_until_it_does(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    fake.lag(0, away=True)
    expect(page.get_by_role("status").filter(has_text="通话音频中断")).to_be_visible()
    fake.lag(0)
    expect(page.get_by_test_id("away")).to_have_count(0)


def test_cards_show_reply_confidence_and_why(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    show_cards(page, fake)
    first = cards(page).first
    expect(first).to_contain_text(FEE)
    expect(first).to_contain_text("92%")
    expect(first).to_contain_text("提前还款要不要手续费")


def test_painted_cards_are_reported_on_the_servers_clock(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    page.wait_for_timeout(700)  # the clock is measured by then; this server's runs 100 s ahead
    before = page.evaluate("Date.now() / 1000")
    show_cards(page, fake)
    reports, after = fake.sent(panel.Rendered), page.evaluate("Date.now() / 1000")
    assert [report.suggestion_ids for report in reports] == [["s-fee", "s-how"]]
    assert before + 99.9 < reports[0].rendered < after + 100.1


def test_a_key_uses_the_card(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    show_cards(page, fake)
    page.keyboard.press("2")
    expect(cards(page).nth(1)).to_contain_text("已使用")
    assert [use.suggestion_id for use in fake.sent(panel.Use)] == ["s-how"]
    page.keyboard.press("2")
    page.wait_for_timeout(100)
    assert len(fake.sent(panel.Use)) == 1


def test_keys_do_nothing_while_typing(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    show_cards(page, fake)
    page.keyboard.press("/")
    page.get_by_label("搜索知识库").get_by_role("textbox").press_sequentially("12exn")
    page.wait_for_timeout(200)
    assert not [message for message in fake.heard if isinstance(message, panel.ActionBase)]


def test_nothing_changes_under_the_pointer(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    show_cards(page, fake)
    before = cards(page).nth(1).bounding_box()
    cards(page).nth(1).hover()
    fake.say(events.SuggestionRevised(suggestion_id="s-how", confidence=0.99, rank=1, matched="别的", confirmed=True))
    newer = content.card("new", "逾期了怎么办？", "您尽快还上就行。")
    fake.say(content.raised(newer, replaces=("s-fee", "s-how")))
    expect(page.get_by_text("有 1 条新提词")).to_be_visible()
    expect(cards(page)).to_have_count(3)
    expect(cards(page).nth(2)).to_contain_text("逾期了怎么办？")
    expect(cards(page).nth(1)).to_contain_text("61%")
    assert cards(page).nth(1).bounding_box() == before
    page.mouse.move(5, 5)
    expect(cards(page)).to_have_count(1)
    expect(cards(page)).to_contain_text("逾期了怎么办？")


def test_asking_for_the_new_cards_puts_them_first_and_later_ones_come_below_again(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    show_cards(page, fake)
    cards(page).first.hover()
    fake.say(content.raised(content.card("new", "逾期了怎么办？", "您尽快还上就行。"), replaces=("s-fee", "s-how")))
    expect(page.get_by_text("有 1 条新提词")).to_be_visible()
    page.keyboard.press("Space")
    expect(cards(page)).to_have_count(1)
    expect(cards(page)).to_contain_text("逾期了怎么办？")
    fake.say(content.raised(content.card("newer", "怎么开结清证明？", "点结清证明。"), replaces=("s-new",)))
    expect(page.get_by_text("有 1 条新提词")).to_be_visible()
    expect(cards(page).first).to_contain_text("逾期了怎么办？")
    expect(cards(page).nth(1)).to_contain_text("怎么开结清证明？")


def test_a_click_on_a_card_that_has_just_appeared_is_not_meant_for_it(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    fake.say(content.two_cards())
    cards(page).first.wait_for()
    page.keyboard.press("1")
    page.wait_for_timeout(SETTLED)
    assert not fake.sent(panel.Use)


def test_cards_are_revised_in_place_and_go_when_expired(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    early = content.card("fee", "提前还款收手续费吗？", FEE, source="interim", confidence=0.7)
    fake.say(content.raised(early))
    expect(cards(page)).to_contain_text("预判")
    fake.say(events.SuggestionRevised(suggestion_id="s-fee", confidence=0.95, rank=1, matched="费用", confirmed=True))
    expect(cards(page)).to_contain_text("95%")
    expect(cards(page)).not_to_contain_text("预判")
    fake.say(events.SuggestionOutcome(suggestion_id="s-fee", outcome=events.OutcomeKind.EXPIRED, by="system"))
    expect(cards(page)).to_have_count(0)


def test_edit_first(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    show_cards(page, fake)
    page.keyboard.press("e")
    box = page.get_by_label("编辑话术")
    expect(box).to_have_value(FEE)
    box.fill("满三十天不收。")
    box.press("Enter")
    expect(cards(page).first).to_contain_text("已修改并使用")
    assert fake.sent(panel.Use)[0].text == "满三十天不收。"


def test_a_card_in_editing_stays_as_it_is_and_can_be_used_though_it_expired(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    show_cards(page, fake)
    page.keyboard.press("e")
    box = page.get_by_label("编辑话术")
    box.fill("满三十天不收。")
    fake.say(events.SuggestionRevised(suggestion_id="s-fee", confidence=0.31, rank=2, matched="别的", confirmed=True))
    fake.say(events.SuggestionOutcome(suggestion_id="s-fee", outcome=events.OutcomeKind.EXPIRED, by="system"))
    fake.say(content.raised(content.card("new", "逾期了怎么办？", "您尽快还上就行。")))
    expect(page.get_by_text("有 1 条新提词")).to_be_visible()
    expect(box).to_have_value("满三十天不收。")
    expect(cards(page).first).not_to_contain_text("31%")
    box.press("Enter")
    expect(cards(page).first).to_contain_text("已修改并使用")
    assert fake.sent(panel.Use)[0].text == "满三十天不收。"


def test_dismiss_and_not_right(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    show_cards(page, fake)
    page.keyboard.press("x")
    expect(cards(page)).to_have_count(1)
    page.keyboard.press("n")
    expect(cards(page)).to_have_count(0)
    assert fake.sent(panel.Dismiss)[0].suggestion_id == "s-fee"
    assert fake.sent(panel.NotRight)[0].suggestion_id == "s-how"


def test_text_to_a_caller_needs_a_second_step(page: Page, fake: FakeServer) -> None:
    open_call(page, fake, text_out=True)
    show_cards(page, fake)
    cards(page).first.get_by_role("button", name="发给客户").click()
    cards(page).first.get_by_role("button", name="确认发送").click()
    expect(cards(page).first).to_contain_text("已发送")
    assert [send.confirmed for send in fake.sent(panel.Send)] == [False, True]
    assert len({send.action_id for send in fake.sent(panel.Send)}) == 2


def test_search_puts_an_article_on_a_card(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    page.keyboard.press("/")
    page.keyboard.type("征信")
    show_cards(page, fake)
    # The pointer then rests on the cards; what the agent asked for shows all the same.
    page.mouse.move(200, 400)
    page.get_by_role("button", name="放到卡片").click()
    expect(cards(page).first).to_contain_text("征信会受影响吗？")
    assert fake.sent(panel.RaiseArticle)[0].query == "征信"


def test_wrap_up_needs_a_code_and_closes(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    fake.say(events.ConversationEnded(reason="hang_up"))
    expect(page.get_by_test_id("live-state")).to_have_text("待小结")
    page.get_by_role("button", name="小结").click()
    page.get_by_role("button", name="完成小结").click()
    expect(page.get_by_role("alert")).to_contain_text("请先选择本次结果")
    page.get_by_text("咨询解决").click()
    page.get_by_placeholder("备注").fill("讲清楚了")
    page.get_by_role("button", name="完成小结").click()
    expect(page.get_by_text("等待来电")).to_be_visible()
    assert (fake.sent(panel.WrapUp)[0].code, fake.sent(panel.WrapUp)[0].note) == ("resolved_info", "讲清楚了")


def test_the_next_conversation_never_replaces_one_not_wrapped_up(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    fake.say(events.ConversationEnded(reason="hang_up"))
    fake.assign("c2", customer="赵女士", channel="chat")
    tab = page.get_by_role("button", name=re.compile("赵女士"))
    expect(tab).to_contain_text("1")
    expect(page.get_by_role("heading", name="李先生")).to_be_visible()
    tab.click()
    expect(page.get_by_role("heading", name="赵女士")).to_be_visible()


def test_a_lost_connection_shows_heals_and_repeats_nothing(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    show_cards(page, fake)
    fake.refuse = True
    fake.drop()
    expect(page.get_by_test_id("connection-lost")).to_be_visible()
    fake.say(content.utterance("断线时说的话", start=8.0))
    page.keyboard.press("1")
    fake.refuse = False
    expect(page.get_by_text("断线时说的话")).to_be_visible()
    expect(page.get_by_test_id("connection-lost")).to_have_count(0)
    expect(cards(page).first).to_contain_text("已使用")
    assert len(fake.sent(panel.Use)) == 1
    assert [watch.after_seq for watch in fake.sent(panel.Watch)] == [0, 2]
    expect(page.get_by_text("提前还款要手续费吗？", exact=True)).to_have_count(1)


def test_the_reader_who_scrolled_up_is_left_alone(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    for number in range(20):
        fake.say(content.utterance(f"第{number}句", start=10.0 + number))
    log = page.get_by_role("log")
    expect(page.get_by_text("第19句")).to_be_in_viewport()
    log.evaluate("element => { element.scrollTop = 0 }")
    expect(page.get_by_role("button", name="回到最新")).to_be_visible()
    fake.say(content.utterance("最新的一句", start=40.0))
    expect(page.get_by_text("最新的一句")).not_to_be_in_viewport()
    page.get_by_role("button", name="回到最新").click()
    expect(page.get_by_text("最新的一句")).to_be_in_viewport()


def test_english_is_remembered(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    page.get_by_role("button", name="English").click()
    page.reload()
    expect(page.get_by_test_id("live-state")).to_have_text("Live")


def test_wide_layout_searches_beside_the_cards(page: Page, fake: FakeServer) -> None:
    page.set_viewport_size(WIDE)
    open_call(page, fake)
    show_cards(page, fake)
    page.keyboard.press("/")
    page.keyboard.type("征信")
    expect(page.get_by_role("button", name="放到卡片")).to_be_visible()
    expect(cards(page).nth(1)).to_contain_text(HOW)
