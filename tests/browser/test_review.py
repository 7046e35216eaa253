"""A reviewer searches, opens what was hit, and listens with the transcript in step: the real pages on a real server."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, Open
from tests.browser.stored import BASE, LINES, OFFSETS, SWEEP, Stored

TIMES = "() => Object.fromEntries(window.audios.map((a) => [a.src.split('/').pop(), a.currentTime]))"
PITCH = """async (leg) => {
  const audio = window.audios.find((a) => a.src.endsWith(leg));
  if (!window.analyser) {
    const context = new AudioContext();
    await context.resume();
    window.analyser = context.createAnalyser();
    window.analyser.fftSize = 4096;
    window.analyser.smoothingTimeConstant = 0;
    context.createMediaElementSource(audio).connect(window.analyser);
    window.hertz = context.sampleRate / 4096;
  }
  await new Promise((done) => setTimeout(done, 700));
  const levels = new Float32Array(window.analyser.frequencyBinCount);
  window.analyser.getFloatFrequencyData(levels);
  const loudest = levels.indexOf(Math.max(...levels));
  return { at: audio.currentTime, hertz: loudest * window.hertz };
}"""
SNAPSHOT = """() => ({
  at: window.audios.find((a) => a.src.endsWith('customer')).currentTime,
  line: document.querySelector('[data-current=true]')?.innerText ?? null,
})"""


def search(page: Page, words: str) -> None:
    page.get_by_role("textbox", name="搜索会话").fill(words)
    page.keyboard.press("Enter")


def test_a_word_is_found_and_opens_at_its_place_and_back_leads_to_the_search(open_as: Open) -> None:
    page = open_as("/conversations")
    expect(page.get_by_role("status")).to_have_text("25 个会话")
    search(page, "转账")
    expect(page.get_by_role("status")).to_have_text("1 个会话")
    expect(page).to_have_url(re.compile(r"\?q=%E8%BD%AC%E8%B4%A6$"))
    expect(page.locator("mark")).to_have_text(["转账"])
    page.locator("a.snippet").click()
    expect(page.locator("[data-asked=true]")).to_contain_text("我要转账户里的钱")
    expect(page.locator("[data-asked=true]")).to_be_in_viewport()
    expect(page.get_by_text("0:03 / 0:16")).to_be_visible()
    page.get_by_role("link", name="搜索结果").click()
    expect(page.locator("mark")).to_have_text(["转账"])


def test_filters_stand_in_the_address_and_pages_too(open_as: Open) -> None:
    page = open_as("/conversations")
    page.get_by_label("队列").select_option("loans")
    expect(page.get_by_role("status")).to_have_text("16 个会话")
    page.get_by_label("小结").select_option("resolved")
    expect(page.get_by_text("没有找到会话")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("status")).to_have_text("16 个会话")
    page.get_by_role("button", name="清除筛选").click()
    page.get_by_role("button", name="第 2 页").or_(page.locator(".number", has_text="2")).first.click()
    expect(page).to_have_url(re.compile("page=2"))
    expect(page.locator("ol > li")).to_have_count(5)
    page.reload()
    expect(page.locator("ol > li")).to_have_count(5)
    page.goto("/conversations?has=edited")
    expect(page.get_by_label("改过话术")).to_be_checked()
    page.goto("/conversations?wrap_up=resolved&has=recording")
    expect(page.get_by_role("link", name="李先生")).to_be_visible()


def test_nobody_called_yet(open_as: Open) -> None:
    expect(open_as("/conversations", "newcomer").get_by_text("还没有会话")).to_be_visible()


def test_a_server_that_is_away_can_be_asked_again(open_as: Open) -> None:
    page = open_as("/conversations", size=NARROW)
    expect(page.get_by_role("status")).to_be_visible()
    page.context.set_offline(True)
    search(page, "挂失")
    expect(page.get_by_text("网络不通")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("button", name="重试").click()
    expect(page.get_by_role("status")).to_have_text("12 个会话")


def test_an_agent_has_no_search(open_as: Open) -> None:
    page = open_as("/conversations", "agent1")
    expect(page.get_by_role("row")).to_have_count(21)
    expect(page.get_by_role("search")).to_have_count(0)


def test_a_click_on_an_utterance_plays_it_from_its_start(open_as: Open, stored: tuple[Stored, str]) -> None:
    page = open_as(f"/conversations/{stored[0].ids['call']}")
    _, start, _, text = LINES[3]
    page.wait_for_function("() => window.audios.every((a) => a.readyState >= 3)")
    page.get_by_text(text, exact=False).first.click()
    page.wait_for_function("() => new Set(window.sought.map(([leg]) => leg)).size === 2")
    sought = dict(reversed(page.evaluate("window.sought")))
    for leg, offset in OFFSETS.items():
        assert abs(sought[leg] + offset - start) < 0.05
    heard = page.evaluate(PITCH, "customer")
    # What sounds is what the player says it plays, not only what it was told to seek.
    assert abs((heard["hertz"] - BASE) / SWEEP - heard["at"]) < 0.15
    assert start < heard["at"] < start + 2


def test_the_spoken_line_follows_and_the_legs_stay_together(open_as: Open, stored: tuple[Stored, str]) -> None:
    page = open_as(f"/conversations/{stored[0].ids['call']}", size=NARROW)
    page.get_by_role("button", name="从这里播放 0:03").click()
    page.get_by_role("button", name="2 倍速").click()
    seen: set[str] = set()
    for _ in range(24):
        page.wait_for_timeout(200)
        now = page.evaluate(SNAPSHOT)
        due = next((text for _, a, b, text in LINES if a + 0.15 < now["at"] < b - 0.15), None)
        if due is not None:
            assert now["line"] is not None
            assert due in now["line"]
            seen.add(due)
            expect(page.locator("[data-current=true]")).to_be_in_viewport()
        if len(seen) == 3:
            break
    assert len(seen) >= 3
    times = page.evaluate(TIMES)
    assert abs(times["customer"] - times["agent"] - OFFSETS["agent"]) < 0.1


def test_keys_play_pause_and_step_and_a_leg_can_be_muted(open_as: Open, stored: tuple[Stored, str]) -> None:
    page = open_as(f"/conversations/{stored[0].ids['call']}")
    expect(page.get_by_text("0:00 / 0:16")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("0:05 / 0:16")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="暂停")).to_be_visible()
    page.get_by_label("收听 客户").uncheck()
    page.wait_for_function("() => window.audios.find((a) => a.src.endsWith('customer')).muted")
    page.get_by_text("收听").or_(page.locator("h1")).first.click()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="播放", exact=True)).to_be_visible()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("0:00 / 0:16")).to_be_visible()


def test_everything_that_happened_is_shown(open_as: Open, stored: tuple[Stored, str]) -> None:
    page = open_as(f"/conversations/{stored[0].ids['call']}")
    for text in ("已说出", "客户说完后 0.31 秒上屏", "0.8 秒音频缺失", "客户还想要一份还款明细"):
        expect(page.get_by_text(text)).to_be_visible()
    legend = page.get_by_label("时间条图例")
    for text in ("保持", "音频缺失", "未录音 0:080:13", "隐去的敏感信息 0:03"):
        expect(legend).to_contain_text(text)


def test_a_recording_that_cannot_be_loaded_is_told(open_as: Open, stored: tuple[Stored, str]) -> None:
    page = open_as("/conversations")
    page.context.route("**/recordings/agent", lambda route: route.abort())
    page.goto(f"/conversations/{stored[0].ids['call']}")
    expect(page.get_by_text("有一路录音没有加载成功")).to_be_visible()
    page.get_by_role("button", name="播放", exact=True).click()
    expect(page.get_by_text("0:02 / 0:16")).to_be_visible()
