"""An admin's page of privacy on a real server: rules, holds, a customer's deletion and what is left of it."""

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, Open
from tests.browser.stored import Stored


def tab(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="隐私的各部分").get_by_role("link", name=name).click()


def test_a_shorter_rule_is_saved_only_after_a_second_look(open_as: Open) -> None:
    page = open_as("/admin/privacy", "admin")
    page.get_by_role("button", name="新建规则").click()
    page.get_by_label("类别名称").fill("complaints")
    page.get_by_label("录音（天）").fill("90")
    page.get_by_role("button", name="保存").click()
    line = page.locator("li, tr").filter(has_text="complaints")
    expect(line).to_contain_text("90")
    expect(line).to_contain_text("永久")
    line.get_by_role("button", name="修改").click()
    page.get_by_label("录音（天）").fill("30")
    expect(page.get_by_role("button", name="保存", exact=True)).to_have_count(0)
    expect(page.get_by_text("这会删除已经超过新期限的内容")).to_be_visible()
    expect(line).to_contain_text("90")
    page.get_by_role("button", name="确认并保存").click()
    expect(line).to_contain_text("30")


def test_a_hold_forbids_the_deletion_until_it_is_released(open_as: Open) -> None:
    page = open_as("/admin/privacy?tab=holds", "admin", NARROW)
    expect(page.get_by_text("没有法律保留")).to_be_visible()
    page.get_by_label("客户标识").fill("C-9002")
    page.get_by_label("原因（必填）").fill("监管调查")
    page.get_by_role("button", name="设置保留").click()
    expect(page.locator("li").filter(has_text="C-9002")).to_contain_text("生效中")
    tab(page, "客户数据")
    find(page, "C-9002")
    expect(page.get_by_text("有法律保留，不能删除")).to_be_visible()
    expect(page.get_by_role("button", name="全部删除")).to_have_count(0)
    tab(page, "法律保留")
    page.get_by_role("button", name="解除", exact=True).click()
    page.get_by_label("为什么可以解除？").fill("调查结束")
    page.keyboard.press("Enter")
    expect(page.locator("li").filter(has_text="C-9002")).to_contain_text("已解除")
    tab(page, "客户数据")
    find(page, "C-9002")
    expect(page.get_by_role("button", name="全部删除")).to_be_visible()


def find(page: Page, customer: str) -> None:
    page.get_by_label("客户标识").first.fill(customer)
    page.get_by_role("button", name="查找").click()


def test_a_customer_is_deleted_when_their_reference_was_typed_again(open_as: Open, stored: tuple[Stored, str]) -> None:
    page = open_as("/admin/privacy?tab=customer", "admin")
    find(page, "C-9001")
    expect(page.get_by_text("1 个会话")).to_be_visible()
    remove = page.get_by_role("button", name="全部删除")
    expect(remove).to_be_disabled()
    again = page.get_by_placeholder("客户标识")
    again.fill("C-900")
    expect(remove).to_be_disabled()
    again.press("Enter")
    expect(page.get_by_text("1 个会话")).to_be_visible()
    again.fill("C-9001")
    remove.click()
    receipt = re.search(r"凭证 (\S+)", page.get_by_role("status").inner_text())
    assert receipt
    find(page, "C-9001")
    expect(page.get_by_text("没有这位客户的数据")).to_be_visible()
    gone = page.request.get(f"/v1/conversations/{stored[0].ids['C-9001']}")
    assert gone.status == 404
    tab(page, "凭证")
    expect(page.locator("li").first).to_contain_text("应请求")
    expect(page.locator("main")).not_to_contain_text("C-9001")
    tab(page, "审计")
    expect(page.get_by_text(re.compile("customer.*delete|delete.*customer")).first).to_be_visible()
    audit = page.request.get("/v1/audit").json()
    assert "我要投诉" not in json.dumps(audit, ensure_ascii=False)
