"""Web pages may not send audio in the name of whoever looks at them."""

import pytest
from fastapi import FastAPI

from server.ingest.dialect import Limits, Refuse
from server.ingest.parsing import parse_start
from tests.server.clients import start_message
from tests.server.routes.door import ORIGIN, Door


@pytest.mark.parametrize(("origin", "status"), [("http://evil.example", 403), ("null", 403), (ORIGIN, 101), ("", 101)])
async def test_a_page_needs_a_key_or_our_origin(app: FastAPI, origin: str, status: int) -> None:
    door = Door(app, "/v1/vosk?agent=xiaolin", origin=origin)
    assert await door.status() == status
    await door.leave()


@pytest.mark.parametrize("bad", ["\x00", "\ud800"])
@pytest.mark.parametrize("place", ["key", "value", "agent", "customer"])
def test_a_call_with_text_that_cannot_be_kept_is_refused(bad: str, place: str) -> None:
    changes = {"key": {"context": {bad: "a"}}, "value": {"context": {"a": bad}}}.get(place, {place: bad})
    refused = parse_start(start_message(**changes), Limits(65536, frozenset({"zh"})))
    assert isinstance(refused, Refuse) and refused.code == "bad_message"
