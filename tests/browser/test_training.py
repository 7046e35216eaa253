"""The trainer's page: the queue by keyboard, at once, and back again when the service refuses."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from server.wire import rest, training
from server.wire.base import ErrorCode, Message, Problem
from server.wire.events import OutcomeKind, Role
from tests.browser.conftest import NARROW, WIDE

INTENTS = [
    ("loan_early_repay", "提前还款", "Repay early", "tqhk"),
    ("card_lost", "银行卡挂失", "Lost card", "yhkgs"),
    ("fees", "收费标准", "Fees", "sfbz"),
]
LONG = "我跟你说我前面已经打过三次电话了每次都是让我等然后就没有下文了" * 12


def sample(number: int, reason: str, text: str, **values: Any) -> training.SampleRow:
    given: dict[str, Any] = {
        "sample_id": f"s{number}",
        "revision": 1,
        "state": "to_label",
        "reason": reason,
        "text": text,
        "language": "zh",
        "guess": "card_lost",
        "confidence": 0.42,
        "threshold": 0.5,
        "label": None,
        "article_id": None,
        "count": 1,
        "created_at": 1.8e9,
        "labelled_by": None,
        "labelled_at": None,
    }
    return training.SampleRow.model_validate(given | values)


@dataclass
class Desk:
    """The training doors, scripted: what was asked of them is in `heard`."""

    rows: list[training.SampleRow]
    ever: bool = True
    done: int = 0
    refuse: int = 0
    broken: bool = False
    heard: list[tuple[str, str, Any]] = field(default_factory=list)
    gone: dict[str, training.SampleRow] = field(default_factory=dict)
    slow: bool = False
    """The next undoing is answered by `release` only."""
    held: list[Callable[[], None]] = field(default_factory=list)

    def serve(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        name = url.path.removeprefix("/v1/training/")
        if name == "wordings":
            return many(route, [])
        body = route.request.post_data_json if route.request.method == "POST" else None
        self.heard.append((route.request.method, name, body))
        if self.broken:
            return answer(route, refusal(ErrorCode.STORAGE), 503)
        if name == "samples":
            return answer(route, self.page({k: v[0] for k, v in parse_qs(url.query).items()}))
        if name == "intents":
            return many(route, [intent(*one) for one in INTENTS])
        if name == "articles":
            return many(
                route, [article for article in ARTICLES if parse_qs(url.query).get("q", [""])[0] in article.title]
            )
        if route.request.method == "POST":
            return self.decide(route, name.removeprefix("samples/"), body)
        if route.request.method == "DELETE":
            return self.undo(route, name.split("/")[1])
        return answer(route, self.detail(name.removeprefix("samples/")))

    def page(self, query: dict[str, str]) -> training.SamplePage:
        rows = [
            row for row in self.rows if query.get("reason", row.reason) == row.reason and query.get("q", "") in row.text
        ]
        rows = [row for row in rows if query["state"] == row.state and query.get("lang", row.language) == row.language]
        reasons: dict[str, int] = {}
        for row in self.rows:
            reasons[row.reason.value] = reasons.get(row.reason.value, 0) + 1
        offset = int(query["offset"])
        return training.SamplePage(
            rows=rows[offset : offset + 50], total=len(rows), reasons=reasons, done=self.done, ever=self.ever
        )

    def detail(self, sample_id: str) -> training.SampleDetail:
        row = next((row for row in self.rows if row.sample_id == sample_id), None) or self.gone[sample_id]
        turns = [
            training.SampleTurn(role=Role.AGENT, text="您好，请问有什么可以帮您？", current=False),
            training.SampleTurn(role=Role.CUSTOMER, text=row.text, current=True),
        ]
        shown = training.SampleCard(
            article_id="lost", title="银行卡丢了怎么挂失？", reply="请您马上拨打挂失电话，或者在应用里自助挂失。",
            intent="card_lost", confidence=0.42, by_hand=False, outcome=OutcomeKind.DISMISSED,
        )  # fmt: skip
        return training.SampleDetail(
            row=row, turns=turns, cards=[] if row.reason == "uncertain" else [shown], article=None
        )

    def decide(self, route: Route, sample_id: str, body: Any) -> None:
        if self.refuse:
            return answer(route, refusal(ErrorCode.CONFLICT if self.refuse == 409 else ErrorCode.STORAGE), self.refuse)
        row = next(row for row in self.rows if row.sample_id == sample_id)
        if body["decision"] == "skip":
            return answer(route, row)
        self.rows.remove(row)
        self.done += 1
        label = body["intent"] or row.guess
        self.gone[sample_id] = row.model_copy(update={"label": label, "labelled_by": "wang", "revision": 2})
        answer(route, self.gone[sample_id])

    def undo(self, route: Route, sample_id: str) -> None:
        row = self.gone.pop(sample_id, None)
        if row is None:
            row = next(row for row in self.rows if row.sample_id == sample_id)
        else:
            row = row.model_copy(update={"label": None, "labelled_by": None, "revision": 3})
            self.rows.insert(0, row)
        self.done -= 1
        if self.slow:
            self.held.append(partial(answer, route, row))
        else:
            answer(route, row)

    def release(self) -> None:
        self.slow = False
        while self.held:
            self.held.pop()()

    def posted(self) -> list[Any]:
        return [body for method, _, body in self.heard if method == "POST"]

    def decisions(self) -> list[tuple[str, str, str | None, str | None]]:
        return [
            (name.removeprefix("samples/"), body["decision"], body["intent"], body["article_id"])
            for method, name, body in self.heard
            if method == "POST"
        ]


def intent(name: str, zh: str, en: str, initials: str) -> training.IntentChoice:
    return training.IntentChoice(
        intent=name, name_zh=zh, name_en=en, initials=initials, cards=True, labelled=12 if name == "fees" else 3
    )


ARTICLES = [
    training.ArticleChoice(
        article_id="fee", title="提前还款收手续费吗？", reply="不收。", intent="loan_early_repay", language="zh"
    ),
    training.ArticleChoice(
        article_id="hours", title="营业时间是几点到几点？", reply="九点到五点。", intent=None, language="zh"
    ),
]


def answer(route: Route, body: Message, status: int = 200) -> None:
    route.fulfill(status=status, json=body.model_dump(mode="json"))


def many(route: Route, bodies: list[Any]) -> None:
    route.fulfill(json=[body.model_dump(mode="json") for body in bodies])


def refusal(code: ErrorCode) -> rest.ProblemResponse:
    return rest.ProblemResponse(problem=Problem(code=code, message="no"))


def trainer(route: Route) -> None:
    me = {"login": "wang", "display_name": "王老师", "role": "trainer", "demo": False, "pages": ["training"]}
    route.fulfill(body=json.dumps({**me, "must_change_password": False}), content_type="application/json")


@pytest.fixture
def desk() -> Desk:
    return Desk(
        [
            sample(
                1, "corrected", "我那张卡怎么也找不到了", guess="card_lost", confidence=None, threshold=None, count=3
            ),
            sample(2, "not_right", "早点还清要不要多给钱", guess="fees"),
            sample(3, "uncertain", "就是那个什么来着", guess=None, confidence=0.0),
            sample(4, "uncertain", "你们家猫叫什么名字", confidence=0.2),
            sample(5, "dismissed", "转给别人的钱能追回来吗"),
        ]
    )


@pytest.fixture
def page(context: BrowserContext, running: Any, desk: Desk) -> Iterator[Page]:
    """The page of a trainer; the test fails on a script error or a refusal by the content security policy."""
    wrong: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda m: wrong.append(m.text) if "Content Security Policy" in m.text else None)
    opened.route("**/v1/session", trainer)
    opened.route(re.compile(r"/v1/training/"), desk.serve)
    opened.set_viewport_size(WIDE)
    yield opened
    assert not wrong


def focus(page: Page) -> Any:
    return page.locator("blockquote")


def choices(page: Page) -> Any:
    return page.locator("[role=listbox]:visible [role=option]")


def until(page: Page, met: Callable[[], bool]) -> None:
    """The page goes on before the server has heard of it."""
    while not met():
        page.wait_for_timeout(20)


def open_page(page: Page) -> None:
    page.goto("/training")
    expect(focus(page)).to_have_text("我那张卡怎么也找不到了")


def test_the_queue_is_worked_through_by_keyboard(page: Page, desk: Desk) -> None:
    open_page(page)
    expect(page.get_by_text("说过 3 次")).to_be_visible()
    expect(page.get_by_text("今天 0 / 5")).to_be_visible()
    page.keyboard.press("Enter")
    expect(focus(page)).to_have_text("早点还清要不要多给钱")
    expect(page.get_by_text("今天 1 / 5")).to_be_visible()
    expect(page.get_by_text("已标为“银行卡挂失”")).to_be_visible()
    page.keyboard.press("i")
    page.keyboard.type("tqh")
    expect(choices(page)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(focus(page)).to_have_text("就是那个什么来着")
    page.keyboard.press("s")
    expect(focus(page)).to_have_text("你们家猫叫什么名字")
    page.keyboard.press("o")
    expect(focus(page)).to_have_text("转给别人的钱能追回来吗")
    page.keyboard.press("d")
    expect(focus(page)).to_have_text("就是那个什么来着")
    until(page, lambda: len(desk.decisions()) == 5)
    assert desk.decisions() == [
        ("s1", "confirm", None, None),
        ("s2", "correct", "loan_early_repay", None),
        ("s3", "skip", None, None),
        ("s4", "out_of_scope", None, None),
        ("s5", "discard", None, None),
    ]
    page.keyboard.press("Enter")  # nothing to confirm: asks for the intent
    expect(page.get_by_role("combobox", name="意图")).to_be_focused()
    page.keyboard.type("收费")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="都标完了")).to_be_visible()


def test_the_right_article_brings_its_intent(page: Page, desk: Desk) -> None:
    open_page(page)
    page.keyboard.press("a")
    page.keyboard.type("手续费")
    expect(choices(page)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(focus(page)).to_have_text("早点还清要不要多给钱")
    page.keyboard.press("a")
    page.keyboard.type("营业")
    expect(choices(page)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_text("没有意图，请再选一个")).to_be_visible()
    page.keyboard.type("sfbz")
    page.keyboard.press("Enter")
    expect(focus(page)).to_have_text("就是那个什么来着")
    until(page, lambda: len(desk.decisions()) == 2)
    assert desk.decisions() == [("s1", "correct", "loan_early_repay", "fee"), ("s2", "confirm", "fees", "hours")]


def test_keys_do_nothing_while_typing(page: Page, desk: Desk) -> None:
    open_page(page)
    page.get_by_label("在样本里查找").click()
    page.keyboard.type("odszjk")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="没有符合条件的样本")).to_be_visible()
    assert desk.decisions() == []


def test_next_previous_and_undo(page: Page, desk: Desk) -> None:
    open_page(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(focus(page)).to_have_text("早点还清要不要多给钱")
    page.keyboard.press("d")
    expect(focus(page)).to_have_text("就是那个什么来着")
    page.keyboard.press("z")
    expect(focus(page)).to_have_text("早点还清要不要多给钱")
    expect(page.get_by_text("已撤销")).to_be_visible()
    expect(page.get_by_text("今天 0 / 5")).to_be_visible()
    until(page, lambda: any(method == "DELETE" for method, _, _ in desk.heard))
    assert ("DELETE", f"samples/s2/decisions/{desk.posted()[0]['action_id']}", None) in desk.heard
    page.keyboard.press("d")
    expect(focus(page)).to_have_text("就是那个什么来着")
    until(page, lambda: len(desk.posted()) == 2)
    assert [body["revision"] for body in desk.posted()] == [1, 3]


def test_a_decision_waits_for_the_undoing_before_it(page: Page, desk: Desk) -> None:
    open_page(page)
    desk.slow = True
    page.keyboard.press("d")
    until(page, lambda: len(desk.posted()) == 1)
    page.keyboard.press("z")
    until(page, lambda: bool(desk.held))
    expect(focus(page)).to_have_text("我那张卡怎么也找不到了")
    page.keyboard.press("d")
    expect(focus(page)).to_have_text("早点还清要不要多给钱")
    assert len(desk.posted()) == 1
    desk.release()
    until(page, lambda: len(desk.posted()) == 2)
    assert [body["revision"] for body in desk.posted()] == [1, 3]  # the one that the undoing was answered with
    expect(page.get_by_text("今天 1 / 5")).to_be_visible()


def test_a_refused_decision_is_taken_back(page: Page, desk: Desk) -> None:
    open_page(page)
    desk.refuse = 503
    page.keyboard.press("Enter")
    expect(page.get_by_text("保存失败，请重试")).to_be_visible()
    expect(focus(page)).to_have_text("我那张卡怎么也找不到了")
    expect(page.get_by_text("今天 0 / 5")).to_be_visible()
    expect(page.get_by_role("button", name="撤销")).to_have_count(0)


def test_who_was_first_is_told(page: Page, desk: Desk) -> None:
    open_page(page)
    taken = desk.rows.pop(0)
    desk.gone["s1"] = taken.model_copy(update={"labelled_by": "zhao", "label": "fees", "revision": 2})
    desk.refuse = 409
    page.keyboard.press("Enter")
    expect(page.get_by_text("zhao 已经处理了这条")).to_be_visible()
    expect(focus(page)).to_have_text("早点还清要不要多给钱")


def test_filters_and_export(page: Page, desk: Desk) -> None:
    open_page(page)
    page.get_by_role("button", name=re.compile("^没有把握")).click()
    expect(focus(page)).to_have_text("就是那个什么来着")
    page.get_by_role("button", name=re.compile("^全部")).click()
    page.get_by_role("button", name="导出").click()
    link = page.get_by_role("link", name="英文 · 范围外文本")
    expect(link).to_have_attribute("href", "/v1/training/export?lang=en&format=oos")
    page.keyboard.press("Escape")
    page.get_by_text("已标注 18 条，3 个意图").click()
    expect(page.get_by_role("row")).to_have_count(4)


def test_states(page: Page, desk: Desk) -> None:
    desk.rows, desk.ever = [], False
    page.goto("/training")
    expect(page.get_by_role("heading", name="还没有样本")).to_be_visible()
    desk.broken = True
    page.reload()
    expect(page.get_by_text("保存失败，请重试")).to_be_visible()
    desk.broken, desk.ever = False, True
    page.get_by_role("button", name="重试").click()
    expect(page.get_by_role("heading", name="都标完了")).to_be_visible()


def test_long_text_fits_a_narrow_screen(page: Page, desk: Desk) -> None:
    desk.rows.insert(0, sample(9, "edited", LONG + "x" * 300))
    page.set_viewport_size(NARROW)
    page.goto("/training")
    expect(focus(page)).to_contain_text("x" * 300)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.get_by_role("button", name=re.compile("^确认"))).to_be_visible()
