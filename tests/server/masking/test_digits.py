"""Checksums and prefixes."""

import pytest

from server.masking import digits as shape


@pytest.mark.parametrize(("digits", "right"), [("4111111111111111", True), ("4111111111111112", False), ("12X", False)])
def test_luhn(digits, right):
    assert shape.luhn(digits) is right


@pytest.mark.parametrize(
    ("digits", "right"), [("11010519491231002X", True), ("110105194912310021", False), ("X1010519491231002X", False)]
)
def test_identity_number_check(digits, right):
    assert shape.id_checked(digits) is right


def test_prefixes():
    assert shape.mobile("8613812345678") and not shape.mobile("12812345678")
    assert shape.landline("01062345678") and not shape.landline("0106234567")
    assert shape.hotline("95588") and shape.hotline("4008123456") and not shape.hotline("483920")
