"""What goes on around the words: segments, sounds, legs, tasks, languages, recording, results, long texts."""

import pytest
from playwright.sync_api import Locator, Page, expect

from server.wire import events, panel
from server.wire.base import ErrorCode
from tests.browser.conftest import WIDE
from tests.browser.content import FEE, Content
from tests.browser.fake_server import FakeServer
from tests.browser.test_panel import SETTLED, cards, open_call, show_cards

LONG_NAME = "A" * 60
content = Content()


def row(page: Page, kind: str) -> Locator:
    return page.locator(f"[data-row={kind}]")


def menu(page: Page, name: str) -> Locator:
    return page.get_by_role("menuitem", name=name)


@pytest.mark.parametrize(
    ("kind", "chip"),
    [("hold", "保持中"), ("consult", "咨询中"), ("conference", "三方通话"), ("ivr", "语音导航"), ("wrap_up", "待小结")],
)
def test_the_header_shows_what_goes_on(page: Page, fake: FakeServer, kind: str, chip: str) -> None:
    open_call(page, fake)
    fake.say(content.segments(("talk", 0.0, 3.0), (kind, 3.0, None)))
    expect(page.get_by_test_id("live-state")).to_have_text(chip)


def test_hold_is_a_band_and_what_is_said_in_it_is_grey(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    fake.say(content.utterance("这句在保持里", start=12.0, role="agent"))
    fake.say(content.segments(("talk", 0.0, 10.0), ("hold", 10.0, 52.0), ("talk", 52.0, None)))
    expect(row(page, "band")).to_have_text("保持 0:42")
    expect(row(page, "said").filter(has_text="这句在保持里")).to_have_class("agent words aside")
    expect(row(page, "said").filter(has_text="手续费")).to_have_class("customer words")
    expect(page.get_by_test_id("live-state")).to_have_text("通话中")


def test_music_and_prompts_are_no_words(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    for start in (10.0, 12.0, 14.0):
        fake.say(content.utterance("啦啦啦", start=start, sound="music"))
    fake.say(content.utterance("请按一", start=20.0, sound="prompt"))
    expect(row(page, "sound")).to_have_text(["等待音乐 0:06", "录音播报 0:02"])
    expect(page.locator("body")).not_to_contain_text("啦啦啦")
    expect(page.locator("body")).not_to_contain_text("请按一")


def test_gaps_and_unrecorded_stretches_are_marked(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    fake.say(events.LegGap(leg="customer", start=4.0, end=4.0, missing=2.5, reason="sender lost"))
    expect(row(page, "gap")).to_have_text("2.5 秒音频缺失 · 线路中断")
    fake.say(events.RecordingChanged(recording=False, when=5.0, by="agent1", reason="agent"))
    expect(row(page, "recording")).to_have_text("未录音 …")
    fake.say(events.RecordingChanged(recording=True, when=40.0, by="agent1", reason="agent"))
    expect(row(page, "recording")).to_have_text("未录音 0:35")


def test_unknown_and_mixed_voices_are_called_so(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    fake.say(content.leg("left", "unknown"))
    expect(page.get_by_text("还不知道是谁在说话")).to_be_visible()
    fake.say(content.utterance("喂", role="unknown", start=8.0))
    fake.say(content.utterance("你好", role="mixed", start=9.0))
    expect(row(page, "said").filter(has_text="喂")).to_contain_text("未知说话人")
    expect(row(page, "said").filter(has_text="你好")).to_contain_text("混合声音")
    fake.say(events.LegRoleChanged(leg="left", role=events.Role.CUSTOMER, by="switch"))
    expect(row(page, "role")).to_have_text("这一路声音现在是：客户")
    expect(page.get_by_text("还不知道是谁在说话")).to_have_count(0)


def test_an_outbound_call_opens_with_its_task(page: Page, fake: FakeServer) -> None:
    page.goto("/panel")
    fake.assign(direction="outbound")
    story = "客户上传身份证时放弃。" * 20
    task = {"上次登录": "11 月 20 日", "经过": story}
    fake.say(content.started(direction="outbound", campaign="春季唤回", stage="上传资料", context=task))
    fake.say(content.raised(content.card("task", "怎么继续申请？", "您打开APP就能接着填。", source="context")))
    expect(page.get_by_test_id("about")).to_have_text("外呼 · 春季唤回 · 停在：上传资料")
    expect(cards(page).first).to_contain_text("来自任务")
    block = page.get_by_role("log").get_by_role("region", name="来自任务")
    expect(block).to_contain_text("11 月 20 日")
    short = block.bounding_box()
    block.get_by_role("button", name="展开").click()
    tall = block.bounding_box()
    assert short and tall and tall["height"] > short["height"] + 40


def test_the_details_open_and_close_by_keyboard(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    show_cards(page, fake)
    page.get_by_role("button", name="会话详情").press("Enter")
    details = page.get_by_role("dialog", name="会话信息")
    expect(details).to_contain_text("switch-c1")
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    expect(details).to_have_count(0)
    expect(page.get_by_role("button", name="会话详情")).to_be_focused()
    expect(cards(page)).to_have_count(2)
    assert not fake.sent(panel.Use)


def test_another_language_takes_the_cards_of_the_old_one_away(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    for leg in ("agent", "customer"):
        fake.say(content.leg(leg, leg))
    show_cards(page, fake)
    page.get_by_test_id("language").click()
    cards(page).first.hover()
    menu(page, "英文").click()
    expect(page.get_by_test_id("language")).to_have_text("英文")
    expect(row(page, "language")).to_have_text("客户改说英文，提词随之更换")
    expect(cards(page)).to_have_count(0)
    assert [(set_.language, set_.leg) for set_ in fake.sent(panel.SetLanguage)] == [("en", None)]
    # A late card of what was said before the switch.
    fake.say(content.raised(content.card("late", "迟到的", FEE)))
    fake.say(content.utterance("Is there a fee?", start=9.0, language="en", utterance_id="u-en"))
    english = content.card("en", "Early repayment fee", "There is no fee after thirty days.")
    fake.say(content.raised(english).model_copy(update={"trigger": "u-en"}))
    expect(cards(page)).to_have_count(1)
    expect(cards(page)).to_contain_text("There is no fee")


def test_a_language_that_is_not_loaded_is_explained(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    fake.problem = ErrorCode.UNSUPPORTED_LANGUAGE
    page.get_by_test_id("language").click()
    menu(page, "英文").click()
    expect(page.get_by_role("alert")).to_have_text("这台服务器没有加载这种语言")
    expect(page.get_by_test_id("language")).to_have_text("中文")


def test_recording_and_consent(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    chip = page.get_by_test_id("recording")
    expect(chip).to_have_text("录音")
    chip.click()
    menu(page, "停止录音").click()
    expect(chip).to_have_text("未录音")
    chip.click()
    menu(page, "客户拒绝录音").click()
    expect(row(page, "consent")).to_have_text("客户拒绝录音")
    assert [change.recording for change in fake.sent(panel.SetRecording)] == [False]
    assert [change.consent for change in fake.sent(panel.SetConsent)] == [events.Consent.REFUSED]
    fake.problem = ErrorCode.POLICY
    chip.click()
    menu(page, "继续录音").click()
    expect(page.get_by_role("alert")).to_have_text("队列规则不允许改变录音")
    expect(chip).to_have_text("未录音")


def test_a_queue_that_does_not_record_says_so_from_the_first_second(page: Page, fake: FakeServer) -> None:
    page.goto("/panel")
    fake.assign()
    fake.say(content.started())
    fake.say(events.RecordingChanged(recording=False, when=0.0, by="system", reason="queue policy"))
    expect(page.get_by_test_id("recording")).to_have_text("未录音")
    expect(row(page, "recording")).to_have_text("未录音 …")


def test_a_business_result_shows_when_it_arrives(page: Page, fake: FakeServer) -> None:
    open_call(page, fake)
    fake.say(events.ConversationEnded(reason="hang_up"))
    fake.say(content.result("applied"))
    expect(row(page, "result")).to_have_text("业务结果：applied")
    page.get_by_role("button", name="小结").click()
    expect(page.locator("form")).to_contain_text("业务结果 applied")


def test_while_connecting_and_while_disconnected(page: Page, fake: FakeServer) -> None:
    fake.mute = True
    page.goto("/panel")
    expect(page.get_by_role("status").filter(has_text="连接中")).to_be_visible()
    fake.mute = False
    fake.drop()
    expect(page.get_by_role("region", name="接下来会这样")).to_be_visible(timeout=10_000)
    fake.assign()
    show_cards(page, fake)
    fake.refuse = True
    fake.drop()
    expect(page.locator(".cards.stale")).to_be_visible()
    fake.refuse = False
    expect(page.locator(".cards.stale")).to_have_count(0)


@pytest.mark.parametrize("width", [320, 400, 1280])
def test_long_names_and_texts_stay_within_the_panel(page: Page, fake: FakeServer, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/panel")
    fake.assign(customer=LONG_NAME, queue="Q" * 60, external_id="x" * 120)
    fake.assign("c2", customer=LONG_NAME, channel="chat")
    fake.offer(content.claim("w1", customer=LONG_NAME, queue="Q" * 60))
    fake.say(content.started(direction="outbound", campaign="C" * 60, stage="S" * 60, context={"K" * 60: "V" * 300}))
    fake.say(content.utterance("w" * 300))
    fake.say(content.raised(content.card("long", "T" * 120, "很长的话术。" * 90, matched="m" * 200)))
    expect(cards(page)).to_have_count(1)
    page.get_by_role("region", name="等待认领的来电").get_by_role("button").click()
    if width < WIDE["width"]:
        page.get_by_role("button", name="会话详情").click()
    page.wait_for_timeout(SETTLED)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for name in ("是我的", "使用"):
        box = page.get_by_role("button", name=name, exact=True).first.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= width
