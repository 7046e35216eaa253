"""The supervisors' page: live calls, delays and room, in every state and width."""

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from server.wire.base import ErrorCode
from server.wire.events import Direction, SegmentKind
from server.wire.floor import Floor, FloorCall, NodeHealth, RefusalCount, StageLag
from server.wire.rest import NotReady
from tests.browser.conftest import NARROW, WIDE
from tests.browser.fake_server import FakeServer


def call(number: int = 1, **fields: Any) -> FloorCall:
    now = time.time()
    known: dict[str, Any] = {
        "conversation_id": f"c{number}",
        "agent": f"agent{number}",
        "agent_name": f"坐席{number}",
        "queue": "loans",
        "direction": Direction.INBOUND,
        "language": "zh",
        "started_at": now - 125,
        "segment": SegmentKind.TALK,
        "segment_since": now - 125,
        "lag": 0.12,
        "away": False,
        "shown": 5,
        "used": 2,
    }
    return FloorCall(**(known | fields))


def floor(*calls: FloorCall, **fields: Any) -> Floor:
    known: dict[str, Any] = {
        "at": time.time(),
        "calls": list(calls),
        "node": node(calls=len(calls)),
        "lags": [
            StageLag(stage="final", p50=0.52, p95=0.81, count=412),
            StageLag(stage="intent", p50=0.6, p95=0.9, count=80),
            StageLag(stage="retrieval", p50=0.61, p95=0.93, count=80),
            StageLag(stage="pushed", p50=0.63, p95=0.97, count=80),
            StageLag(stage="rendered", p50=0.7, p95=1.42, count=78),
        ],
        "refusals": [RefusalCount(reason=ErrorCode.OVERLOADED, count=3)],
    }
    return Floor(**(known | fields))


def node(**fields: Any) -> NodeHealth:
    known: dict[str, Any] = {
        "version": "0.1.0", "reasons": [], "calls": 2, "room": 6, "memory_bytes": 812e6, "disk_free_bytes": 41.2e9
    }  # fmt: skip
    return NodeHealth(**(known | fields))


@pytest.fixture
def on(page: Page, fake: FakeServer) -> Page:
    """A supervisor's page, before it was opened."""
    fake.me |= {"role": "supervisor", "pages": ["panel", "floor", "conversations"]}
    page.set_viewport_size(WIDE)
    return page


def tile(page: Page, name: str) -> Any:
    return page.locator(f"[data-tile={name}] .value")


def row(page: Page, number: int) -> Any:
    return page.locator(f"[data-call=c{number}]")


def test_calls_delays_and_room_are_seen_and_move_on(on: Page, fake: FakeServer) -> None:
    hold = {"segment": SegmentKind.HOLD, "segment_since": time.time() - 40}
    fake.floor = floor(call(1), call(2, agent=None, agent_name=None, lag=2.4, **hold), call(3, away=True))
    on.goto("/floor")
    expect(tile(on, "calls")).to_have_text("3")
    expect(tile(on, "room")).to_have_text("6")
    expect(tile(on, "words")).to_have_text("0.81 秒")
    expect(tile(on, "cards")).to_have_text("0.97 秒")
    expect(tile(on, "refused")).to_have_text("3")
    expect(row(on, 1)).to_contain_text("坐席1")
    expect(row(on, 1)).to_contain_text("2 / 5")
    expect(row(on, 1)).to_contain_text("2:0")
    expect(row(on, 2)).to_contain_text("待认领")
    expect(row(on, 2)).to_contain_text("保持中")
    expect(row(on, 2).locator(".late")).to_have_text("2.4 秒")
    expect(row(on, 3)).to_contain_text("音频中断")
    full = node(calls=8, room=0, reasons=[NotReady.FULL])
    fake.floor = floor(call(4), node=full)
    expect(row(on, 4)).to_be_visible()
    expect(row(on, 1)).to_have_count(0)
    expect(on.get_by_text("已满，新来电被拒")).to_be_visible()
    on.get_by_role("link", name="查看 坐席4 的通话").click()
    expect(on).to_have_url(re.compile("/conversations/c4$"))


def test_before_the_first_call_and_between_calls(on: Page, fake: FakeServer) -> None:
    fake.floor = floor(node=node(calls=0, room=8), lags=[], refusals=[])
    on.goto("/floor")
    expect(on.get_by_role("heading", name="还没有接入过通话")).to_be_visible()
    expect(on.locator("[data-tile=words] .note")).to_have_text("近 5 分钟没有")
    fake.floor = floor(node=node(calls=0, room=8))
    expect(on.get_by_role("heading", name="现在没有通话")).to_be_visible()
    fake.floor = floor(node=node(calls=0, room=None))
    expect(tile(on, "room")).to_have_text("不限")


def test_while_it_loads_and_when_it_cannot(on: Page, fake: FakeServer) -> None:
    on.goto("/floor")
    expect(on.locator(".el-skeleton")).to_be_visible()
    fake.floor = ErrorCode.STORAGE
    expect(on.get_by_role("button", name="重试")).to_be_visible()
    fake.floor = floor(call(1))
    on.get_by_role("button", name="重试").click()
    expect(row(on, 1)).to_be_visible()
    fake.floor = ErrorCode.STORAGE
    expect(on.get_by_text("秒前的数据，正在重连…")).to_be_visible(timeout=15_000)
    expect(row(on, 1)).to_be_visible()
    fake.floor = floor(call(2))
    expect(row(on, 2)).to_be_visible()
    expect(on.get_by_text("每 2 秒更新")).to_be_visible()


def test_a_full_floor_is_filtered(on: Page, fake: FakeServer) -> None:
    fake.floor = floor(*[call(n, queue="cards" if n % 10 == 0 else "loans") for n in range(1, 41)])
    on.goto("/floor")
    expect(on.locator("[data-call]")).to_have_count(40)
    on.get_by_label("按坐席或队列筛选").fill("cards")
    expect(on.locator("[data-call]")).to_have_count(4)
    on.get_by_label("按坐席或队列筛选").fill("没有这个人")
    expect(on.get_by_text("没有符合的通话")).to_be_visible()


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["side panel", "full width"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_long_texts_stay_within_the_page(on: Page, fake: FakeServer, size: Any, language: str) -> None:
    name = "阿卜杜热合曼·买买提艾力" * 3
    long = call(
        1, agent_name=name, agent="a-login-that-never-ends@subsidiary.bank.example", queue="-".join(["queue"] * 20)
    )
    every = [
        RefusalCount(reason=reason, count=10_000) for reason in (ErrorCode.UNSUPPORTED_LANGUAGE, ErrorCode.STORAGE)
    ]
    late = [StageLag(stage="final", p50=12.3, p95=123.4, count=123_456)]
    fake.floor = floor(long, call(2), node=node(room=0, reasons=list(NotReady)), refusals=every, lags=late)
    on.set_viewport_size(size)
    on.add_init_script(f"localStorage.setItem('tici.locale', '{language}')")
    on.goto("/floor")
    expect(row(on, 1)).to_be_visible()
    wide = on.evaluate("document.querySelector('.main').scrollWidth - document.querySelector('.main').clientWidth")
    assert wide == 0
    for node_ in on.locator("[data-call=c1] td, .tile, .states li").all():
        box = node_.bounding_box()
        assert box is None or box["x"] + box["width"] <= size["width"] + 0.5
