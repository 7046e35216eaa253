"""What HTTP callers may not do: too much, too often, text that cannot be kept."""

from collections.abc import AsyncIterator

import httpx
import pytest

from server.routes.bodies import MAX_BODY
from server.services import Services
from server.wire.events import Channel


async def test_a_body_that_says_it_is_too_long_is_refused_unread(client: httpx.AsyncClient) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    answer = await client.post("/v1/session", content=never(), headers={"Content-Length": str(MAX_BODY + 1)})
    assert (answer.status_code, answer.json()["problem"]["code"]) == (413, "frame_too_large")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_body_that_turns_out_too_long_is_read_no_further(client: httpx.AsyncClient) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 65536
            yield b"x" * 65536

    answer = await client.post("/v1/session", content=body(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["problem"]["code"]) == (413, "frame_too_large")
    assert read <= MAX_BODY + 2 * 65536


async def test_pages_and_answers_carry_the_careful_headers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/session")
    assert answer.status_code == 401
    assert "frame-ancestors" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("bad", ["\\u0000", "\\ud800"])
@pytest.mark.parametrize(
    "field", ['"context": {"a": "%s"}', '"context": {"%s": "a"}', '"agent": "%s"', '"customer": "%s"', '"queue": "%s"']
)
async def test_text_that_cannot_be_kept_is_refused(
    client: httpx.AsyncClient, key: dict[str, str], field: str, bad: str
) -> None:
    body = '{"external_id": "x", %s}' % (field % bad)
    answer = await client.post("/v1/chats", content=body, headers={**key, "Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["problem"]["code"]) == (422, "invalid")


async def test_a_refusal_does_not_repeat_the_senders_names(client: httpx.AsyncClient, key: dict[str, str]) -> None:
    for extra in ({"context": {"SECRET": "\0"}}, {"SECRET": 1}):
        answer = await client.post("/v1/chats", json={"external_id": "x", **extra}, headers=key)
        assert answer.status_code == 422
        assert "SECRET" not in answer.text


async def test_the_same_external_id_is_the_same_chat(
    client: httpx.AsyncClient, services: Services, key: dict[str, str]
) -> None:
    first, second = [await client.post("/v1/chats", json={"external_id": "web-1"}, headers=key) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["conversation_id"] == first.json()["conversation_id"]
    await services.conversations.open(channel=Channel.CALL, external_id="call-1", language="zh", queue="default")
    refused = await client.post("/v1/chats", json={"external_id": "call-1"}, headers=key)
    assert (refused.status_code, refused.json()["problem"]["code"]) == (409, "conflict")
    assert "call" in refused.json()["problem"]["message"]
