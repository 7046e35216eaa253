"""Who may send without a key."""

from ipaddress import ip_network

import pytest
from starlette.requests import HTTPConnection

from server.routes.listen import trusted

OFFICE = [ip_network("10.1.0.0/16"), ip_network("::1/128")]


def connection(address: str | None, *headers: tuple[bytes, bytes]) -> HTTPConnection:
    client = None if address is None else (address, 5000)
    return HTTPConnection({"type": "websocket", "client": client, "headers": list(headers)})


@pytest.mark.parametrize(
    ("address", "expected"), [("10.1.2.3", True), ("::1", True), ("10.2.0.1", False), ("fe80::1", False), (None, False)]
)
def test_only_the_networks_named_are_trusted(address: str | None, expected: bool) -> None:
    assert trusted(connection(address), OFFICE) is expected
    assert not trusted(connection(address), [])


def test_a_sender_that_shows_a_key_is_judged_by_it() -> None:
    assert not trusted(connection("10.1.2.3", (b"authorization", b"Bearer wrong")), OFFICE)
