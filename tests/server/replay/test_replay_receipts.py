"""Receipts of suggestions, fetched after a call."""

import httpx
import pytest

from server.replay.options import CallOptions
from server.replay.receipts import fetch_receipts, receipts_summary, suggestion_lags
from server.wire.events import Channel, Direction, Receipt
from server.wire.rest import ConversationDetail, ConversationRow

OPTIONS = CallOptions(url="ws://tici.example:8600/v1/listen?x=1", external_id="c", key="k")
RECEIPTS = {"s1": Receipt(speech_end=10.0, pushed=10.25), "s2": Receipt(speech_end=10.0, pushed=9.0), "s3": Receipt()}


@pytest.fixture
def answering(monkeypatch):
    """Lets httpx talk to a function; returns the requests made."""
    seen = []

    def use(answer):
        def handle(request):
            seen.append(request)
            return answer(request)

        client = httpx.AsyncClient
        monkeypatch.setattr(
            "server.replay.receipts.httpx.AsyncClient", lambda **_: client(transport=httpx.MockTransport(handle))
        )
        return seen

    return use


async def test_receipts_come_by_http_with_the_key(answering):
    row = ConversationRow(
        conversation_id="conv", external_id="c", channel=Channel.CALL, direction=Direction.INBOUND, language="zh",
        queue="q", agent=None, customer=None, started_at=0, ended_at=None, wrap_up=None, utterances=0, suggestions=3,
        acted=0,
    )  # fmt: skip
    detail = ConversationDetail(row=row, events=[], recordings=[], receipts=RECEIPTS)
    seen = answering(lambda _: httpx.Response(200, text=detail.model_dump_json()))
    assert await fetch_receipts(OPTIONS, "conv") == RECEIPTS
    assert str(seen[0].url) == "http://tici.example:8600/v1/conversations/conv"
    assert seen[0].headers["Authorization"] == "Bearer k"


@pytest.mark.parametrize("answer", [httpx.Response(403), httpx.Response(200, text="<html>")])
async def test_a_server_that_does_not_tell_is_no_error(answering, answer):
    answering(lambda _: answer)
    assert await fetch_receipts(OPTIONS, "conv") is None
    assert await fetch_receipts(OPTIONS, None) is None


def test_a_card_before_the_end_of_speech_has_no_lag():
    assert suggestion_lags(RECEIPTS) == [0.25, 0.0]
    summary = receipts_summary(RECEIPTS)
    assert (summary["count"], summary["suggestion_lag_p50"]) == (3, 0.125)
    assert summary["receipts"]["s1"]["pushed"] == 10.25
